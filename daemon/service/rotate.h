/* The rotation of the certificate, for Admin, for a reload and for a change of the files. Blocks: worker
 * or main thread. */
#pragma once

#include "base/err.h"
#include "net/tls.h"
#include "service/service.h"

#include <limits.h>

/* The files that make up the pair by a configuration; those made at the first start where it names
 * none. Must stay where it is: `files` points into it and the configuration. */
struct rotate_files {
	struct tls_files files;
	char certificate[PATH_MAX];
	char key[PATH_MAX];
};

/* `auth`: as the daemon was started, which decides whether clients' authorities count. */
void rotate_find_files(
	const struct config *config, enum tls_client_auth auth, struct rotate_files *ret);

/* Loads what the configuration names, for a reload that checks all before it applies any. A pair that
 * is served already is no reason against it, though it may have expired since. 0 with *ret owned by the
 * caller, or negative errno with a sentence. */
int rotate_check(struct service *service, const struct config *config, struct tls_pair **ret,
	struct err_text *err) GC_MUST_CHECK;

struct rotation {
	struct tls_info before;
	struct tls_info after;
	struct err_text doubt; /* "" or what may be a mistake in the new one */
};

/* Loads the pair, serves it to new connections, proves that; or leaves all as it was. Connections whose
 * certificate has been revoked are cut. One at a time: -EBUSY. 0 or negative errno with a sentence. */
int rotate_certificate(struct service *service, const struct tls_files *files, struct rotation *ret,
	struct err_text *err) GC_MUST_CHECK;
/* The second step of a reload, after rotate_check; takes the pair. */
int rotate_to(struct service *service, struct tls_pair *pair, struct rotation *ret,
	struct err_text *err) GC_MUST_CHECK;
/* Whether the pair is the one in use, authorities and lists included. */
bool rotate_is_in_use(struct service *service, const struct tls_pair *pair);
