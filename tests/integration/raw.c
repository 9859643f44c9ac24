/* Calls on one HTTP/2 connection, their messages queued until asked for. */
#include "raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
	TURN_NS = 20 * 1000 * 1000
};

struct message {
	STAILQ_ENTRY(message) link;
	uint64_t arrival; /* its number on the connection */
	size_t len;
	uint8_t data[];
};

struct raw {
	struct td *td; /* borrowed */
	struct h2_loop *loop; /* owned */
	struct h2_conn *conn; /* borrowed from the loop; NULL: closed by the server */
	char why[128]; /* why it was closed */
	uint64_t arrivals;
	SLIST_HEAD(streams, raw_stream) streams;
};

struct raw_stream {
	SLIST_ENTRY(raw_stream) link;
	struct raw *raw; /* borrowed */
	struct h2_call *call; /* borrowed; NULL after the end */
	struct h2_status status;
	STAILQ_HEAD(messages, message) messages;
};

static void on_closed(void *arg, struct h2_conn *conn, const char *why)
{
	struct raw *raw = arg;

	(void)conn;
	raw->conn = NULL;
	(void)snprintf(raw->why, sizeof(raw->why), "%s", why);
}

static void on_message(void *arg, struct h2_call *call, const uint8_t *data, size_t len)
{
	struct raw_stream *s = arg;
	struct message *m = mem_new(1, sizeof(*m) + len);

	(void)call;
	m->len = len;
	m->arrival = ++s->raw->arrivals;
	memcpy(m->data, data, len);
	STAILQ_INSERT_TAIL(&s->messages, m, link);
}

static void on_done(void *arg, struct h2_call *call, const struct h2_status *status)
{
	struct raw_stream *s = arg;

	(void)call;
	s->call = NULL;
	s->status = *status;
}

static const struct h2_conn_events conn_events = {.on_closed = on_closed};
static const struct h2_call_events call_events = {.on_message = on_message, .on_done = on_done};

struct raw *raw_open(struct td *td)
{
	struct raw *raw = mem_new(1, sizeof(*raw));
	struct h2_target to = {.host = "127.0.0.1", .port = td_port(td)};

	raw->td = td;
	SLIST_INIT(&raw->streams);
	raw->loop = h2_loop_new();
	raw->conn = h2_conn_open(raw->loop, &to, &conn_events, raw);
	if (!raw->conn)
		td_fail(td, "can't connect");
	return raw;
}

static void drop_message(struct raw_stream *s)
{
	struct message *m = STAILQ_FIRST(&s->messages);

	STAILQ_REMOVE_HEAD(&s->messages, link);
	free(m);
}

static void stream_free(struct raw_stream *s)
{
	if (s->call)
		h2_call_cancel(s->call);
	while (!STAILQ_EMPTY(&s->messages))
		drop_message(s);
	SLIST_REMOVE(&s->raw->streams, s, raw_stream, link);
	free(s);
}

void raw_close(struct raw *raw)
{
	while (!SLIST_EMPTY(&raw->streams))
		stream_free(SLIST_FIRST(&raw->streams));
	(void)h2_loop_free(raw->loop);
	free(raw);
}

void raw_stream_cancel(struct raw_stream *s)
{
	stream_free(s);
}

bool raw_is_up(const struct raw *raw)
{
	return raw->conn;
}

struct raw_stream *raw_stream_open(struct raw *raw, const char *path, const char *token)
{
	struct raw_stream *s = mem_new(1, sizeof(*s));

	if (!raw->conn)
		td_fail(raw->td, "the connection is closed: %s", raw->why);
	s->raw = raw;
	STAILQ_INIT(&s->messages);
	SLIST_INSERT_HEAD(&raw->streams, s, link);
	s->call = h2_call_start(raw->conn, path, token, &call_events, s);
	return s;
}

void raw_put_bytes(struct raw_stream *s, const void *data, size_t len)
{
	if (s->call)
		h2_call_send(s->call, data, len, false);
}

void raw_put(struct raw_stream *s, const ProtobufCMessage *message)
{
	size_t len = 0;
	uint8_t *bytes = codec_encode_new(message, &len);

	raw_put_bytes(s, bytes, len);
	free(bytes);
}

/* Turns the loop once; false when the deadline has passed. */
static bool turn(struct raw *raw, struct mono deadline)
{
	if (clock_mono_ms_since(deadline, clock_mono()) <= 0)
		return false;
	h2_loop_turn(raw->loop, TURN_NS);
	return true;
}

