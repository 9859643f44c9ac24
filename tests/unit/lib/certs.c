/* Certificates made with OpenSSL. */
#include "certs.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cmocka_std.h"

static void add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

struct pair pair_make(const char *host, int is_ip, const struct pair *issuer, int days)
{
	static long serial = 1;
	char names[128];
	struct pair pair = {.cert = X509_new(), .key = EVP_EC_gen("P-256")};
	assert_non_null(pair.cert);
	assert_non_null(pair.key);
	(void)X509_set_version(pair.cert, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(pair.cert), serial++);
	(void)X509_gmtime_adj(X509_getm_notBefore(pair.cert), -3600L * 24 * 30);
	(void)X509_gmtime_adj(X509_getm_notAfter(pair.cert), 3600L * 24 * days);
	(void)X509_NAME_add_entry_by_txt(X509_get_subject_name(pair.cert), "CN", MBSTRING_ASC,
		(const unsigned char *)host, -1, -1, 0);
	const X509 *parent = issuer ? issuer->cert : pair.cert;
	(void)X509_set_issuer_name(pair.cert, X509_get_subject_name(parent));
	(void)X509_set_pubkey(pair.cert, pair.key);
	(void)snprintf(names, sizeof(names), "%s:%s", is_ip ? "IP" : "DNS", host);
	add_extension(pair.cert, NID_subject_alt_name, names);
	add_extension(pair.cert, NID_basic_constraints, issuer ? "CA:FALSE" : "CA:TRUE");
	assert_true(X509_sign(pair.cert, issuer ? issuer->key : pair.key, EVP_sha256()) > 0);
	return pair;
}

void pair_free(struct pair *pair)
{
	X509_free(pair->cert);
	EVP_PKEY_free(pair->key);
	*pair = (struct pair){0};
}

char *pair_pem(const struct pair *pair)
{
	BIO *bio = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_X509(bio, pair->cert), 1);
	char *data;
	long len = BIO_get_mem_data(bio, &data);
	char *text = mem_new((size_t)len + 1, 1);
	memcpy(text, data, (size_t)len);
	BIO_free(bio);
	return text;
}
