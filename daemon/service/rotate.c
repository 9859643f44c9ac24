/* Load, swap, prove, or put back. */
#include "service/rotate.h"

#include "base/log.h"
#include "net/accept.h"

#include <errno.h>

enum {
	PROVE_MS = 5000
};

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

static int swap_and_prove(struct service *service, struct tls_pair *pair,
	struct tls_info *ret_after, struct err_text *err)
{
	*ret_after = pair->info;
	struct tls_pair *former = tls_holder_swap(service->tls, pair);
	int r = acceptor_prove(service->acceptor, ret_after->fingerprint, PROVE_MS, err);
	if (r < 0)
		former = tls_holder_swap(service->tls, former);
	(void)tls_pair_free(former);
	return r < 0 ? err_pass(r) : 0;
}

int rotate_certificate(struct service *service, const char *cert_file, const char *key_file,
	struct tls_info *ret_before, struct tls_info *ret_after, struct err_text *err)
{
	if (!begin(service)) {
		err_say(err, "another rotation is under way: try again when it is done");
		return err_raise(-EBUSY);
	}
	struct tls_pair *pair = NULL;
	tls_holder_info(service->tls, ret_before);
	int r = tls_pair_load(cert_file, key_file, &pair, err);
	if (r == 0)
		r = swap_and_prove(service, pair, ret_after, err);
	if (r == 0)
		log_with(LOG_LEVEL_NOTICE, NULL, LOG_ID_CERT_ROTATED,
			"certificate rotated before=%s after=%s", ret_before->fingerprint,
			ret_after->fingerprint);
	finish(service);
	return r < 0 ? err_pass(r) : 0;
}
