/* The certificate in use, for Admin; and its rotation. */
#pragma once

#include "gchat/v1/admin.pb-c.h"
#include "net/tls.h"
#include "service/call.h"

/* A Certificate message with its strings. */
struct certificate_message {
	Gchat__V1__Certificate message;
	struct tls_info info;
	char *names[TLS_NAMES_MAX]; /* point into info */
};

/* Fills it with the certificate in use; `ret` must stay where it is. Any thread. */
void certificate_fill(struct service *service, struct certificate_message *ret);
