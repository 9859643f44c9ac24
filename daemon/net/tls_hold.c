/* The pair in use. Core asks at every new connection, on the accept thread, and takes a pair only
 * when its generation is not the one taken last. */
#include "net/tls.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

struct tls_holder {
	pthread_mutex_t mu;
	struct tls_pair *pair; /* owned; under mu, as the rest */
	uint64_t generation; /* of `pair`, from 1 */
	uint64_t taken; /* by core; 0: none yet */
};

struct tls_holder *tls_holder_new(struct tls_pair *pair)
{
	struct tls_holder *h = mem_new(1, sizeof(*h));
	(void)pthread_mutex_init(&h->mu, NULL); /* cannot fail with default attributes */
	h->pair = pair;
	h->generation = 1;
	return h;
}

struct tls_holder *tls_holder_free(struct tls_holder *h)
{
	if (!h)
		return NULL;
	tls_pair_free(h->pair);
	(void)pthread_mutex_destroy(&h->mu);
	free(h);
	return NULL;
}

void tls_holder_freep(struct tls_holder **h)
{
	*h = tls_holder_free(*h);
}

/* Root certificates are not used, for no client certificate is asked for, but Debian's core aborts
 * when there are none. */
static grpc_ssl_server_certificate_config *make_config(const struct tls_pair *pair)
{
	grpc_ssl_pem_key_cert_pair pem = {
		.private_key = pair->key, .cert_chain = pair->certificate};
	return grpc_ssl_server_certificate_config_create(pair->certificate, &pem, 1);
}

static grpc_ssl_certificate_config_reload_status fetch(
	void *arg, grpc_ssl_server_certificate_config **ret_config)
{
	struct tls_holder *h = arg;
	(void)pthread_mutex_lock(&h->mu);
	bool fresh = h->taken != h->generation;
	if (fresh)
		*ret_config = make_config(h->pair);
	h->taken = h->generation;
	(void)pthread_mutex_unlock(&h->mu);
	return fresh ? GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW
		     : GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
}

grpc_server_credentials *tls_holder_credentials(struct tls_holder *h)
{
	return grpc_ssl_server_credentials_create_with_options(
		grpc_ssl_server_credentials_create_options_using_config_fetcher(
			GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE, fetch, h));
}

struct tls_pair *tls_holder_swap(struct tls_holder *h, struct tls_pair *pair)
{
	(void)pthread_mutex_lock(&h->mu);
	struct tls_pair *before = h->pair;
	h->pair = pair;
	h->generation++;
	(void)pthread_mutex_unlock(&h->mu);
	return before;
}

void tls_holder_info(struct tls_holder *h, struct tls_info *ret)
{
	(void)pthread_mutex_lock(&h->mu);
	*ret = h->pair->info;
	(void)pthread_mutex_unlock(&h->mu);
}
