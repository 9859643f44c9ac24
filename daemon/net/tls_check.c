/* What a pair has to fulfil. Each fault has its own sentence, which names the file. */
#include "net/tls.h"

#include "base/clock.h"
#include "net/tls_info.h"
#include "net/tls_priv.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum {
	EC_BITS_MIN = 256,
	SIGNATURE_BITS_MIN = 112, /* SHA-1 has 63 or 80, SHA-256 128 */
	TIME_TEXT_BYTES = 64,
};

static bool key_fits(const struct tls_draft *d, size_t i)
{
	const EVP_PKEY *public_key = X509_get0_pubkey(d->chain[i]);
	bool fits = public_key && EVP_PKEY_eq(public_key, d->key) == 1;
	ERR_clear_error();
	return fits;
}

static int check_key_fits(const struct tls_draft *d, struct err_text *err)
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

static int check_key_strength(const struct tls_draft *d, struct err_text *err)
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

static bool is_self_signed(X509 *cert)
{
	return (X509_get_extension_flags(cert) & EXFLAG_SS) != 0;
}

/* The issuer's name alone could be that of an older key. */
static bool issued(X509 *issuer, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	bool is =
		X509_check_issued(issuer, cert) == X509_V_OK && key && X509_verify(cert, key) == 1;
	ERR_clear_error();
	return is;
}

static int check_order(const struct tls_draft *d, struct err_text *err)
{
	for (size_t i = 1; i < d->chain_count; i++) {
		if (issued(d->chain[i], d->chain[i - 1]))
			continue;
		err_say(err,
			"%s is in the wrong order: certificate %zu did not issue certificate %zu "
			"(the server's own comes first, then each issuer)",
			d->certificate_path, i + 1, i);
		return err_raise(-EINVAL);
	}
	return 0;
}

bool tls_signature_is_strong(X509 *cert, const char **ret_name)
{
	int md = NID_undef;
	int bits = 0;
	*ret_name = OBJ_nid2ln(X509_get_signature_nid(cert));
	if (!X509_get_signature_info(cert, &md, NULL, &bits, NULL)) {
		ERR_clear_error();
		return false;
	}
	return bits >= SIGNATURE_BITS_MIN;
}

/* A root's own signature is not looked at by anyone. */
static int check_signatures(const struct tls_draft *d, struct err_text *err)
{
	for (size_t i = 0; i < d->chain_count; i++) {
		const char *name;
		bool is_root = i > 0 && is_self_signed(d->chain[i]);
		if (is_root || tls_signature_is_strong(d->chain[i], &name))
			continue;
		err_say(err, "certificate %zu of %s has a weak signature: %s (SHA-256 or better)",
			i + 1, d->certificate_path, name ? name : "of an unknown kind");
		return err_raise(-EKEYREJECTED);
	}
	return 0;
}

static int check_purpose(const struct tls_draft *d, struct err_text *err)
{
	if (X509_check_purpose(d->chain[0], X509_PURPOSE_SSL_SERVER, 0) == 1)
		return 0;
	err_say(err, "the certificate in %s is not one for a server (its key usage)",
		d->certificate_path);
	return err_raise(-EKEYREJECTED);
}

static int check_named(const struct tls_draft *d, const struct tls_info *info, struct err_text *err)
{
	if (info->name_count > 0)
		return 0;
	err_say(err, "the certificate in %s has no name: neither a DNS name nor an address",
		d->certificate_path);
	return err_raise(-EKEYREJECTED);
}

int tls_check_whole(const struct tls_draft *d, const struct tls_info *info, struct err_text *err)
{
	int r = check_key_fits(d, err);
	if (r == 0)
		r = check_key_strength(d, err);
	if (r == 0)
		r = check_order(d, err);
	if (r == 0)
		r = check_signatures(d, err);
	if (r == 0)
		r = check_purpose(d, err);
	if (r == 0)
		r = check_named(d, info, err);
	return r < 0 ? err_pass(r) : 0;
}

int tls_check_times(const struct tls_draft *d, struct err_text *err)
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

bool tls_cert_is_for(X509 *cert, const char *host)
{
	return X509_check_host(cert, host, 0, 0, NULL) == 1 ||
	       X509_check_ip_asc(cert, host, 0) == 1;
}

/* "a.example, 192.0.2.1", cut to size. */
static void list_names(const struct tls_info *info, char *buf, size_t size)
{
	size_t used = 0;
	buf[0] = '\0';
	for (size_t i = 0; i < info->name_count && used < size; i++) {
		int n = snprintf(
			buf + used, size - used, "%s%s", i > 0 ? ", " : "", info->names[i]);
		used += n > 0 ? (size_t)n : 0;
	}
}

int tls_check_names(const struct tls_draft *d, const struct tls_files *files, struct err_text *err)
{
	for (size_t i = 0; i < files->name_count; i++) {
		struct tls_info info;
		char names[ERR_TEXT_BYTES / 4];
		if (tls_cert_is_for(d->chain[0], files->names[i]))
			continue;
		tls_info_read(d->chain[0], &info);
		list_names(&info, names, sizeof(names));
		err_say(err, "the certificate in %s is not for %s (tls.names), but for %s",
			d->certificate_path, files->names[i], names);
		return err_raise(-EKEYREJECTED);
	}
	return 0;
}

/* Whether the system knows the issuer of a chain's last certificate. */
static bool is_vouched_for(X509 *last)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	bool known = false;
	if (store && context && X509_STORE_set_default_paths(store) == 1 &&
		X509_STORE_CTX_init(context, store, last, NULL) == 1) {
		X509 *issuer = NULL;
		known = X509_STORE_CTX_get1_issuer(&issuer, context, last) == 1;
		X509_free(issuer);
	}
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	ERR_clear_error();
	return known;
}

void tls_check_doubts(const struct tls_draft *d, struct err_text *ret_doubt)
{
	X509 *last = d->chain[d->chain_count - 1];
	struct tls_info info;
	ret_doubt->text[0] = '\0';
	if (is_self_signed(last) || is_vouched_for(last))
		return;
	tls_info_read(last, &info);
	err_say(ret_doubt,
		"%s may be incomplete: the issuer of its last certificate (%.200s) is neither in it "
		"nor among this system's roots, so that only clients who have it will do",
		d->certificate_path, info.issuer);
}
