/* Reading and checking authorities and their lists; how they judge is in tls_judge.c. */
#include "net/tls_clients.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/tls_clients_priv.h"
#include "net/tls_info.h"
#include "net/tls_priv.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TIME_TEXT_BYTES = 64,
};

/* What is being read. */
struct reading {
	struct tls_clients *clients; /* borrowed */
	X509 *authorities[TLS_AUTHORITIES_MAX]; /* owned */
	const char *ca_path;
	const char *crl_path;
	int *ret_flaw;
	struct err_text *flaw; /* or NULL */
	struct err_text *err;
};

static void note_flaw(
	struct reading *r, bool early, const char *what, const char *path, uint64_t us)
{
	char when[TIME_TEXT_BYTES];
	if (*r->ret_flaw < 0)
		return;
	*r->ret_flaw = err_raise(early ? -EKEYREJECTED : -EKEYEXPIRED);
	tls_info_print_time(us, when, sizeof(when));
	err_say(r->flaw, early ? "%s of %s is not valid before %s" : "%s of %s expired on %s", what,
		path, when);
}

/* PEM's end: 0, or what is wrong with the piece after `count` good ones. */
static int end_of_file(struct reading *r, size_t count, const char *path, const char *what)
{
	unsigned long e = ERR_peek_last_error();
	bool at_end = ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	if (at_end && count > 0)
		return 0;
	if (at_end)
		err_say(r->err, "%s holds no %s", path, what);
	else
		err_say(r->err, "%s %zu of %s is damaged or cut short", what, count + 1, path);
	return err_raise(-EBADMSG);
}

static int too_many(struct reading *r, const char *path, int max, const char *what)
{
	err_say(r->err, "%s holds more than %d %ss", path, max, what);
	return err_raise(-E2BIG);
}

/* ---- authorities ---- */

static int check_authority(struct reading *r, X509 *cert, size_t number)
{
	struct tls_info info;
	uint64_t now = clock_wall_us();
	if (X509_check_ca(cert) == 0) {
		err_say(r->err, "certificate %zu of %s is not one of an authority", number,
			r->ca_path);
		return err_raise(-EKEYREJECTED);
	}
	tls_info_read(cert, &info);
	if (now < info.not_before_us)
		note_flaw(r, true, "an authority", r->ca_path, info.not_before_us);
	else if (now > info.not_after_us)
		note_flaw(r, false, "an authority", r->ca_path, info.not_after_us);
	struct tls_clients_info *all = &r->clients->info;
	if (all->authority_count == 0)
		memcpy(all->subject, info.subject, sizeof(all->subject));
	if (all->authority_count == 0 || info.not_after_us < all->expires_us)
		all->expires_us = info.not_after_us;
	return 0;
}

/* Takes the certificate. */
static int add_authority(struct reading *r, X509 *cert)
{
	size_t *count = &r->clients->info.authority_count;
	if (*count == TLS_AUTHORITIES_MAX) {
		X509_free(cert);
		return too_many(r, r->ca_path, TLS_AUTHORITIES_MAX, "certificate");
	}
	int result = check_authority(r, cert, *count + 1);
	r->authorities[(*count)++] = cert;
	if (result < 0)
		return err_pass(result);
	return X509_STORE_add_cert(r->clients->store, cert) == 1 ? 0 : err_raise(-ENOMEM);
}

static int read_authorities(struct reading *r)
{
	BIO *bio GC_CLEANUP(tls_bio_freep) = BIO_new_mem_buf(r->clients->ca, -1);
	ERR_clear_error();
	for (;;) {
		X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
		if (!cert)
			return end_of_file(
				r, r->clients->info.authority_count, r->ca_path, "certificate");
		int result = add_authority(r, cert);
		if (result < 0)
			return err_pass(result);
	}
}

/* ---- lists of what was revoked ---- */

static bool has_issuer(const struct reading *r, X509_CRL *crl)
{
	for (size_t i = 0; i < r->clients->info.authority_count; i++) {
		X509 *cert = r->authorities[i];
		EVP_PKEY *key = X509_get0_pubkey(cert);
		if (X509_NAME_cmp(X509_get_subject_name(cert), X509_CRL_get_issuer(crl)) == 0 &&
			key && X509_CRL_verify(crl, key) == 1)
			return true;
	}
	ERR_clear_error();
	return false;
}

