/*
 * Streams of question and answer: read one message, write what it comes to, read the next. A health
 * watch reads one message and writes at each change.
 */
#include "service/streams.h"

#include "base/mem.h"
#include "grpc/health/v1/health.pb-c.h"
#include "grpc/reflection/v1/reflection.pb-c.h"
#include "rpc/payload.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	SERVICE_NAME_BYTES = 128
};

struct stream {
	struct service *service; /* borrowed */
	struct shard *shard; /* borrowed */
	grpc_call *call; /* owned */
	bool admin;
	struct op read_op;
	struct op write_op;
	struct op close_op;
	struct op status_op;
	grpc_byte_buffer *received; /* owned */
	grpc_byte_buffer *sending; /* owned */
	bool headers_sent;
	bool ended;
	bool closed;
	int cancelled;
	atomic_uint in_flight; /* a change of health counts from another thread */
	/* What to do with a message; may write or end. */
	void (*take)(struct stream *stream, const uint8_t *data, size_t len);
	void (*forget)(struct stream *stream); /* before freeing; may be NULL */
};

static void release(struct stream *s)
{
	if (atomic_fetch_sub(&s->in_flight, 1) > 1)
		return;
	if (s->forget)
		s->forget(s);
	s->shard->calls--;
	grpc_call_unref(s->call);
	free(s);
}

static void on_end(struct op *op, bool ok)
{
	(void)ok; /* the stream has ended either way */
	release(GC_CONTAINER_OF(op, struct stream, status_op));
}

static void end(struct stream *s, grpc_status_code code)
{
	if (s->ended)
		return;
	s->ended = true;
	grpc_op ops[2] = {
		{.op = GRPC_OP_SEND_INITIAL_METADATA}, {.op = GRPC_OP_SEND_STATUS_FROM_SERVER}};
	ops[1].data.send_status_from_server.status = code;
	s->in_flight++;
	op_start(&s->status_op, s->call, s->headers_sent ? ops + 1 : ops, s->headers_sent ? 1 : 2);
}

static void start_read(struct stream *s)
{
	s->in_flight++;
	op_start(&s->read_op, s->call,
		&(grpc_op){
			.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &s->received},
		1);
}

static void on_read(struct op *op, bool ok)
{
	struct stream *s = GC_CONTAINER_OF(op, struct stream, read_op);
	if (!ok || !s->received) {
		if (!s->write_op.busy)
			end(s, GRPC_STATUS_OK);
		release(s);
		return;
	}
	grpc_slice bytes = payload_flatten(s->received);
	payload_freep(&s->received);
	s->take(s, GRPC_SLICE_START_PTR(bytes), GRPC_SLICE_LENGTH(bytes));
	grpc_slice_unref(bytes);
	release(s);
}

static void write_bytes(struct stream *s, const uint8_t *data, size_t len)
{
	s->sending = payload_take_slice(grpc_slice_from_copied_buffer((const char *)data, len));
	grpc_op ops[2] = {{.op = GRPC_OP_SEND_INITIAL_METADATA}, {.op = GRPC_OP_SEND_MESSAGE}};
	ops[1].data.send_message.send_message = s->sending;
	s->in_flight++;
	op_start(&s->write_op, s->call, s->headers_sent ? ops + 1 : ops, s->headers_sent ? 1 : 2);
	s->headers_sent = true;
}

static void on_closed(struct op *op, bool ok)
{
	(void)ok; /* RECV_CLOSE_ON_SERVER always succeeds */
	struct stream *s = GC_CONTAINER_OF(op, struct stream, close_op);
	s->closed = true;
	if (s->forget)
		s->forget(s);
	s->forget = NULL;
	release(s);
}

static void open_stream(struct stream *s, struct service *service, struct incoming *in)
{
	s->service = service;
	s->shard = in->shard;
	s->call = in->call;
	s->admin = in->admin;
	s->read_op.done = on_read;
	s->close_op.done = on_closed;
	s->status_op.done = on_end;
	grpc_metadata_array_destroy(&in->metadata);
	s->shard->calls++;
	s->in_flight++;
	op_start(&s->close_op, s->call,
		&(grpc_op){.op = GRPC_OP_RECV_CLOSE_ON_SERVER,
			.data.recv_close_on_server.cancelled = &s->cancelled},
		1);
	start_read(s);
}

/* ---- reflection ---- */

static void on_answered(struct op *op, bool ok)
{
	struct stream *s = GC_CONTAINER_OF(op, struct stream, write_op);
	payload_freep(&s->sending);
	if (ok && !s->ended && !s->closed)
		start_read(s);
	else
		end(s, GRPC_STATUS_OK);
	release(s);
}

