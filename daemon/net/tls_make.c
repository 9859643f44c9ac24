/* The first start's own certificate: self-signed, for clients that pin what they see first. */
#include "net/tls.h"

#include "base/fd.h"
#include "net/tls_priv.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
	HOST_BYTES = 256,
	COMMON_NAME_BYTES = 65, /* X.520's upper bound of 64, with a NUL */
	SERIAL_BITS = 127, /* positive, and within RFC 5280's 20 bytes */
	KEY_MODE = 0600,
	CERTIFICATE_MODE = 0644,
	SECONDS_PER_DAY = 86400,
	CLOCK_SLACK_S = 3600, /* clients whose clock is behind ours */
};

#define NAME_ALWAYS "localhost"

static bool is_host_name(const char *name)
{
	for (const char *p = name; *p; p++) {
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
			return false;
	}
	return name[0] && strlen(name) < HOST_BYTES && strcasecmp(name, NAME_ALWAYS) != 0;
}

static bool names_host(const struct hostent *entry, const char *host)
{
	for (char **alias = entry->h_aliases; *alias; alias++) {
		if (strcasecmp(*alias, host) == 0)
			return true;
	}
	return false;
}

/* The host's full name as /etc/hosts has it. Not asked of DNS: a first start must not hang. Not
 * thread-safe, and the first start has one thread. */
static void find_full_name(const char *host, char full[static HOST_BYTES])
{
	full[0] = '\0';
	sethostent(0);
	for (struct hostent *entry; (entry = gethostent());) {
		if (!strchr(entry->h_name, '.') || !is_host_name(entry->h_name) ||
			!names_host(entry, host))
			continue;
		(void)snprintf(full, HOST_BYTES, "%s", entry->h_name);
		break;
	}
	endhostent();
}

static void find_names(char host[static HOST_BYTES], char full[static HOST_BYTES])
{
	full[0] = '\0';
	if (gethostname(host, HOST_BYTES) < 0)
		host[0] = '\0';
	host[HOST_BYTES - 1] = '\0';
	if (!is_host_name(host)) {
		host[0] = '\0';
		return;
	}
	if (!strchr(host, '.'))
		find_full_name(host, full);
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool ok = extension && X509_add_ext(cert, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return ok;
}

static bool add_extensions(X509 *cert, const char *host, const char *full)
{
	char names[3 * HOST_BYTES];
	(void)snprintf(names, sizeof(names), "%s%s%s%s%s%sDNS:" NAME_ALWAYS ",IP:127.0.0.1,IP:::1",
		host[0] ? "DNS:" : "", host, host[0] ? "," : "", full[0] ? "DNS:" : "", full,
		full[0] ? "," : "");
	return add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(cert, NID_ext_key_usage, "serverAuth") &&
	       add_extension(cert, NID_subject_alt_name, names) &&
	       add_extension(cert, NID_subject_key_identifier, "hash");
}

static bool set_serial(X509 *cert)
{
	BIGNUM *number = BN_new();
	bool ok = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
		  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
	BN_free(number);
	return ok;
}

static bool set_subject(X509 *cert, const char *name)
{
	char common[COMMON_NAME_BYTES];
	(void)snprintf(common, sizeof(common), "%s", name);
	X509_NAME *subject = X509_get_subject_name(cert);
	return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
		       (const unsigned char *)common, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(cert, subject) == 1;
}

static bool set_times(X509 *cert)
{
	return X509_gmtime_adj(X509_getm_notBefore(cert), -(long)CLOCK_SLACK_S) &&
	       X509_gmtime_adj(X509_getm_notAfter(cert), (long)TLS_MADE_DAYS * SECONDS_PER_DAY);
}

static X509 *make_cert(EVP_PKEY *key)
{
	char host[HOST_BYTES];
	char full[HOST_BYTES];
	find_names(host, full);
	const char *name = full[0] ? full : host[0] ? host : NAME_ALWAYS;
	X509 *cert = X509_new();
	if (cert && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
		set_subject(cert, name) && set_times(cert) && X509_set_pubkey(cert, key) == 1 &&
		add_extensions(cert, host, full) && X509_sign(cert, key, EVP_sha256()) > 0)
		return cert;
	X509_free(cert);
	return NULL;
}

static int write_bio(
	const char *folder, const char *file, BIO *bio, mode_t mode, struct err_text *err)
{
	char path[PATH_MAX];
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);
	int r = snprintf(path, sizeof(path), "%s/%s", folder, file) < (int)sizeof(path)
			? fd_write_file(path, data, (size_t)len, mode)
			: err_raise(-ENAMETOOLONG);
	if (r < 0)
		err_say(err, "cannot write %s/%s: %s", folder, file, strerror(-r));
	return r < 0 ? err_pass(r) : 0;
}

static void wipe(BIO *bio)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);
	if (len > 0)
		OPENSSL_cleanse(data, (size_t)len);
}

/* The key first: a certificate without its key could not be told from one that lost it. */
static int write_pair(const char *folder, X509 *cert, EVP_PKEY *key, struct err_text *err)
{
	BIO *key_bio GC_CLEANUP(tls_bio_freep) = BIO_new(BIO_s_mem());
	BIO *cert_bio GC_CLEANUP(tls_bio_freep) = BIO_new(BIO_s_mem());
	if (!key_bio || !cert_bio || PEM_write_bio_X509(cert_bio, cert) != 1 ||
		PEM_write_bio_PKCS8PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return err_raise(-ENOMEM);
	int r = write_bio(folder, TLS_MADE_KEY, key_bio, KEY_MODE, err);
	if (r == 0)
		r = write_bio(folder, TLS_MADE_CERTIFICATE, cert_bio, CERTIFICATE_MODE, err);
	wipe(key_bio);
	return r < 0 ? err_pass(r) : 0;
}

int tls_pair_make(const char *folder, struct err_text *err)
{
	EVP_PKEY *key GC_CLEANUP(tls_key_freep) = EVP_EC_gen("P-256");
	X509 *cert GC_CLEANUP(tls_cert_freep) = key ? make_cert(key) : NULL;
	if (!cert) {
		char fault[ERR_TEXT_BYTES / 2];
		tls_print_fault(fault, sizeof(fault));
		err_say(err, "cannot make a certificate: %s", fault);
		return err_raise(-EIO);
	}
	int r = write_pair(folder, cert, key, err);
	return r < 0 ? err_pass(r) : 0;
}
