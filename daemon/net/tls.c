/*
 * Reading and checking a pair. Core would take a pair it cannot use only to log an error at the
 * next connection; here every fault has a sentence before anything is swapped.
 */
#include "net/tls.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
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

enum {
	EC_BITS_MIN = 256,
	TIME_TEXT_BYTES = 64,
};

/* What is being checked; the paths are for the sentences. */
struct draft {
	const char *certificate_path; /* borrowed, as the next */
	const char *key_path;
	X509 *chain[TLS_CHAIN_MAX]; /* owned */
	size_t chain_count;
	EVP_PKEY *key; /* owned */
};

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

static void draft_deinit(struct draft *d)
{
	for (size_t i = 0; i < d->chain_count; i++)
		X509_free(d->chain[i]);
	EVP_PKEY_free(d->key);
}

static int read_text(const char *path, char **ret, size_t *ret_len, struct err_text *err)
{
	int r = fd_read_file(path, TLS_FILE_BYTES_MAX, ret, ret_len);
	if (r == -EFBIG)
		err_say(err, "%s is larger than %d bytes: no certificate or key", path,
			TLS_FILE_BYTES_MAX);
	else if (r < 0)
		err_say(err, "cannot read %s: %s", path, strerror(-r));
	return r < 0 ? err_pass(r) : 0;
}

static int end_of_chain(const struct draft *d, struct err_text *err)
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

static int read_chain(struct draft *d, const char *text, size_t len, struct err_text *err)
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

/* A daemon has nobody to ask: remembers that a passphrase was wanted, and gives none. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)arg = true;
	return -1;
}

static int read_key(struct draft *d, const char *text, size_t len, struct err_text *err)
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

static bool key_fits(const struct draft *d, size_t i)
{
	const EVP_PKEY *public_key = X509_get0_pubkey(d->chain[i]);
	bool fits = public_key && EVP_PKEY_eq(public_key, d->key) == 1;
	ERR_clear_error();
	return fits;
}

static int check_key_fits(const struct draft *d, struct err_text *err)
{
	if (key_fits(d, 0))
		return 0;
	for (size_t i = 1; i < d->chain_count; i++) {
		if (!key_fits(d, i))
			continue;
		err_say(err,
			"%s is in the wrong order: the key is that of certificate %zu, which must "
			"come first",
			d->certificate_path, i + 1);
		return err_raise(-EINVAL);
	}
	err_say(err, "the key in %s is not that of the certificate in %s", d->key_path,
		d->certificate_path);
	return err_raise(-EKEYREJECTED);
}

static int check_key_strength(const struct draft *d, struct err_text *err)
{
	int bits = EVP_PKEY_get_bits(d->key);
	const char *type = EVP_PKEY_get0_type_name(d->key);
	bool is_rsa = EVP_PKEY_is_a(d->key, "RSA");
	bool is_ec = EVP_PKEY_is_a(d->key, "EC");
	if ((is_rsa && bits >= TLS_RSA_BITS_MIN) || (is_ec && bits >= EC_BITS_MIN))
		return 0;
	if (is_rsa || is_ec)
		err_say(err, "the key in %s is too short: %s of %d bits (at least %d)", d->key_path,
			type, bits, is_rsa ? TLS_RSA_BITS_MIN : EC_BITS_MIN);
	else
		err_say(err, "the key in %s is of type %s (allowed: EC, RSA)", d->key_path,
			type ? type : "unknown");
	return err_raise(-EKEYREJECTED);
}

static int check_order(const struct draft *d, struct err_text *err)
{
	for (size_t i = 1; i < d->chain_count; i++) {
		if (X509_check_issued(d->chain[i], d->chain[i - 1]) == X509_V_OK)
			continue;
		err_say(err,
			"%s is in the wrong order: certificate %zu did not issue certificate %zu "
			"(the server's own comes first, then each issuer)",
			d->certificate_path, i + 1, i);
		return err_raise(-EINVAL);
	}
	return 0;
}

static int check_times(const struct draft *d, struct err_text *err)
{
	uint64_t now = clock_wall_us();
	for (size_t i = 0; i < d->chain_count; i++) {
		struct tls_info info;
		char when[TIME_TEXT_BYTES];
		tls_info_read(d->chain[i], &info);
		bool early = now < info.not_before_us;
		if (!early && now <= info.not_after_us)
			continue;
		tls_info_print_time(
			early ? info.not_before_us : info.not_after_us, when, sizeof(when));
		err_say(err,
			early ? "certificate %zu of %s is not valid before %s"
			      : "certificate %zu of %s expired on %s",
			i + 1, d->certificate_path, when);
		return err_raise(early ? -EKEYREJECTED : -EKEYEXPIRED);
	}
	return 0;
}

static int check_names(const struct draft *d, const struct tls_info *info, struct err_text *err)
{
	if (info->name_count > 0)
		return 0;
	err_say(err, "the certificate in %s has no name: neither a DNS name nor an address",
		d->certificate_path);
	return err_raise(-EKEYREJECTED);
}

static int check(const struct draft *d, const struct tls_info *info, struct err_text *err)
{
	int r = check_key_fits(d, err);
	if (r == 0)
		r = check_key_strength(d, err);
	if (r == 0)
		r = check_order(d, err);
	if (r == 0)
		r = check_names(d, info, err);
	return r < 0 ? err_pass(r) : 0;
}

/* *ret_times: what check_times came to, which says the rest in the pair. */
static int parse(struct draft *d, struct tls_pair *pair, int *ret_times, struct err_text *err)
{
	int r = read_chain(d, pair->certificate, strlen(pair->certificate), err);
	if (r == 0)
		r = read_key(d, pair->key, strlen(pair->key), err);
	if (r < 0)
		return err_pass(r);
	tls_info_read(d->chain[0], &pair->info);
	r = check(d, &pair->info, err);
	if (r < 0)
		return err_pass(r);
	*ret_times = check_times(d, &pair->untimely);
	return 0;
}