static void check_crl_times(struct reading *r, const X509_CRL *crl)
{
	uint64_t now = clock_wall_us();
	uint64_t from = tls_time_us(X509_CRL_get0_lastUpdate(crl));
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	uint64_t until = next ? tls_time_us(next) : 0;
	uint64_t *first = &r->clients->info.next_update_us;
	if (now < from)
		note_flaw(r, true, "a list of revoked certificates", r->crl_path, from);
	else if (next && now > until)
		note_flaw(r, false, "a list of revoked certificates", r->crl_path, until);
	if (next && (*first == 0 || until < *first))
		*first = until;
}

static int add_crl(struct reading *r, X509_CRL *crl)
{
	struct tls_clients_info *info = &r->clients->info;
	if (info->crl_count == TLS_CRLS_MAX)
		return too_many(r, r->crl_path, TLS_CRLS_MAX, "list");
	if (!has_issuer(r, crl)) {
		err_say(r->err, "list %zu of %s was not signed by an authority of %s",
			info->crl_count + 1, r->crl_path, r->ca_path);
		return err_raise(-EKEYREJECTED);
	}
	check_crl_times(r, crl);
	if (X509_STORE_add_crl(r->clients->store, crl) != 1)
		return err_raise(-ENOMEM);
	info->crl_count++;
	int revoked = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)); /* -1: none */
	info->revoked_count += revoked > 0 ? (size_t)revoked : 0;
	return 0;
}

static int read_crls(struct reading *r)
{
	BIO *bio GC_CLEANUP(tls_bio_freep) = BIO_new_mem_buf(r->clients->crl, -1);
	ERR_clear_error();
	for (;;) {
		X509_CRL *crl = bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
		if (!crl)
			return end_of_file(r, r->clients->info.crl_count, r->crl_path,
				"list of revoked certificates");
		int result = add_crl(r, crl); /* the store keeps a reference */
		X509_CRL_free(crl);
		if (result < 0)
			return err_pass(result);
	}
}

static int read_all(struct reading *r)
{
	struct tls_clients *c = r->clients;
	int result = tls_read_text(r->ca_path, TLS_FILE_BYTES_MAX, &c->ca, r->err);
	if (result == 0)
		result = read_authorities(r);
	if (result < 0 || !r->crl_path || !r->crl_path[0])
		return result < 0 ? err_pass(result) : 0;
	result = tls_read_text(r->crl_path, TLS_CRL_BYTES_MAX, &c->crl, r->err);
	if (result == 0)
		result = read_crls(r);
	return result < 0 ? err_pass(result) : 0;
}

int tls_clients_load(const char *ca_path, const char *crl_path, struct tls_clients **ret,
	int *ret_flaw, struct err_text *flaw, struct err_text *err)
{
	struct tls_clients *clients GC_CLEANUP(tls_clients_unrefp) = mem_new(1, sizeof(*clients));
	atomic_init(&clients->refs, 1);
	clients->store = X509_STORE_new();
	(void)snprintf(clients->info.ca_path, PATH_MAX, "%s", ca_path);
	(void)snprintf(clients->info.crl_path, PATH_MAX, "%s", crl_path ? crl_path : "");
	*ret_flaw = 0;
	if (!clients->store)
		return err_raise(-ENOMEM);
	struct reading reading = {.clients = clients,
		.ca_path = ca_path,
		.crl_path = crl_path,
		.ret_flaw = ret_flaw,
		.flaw = flaw,
		.err = err};
	int r = read_all(&reading);
	for (size_t i = 0; i < clients->info.authority_count; i++)
		X509_free(reading.authorities[i]);
	if (r < 0)
		return err_pass(r);
	*ret = GC_TAKE(clients);
	return 0;
}

struct tls_clients *tls_clients_ref(struct tls_clients *clients)
{
	if (clients)
		atomic_fetch_add(&clients->refs, 1);
	return clients;
}

struct tls_clients *tls_clients_unref(struct tls_clients *clients)
{
	if (!clients || atomic_fetch_sub(&clients->refs, 1) > 1)
		return NULL;
	X509_STORE_free(clients->store);
	free(clients->ca);
	free(clients->crl);
	free(clients);
	return NULL;
}

void tls_clients_unrefp(struct tls_clients **clients)
{
	*clients = tls_clients_unref(*clients);
}

const char *tls_clients_pem(const struct tls_clients *clients)
{
	return clients->ca;
}

void tls_clients_get_info(const struct tls_clients *clients, struct tls_clients_info *ret)
{
	*ret = clients->info;
}

static bool same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

bool tls_clients_equal(const struct tls_clients *a, const struct tls_clients *b)
{
	return a == b || (a && b && same_text(a->ca, b->ca) && same_text(a->crl, b->crl));
}
