/* Certificates: reading a chain, checking it against roots and a host name, and describing it. */
#pragma once

#include "base/macros.h"
#include "lib/gchat.h"
#include <openssl/x509.h>
#include <stdbool.h>

enum {
	CERT_CHAIN_MAX = 16, /* certificates read of a peer's chain */
};

/* A peer's chain. */
struct cert_chain {
	X509 *leaf; /* owned */
	STACK_OF(X509) * rest; /* owned: what came with it */
};

/* Reads PEM; False: no certificate in it. On success owned: cert_chain_deinit. */
bool cert_chain_read(struct cert_chain *chain, const char *pem);
void cert_chain_deinit(struct cert_chain *chain);

/* Fills fingerprint, subject, issuer, names and dates. */
void cert_describe(X509 *leaf, struct gchat_certificate *ret);

/* True where a root vouches for the chain and it names `host` (a name or an address); else `why`
 * says what is wrong. */
bool cert_is_vouched(
	const struct cert_chain *chain, X509_STORE *roots, const char *host, char why[256]);

/* The system's roots, read once and shared, or those in `ca_file`. Owned: X509_STORE_free. NULL: can't be
 * read. Any thread. */
X509_STORE *cert_roots_new(const char *ca_file);
