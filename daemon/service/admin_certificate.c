/*
 * Rotation: load and check the pair, swap it in for new connections, prove it with a handshake to
 * ourselves; put the old one back when that fails. On a worker: files and handshakes block. And who is
 * still served with which.
 */
#include "service/admin_certificate.h"

#include "base/log.h"
#include "base/mem.h"
#include "config/credential.h"
#include "net/accept.h"
#include "service/admin_calls.h"
#include "service/expiry.h"
#include "service/rotate.h"
#include "shard/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	USES_MAX = 128, /* certificates told apart; the rest is one */
};

/* ---- messages ---- */

static void warn(uint64_t end_us, enum expiry expiry, const char *what, char *warning)
{
	char when[ERR_TEXT_BYTES / 4];
	if (expiry == EXPIRY_FAR || warning[0])
		return;
	expiry_print(end_us, clock_wall_us(), when, sizeof(when));
	(void)snprintf(warning, ERR_TEXT_BYTES, "%s%s", what, when);
}

static void copy_pair(void *arg, const struct tls_pair *pair)
{
	struct certificate_message *c = arg;
	c->info = pair->info;
	c->expires_us = pair->expires_us;
	(void)snprintf(
		c->certificate_path, sizeof(c->certificate_path), "%s", pair->certificate_path);
	(void)snprintf(c->key_path, sizeof(c->key_path), "%s", pair->key_path);
	memcpy(c->warning, pair->flaw.text, sizeof(c->warning));
	warn(c->expires_us, expiry_of(c->expires_us, clock_wall_us()), "", c->warning);
	if (!c->warning[0])
		memcpy(c->warning, pair->doubt.text, sizeof(c->warning));
}

void certificate_fill(struct service *service, struct certificate_message *c)
{
	tls_holder_look(service->tls, copy_pair, c);
	gchat__v1__certificate__init(&c->message);
	c->message.subject = c->info.subject;
	c->message.issuer = c->info.issuer;
	c->message.fingerprint = c->info.fingerprint;
	c->message.not_before_us = c->info.not_before_us;
	c->message.not_after_us = c->info.not_after_us;
	for (size_t i = 0; i < c->info.name_count; i++)
		c->names[i] = c->info.names[i];
	c->message.names = c->names;
	c->message.n_names = c->info.name_count;
	c->message.cert_file = c->certificate_path;
	c->message.key_file = c->key_path;
	c->message.expires_us = c->expires_us;
	c->message.warning = c->warning;
}

/* The words of tls.client_auth, as char * for protobuf-c, which does not write to them. */
static char *mode_word(enum tls_client_auth auth)
{
	static char off[] = "off";
	static char optional[] = "optional";
	static char required[] = "required";
	return auth == TLS_CLIENT_AUTH_OFF        ? off
	       : auth == TLS_CLIENT_AUTH_OPTIONAL ? optional
						  : required;
}

void authorities_fill(struct service *service, struct authorities_message *a)
{
	uint64_t generation;
	struct tls_clients *clients GC_CLEANUP(tls_clients_unrefp) =
		tls_holder_clients(service->tls, &generation);
	gchat__v1__client_authorities__init(&a->message);
	a->message.mode = mode_word(service->client_auth);
	if (!clients)
		return;
	tls_clients_get_info(clients, &a->info);
	uint64_t now = clock_wall_us();
	warn(a->info.next_update_us, expiry_of_list(a->info.next_update_us, now),
		"the list of revoked certificates ", a->warning);
	warn(a->info.expires_us, expiry_of(a->info.expires_us, now), "an authority ", a->warning);
	a->message.subject = a->info.subject;
	a->message.authorities = (uint32_t)a->info.authority_count;
	a->message.expires_us = a->info.expires_us;
	a->message.lists = (uint32_t)a->info.crl_count;
	a->message.revoked = (uint32_t)a->info.revoked_count;
	a->message.next_update_us = a->info.next_update_us;
	a->message.ca_file = a->info.ca_path;
	a->message.crl_file = a->info.crl_path;
	a->message.warning = a->warning;
}

/* ---- who is served with which ---- */

struct use {
	Gchat__V1__CertificateUse message;
	char fingerprint[TLS_FINGERPRINT_BYTES];
};

struct gathering {
	struct hub_visit visit;
	struct call *call; /* held by the letter that ends it */
	pthread_mutex_t mu;
	size_t count; /* under mu, as the next; the first is the one in use, the last may be the rest */
	struct use uses[USES_MAX + 1];
	Gchat__V1__CertificateUse *list[USES_MAX + 1];
	struct certificate_message certificate;
	struct authorities_message authorities;
};

static void wipe_gathering(void *data)
{
	struct gathering *g = data;
	pthread_mutex_destroy(&g->mu);
}

/* The caller holds mu. */
static struct use *find_use(struct gathering *g, const char *fingerprint)
{
	for (size_t i = 0; i < g->count; i++)
		if (strcmp(g->uses[i].fingerprint, fingerprint) == 0)
			return &g->uses[i];
	if (g->count > USES_MAX)
		return &g->uses[USES_MAX];
	struct use *use = &g->uses[g->count];
	gchat__v1__certificate_use__init(&use->message);
	if (g->count < USES_MAX)
		(void)snprintf(use->fingerprint, sizeof(use->fingerprint), "%s", fingerprint);
	use->message.fingerprint = use->fingerprint;
	g->list[g->count++] = &use->message;
	return use;
}

