/* Whether a client's chain will do, and whom it names. */
#include "net/tls_clients.h"

#include "net/tls_clients_priv.h"
#include "net/tls_info.h"
#include "net/tls_priv.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* ---- the name ---- */

static const ASN1_STRING *find_alternative(const GENERAL_NAMES *names, int type)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type == type)
			return name->d.ia5; /* what all three kinds are */
	}
	return NULL;
}

static const ASN1_STRING *find_common_name(const X509 *cert)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	return at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
}

/* The part of the name that is the user's; false: none, or longer than any user's. */
static bool cut_user(const char *text, size_t len, enum tls_client_name kind, char *user)
{
	const char *end = kind == TLS_CLIENT_NAME_DNS ? NULL : memchr(text, '@', len);
	if (end)
		len = (size_t)(end - text);
	for (size_t i = len; kind == TLS_CLIENT_NAME_URI && i > 0; i--) {
		if (text[i - 1] != '/' && text[i - 1] != ':')
			continue;
		text += i;
		len -= i;
		break;
	}
	if (len == 0 || len >= TLS_USER_BYTES || memchr(text, '\0', len))
		return false;
	for (size_t i = 0; i < len; i++)
		user[i] = (char)tolower((unsigned char)text[i]);
	user[len] = '\0';
	return true;
}

static bool find_user(const X509 *cert, enum tls_client_name kind, char *user)
{
	static const int types[] = {[TLS_CLIENT_NAME_EMAIL] = GEN_EMAIL,
		[TLS_CLIENT_NAME_DNS] = GEN_DNS,
		[TLS_CLIENT_NAME_URI] = GEN_URI};
	bool from_subject = kind == TLS_CLIENT_NAME_CN;
	GENERAL_NAMES *names =
		from_subject ? NULL : X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	const ASN1_STRING *name =
		from_subject ? find_common_name(cert) : find_alternative(names, types[kind]);
	bool found = name && cut_user((const char *)ASN1_STRING_get0_data(name),
				     (size_t)ASN1_STRING_length(name), kind, user);
	GENERAL_NAMES_free(names);
	return found;
}

/* ---- the chain ---- */

/* A list is needed of who issued the client's own certificate. An authority above that may have
 * none: where it has one, that counts. */
static int on_verified(int ok, X509_STORE_CTX *context)
{
	return ok || (X509_STORE_CTX_get_error(context) == X509_V_ERR_UNABLE_TO_GET_CRL &&
			     X509_STORE_CTX_get_error_depth(context) > 0);
}

static int verify(const struct tls_clients *clients, X509 *leaf, STACK_OF(X509) * rest)
{
	int error = X509_V_ERR_OUT_OF_MEM;
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	if (context && X509_STORE_CTX_init(context, clients->store, leaf, rest) == 1 &&
		X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) == 1) {
		if (clients->crl)
			X509_STORE_CTX_set_flags(
				context, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
		X509_STORE_CTX_set_verify_cb(context, on_verified);
		bool good = X509_verify_cert(context) == 1;
		error = good ? X509_V_OK : X509_STORE_CTX_get_error(context);
		if (!good && error == X509_V_OK)
			error = X509_V_ERR_UNSPECIFIED;
	}
	X509_STORE_CTX_free(context);
	ERR_clear_error();
	return error;
}

static void judge(const struct tls_clients *clients, X509 *leaf, STACK_OF(X509) * rest,
	enum tls_client_name kind, struct tls_client *ret)
{
	int error = verify(clients, leaf, rest);
	ret->expires_us = tls_time_us(X509_get0_notAfter(leaf));
	if (error != X509_V_OK) {
		ret->verdict = error == X509_V_ERR_CERT_REVOKED ? TLS_VERDICT_REVOKED
								: TLS_VERDICT_INVALID;
		(void)snprintf(
			ret->why, sizeof(ret->why), "%s", X509_verify_cert_error_string(error));
		return;
	}
	bool named = find_user(leaf, kind, ret->user);
	ret->verdict = named ? TLS_VERDICT_GOOD : TLS_VERDICT_NAMELESS;
	if (!named)
		(void)snprintf(ret->why, sizeof(ret->why), "it holds no name of a user");
}

void tls_clients_judge(const struct tls_clients *clients, const char *chain_pem,
	enum tls_client_name kind, struct tls_client *ret)
{
	*ret = (struct tls_client){.verdict = TLS_VERDICT_NONE};
	if (!chain_pem || !chain_pem[0])
		return;
	BIO *bio GC_CLEANUP(tls_bio_freep) = BIO_new_mem_buf(chain_pem, -1);
	X509 *leaf GC_CLEANUP(tls_cert_freep) =
		bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	STACK_OF(X509) *rest = sk_X509_new_null();
	X509 *next = NULL;
	while (leaf && rest && sk_X509_num(rest) < TLS_CHAIN_MAX &&
		(next = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		if (!sk_X509_push(rest, next))
			X509_free(next);
	ret->verdict = TLS_VERDICT_INVALID;
	(void)snprintf(ret->why, sizeof(ret->why), "it can't be read");
	if (leaf && rest)
		judge(clients, leaf, rest, kind, ret);
	sk_X509_pop_free(rest, X509_free);
	ERR_clear_error();
}
