/* OpenSSL's X509 functions, as far as trust needs them. */
#include "lib/cert.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

bool cert_chain_read(struct cert_chain *chain, const char *pem)
{
	*chain = (struct cert_chain){.rest = sk_X509_new_null()};
	BIO *bio = pem ? BIO_new_mem_buf(pem, -1) : NULL;
	if (!bio || !chain->rest) {
		BIO_free(bio);
		cert_chain_deinit(chain);
		return false;
	}
	chain->leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	for (int i = 1; chain->leaf && i < CERT_CHAIN_MAX; i++) {
		X509 *next = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (!next || !sk_X509_push(chain->rest, next)) {
			X509_free(next);
			break;
		}
	}
	BIO_free(bio);
	if (!chain->leaf)
		cert_chain_deinit(chain);
	return chain->leaf != NULL;
}

void cert_chain_deinit(struct cert_chain *chain)
{
	X509_free(chain->leaf);
	sk_X509_pop_free(chain->rest, X509_free);
	*chain = (struct cert_chain){0};
}

static void describe_fingerprint(X509 *leaf, char ret[GCHAT_FINGERPRINT_SIZE])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	if (!X509_digest(leaf, EVP_sha256(), hash, &len))
		len = 0;
	for (unsigned i = 0; i < len && 2 * i + 2 < GCHAT_FINGERPRINT_SIZE; i++)
		(void)snprintf(ret + 2 * (size_t)i, 3, "%02x", hash[i]);
}

static uint64_t time_us_of(const ASN1_TIME *time)
{
	struct tm tm;
	if (!time || !ASN1_TIME_to_tm(time, &tm))
		return 0;
	time_t seconds = timegm(&tm);
	return seconds < 0 ? 0 : (uint64_t)seconds * 1000000;
}

/* Writes the printable part of a name: what a certificate says is a stranger's text. */
static void add_text(char *out, size_t size, const unsigned char *text, int len)
{
	size_t used = strlen(out);
	if (used && used + 1 < size)
		out[used++] = ' ';
	for (int i = 0; i < len && used + 1 < size; i++)
		out[used++] = text[i] > ' ' && text[i] < 0x7f ? (char)text[i] : '?';
	out[used] = '\0';
}

static void add_address(char *out, size_t size, const ASN1_OCTET_STRING *ip)
{
	char text[INET6_ADDRSTRLEN] = "";
	int family = ASN1_STRING_length(ip) == 16 ? AF_INET6 : AF_INET;
	if (ASN1_STRING_length(ip) != 16 && ASN1_STRING_length(ip) != 4)
		return;
	if (inet_ntop(family, ASN1_STRING_get0_data(ip), text, sizeof(text)))
		add_text(out, size, (const unsigned char *)text, (int)strlen(text));
}

static void describe_names(X509 *leaf, char *out, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_DNS)
			add_text(out, size, ASN1_STRING_get0_data(name->d.dNSName),
				ASN1_STRING_length(name->d.dNSName));
		else if (name->type == GEN_IPADD)
			add_address(out, size, name->d.iPAddress);
	}
	GENERAL_NAMES_free(names);
}

/* RFC 2253 with everything beyond ASCII and all control characters escaped. */
static void describe_name(const X509_NAME *name, char *out, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	if (!bio)
		return;
	if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
		int len = BIO_read(bio, out, (int)size - 1);
		out[len > 0 ? len : 0] = '\0';
	}
	BIO_free(bio);
}

void cert_describe(X509 *leaf, struct gchat_certificate *ret)
{
	*ret = (struct gchat_certificate){.trust = GCHAT_TRUST_NONE};
	describe_fingerprint(leaf, ret->fingerprint);
	describe_name(X509_get_subject_name(leaf), ret->subject, sizeof(ret->subject));
	describe_name(X509_get_issuer_name(leaf), ret->issuer, sizeof(ret->issuer));
	describe_names(leaf, ret->names, sizeof(ret->names));
	ret->not_before_us = time_us_of(X509_get0_notBefore(leaf));
	ret->not_after_us = time_us_of(X509_get0_notAfter(leaf));
}

static bool set_host(X509_VERIFY_PARAM *param, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];
	bool is_address =
		inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return is_address ? X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1
			  : X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

bool cert_is_vouched(
	const struct cert_chain *chain, X509_STORE *roots, const char *host, char why[256])
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool is_vouched = false;
	if (ctx && X509_STORE_CTX_init(ctx, roots, chain->leaf, chain->rest) &&
		X509_STORE_CTX_set_default(ctx, "ssl_server") &&
		set_host(X509_STORE_CTX_get0_param(ctx), host))
		is_vouched = X509_verify_cert(ctx) == 1;
	why[0] = '\0';
	if (!is_vouched)
		(void)snprintf(why, 256, "%s",
			ctx ? X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx))
			    : "out of memory");
	X509_STORE_CTX_free(ctx);
	return is_vouched;
}

/* Over a hundred certificates, 15 ms: read once in the life of a process, however many it connects. */
static pthread_once_t system_once = PTHREAD_ONCE_INIT;
static X509_STORE *system_roots; /* ref, for the life of the process; written once */

static void read_system_roots(void)
{
	system_roots = X509_STORE_new();
	if (system_roots && !X509_STORE_set_default_paths(system_roots)) {
		X509_STORE_free(system_roots);
		system_roots = NULL;
	}
}

static X509_STORE *system_roots_ref(void)
{
	(void)pthread_once(&system_once, read_system_roots);
	return system_roots && X509_STORE_up_ref(system_roots) ? system_roots : NULL;
}

X509_STORE *cert_roots_new(const char *ca_file)
{
	if (!ca_file)
		return system_roots_ref();
	X509_STORE *roots = X509_STORE_new();
	if (!roots)
		return NULL;
	if (!X509_STORE_load_file(roots, ca_file)) {
		X509_STORE_free(roots);
		return NULL;
	}
	/* A certificate in the file is trusted as it stands, also one that isn't a root. */
	(void)X509_STORE_set_flags(roots, X509_V_FLAG_PARTIAL_CHAIN);
	return roots;
}
