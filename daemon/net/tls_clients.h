/*
 * Certificates as a way to sign in: which authorities may vouch for a client, whom they have revoked,
 * and for which user a client's certificate stands. Core checks a chain against the authorities during
 * the handshake; here it is checked again with the lists of revoked ones, which core does not know, and
 * again whenever the files have changed. Immutable and counted: any thread.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TLS_AUTHORITIES_MAX = 100, /* certificates in tls.client_ca */
	TLS_CRL_BYTES_MAX = 8388608, /* tls.client_crl: some 200,000 revoked certificates */
	TLS_CRLS_MAX = 100, /* lists in it */
	TLS_USER_BYTES = 65, /* the longest name looked for, with its NUL */
	TLS_WHY_BYTES = 128,
};

/* Whether clients are asked for a certificate. */
enum tls_client_auth {
	TLS_CLIENT_AUTH_OFF,
	TLS_CLIENT_AUTH_OPTIONAL, /* one that is shown must be good */
	TLS_CLIENT_AUTH_REQUIRED, /* no connection without */
};

/* Where in a certificate the user's name is. */
enum tls_client_name {
	TLS_CLIENT_NAME_EMAIL, /* the first e-mail address, up to its '@' */
	TLS_CLIENT_NAME_DNS, /* the first DNS name, whole */
	TLS_CLIENT_NAME_URI, /* the first URI: what follows its last '/' or ':', up to an '@' */
	TLS_CLIENT_NAME_CN, /* the subject's common name */
};

enum tls_verdict {
	TLS_VERDICT_NONE, /* no certificate was shown */
	TLS_VERDICT_GOOD,
	TLS_VERDICT_REVOKED,
	TLS_VERDICT_INVALID, /* expired, not from these authorities, or no list tells of it */
	TLS_VERDICT_NAMELESS, /* good, but without a name of the wanted kind */
};

/* What a client's certificate came to. */
struct tls_client {
	enum tls_verdict verdict;
	char user[TLS_USER_BYTES]; /* GOOD: lower case; not known to be an account's */
	char why[TLS_WHY_BYTES]; /* otherwise: for people */
	uint64_t expires_us; /* the certificate's end; 0: none was shown */
};

struct tls_clients_info {
	char ca_path[PATH_MAX];
	char crl_path[PATH_MAX]; /* "": no lists */
	char subject[256]; /* of the first authority */
	size_t authority_count;
	uint64_t expires_us; /* the first authority to expire */
	size_t crl_count;
	size_t revoked_count; /* certificates on all lists */
	uint64_t next_update_us; /* the first list to be replaced; 0: none, or no date */
};

struct tls_clients;

/* Reads and checks authorities and, where `crl_path` is neither NULL nor "", the lists of what they
 * have revoked: certificates of authorities that are valid now, lists that they signed and that are in
 * force. 0 with *ret owned (tls_clients_unref), or negative errno with a sentence. What is only out of
 * its time goes to *ret_flaw (0, or negative errno) and, where `flaw` isn't NULL, to its sentence. */
int tls_clients_load(const char *ca_path, const char *crl_path, struct tls_clients **ret,
	int *ret_flaw, struct err_text *flaw, struct err_text *err) GC_MUST_CHECK;
struct tls_clients *tls_clients_ref(struct tls_clients *clients);
/* Returns NULL; NULL is allowed. */
struct tls_clients *tls_clients_unref(struct tls_clients *clients);
void tls_clients_unrefp(struct tls_clients **clients);

/* The authorities, as PEM. Borrowed. */
const char *tls_clients_pem(const struct tls_clients *clients);
void tls_clients_get_info(const struct tls_clients *clients, struct tls_clients_info *ret);
/* The same authorities and lists. NULL: none. */
bool tls_clients_equal(const struct tls_clients *a, const struct tls_clients *b);

/* Judges a chain in PEM, the client's own first; NULL or "": it showed none. */
void tls_clients_judge(const struct tls_clients *clients, const char *chain_pem,
	enum tls_client_name kind, struct tls_client *ret);
