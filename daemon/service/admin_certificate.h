/* The certificate in use, for Admin; and its rotation. */
#pragma once

#include "gchat/v1/admin.pb-c.h"
#include "net/tls.h"
#include "service/call.h"

#include <limits.h>

/* A Certificate message with its strings. */
struct certificate_message {
	Gchat__V1__Certificate message;
	struct tls_info info;
	char *names[TLS_NAMES_MAX]; /* point into info */
	char certificate_path[PATH_MAX];
	char key_path[PATH_MAX];
	uint64_t expires_us;
	char warning[ERR_TEXT_BYTES];
};

/* A ClientAuthorities message with its strings. */
struct authorities_message {
	Gchat__V1__ClientAuthorities message;
	struct tls_clients_info info;
	char warning[ERR_TEXT_BYTES];
};

/* Fills them with what is in use; `ret` must stay where it is. Any thread. */
void certificate_fill(struct service *service, struct certificate_message *ret);
void authorities_fill(struct service *service, struct authorities_message *ret);
