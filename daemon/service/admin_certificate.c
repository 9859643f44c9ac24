/*
 * Rotation: load and check the pair, swap it in for new connections, prove it with a handshake to
 * ourselves; put the old one back when that fails. On a worker: files and handshakes block.
 */
#include "service/admin_certificate.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/accept.h"
#include "service/admin_calls.h"
#include "service/rotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill(struct certificate_message *c, const char *cert_file, const char *key_file)
{
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
	/* protobuf-c does not write to what it encodes */
	c->message.cert_file = (char *)(uintptr_t)cert_file;
	c->message.key_file = (char *)(uintptr_t)key_file;
}

void certificate_fill(struct service *service, struct certificate_message *ret)
{
	tls_holder_info(service->tls, &ret->info);
	fill(ret, service->certificate_path, service->key_path);
}

void admin_get_certificate(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	struct certificate_message *c = mem_new(1, sizeof(*c));
	certificate_fill(call->service, c);
	Gchat__V1__GetCertificateResponse response;
	gchat__v1__get_certificate_response__init(&response);
	response.certificate = &c->message;
	call_reply(call, &response.base);
	free(c);
}

struct rotation {
	char *cert_file; /* owned */
	char *key_file; /* owned */
	struct certificate_message before;
	struct certificate_message after;
	struct err_text err;
	int result;
};

static void wipe(void *data)
{
	struct rotation *r = data;
	free(r->cert_file);
	free(r->key_file);
}

/* Worker thread. */
static void rotate(struct call *call)
{
	struct rotation *r = call->data;
	r->result = rotate_certificate(
		call->service, r->cert_file, r->key_file, &r->before.info, &r->after.info, &r->err);
}

static void reply_rotated(struct call *call)
{
	struct rotation *r = call->data;
	if (r->result < 0) {
		log_with(LOG_LEVEL_WARNING, NULL, LOG_ID_CERT_REFUSED,
			"certificate refused: %s uid=%u", r->err.text, call->admin_uid);
		call_fail_text(call, REASON_CERTIFICATE_REFUSED,
			"%s (the certificate in use stays)", r->err.text);
		return;
	}
	fill(&r->before, r->cert_file, r->key_file);
	fill(&r->after, r->cert_file, r->key_file);
	Gchat__V1__RotateCertificateResponse response;
	gchat__v1__rotate_certificate_response__init(&response);
	response.before = &r->before.message;
	response.after = &r->after.message;
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
	struct rotation *r = call_data(call, sizeof(*r));
	call->wipe = wipe;
	bool given = m->cert_file[0] != '\0';
	r->cert_file = mem_strdup(given ? m->cert_file : call->service->certificate_path);
	r->key_file = mem_strdup(given ? m->key_file : call->service->key_path);
	call_work(call, rotate, reply_rotated);
}
