/* Load, swap, prove, or put back. */
#include "service/rotate.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/accept.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	PROVE_MS = 5000
};

void rotate_find_files(
	const struct config *config, enum tls_client_auth auth, struct rotate_files *ret)
{
	const char *const *names = (const char *const *)config->tls.names.items;
	*ret = (struct rotate_files){
		.files.names = names, .files.name_count = config->tls.names.count};
	if (config->tls.certificate[0]) {
		ret->files.certificate = config->tls.certificate;
		ret->files.key = config->tls.key;
	} else {
		(void)snprintf(ret->certificate, sizeof(ret->certificate),
			"%s/" TLS_MADE_CERTIFICATE, config->store.folder);
		(void)snprintf(
			ret->key, sizeof(ret->key), "%s/" TLS_MADE_KEY, config->store.folder);
		ret->files.certificate = ret->certificate;
		ret->files.key = ret->key;
	}
	if (auth == TLS_CLIENT_AUTH_OFF)
		return;
	ret->files.client_ca = config->tls.client_ca;
	ret->files.client_crl = config->tls.client_crl;
}

static bool begin(struct service *service)
{
	pthread_mutex_lock(&service->shared.mu);
	bool mine = !service->shared.rotating;
	service->shared.rotating = true;
	pthread_mutex_unlock(&service->shared.mu);
	return mine;
}

static void finish(struct service *service)
{
	pthread_mutex_lock(&service->shared.mu);
	service->shared.rotating = false;
	pthread_mutex_unlock(&service->shared.mu);
}

struct comparison {
	const struct tls_pair *pair;
	bool same;
};

static void compare(void *arg, const struct tls_pair *in_use)
{
	struct comparison *c = arg;
	c->same = strcmp(c->pair->certificate, in_use->certificate) == 0 &&
		  strcmp(c->pair->key, in_use->key) == 0 &&
		  tls_clients_equal(c->pair->clients, in_use->clients);
}

bool rotate_is_in_use(struct service *service, const struct tls_pair *pair)
{
	struct comparison c = {.pair = pair};
	tls_holder_look(service->tls, compare, &c);
	return c.same;
}

int rotate_check(struct service *service, const struct config *config, struct tls_pair **ret,
	struct err_text *err)
{
	struct rotate_files *found GC_CLEANUP(mem_freep) = mem_new(1, sizeof(*found));
	struct tls_pair *pair GC_CLEANUP(tls_pair_freep) = NULL;
	rotate_find_files(config, service->client_auth, found);
	int r = tls_pair_load_flawed(&found->files, &pair, err);
	if (r == 0 && pair->flaw.text[0] && !rotate_is_in_use(service, pair)) {
		*err = pair->flaw;
		r = err_raise(-EKEYREJECTED);
	}
	if (r < 0)
		return err_pass(r);
	*ret = GC_TAKE(pair);
	return 0;
}

/* Those whose certificate was good by the former authorities and lists. */
static void judge_again(struct service *service, struct tls_clients *clients)
{
	const struct config *config = service_config(service);
	size_t cut = acceptor_judge_again(
		service->acceptor, clients, (enum tls_client_name)config->tls.client_name);
	if (cut > 0)
		log_notice("connections cut: their certificates were revoked or are not vouched "
			   "for any more connections=%zu",
			cut);
}

/* A server that has asked clients for certificates from the start can't do without authorities. */
static int keep_authorities(struct service *service, struct tls_pair *pair)
{
	uint64_t generation;
	if (service->client_auth == TLS_CLIENT_AUTH_OFF || pair->clients)
		return 0;
	pair->clients = tls_holder_clients(service->tls, &generation);
	return pair->clients ? 0 : err_raise(-EINVAL);
}

static int swap_and_prove(struct service *service, struct tls_pair *pair, struct err_text *err)
{
	char fingerprint[TLS_FINGERPRINT_BYTES];
	memcpy(fingerprint, pair->info.fingerprint, sizeof(fingerprint));
	struct tls_clients *clients GC_CLEANUP(tls_clients_unrefp) = tls_clients_ref(pair->clients);
	struct tls_pair *former = tls_holder_swap(service->tls, pair);
	int r = acceptor_prove(service->acceptor, fingerprint, PROVE_MS, err);
	if (r < 0)
		former = tls_holder_swap(service->tls, former);
	bool changed = r == 0 && clients && !tls_clients_equal(clients, former->clients);
	(void)tls_pair_free(former);
	if (changed)
		judge_again(service, clients);
	return r < 0 ? err_pass(r) : 0;
}

static int rotate(
	struct service *service, struct tls_pair *pair, struct rotation *ret, struct err_text *err)
{
	tls_holder_info(service->tls, &ret->before);
	ret->after = pair->info;
	ret->doubt = pair->doubt;
	int r = keep_authorities(service, pair);
	if (r < 0) {
		(void)tls_pair_free(pair);
		return err_pass(r);
	}
	r = swap_and_prove(service, pair, err);
	if (r < 0)
		return err_pass(r);
	log_with(LOG_LEVEL_NOTICE, NULL, LOG_ID_CERT_ROTATED,
		"certificate rotated before=%s after=%s", ret->before.fingerprint,
		ret->after.fingerprint);
	if (ret->doubt.text[0])
		log_with(LOG_LEVEL_WARNING, NULL, LOG_ID_CERT_DOUBT, "%s", ret->doubt.text);
	return 0;
}

static int refuse_second(struct err_text *err)
{
	err_say(err, "another rotation is under way: try again when it is done");
	return err_raise(-EBUSY);
}

int rotate_to(
	struct service *service, struct tls_pair *pair, struct rotation *ret, struct err_text *err)
{
	if (!begin(service)) {
		(void)tls_pair_free(pair);
		return refuse_second(err);
	}
	int r = rotate(service, pair, ret, err);
	finish(service);
	return r < 0 ? err_pass(r) : 0;
}

int rotate_certificate(struct service *service, const struct tls_files *files, struct rotation *ret,
	struct err_text *err)
{
	struct tls_pair *pair = NULL;
	if (!begin(service))
		return refuse_second(err);
	int r = tls_pair_load_files(files, &pair, err);
	if (r == 0)
		r = rotate(service, pair, ret, err);
	finish(service);
	return r < 0 ? err_pass(r) : 0;
}