static void answer_reflection(struct stream *s, const uint8_t *data, size_t len)
{
	ProtobufCMessage *msg;
	if (codec_decode(&s->shard->arena,
		    &grpc__reflection__v1__server_reflection_request__descriptor, data, len,
		    &msg) != CODEC_OK) {
		end(s, GRPC_STATUS_INVALID_ARGUMENT);
		return;
	}
	size_t answer_len;
	uint8_t *answer =
		reflection_answer(s->admin ? s->service->admin_reflection : s->service->reflection,
			GC_CONTAINER_OF(msg, Grpc__Reflection__V1__ServerReflectionRequest, base),
			&answer_len);
	write_bytes(s, answer, answer_len);
	free(answer);
}

void stream_reflection(struct service *service, struct incoming *in, struct account *account,
	unsigned long long token_id)
{
	(void)account;
	(void)token_id;
	struct stream *s = mem_new(1, sizeof(*s));
	s->take = answer_reflection;
	s->write_op.done = on_answered;
	open_stream(s, service, in);
}

/* ---- health ---- */

struct health_watch {
	struct stream stream;
	struct mail mail;
	bool mail_posted; /* under the service's mu */
	bool listed; /* the same */
	char name[SERVICE_NAME_BYTES];
	bool told;
	enum health_status last;
	LIST_ENTRY(health_watch) link;
};

void health_check(struct call *call, const ProtobufCMessage *msg)
{
	const Grpc__Health__V1__HealthCheckRequest *r =
		CALL_REQUEST(Grpc__Health__V1__HealthCheckRequest, msg);
	enum health_status status = health_answer(&call->service->health, r->service, call->admin);
	if (status == HEALTH_SERVICE_UNKNOWN) {
		call_fail(call, REASON_NOT_FOUND);
		return;
	}
	uint8_t bytes[HEALTH_RESPONSE_BYTES];
	size_t len = health_encode(status, bytes);
	control_add(&call->response, bytes, len);
	call_reply_bytes(call);
}

/* Says the state where it differs from what was said last. */
static void tell(struct health_watch *w)
{
	struct stream *s = &w->stream;
	enum health_status status = health_answer(&s->service->health, w->name, s->admin);
	if (s->write_op.busy || s->ended || s->closed || (w->told && status == w->last))
		return;
	uint8_t bytes[HEALTH_RESPONSE_BYTES];
	size_t len = health_encode(status, bytes);
	w->told = true;
	w->last = status;
	write_bytes(s, bytes, len);
}

static void on_told(struct op *op, bool ok)
{
	struct stream *s = GC_CONTAINER_OF(op, struct stream, write_op);
	payload_freep(&s->sending);
	if (ok)
		tell(GC_CONTAINER_OF(s, struct health_watch, stream)); /* it may have changed */
	release(s);
}

static void on_change(struct mail *mail)
{
	struct health_watch *w = GC_CONTAINER_OF(mail, struct health_watch, mail);
	pthread_mutex_lock(&w->stream.service->shared.mu);
	w->mail_posted = false;
	pthread_mutex_unlock(&w->stream.service->shared.mu);
	tell(w);
	release(&w->stream);
}

static void unlist(struct stream *s)
{
	struct health_watch *w = GC_CONTAINER_OF(s, struct health_watch, stream);
	pthread_mutex_lock(&s->service->shared.mu);
	if (w->listed)
		LIST_REMOVE(w, link);
	w->listed = false;
	pthread_mutex_unlock(&s->service->shared.mu);
}

static void begin_watch(struct stream *s, const uint8_t *data, size_t len)
{
	struct health_watch *w = GC_CONTAINER_OF(s, struct health_watch, stream);
	ProtobufCMessage *msg;
	if (codec_decode(&s->shard->arena, &grpc__health__v1__health_check_request__descriptor,
		    data, len, &msg) != CODEC_OK) {
		end(s, GRPC_STATUS_INVALID_ARGUMENT);
		return;
	}
	const Grpc__Health__V1__HealthCheckRequest *r =
		CALL_REQUEST(Grpc__Health__V1__HealthCheckRequest, msg);
	(void)snprintf(w->name, sizeof(w->name), "%s", r->service);
	pthread_mutex_lock(&s->service->shared.mu);
	LIST_INSERT_HEAD(&s->service->shared.watches, w, link);
	w->listed = true;
	pthread_mutex_unlock(&s->service->shared.mu);
	tell(w);
}

void stream_health_watch(struct service *service, struct incoming *in, struct account *account,
	unsigned long long token_id)
{
	(void)account;
	(void)token_id;
	struct health_watch *w = mem_new(1, sizeof(*w));
	w->mail.deliver = on_change;
	w->stream.take = begin_watch;
	w->stream.forget = unlist;
	w->stream.write_op.done = on_told;
	open_stream(&w->stream, service, in);
}

void service_set_serving(struct service *service, bool serving)
{
	struct health_watch *w;
	if (!health_set(&service->health, serving))
		return;
	pthread_mutex_lock(&service->shared.mu);
	LIST_FOREACH (w, &service->shared.watches, link) {
		if (w->mail_posted)
			continue;
		w->mail_posted = true;
		w->stream.in_flight++; /* until the letter is delivered */
		shard_post(w->stream.shard, &w->mail);
	}
	pthread_mutex_unlock(&service->shared.mu);
}
