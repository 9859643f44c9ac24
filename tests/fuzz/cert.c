/* links: gchat_net gchat_lib PkgConfig::OPENSSL */
/*
 * Certificates of others: the administrator's files as the daemon reads them, and a server's chain
 * as the client judges it. An odd first byte: the rest is one certificate in DER, which a fuzzer bends
 * better than PEM; else it is the file.
 */
#include "lib/cert.h"
#include "base/mem.h"
#include "net/tls.h"
#include "support/files.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Owned: free. */
static char *to_pem(const uint8_t *data, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes;
	GC_ASSERT(bio && PEM_write_bio(bio, "CERTIFICATE", "", data, (long)size) >= 0);
	long len = BIO_get_mem_data(bio, &bytes);
	char *text = mem_new((size_t)len + 1, 1);
	if (len > 0)
		memcpy(text, bytes, (size_t)len);
	BIO_free(bio);
	return text;
}

static void check_plain(const char *text)
{
	for (; *text; text++)
		GC_ASSERT((unsigned char)*text >= ' ' && (unsigned char)*text < 0x7F);
}

static void judge(const char *pem)
{
	struct cert_chain chain;
	struct gchat_certificate shown = {0};
	char why[256] = "";
	if (!cert_chain_read(&chain, pem))
		return;
	X509_STORE *roots = X509_STORE_new();
	GC_ASSERT(roots);
	cert_describe(chain.leaf, &shown);
	GC_ASSERT(strlen(shown.fingerprint) == GCHAT_FINGERPRINT_SIZE - 1);
	check_plain(shown.subject);
	check_plain(shown.issuer);
	GC_ASSERT(!cert_is_vouched(&chain, roots, "den.example", why) && why[0]);
	X509_STORE_free(roots);
	cert_chain_deinit(&chain);
}

static void load(const char *pem)
{
	char path[FILES_PATH_BYTES];
	struct tls_pair *pair = NULL;
	struct err_text err = {0};
	int fd = files_open((const uint8_t *)pem, strlen(pem), path);
	if (tls_pair_load(path, path, &pair, &err) == 0) {
		GC_ASSERT(strlen(pair->info.fingerprint) == TLS_FINGERPRINT_BYTES - 1);
		GC_ASSERT(pair->info.name_count > 0 && pair->info.name_count <= TLS_NAMES_MAX);
		(void)tls_pair_is_for(pair, "den.example");
		(void)tls_pair_is_for(pair, "127.0.0.1");
		(void)tls_pair_free(pair);
	} else {
		GC_ASSERT(err.text[0]);
	}
	(void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *pem;
	if (size < 1)
		return 0;
	if (data[0] & 1) {
		pem = to_pem(data + 1, size - 1);
	} else {
		pem = mem_new(size, 1);
		memcpy(pem, data + 1, size - 1);
	}
	judge(pem);
	load(pem);
	free(pem);
	return 0;
}