static int load(const char *certificate_path, const char *key_path, struct tls_pair **ret,
	int *ret_times, struct err_text *err)
{
	struct tls_pair *pair GC_CLEANUP(tls_pair_freep) = mem_new(1, sizeof(*pair));
	int r = read_text(certificate_path, &pair->certificate, NULL, err);
	if (r == 0)
		r = read_text(key_path, &pair->key, NULL, err);
	if (r < 0)
		return err_pass(r);
	struct draft draft = {.certificate_path = certificate_path, .key_path = key_path};
	r = parse(&draft, pair, ret_times, err);
	draft_deinit(&draft);
	if (r < 0)
		return err_pass(r);
	*ret = GC_TAKE(pair);
	return 0;
}

int tls_pair_load(const char *certificate_path, const char *key_path, struct tls_pair **ret,
	struct err_text *err)
{
	struct tls_pair *pair GC_CLEANUP(tls_pair_freep) = NULL;
	int times;
	int r = load(certificate_path, key_path, &pair, &times, err);
	if (r < 0)
		return err_pass(r);
	if (times < 0) {
		err_say(err, "%s", pair->untimely.text);
		return err_pass(times);
	}
	*ret = GC_TAKE(pair);
	return 0;
}

int tls_pair_load_any_time(const char *certificate_path, const char *key_path,
	struct tls_pair **ret, struct err_text *err)
{
	int times;
	return load(certificate_path, key_path, ret, &times, err);
}

struct tls_pair *tls_pair_free(struct tls_pair *pair)
{
	if (!pair)
		return NULL;
	if (pair->key)
		OPENSSL_cleanse(pair->key, strlen(pair->key));
	free(pair->key);
	free(pair->certificate);
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
	return cert && (X509_check_host(cert, host, 0, 0, NULL) == 1 ||
			       X509_check_ip_asc(cert, host, 0) == 1);
}

int tls_pair_load_or_make(
	const char *folder, struct tls_pair **ret, bool *ret_made, struct err_text *err)
{
	char certificate[PATH_MAX];
	char key[PATH_MAX];
	bool made = false;
	if (snprintf(certificate, sizeof(certificate), "%s/" TLS_MADE_CERTIFICATE, folder) >=
			(int)sizeof(certificate) ||
		snprintf(key, sizeof(key), "%s/" TLS_MADE_KEY, folder) >= (int)sizeof(key)) {
		err_say(err, "the path of folder %s is too long", folder);
		return err_raise(-ENAMETOOLONG);
	}
	/* A key without a certificate is what a crash between the two leaves behind. */
	if (access(certificate, F_OK) < 0 && errno == ENOENT) {
		int r = tls_pair_make(folder, err);
		if (r < 0)
			return err_pass(r);
		made = true;
	}
	int r = tls_pair_load_any_time(certificate, key, ret, err);
	if (r < 0)
		return err_pass(r);
	*ret_made = made;
	return 0;
}
