/* The pair in use. Core asks at every new connection, on the accept thread, and takes a pair only
 * when its generation is not the one taken last. */
#include "net/tls.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* On the thread that hands a connection over; core's hand-overs come one at a time. */
static _Thread_local char served[TLS_FINGERPRINT_BYTES];

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

/* Root certificates are for clients' certificates. Where none is asked for they are not used, but
 * Debian's core aborts when there are none. */
static grpc_ssl_server_certificate_config *make_config(const struct tls_pair *pair)
{
	grpc_ssl_pem_key_cert_pair pem = {
		.private_key = pair->key, .cert_chain = pair->certificate};
	return grpc_ssl_server_certificate_config_create(
		pair->clients ? tls_clients_pem(pair->clients) : pair->certificate, &pem, 1);
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
	memcpy(served, h->pair->info.fingerprint, sizeof(served));
	(void)pthread_mutex_unlock(&h->mu);
	return fresh ? GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW
		     : GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
}

void tls_take_served(char ret_fingerprint[static TLS_FINGERPRINT_BYTES])
{
	memcpy(ret_fingerprint, served, sizeof(served));
	served[0] = '\0';
}

static const grpc_ssl_client_certificate_request_type requests[] = {
	[TLS_CLIENT_AUTH_OFF] = GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
	[TLS_CLIENT_AUTH_OPTIONAL] = GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY,
	[TLS_CLIENT_AUTH_REQUIRED] = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY,
};

grpc_server_credentials *tls_holder_credentials(struct tls_holder *h, enum tls_client_auth auth)
{
	return grpc_ssl_server_credentials_create_with_options(
		grpc_ssl_server_credentials_create_options_using_config_fetcher(
			requests[auth], fetch, h));
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

void tls_holder_look(
	struct tls_holder *h, void (*look)(void *arg, const struct tls_pair *pair), void *arg)
{
	(void)pthread_mutex_lock(&h->mu);
	look(arg, h->pair);
	(void)pthread_mutex_unlock(&h->mu);
}

static void copy_info(void *arg, const struct tls_pair *pair)
{
	*(struct tls_info *)arg = pair->info;
}

void tls_holder_info(struct tls_holder *h, struct tls_info *ret)
{
	tls_holder_look(h, copy_info, ret);
}

static void copy_expiry(void *arg, const struct tls_pair *pair)
{
	*(uint64_t *)arg = pair->expires_us;
}

uint64_t tls_holder_expires_us(struct tls_holder *h)
{
	uint64_t us = 0;
	tls_holder_look(h, copy_expiry, &us);
	return us;
}

struct tls_clients *tls_holder_clients(struct tls_holder *h, uint64_t *ret_generation)
{
	(void)pthread_mutex_lock(&h->mu);
	struct tls_clients *clients = tls_clients_ref(h->pair->clients);
	*ret_generation = h->generation;
	(void)pthread_mutex_unlock(&h->mu);
	return clients;
}
