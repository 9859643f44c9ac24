/* Throwaway certificates in PEM. */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

/* A certificate and its key. */
struct pair {
	X509 *cert; /* owned */
	EVP_PKEY *key; /* owned */
};

/* A certificate for `host` (a DNS name, or an address when `is_ip`), signed by `issuer` or by
 * itself where that is NULL; `days` from now, negative ones are over. */
struct pair pair_make(const char *host, int is_ip, const struct pair *issuer, int days);
void pair_free(struct pair *pair);
/* PEM text. Owned: free. */
char *pair_pem(const struct pair *pair);
