/*
 * Certificates: a pair (certificate chain and key) is read and checked as a whole, so that gRPC
 * core only ever sees one that works; a fault is a sentence that names it. The holder has the pair
 * in use and feeds it to core for every new connection; swapping it touches no open one.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "net/tls_clients.h"
#include <grpc/grpc_security.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TLS_FILE_BYTES_MAX = 262144, /* a PEM file larger than this is no certificate */
	TLS_CHAIN_MAX = 10, /* certificates in one file */
	TLS_RSA_BITS_MIN = 2048,
	TLS_NAMES_MAX = 64, /* names remembered of one certificate */
	TLS_NAME_BYTES = 256, /* of one name, or of subject and issuer */
	TLS_FINGERPRINT_BYTES = 65, /* SHA-256 in hex, with its NUL */
	TLS_MADE_DAYS = 3650, /* life of a certificate made at the first start */
};

/* What tls_pair_make writes into its folder. */
#define TLS_MADE_CERTIFICATE "server.crt"
#define TLS_MADE_KEY         "server.key"

struct tls_info {
	char subject[TLS_NAME_BYTES]; /* RFC 2253, "" when empty */
	char issuer[TLS_NAME_BYTES];
	char fingerprint[TLS_FINGERPRINT_BYTES]; /* of the leaf, lower-case hex */
	uint64_t not_before_us; /* since 1970 */
	uint64_t not_after_us;
	char names[TLS_NAMES_MAX][TLS_NAME_BYTES]; /* DNS names and addresses, else the CN */
	size_t name_count;
};

/* Where everything is that makes up a pair. All borrowed; NULL as "". */
struct tls_files {
	const char *certificate;
	const char *key;
	const char *client_ca; /* "": clients show no certificate */
	const char *client_crl; /* "": none is revoked */
	const char *const *names; /* host names and addresses that the certificate must be for */
	size_t name_count;
};

struct tls_pair {
	char *certificate; /* owned: PEM, leaf first */
	char *key; /* owned: PEM, wiped when freed */
	char *certificate_path; /* owned: where they were read from */
	char *key_path;
	struct tls_clients *clients; /* ref, or NULL */
	struct tls_info info;
	uint64_t expires_us; /* the first of the chain to expire */
	struct err_text flaw; /* "" or what a start alone lets pass */
	struct err_text doubt; /* "" or what may be a mistake, but needn't */
};

/* Reads and checks a pair: both readable and whole, the key matches, is strong enough (RSA of
 * TLS_RSA_BITS_MIN, or EC) and without passphrase, the chain is in order, soundly signed, valid now,
 * for a server, and for all names asked for; the clients' authorities are checked the same way. 0
 * with *ret owned by the caller, or negative errno with a sentence. Any thread; blocks on files. */
int tls_pair_load_files(
	const struct tls_files *files, struct tls_pair **ret, struct err_text *err) GC_MUST_CHECK;
/* The same for a start, when there is no other pair to go on with: one whose time is over, or hasn't
 * come by a clock that is wrong, or that lacks a name, is taken and says so (tls_pair.flaw). */
int tls_pair_load_flawed(
	const struct tls_files *files, struct tls_pair **ret, struct err_text *err) GC_MUST_CHECK;
/* tls_pair_load_files of the two alone. */
int tls_pair_load(const char *certificate_path, const char *key_path, struct tls_pair **ret,
	struct err_text *err) GC_MUST_CHECK;
struct tls_pair *tls_pair_free(struct tls_pair *pair);
void tls_pair_freep(struct tls_pair **pair);

/* Whether the certificate is for this host name or address. */
bool tls_pair_is_for(const struct tls_pair *pair, const char *host);

/* Makes a self-signed P-256 pair for this machine (host name, its full name where known, localhost,
 * 127.0.0.1, ::1) in `folder` as TLS_MADE_CERTIFICATE (0644) and TLS_MADE_KEY (0600), replacing
 * what is there. 0 or negative errno with a sentence. */
int tls_pair_make(const char *folder, struct err_text *err) GC_MUST_CHECK;

/* Makes the pair where there is no certificate in `folder`; *ret_made tells. */
int tls_pair_make_missing(const char *folder, bool *ret_made, struct err_text *err) GC_MUST_CHECK;

/* tls_pair_load_flawed from `folder`, made there before where it is missing. */
int tls_pair_load_or_make(const char *folder, struct tls_pair **ret, bool *ret_made,
	struct err_text *err) GC_MUST_CHECK;

struct tls_holder;

/* `pair` is taken. Owned by the caller; freed after the server that uses its credentials. */
struct tls_holder *tls_holder_new(struct tls_pair *pair);
struct tls_holder *tls_holder_free(struct tls_holder *holder);
void tls_holder_freep(struct tls_holder **holder);

/* Credentials that ask the holder at every new connection, and clients for a certificate where `auth`
 * says so. For one port of one server: core takes a changed pair once. Owned:
 * grpc_server_credentials_release. */
grpc_server_credentials *tls_holder_credentials(
	struct tls_holder *holder, enum tls_client_auth auth);
/* The fingerprint of the pair that core took or kept when it last asked on this thread: what the
 * connection just handed over is served with. "" at first, and after this call. */
void tls_take_served(char ret_fingerprint[static TLS_FINGERPRINT_BYTES]);

/* New connections get `pair` (taken) from here on. Gives the pair before, owned by the caller, who
 * can put it back in the same way. Any thread, as the next ones. */
struct tls_pair *tls_holder_swap(struct tls_holder *holder, struct tls_pair *pair) GC_MUST_CHECK;

/* A copy of what is known of the pair in use. */
void tls_holder_info(struct tls_holder *holder, struct tls_info *ret_info);
/* When the first certificate of the chain in use expires, microseconds since 1970. */
uint64_t tls_holder_expires_us(struct tls_holder *holder);
/* Who may vouch for clients: a reference, or NULL; *ret_generation grows with each swap. */
struct tls_clients *tls_holder_clients(struct tls_holder *holder, uint64_t *ret_generation);
/* Calls `look` with the pair in use; nothing of it may be kept, nor the holder be called. */
void tls_holder_look(
	struct tls_holder *holder, void (*look)(void *arg, const struct tls_pair *pair), void *arg);

/* A TLS handshake (ALPN h2) as client on the connected socket `fd`, which is taken and closed: 0
 * when the server's certificate has this fingerprint, -EKEYREJECTED when it has another,
 * -ETIMEDOUT, -EPROTO; with a sentence. Any thread; blocks up to `timeout_ms`. The daemon calls
 * acceptor_prove. */
int tls_prove(
	int fd, const char *fingerprint, int64_t timeout_ms, struct err_text *err) GC_MUST_CHECK;