static void count_connection(void *arg, const char *fingerprint)
{
	struct gathering *g = arg;
	if (fingerprint[0])
		find_use(g, fingerprint)->message.connections++;
}

/* The session's shard. */
static void count_session(struct hub_visit *visit, struct session *s)
{
	struct gathering *g = GC_CONTAINER_OF(visit, struct gathering, visit);
	char fingerprint[TLS_FINGERPRINT_BYTES];
	if (s->state != SESSION_LIVE ||
		!acceptor_served(g->call->service->acceptor, s->peer, fingerprint) ||
		!fingerprint[0])
		return;
	pthread_mutex_lock(&g->mu);
	find_use(g, fingerprint)->message.sessions++;
	pthread_mutex_unlock(&g->mu);
}

/* The last shard: back to the call's own. */
static void visited(struct hub_visit *visit)
{
	struct gathering *g = GC_CONTAINER_OF(visit, struct gathering, visit);
	shard_post(g->call->shard, &g->call->mail);
}

static void reply_certificate(struct call *call)
{
	struct gathering *g = call->data;
	Gchat__V1__GetCertificateResponse response;
	gchat__v1__get_certificate_response__init(&response);
	response.certificate = &g->certificate.message;
	response.client_authorities = &g->authorities.message;
	response.uses = g->list;
	response.n_uses = g->count;
	call_reply(call, &response.base);
}

void admin_get_certificate(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	struct gathering *g = call_data(call, sizeof(*g));
	call->wipe = wipe_gathering;
	g->call = call;
	g->visit.visit = count_session;
	g->visit.done = visited;
	pthread_mutex_init(&g->mu, NULL);
	certificate_fill(call->service, &g->certificate);
	authorities_fill(call->service, &g->authorities);
	find_use(g, g->certificate.info.fingerprint)->message.current = true;
	acceptor_each_served(call->service->acceptor, count_connection, g);
	call_wait(call, reply_certificate);
	hub_visit_all(call->service->hub, &g->visit);
}

/* ---- rotation ---- */

struct turning {
	char *cert_file; /* owned, or NULL: those of the configuration */
	char *key_file;
	struct rotate_files files;
	struct rotation rotation;
	struct certificate_message before;
	struct certificate_message after;
	struct authorities_message authorities;
	struct err_text err;
	int result;
};

static void wipe_turning(void *data)
{
	struct turning *t = data;
	free(t->cert_file);
	free(t->key_file);
}

/* Worker thread. */
static void rotate(struct call *call)
{
	struct turning *t = call->data;
	rotate_find_files(service_config(call->service), call->service->client_auth, &t->files);
	if (t->cert_file) {
		t->files.files.certificate = t->cert_file;
		t->files.files.key = t->key_file;
	}
	certificate_fill(call->service, &t->before);
	t->result = rotate_certificate(call->service, &t->files.files, &t->rotation, &t->err);
}

/* Whoever has put a new pair in its place and gets the old one is told why. */
static void warn_of_credentials(struct turning *t)
{
	bool same = strcmp(t->before.info.fingerprint, t->after.info.fingerprint) == 0;
	if (same && credential_is(t->files.files.certificate))
		(void)snprintf(t->after.warning, sizeof(t->after.warning),
			"a credential of systemd, which hands over a new one at the next start: "
			"systemctl restart gchatd");
}

static void reply_rotated(struct call *call)
{
	struct turning *t = call->data;
	if (t->result < 0) {
		log_with(LOG_LEVEL_WARNING, NULL, LOG_ID_CERT_REFUSED,
			"certificate refused: %s uid=%u", t->err.text, call->admin_uid);
		call_fail_text(call, REASON_CERTIFICATE_REFUSED,
			"%s (the certificate in use stays)", t->err.text);
		return;
	}
	certificate_fill(call->service, &t->after);
	warn_of_credentials(t);
	authorities_fill(call->service, &t->authorities);
	Gchat__V1__RotateCertificateResponse response;
	gchat__v1__rotate_certificate_response__init(&response);
	response.before = &t->before.message;
	response.after = &t->after.message;
	response.client_authorities = &t->authorities.message;
	call_reply(call, &response.base);
}

void admin_rotate_certificate(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__RotateCertificateRequest *m =
		CALL_REQUEST(Gchat__V1__RotateCertificateRequest, msg);
	if (!m->cert_file[0] != !m->key_file[0]) {
		call_fail_text(call, REASON_INVALID_ARGUMENT,
			"certificate and key are given together, or neither");
		return;
	}
	struct turning *t = call_data(call, sizeof(*t));
	call->wipe = wipe_turning;
	if (m->cert_file[0]) {
		t->cert_file = mem_strdup(m->cert_file);
		t->key_file = mem_strdup(m->key_file);
	}
	call_work(call, rotate, reply_rotated);
}
