/*
 * Reading and checking a pair. Core would take a pair it cannot use only to log an error at the
 * next connection; here every fault has a sentence before anything is swapped.
 */
#include "net/tls.h"

#include "base/fd.h"
#include "base/mem.h"
#include "net/tls_clients.h"
#include "net/tls_info.h"
#include "net/tls_priv.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void tls_cert_freep(X509 **cert)
{
	X509_free(*cert);
	*cert = NULL;
}

void tls_key_freep(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
	*key = NULL;
}

void tls_bio_freep(BIO **bio)
{
	BIO_free(*bio);
	*bio = NULL;
}

void tls_print_fault(char *buf, size_t size)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	(void)snprintf(buf, size, "%s", reason ? reason : "unknown fault");
	ERR_clear_error();
}

static void draft_deinit(struct tls_draft *d)
{
	for (size_t i = 0; i < d->chain_count; i++)
		X509_free(d->chain[i]);
	EVP_PKEY_free(d->key);
}

int tls_read_text(const char *path, size_t max, char **ret, struct err_text *err)
{
	int r = fd_read_file(path, max, ret, NULL);
	if (r == -EFBIG)
		err_say(err, "%s is larger than %zu bytes: no certificate or key", path, max);
	else if (r < 0)
		err_say(err, "cannot read %s: %s", path, strerror(-r));
	return r < 0 ? err_pass(r) : 0;
}

static int end_of_chain(const struct tls_draft *d, struct err_text *err)
{
	unsigned long e = ERR_peek_last_error();
	bool at_end = ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	if (at_end && d->chain_count > 0)
		return 0;
	if (at_end)
		err_say(err, "%s holds no certificate", d->certificate_path);
	else
		err_say(err, "certificate %zu of %s is damaged or cut short", d->chain_count + 1,
			d->certificate_path);
	return err_raise(-EBADMSG);
}

static int read_chain(struct tls_draft *d, const char *text, size_t len, struct err_text *err)
{
	BIO *bio GC_CLEANUP(tls_bio_freep) = BIO_new_mem_buf(text, (int)len);
	X509 *cert;
	ERR_clear_error();
	while (bio && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (d->chain_count == TLS_CHAIN_MAX) {
			X509_free(cert);
			err_say(err, "%s holds more than %d certificates", d->certificate_path,
				TLS_CHAIN_MAX);
			return err_raise(-E2BIG);
		}
		d->chain[d->chain_count++] = cert;
	}
	return end_of_chain(d, err);
}

/* When the first certificate of the chain to end does so. */
static uint64_t earliest_end(const struct tls_draft *d)
{
	uint64_t end = UINT64_MAX;
	for (size_t i = 0; i < d->chain_count; i++) {
		struct tls_info info;
		tls_info_read(d->chain[i], &info);
		if (info.not_after_us < end)
			end = info.not_after_us;
	}
	return end;
}

/* A daemon has nobody to ask: remembers that a passphrase was wanted, and gives none. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)arg = true;
	return -1;
}

static int read_key(struct tls_draft *d, const char *text, size_t len, struct err_text *err)
{
	bool asked = false;
	BIO *bio GC_CLEANUP(tls_bio_freep) = BIO_new_mem_buf(text, (int)len);
	d->key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked) : NULL;
	ERR_clear_error();
	if (d->key)
		return 0;
	if (asked)
		err_say(err, "the key in %s is protected by a passphrase", d->key_path);
	else if (!strstr(text, "PRIVATE KEY-----"))
		err_say(err, "%s holds no private key", d->key_path);
	else
		err_say(err, "the key in %s is damaged or cut short", d->key_path);
	return err_raise(-EBADMSG);
}

/* *ret_flaw: what the checks that a start passes over came to; the pair has its sentence. */
static int parse(struct tls_draft *d, const struct tls_files *files, struct tls_pair *pair,
	int *ret_flaw, struct err_text *err)
{
	int r = read_chain(d, pair->certificate, strlen(pair->certificate), err);
	if (r == 0)
		r = read_key(d, pair->key, strlen(pair->key), err);
	if (r < 0)
		return err_pass(r);
	tls_info_read(d->chain[0], &pair->info);
	r = tls_check_whole(d, &pair->info, err);
	if (r < 0)
		return err_pass(r);
	pair->expires_us = earliest_end(d);
	tls_check_doubts(d, &pair->doubt);
	r = tls_check_times(d, &pair->flaw);
	if (r == 0)
		r = tls_check_names(d, files, &pair->flaw);
	*ret_flaw = r;
	return 0;
}

