/* Certificates of every kind, good and bad, made with libcrypto. */
#pragma once

#include "folder.h"
#include <openssl/evp.h>
#include <openssl/x509.h>

/* How a certificate is to be; zero: P-256, self-signed, valid now, named "test.example". */
struct recipe {
	EVP_PKEY *key; /* borrowed; NULL: a new P-256 key */
	X509 *issuer; /* borrowed; NULL: self-signed */
	EVP_PKEY *issuer_key; /* borrowed, with issuer */
	const char *common_name; /* NULL: none */
	const char *alternatives; /* "DNS:a,IP:127.0.0.1"; NULL: none */
	bool is_ca;
	const char *usage; /* "clientAuth"; NULL: any */
	const EVP_MD *md; /* borrowed; NULL: SHA-256 */
	long from_s; /* validity, relative to now; 0: an hour ago */
	long until_s; /* 0: in a day */
};

/* Owned by the caller. */
X509 *pair_make_cert(const struct recipe *recipe, EVP_PKEY **ret_key);
EVP_PKEY *pair_make_rsa(unsigned bits);

/* A list of what `issuer` has revoked: the certificates given. Owned by the caller. */
struct crl_recipe {
	X509 *issuer; /* borrowed, as all */
	EVP_PKEY *issuer_key;
	X509 *const *revoked;
	size_t count;
	long until_s; /* 0: for a day */
};
X509_CRL *pair_make_crl(const struct crl_recipe *recipe);
void pair_write_crl(const struct folder *folder, const char *name, X509_CRL *crl);

/* Writes PEM files into the folder. */
void pair_write_certs(
	const struct folder *folder, const char *name, X509 *const *certs, size_t count);
/* `passphrase` may be NULL. */
void pair_write_key(
	const struct folder *folder, const char *name, EVP_PKEY *key, const char *passphrase);
