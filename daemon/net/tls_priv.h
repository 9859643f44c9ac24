/* Shared by the tls*.c files only. */
#pragma once

#include "net/tls.h"
#include <openssl/x509.h>

/* A pair as it was read; the paths are for the sentences. */
struct tls_draft {
	const char *certificate_path; /* borrowed, as the next */
	const char *key_path;
	X509 *chain[TLS_CHAIN_MAX]; /* owned */
	size_t chain_count;
	EVP_PKEY *key; /* owned */
};

/* tls_check.c: what no start and no rotation takes: the key is the leaf's and strong enough, the chain
 * in order and signed by what is still trusted, and the leaf is for a server with a name. Negative errno
 * with a sentence, as the next two. */
int tls_check_whole(const struct tls_draft *draft, const struct tls_info *info,
	struct err_text *err) GC_MUST_CHECK;
/* What a start takes with a warning: each certificate of the chain is valid now. */
int tls_check_times(const struct tls_draft *draft, struct err_text *err) GC_MUST_CHECK;
/* The same: the leaf is for each of the names. */
int tls_check_names(const struct tls_draft *draft, const struct tls_files *files,
	struct err_text *err) GC_MUST_CHECK;
/* What is taken, but may be a mistake: a chain whose last issuer is neither in the file nor among the
 * system's roots. "" where all is well. */
void tls_check_doubts(const struct tls_draft *draft, struct err_text *ret_doubt);

/* Whether the certificate is for this host name or address. */
bool tls_cert_is_for(X509 *cert, const char *host);
/* Whether a signature of this kind can still be trusted; *ret_name, static, says which it is. */
bool tls_signature_is_strong(X509 *cert, const char **ret_name);

/* Reads a PEM file of at most `max` bytes. Owned: *ret. */
int tls_read_text(const char *path, size_t max, char **ret, struct err_text *err) GC_MUST_CHECK;

/* Microseconds since 1970; 0: before that, or no time. */
uint64_t tls_time_us(const ASN1_TIME *when);

/* SHA-256 over the DER form, lower-case hex. */
void tls_print_fingerprint(const X509 *cert, char text[static TLS_FINGERPRINT_BYTES]);
/* What OpenSSL says went wrong last on this thread, for people; empties its queue. */
void tls_print_fault(char *buf, size_t size);

void tls_cert_freep(X509 **cert);
void tls_key_freep(EVP_PKEY **key);
void tls_bio_freep(BIO **bio);
