/*
 * The client's own certificate, for servers that ask for one: read anew for each connection, so that a
 * renewed one is shown by the next. Any thread.
 */
#pragma once

#include "base/macros.h"
#include <grpc/grpc_security.h>

enum {
	IDENTITY_FILE_BYTES_MAX = 262144,
};

struct identity {
	char *certificate; /* owned: PEM, its own first */
	char *key; /* owned: PEM, wiped when freed */
};

/* Reads a pair and checks that both belong together. `key_file` NULL: both are in one file. 0, -EINVAL
 * (not a pair), or the negative errno of reading. Owned: identity_deinit. */
int identity_read(const char *cert_file, const char *key_file, struct identity *ret) GC_MUST_CHECK;
void identity_deinit(struct identity *identity);
/* Lets connections made with `options` show it. */
void identity_use(const struct identity *identity, grpc_tls_credentials_options *options);