static int read_pair(
	const struct tls_files *files, struct tls_pair *pair, int *ret_flaw, struct err_text *err)
{
	int r = tls_read_text(files->certificate, TLS_FILE_BYTES_MAX, &pair->certificate, err);
	if (r == 0)
		r = tls_read_text(files->key, TLS_FILE_BYTES_MAX, &pair->key, err);
	if (r < 0)
		return err_pass(r);
	struct tls_draft draft = {.certificate_path = files->certificate, .key_path = files->key};
	r = parse(&draft, files, pair, ret_flaw, err);
	draft_deinit(&draft);
	return r < 0 ? err_pass(r) : 0;
}

static int load(
	const struct tls_files *files, struct tls_pair **ret, int *ret_flaw, struct err_text *err)
{
	struct tls_pair *pair GC_CLEANUP(tls_pair_freep) = mem_new(1, sizeof(*pair));
	int clients_flaw = 0;
	pair->certificate_path = mem_strdup(files->certificate);
	pair->key_path = mem_strdup(files->key);
	int r = read_pair(files, pair, ret_flaw, err);
	if (r == 0 && files->client_ca && files->client_ca[0])
		r = tls_clients_load(files->client_ca, files->client_crl, &pair->clients,
			&clients_flaw, *ret_flaw == 0 ? &pair->flaw : NULL, err);
	if (r < 0)
		return err_pass(r);
	if (*ret_flaw == 0)
		*ret_flaw = clients_flaw;
	*ret = GC_TAKE(pair);
	return 0;
}

int tls_pair_load_files(const struct tls_files *files, struct tls_pair **ret, struct err_text *err)
{
	struct tls_pair *pair GC_CLEANUP(tls_pair_freep) = NULL;
	int flaw = 0;
	int r = load(files, &pair, &flaw, err);
	if (r < 0)
		return err_pass(r);
	if (flaw < 0) {
		err_say(err, "%s", pair->flaw.text);
		return err_pass(flaw);
	}
	*ret = GC_TAKE(pair);
	return 0;
}

int tls_pair_load_flawed(const struct tls_files *files, struct tls_pair **ret, struct err_text *err)
{
	int flaw = 0;
	return load(files, ret, &flaw, err);
}

int tls_pair_load(const char *certificate_path, const char *key_path, struct tls_pair **ret,
	struct err_text *err)
{
	const struct tls_files files = {.certificate = certificate_path, .key = key_path};
	return tls_pair_load_files(&files, ret, err);
}

struct tls_pair *tls_pair_free(struct tls_pair *pair)
{
	if (!pair)
		return NULL;
	if (pair->key)
		OPENSSL_cleanse(pair->key, strlen(pair->key));
	free(pair->key);
	free(pair->certificate);
	free(pair->certificate_path);
	free(pair->key_path);
	(void)tls_clients_unref(pair->clients);
	free(pair);
	return NULL;
}

void tls_pair_freep(struct tls_pair **pair)
{
	*pair = tls_pair_free(*pair);
}

bool tls_pair_is_for(const struct tls_pair *pair, const char *host)
{
	BIO *bio GC_CLEANUP(tls_bio_freep) = BIO_new_mem_buf(pair->certificate, -1);
	X509 *cert GC_CLEANUP(tls_cert_freep) =
		bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	ERR_clear_error();
	return cert && tls_cert_is_for(cert, host);
}

int tls_pair_make_missing(const char *folder, bool *ret_made, struct err_text *err)
{
	char certificate[PATH_MAX];
	*ret_made = false;
	if (snprintf(certificate, sizeof(certificate), "%s/" TLS_MADE_CERTIFICATE, folder) >=
		(int)sizeof(certificate)) {
		err_say(err, "the path of folder %s is too long", folder);
		return err_raise(-ENAMETOOLONG);
	}
	/* A key without a certificate is what a crash between the two leaves behind. */
	if (access(certificate, F_OK) == 0 || errno != ENOENT)
		return 0;
	int r = tls_pair_make(folder, err);
	if (r < 0)
		return err_pass(r);
	*ret_made = true;
	return 0;
}

int tls_pair_load_or_make(
	const char *folder, struct tls_pair **ret, bool *ret_made, struct err_text *err)
{
	char certificate[PATH_MAX];
	char key[PATH_MAX];
	int r = tls_pair_make_missing(folder, ret_made, err);
	if (r < 0)
		return err_pass(r);
	(void)snprintf(certificate, sizeof(certificate), "%s/" TLS_MADE_CERTIFICATE, folder);
	(void)snprintf(key, sizeof(key), "%s/" TLS_MADE_KEY, folder); /* shorter than that */
	const struct tls_files files = {.certificate = certificate, .key = key};
	r = tls_pair_load_flawed(&files, ret, err);
	return r < 0 ? err_pass(r) : 0;
}
