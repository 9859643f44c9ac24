/*
 * Roots first, then pins:
 *
 *   leaf + chain -> fingerprint given? -> roots vouch for host? -> pinned? -> new and accept_new?
 */
#include "lib/tls.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/cert.h"

#include <errno.h>
#include <grpc/support/alloc.h>
#include <grpc/support/string_util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const refusals[] = {
	[GCHAT_TRUST_UNKNOWN] = "CERTIFICATE_UNKNOWN",
	[GCHAT_TRUST_CHANGED] = "CERTIFICATE_CHANGED",
	[GCHAT_TRUST_REFUSED] = "CERTIFICATE_REFUSED",
};

const char *trust_refusal(enum gchat_trust trust)
{
	return (size_t)trust < GC_LENGTH(refusals) ? refusals[trust] : NULL;
}

static int on_verify(void *user_data, grpc_tls_custom_verification_check_request *request,
	grpc_tls_on_custom_verification_check_done_cb callback, void *callback_arg,
	grpc_status_code *sync_status, char **sync_error_details)
{
	(void)callback;
	(void)callback_arg;
	struct trust *t = user_data;
	const char *pem = request->peer_info.peer_cert_full_chain;
	if (!pem || !*pem)
		pem = request->peer_info.peer_cert;
	if (trust_check(t, pem)) {
		*sync_status = GRPC_STATUS_OK;
	} else {
		struct gchat_certificate last;
		trust_get_last(t, &last);
		*sync_status = GRPC_STATUS_UNAUTHENTICATED;
		*sync_error_details = gpr_strdup(trust_refusal(last.trust));
	}
	return 1; /* answered already */
}

static void on_cancel(void *user_data, grpc_tls_custom_verification_check_request *request)
{
	(void)user_data; /* every check is answered at once: nothing is ever under way */
	(void)request;
}

static void on_destruct(void *user_data)
{
	trust_unref(user_data);
}

static int set_up(struct trust *t, const struct gchat_options *options)
{
	if (options->state_dir && snprintf(t->known_path, sizeof(t->known_path), "%s/known-servers",
					  options->state_dir) >= (int)sizeof(t->known_path))
		return err_raise(-ENAMETOOLONG);
	if (t->mode == GCHAT_TRUST_MODE_EXACT)
		return options->fingerprint &&
				       known_parse_fingerprint(options->fingerprint, t->exact)
			       ? 0
			       : err_raise(-EINVAL);
	bool is_file = t->mode == GCHAT_TRUST_MODE_CA_FILE;
	t->roots = is_file && !options->ca_file ? NULL
						: cert_roots_new(is_file ? options->ca_file : NULL);
	if (!t->roots)
		return err_raise(-EIO);
	return 0;
}

int trust_new(const struct gchat_options *options, const char *host, const char *server,
	struct trust **ret)
{
	struct trust *t = mem_new(1, sizeof(*t));
	t->refs = 1;
	t->mode = options->trust_mode;
	t->accept_new = options->accept_new && t->mode == GCHAT_TRUST_MODE_FIRST_USE;
	(void)snprintf(t->host, sizeof(t->host), "%s", host);
	(void)snprintf(t->server, sizeof(t->server), "%s", server);
	(void)pthread_mutex_init(&t->shared.mu, NULL); /* cannot fail without attributes */
	t->external = (grpc_tls_certificate_verifier_external){
		.user_data = t, .verify = on_verify, .cancel = on_cancel, .destruct = on_destruct};
	int r = set_up(t, options);
	if (r < 0) {
		trust_unref(t);
		return err_pass(r);
	}
	*ret = t;
	return 0;
}

void trust_unref(struct trust *t)
{
	if (!t || atomic_fetch_sub(&t->refs, 1) != 1)
		return;
	X509_STORE_free(t->roots);
	(void)pthread_mutex_destroy(&t->shared.mu);
	free(t);
}