ProtobufCMessage *raw_take(struct raw_stream *s, const ProtobufCMessageDescriptor *type)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), TD_WAIT_MS);

	while (STAILQ_EMPTY(&s->messages)) {
		if (!s->call)
			td_fail(s->raw->td, "the stream ended with %d %s while waiting for %s",
				s->status.code, s->status.reason, type->name);
		if (!turn(s->raw, deadline))
			td_fail(s->raw->td, "no %s within %d ms", type->name, TD_WAIT_MS);
	}
	struct message *m = STAILQ_FIRST(&s->messages);
	ProtobufCMessage *message = codec_load(type, m->data, m->len);
	if (!message)
		td_fail(s->raw->td, "malformed %s", type->name);
	drop_message(s);
	return message;
}

const struct h2_status *raw_end(struct raw_stream *s)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), TD_WAIT_MS);

	while (s->call) {
		if (!turn(s->raw, deadline))
			td_fail(s->raw->td, "the stream did not end within %d ms", TD_WAIT_MS);
	}
	return &s->status;
}

bool raw_has_ended(const struct raw_stream *s)
{
	return !s->call;
}

uint64_t raw_arrival(const struct raw_stream *s)
{
	const struct message *m = STAILQ_FIRST(&s->messages);

	return m ? m->arrival : 0;
}

ProtobufCMessage *raw_ask(struct raw *raw, const char *path, const char *token,
	const ProtobufCMessage *request, const ProtobufCMessageDescriptor *type,
	struct h2_status *ret_status)
{
	struct raw_stream *s = raw_stream_open(raw, path, token);
	ProtobufCMessage *answer = NULL;

	raw_put(s, request);
	const struct h2_status *status = raw_end(s);
	if (status->code == 0)
		answer = raw_take(s, type);
	else if (!ret_status)
		td_fail(raw->td, "%s: %d %s", path, status->code, status->message);
	if (ret_status)
		*ret_status = *status;
	stream_free(s);
	return answer;
}

/* ---- the talk ---- */

void raw_sign_up(struct td *td, const char *user, char ret_token[RAW_TOKEN_BYTES])
{
	struct td_client *c = td_open(td, NULL);
	struct gchat_credentials who = {.user = user, .password = td_password()};
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_create_account(td_gchat(c), &who, &account, &error), &error, "sign up");
	(void)snprintf(ret_token, RAW_TOKEN_BYTES, "%s", account->token);
	gchat_free(account);
	td_disconnect(c);
}

void raw_put_hello(struct raw_stream *s)
{
	Gchat__V1__Hello hello;
	Gchat__V1__ClientFrame frame;

	gchat__v1__hello__init(&hello);
	gchat__v1__client_frame__init(&frame);
	hello.protocol_version = 1;
	frame.request_id = 1;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO;
	frame.hello = &hello;
	raw_put(s, &frame.base);
}

struct raw_stream *raw_talk(struct raw *raw, const char *token)
{
	struct raw_stream *s = raw_stream_open(raw, "/gchat.v1.Chat/Connect", token);

	raw_put_hello(s);
	ProtobufCMessage *first = raw_take(s, &gchat__v1__server_frame__descriptor);
	Gchat__V1__ServerFrame *frame = GC_CONTAINER_OF(first, Gchat__V1__ServerFrame, base);
	if (!frame->welcome)
		td_fail(raw->td, "the first frame holds no welcome");
	codec_free(first);
	return s;
}

void raw_put_send(struct raw_stream *s, uint64_t request_id, uint64_t room_id, const uint8_t *id,
	const char *text)
{
	Gchat__V1__Send send;
	Gchat__V1__ClientFrame frame;
	uint8_t id_copy[RAW_ID_BYTES];
	char *text_copy = mem_strdup(text);

	gchat__v1__send__init(&send);
	gchat__v1__client_frame__init(&frame);
	memcpy(id_copy, id, sizeof(id_copy));
	send.room_id = room_id;
	send.client_msg_id = (ProtobufCBinaryData){.data = id_copy, .len = sizeof(id_copy)};
	send.text = text_copy;
	frame.request_id = request_id;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SEND;
	frame.send = &send;
	raw_put(s, &frame.base);
	free(text_copy);
}

Gchat__V1__ServerFrame *raw_take_reply(struct raw_stream *s)
{
	for (;;) {
		ProtobufCMessage *message = raw_take(s, &gchat__v1__server_frame__descriptor);
		Gchat__V1__ServerFrame *frame =
			GC_CONTAINER_OF(message, Gchat__V1__ServerFrame, base);
		if (frame->n_replies > 0)
			return frame;
		codec_free(message);
	}
}
