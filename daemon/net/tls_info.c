/* Reading a certificate. Its texts come from whoever issued it: control characters become '?'. */
#include "net/tls_info.h"

#include "base/clock.h"
#include "net/tls_priv.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	IPV4_BYTES = 4,
	IPV6_BYTES = 16,
};

static void copy_text(const void *data, size_t len, char buf[static TLS_NAME_BYTES])
{
	const unsigned char *bytes = data;
	size_t n = len < TLS_NAME_BYTES - 1 ? len : TLS_NAME_BYTES - 1;
	for (size_t i = 0; i < n; i++)
		buf[i] = (char)(bytes[i] < ' ' || bytes[i] == 0x7f ? '?' : bytes[i]);
	buf[n] = '\0';
}

static void print_name(const X509_NAME *name, char buf[static TLS_NAME_BYTES])
{
	BIO *bio GC_CLEANUP(tls_bio_freep) = BIO_new(BIO_s_mem());
	char *data = NULL;
	buf[0] = '\0';
	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
		return;
	long len = BIO_get_mem_data(bio, &data);
	copy_text(data, len > 0 ? (size_t)len : 0, buf);
}

void tls_print_fingerprint(const X509 *cert, char text[static TLS_FINGERPRINT_BYTES])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	text[0] = '\0';
	if (!X509_digest(cert, EVP_sha256(), digest, &len))
		return;
	for (size_t i = 0; i < len && 2 * i + 2 < TLS_FINGERPRINT_BYTES; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", (unsigned)digest[i]);
}

uint64_t tls_time_us(const ASN1_TIME *when)
{
	struct tm tm;
	if (!ASN1_TIME_to_tm(when, &tm))
		return 0;
	time_t seconds = timegm(&tm);
	return seconds > 0 ? (uint64_t)seconds * CLOCK_US_PER_S : 0;
}

void tls_info_print_time(uint64_t us, char *buf, size_t size)
{
	time_t seconds = (time_t)(us / CLOCK_US_PER_S);
	struct tm tm;
	if (!gmtime_r(&seconds, &tm) || strftime(buf, size, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		(void)snprintf(buf, size, "an unknown time");
}

static void add_name(struct tls_info *info, const void *data, size_t len)
{
	if (info->name_count < TLS_NAMES_MAX && len > 0)
		copy_text(data, len, info->names[info->name_count++]);
}

static void add_address(struct tls_info *info, const ASN1_OCTET_STRING *address)
{
	char text[INET6_ADDRSTRLEN];
	int len = ASN1_STRING_length(address);
	if (len != IPV4_BYTES && len != IPV6_BYTES)
		return;
	if (inet_ntop(len == IPV4_BYTES ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text,
		    sizeof(text)))
		add_name(info, text, strlen(text));
}

static void add_alternative(struct tls_info *info, const GENERAL_NAME *name)
{
	if (name->type == GEN_DNS)
		add_name(info, ASN1_STRING_get0_data(name->d.dNSName),
			(size_t)ASN1_STRING_length(name->d.dNSName));
	else if (name->type == GEN_IPADD)
		add_address(info, name->d.iPAddress);
}

static void add_common_name(struct tls_info *info, const X509 *cert)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (at < 0)
		return;
	const ASN1_STRING *data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
	add_name(info, ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data));
}

static void read_names(struct tls_info *info, const X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		add_alternative(info, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	if (info->name_count == 0)
		add_common_name(info, cert);
}

void tls_info_read(const X509 *cert, struct tls_info *ret)
{
	*ret = (struct tls_info){0};
	print_name(X509_get_subject_name(cert), ret->subject);
	print_name(X509_get_issuer_name(cert), ret->issuer);
	tls_print_fingerprint(cert, ret->fingerprint);
	ret->not_before_us = tls_time_us(X509_get0_notBefore(cert));
	ret->not_after_us = tls_time_us(X509_get0_notAfter(cert));
	read_names(ret, cert);
}