grpc_channel_credentials *trust_credentials_new(struct trust *t, const struct identity *identity)
{
	atomic_fetch_add(&t->refs, 1); /* the verifier's, returned in on_destruct */
	grpc_tls_certificate_verifier *verifier =
		grpc_tls_certificate_verifier_external_create(&t->external);
	grpc_tls_credentials_options *options = grpc_tls_credentials_options_create();
	grpc_tls_credentials_options_set_verify_server_cert(options, 0);
	grpc_tls_credentials_options_set_check_call_host(options, 0);
	grpc_tls_credentials_options_set_certificate_verifier(options, verifier);
	if (identity)
		identity_use(identity, options);
	grpc_channel_credentials *creds = grpc_tls_credentials_create(options);
	grpc_tls_certificate_verifier_release(verifier);
	return creds;
}

/* The pin for this server: the one in memory where it fits, else the file's. */
static bool find_pin(struct trust *t, const char *fingerprint, char ret[GCHAT_FINGERPRINT_SIZE])
{
	(void)pthread_mutex_lock(&t->shared.mu);
	memcpy(ret, t->shared.pinned, GCHAT_FINGERPRINT_SIZE);
	(void)pthread_mutex_unlock(&t->shared.mu);
	if (strcmp(ret, fingerprint) != 0 && t->known_path[0] &&
		known_find(t->known_path, t->server, ret) == 1)
		return true;
	return ret[0] != '\0';
}

static enum gchat_trust judge_pin(struct trust *t, struct gchat_certificate *cert)
{
	char pinned[GCHAT_FINGERPRINT_SIZE] = "";
	if (find_pin(t, cert->fingerprint, pinned)) {
		if (strcmp(pinned, cert->fingerprint) == 0)
			return GCHAT_TRUST_PINNED;
		memcpy(cert->pinned, pinned, sizeof(pinned));
		return GCHAT_TRUST_CHANGED;
	}
	if (!t->accept_new)
		return GCHAT_TRUST_UNKNOWN;
	if (trust_pin(t, cert->fingerprint) < 0)
		(void)snprintf(cert->why, sizeof(cert->why), "pinned until the end only: %s",
			"known-servers can't be written");
	return GCHAT_TRUST_NEW;
}

static enum gchat_trust judge(
	struct trust *t, const struct cert_chain *chain, struct gchat_certificate *cert)
{
	if (t->mode == GCHAT_TRUST_MODE_EXACT)
		return strcmp(t->exact, cert->fingerprint) == 0 ? GCHAT_TRUST_PINNED
								: GCHAT_TRUST_REFUSED;
	if (cert_is_vouched(chain, t->roots, t->host, cert->why))
		return GCHAT_TRUST_ROOTS;
	return t->mode == GCHAT_TRUST_MODE_FIRST_USE ? judge_pin(t, cert) : GCHAT_TRUST_REFUSED;
}

bool trust_check(struct trust *t, const char *pem)
{
	struct gchat_certificate cert = {.trust = GCHAT_TRUST_REFUSED,
		.why = "the server showed no certificate that can be read"};
	struct cert_chain chain;
	if (cert_chain_read(&chain, pem)) {
		cert_describe(chain.leaf, &cert);
		cert.trust = judge(t, &chain, &cert);
		cert_chain_deinit(&chain);
	}
	(void)pthread_mutex_lock(&t->shared.mu);
	t->shared.last = cert;
	(void)pthread_mutex_unlock(&t->shared.mu);
	return !trust_refusal(cert.trust);
}

void trust_get_last(struct trust *t, struct gchat_certificate *ret)
{
	(void)pthread_mutex_lock(&t->shared.mu);
	*ret = t->shared.last;
	(void)pthread_mutex_unlock(&t->shared.mu);
}

void trust_forget(struct trust *t)
{
	(void)pthread_mutex_lock(&t->shared.mu);
	t->shared.last.trust = GCHAT_TRUST_NONE;
	(void)pthread_mutex_unlock(&t->shared.mu);
}

int trust_pin(struct trust *t, const char *fingerprint)
{
	(void)pthread_mutex_lock(&t->shared.mu);
	(void)snprintf(t->shared.pinned, sizeof(t->shared.pinned), "%s", fingerprint);
	(void)pthread_mutex_unlock(&t->shared.mu);
	int r = t->known_path[0] ? known_pin(t->known_path, t->server, fingerprint) : 0;
	return r < 0 ? err_pass(r) : 0;
}
