/* PEM in, gRPC's provider out. */
#include "lib/identity.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Nobody can be asked from within a library. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static bool is_pair(const struct identity *identity)
{
	BIO *cert_bio = BIO_new_mem_buf(identity->certificate, -1);
	BIO *key_bio = BIO_new_mem_buf(identity->key, -1);
	X509 *cert = cert_bio ? PEM_read_bio_X509(cert_bio, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key =
		key_bio ? PEM_read_bio_PrivateKey(key_bio, NULL, no_passphrase, NULL) : NULL;
	bool fits = cert && key && X509_check_private_key(cert, key) == 1;
	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(cert_bio);
	BIO_free(key_bio);
	ERR_clear_error();
	return fits;
}

int identity_read(const char *cert_file, const char *key_file, struct identity *ret)
{
	struct identity identity = {0};
	int r = fd_read_file(cert_file, IDENTITY_FILE_BYTES_MAX, &identity.certificate, NULL);
	if (r == 0)
		r = fd_read_file(key_file ? key_file : cert_file, IDENTITY_FILE_BYTES_MAX,
			&identity.key, NULL);
	if (r == 0 && !is_pair(&identity))
		r = err_raise(-EINVAL);
	if (r < 0) {
		identity_deinit(&identity);
		return err_pass(r);
	}
	*ret = identity;
	return 0;
}

void identity_deinit(struct identity *identity)
{
	if (identity->key)
		OPENSSL_cleanse(identity->key, strlen(identity->key));
	free(identity->key);
	free(identity->certificate);
	*identity = (struct identity){0};
}

void identity_use(const struct identity *identity, grpc_tls_credentials_options *options)
{
	grpc_tls_identity_pairs *pairs = grpc_tls_identity_pairs_create();
	grpc_tls_identity_pairs_add_pair(pairs, identity->key, identity->certificate);
	/* takes the pairs */
	grpc_tls_certificate_provider *provider =
		grpc_tls_certificate_provider_static_data_create(NULL, pairs);
	grpc_tls_credentials_options_set_certificate_provider(options, provider);
	grpc_tls_credentials_options_watch_identity_key_cert_pairs(options);
	grpc_tls_certificate_provider_release(provider);
}
