/* Certificates for tests. */
#include "pair.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "cmocka_std.h"

enum {
	HOUR_S = 3600,
	DAY_S = 86400,
};

static void add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(cert, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void set_names(X509 *cert, const struct recipe *recipe)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	if (recipe->common_name)
		assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
					 (const unsigned char *)recipe->common_name, -1, -1, 0),
			1);
	assert_int_equal(X509_set_issuer_name(cert,
				 recipe->issuer ? X509_get_subject_name(recipe->issuer) : subject),
		1);
	if (recipe->alternatives)
		add_extension(cert, NID_subject_alt_name, recipe->alternatives);
	if (recipe->usage)
		add_extension(cert, NID_ext_key_usage, recipe->usage);
	if (recipe->is_ca)
		add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
}

X509 *pair_make_cert(const struct recipe *recipe, EVP_PKEY **ret_key)
{
	static long serial;
	EVP_PKEY *key = recipe->key ? recipe->key : EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	assert_non_null(key);
	assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial), 1);
	assert_non_null(X509_gmtime_adj(
		X509_getm_notBefore(cert), recipe->from_s ? recipe->from_s : -HOUR_S));
	assert_non_null(X509_gmtime_adj(
		X509_getm_notAfter(cert), recipe->until_s ? recipe->until_s : DAY_S));
	assert_int_equal(X509_set_pubkey(cert, key), 1);
	set_names(cert, recipe);
	EVP_PKEY *signer = recipe->issuer_key ? recipe->issuer_key : key;
	const EVP_MD *sha = recipe->md ? recipe->md : EVP_sha256();
	const EVP_MD *md = EVP_PKEY_is_a(signer, "ED25519") ? NULL : sha;
	assert_true(X509_sign(cert, signer, md) > 0);
	if (!recipe->key && !ret_key)
		EVP_PKEY_free(key);
	if (ret_key)
		*ret_key = key;
	return cert;
}

static void revoke(X509_CRL *crl, X509 *cert, const ASN1_TIME *when)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	assert_non_null(entry);
	assert_int_equal(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(cert)), 1);
	assert_int_equal(X509_REVOKED_set_revocationDate(entry, (ASN1_TIME *)(uintptr_t)when), 1);
	assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
}

X509_CRL *pair_make_crl(const struct crl_recipe *recipe)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = X509_gmtime_adj(NULL, -2 * DAY_S);
	ASN1_TIME *until = X509_gmtime_adj(NULL, recipe->until_s ? recipe->until_s : DAY_S);
	assert_non_null(crl);
	assert_int_equal(X509_CRL_set_version(crl, X509_CRL_VERSION_2), 1);
	assert_int_equal(X509_CRL_set_issuer_name(crl, X509_get_subject_name(recipe->issuer)), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(crl, from), 1);
	assert_int_equal(X509_CRL_set1_nextUpdate(crl, until), 1);
	for (size_t i = 0; i < recipe->count; i++)
		revoke(crl, recipe->revoked[i], from);
	assert_true(X509_CRL_sign(crl, recipe->issuer_key, EVP_sha256()) > 0);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return crl;
}

void pair_write_crl(const struct folder *folder, const char *name, X509_CRL *crl)
{
	FILE *file = fopen(folder_file(folder, name), "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509_CRL(file, crl), 1);
	assert_int_equal(fclose(file), 0);
}

EVP_PKEY *pair_make_rsa(unsigned bits)
{
	EVP_PKEY *key = EVP_RSA_gen(bits);
	assert_non_null(key);
	return key;
}

void pair_write_certs(
	const struct folder *folder, const char *name, X509 *const *certs, size_t count)
{
	FILE *file = fopen(folder_file(folder, name), "w");
	assert_non_null(file);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(PEM_write_X509(file, certs[i]), 1);
	assert_int_equal(fclose(file), 0);
}

void pair_write_key(
	const struct folder *folder, const char *name, EVP_PKEY *key, const char *passphrase)
{
	FILE *file = fopen(folder_file(folder, name), "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_PKCS8PrivateKey(file, key, passphrase ? EVP_aes_256_cbc() : NULL,
				 passphrase, passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
		1);
	assert_int_equal(fclose(file), 0);
}
