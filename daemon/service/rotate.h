/* The rotation of the certificate, for Admin and for a reload. Blocks: worker or main thread. */
#pragma once

#include "base/err.h"
#include "net/tls.h"
#include "service/service.h"

/* Loads the pair, serves it to new connections, proves that; or leaves all as it was. One at a time:
 * -EBUSY. 0 or negative errno with a sentence. */
int rotate_certificate(struct service *service, const char *cert_file, const char *key_file,
	struct tls_info *ret_before, struct tls_info *ret_after,
	struct err_text *err) GC_MUST_CHECK;
