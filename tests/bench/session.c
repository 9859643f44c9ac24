/*
 * One session: connect, hello, join, then count what arrives.
 *
 *   NEW -> CONNECTING -> HELLO -> JOINING -> READY
 *   any -> DEAD, when the server ends the stream or the connection
 */
#include "bench.h"

#include "base/mem.h"
#include "gchat/v1/chat.pb-c.h"
#include "proto/codec.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	REQUEST_HELLO = 1,
	REQUEST_JOIN = 2,
	REQUEST_FIRST_SEND = 3,
	STAMP_BYTES = 17, /* '@' and 16 hexadecimal digits */
};

static void send_frame(struct session *s, const Gchat__V1__ClientFrame *frame)
{
	size_t len = 0;
	uint8_t *data GC_CLEANUP(mem_freep) = codec_encode_new(&frame->base, &len);
	h2_call_send(s->stream, data, len, false);
}

static void send_hello(struct session *s)
{
	char client[] = "gchat-bench";
	Gchat__V1__Hello hello;
	gchat__v1__hello__init(&hello);
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	hello.protocol_version = 1;
	hello.client = client;
	frame.request_id = REQUEST_HELLO;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO;
	frame.hello = &hello;
	send_frame(s, &frame);
	s->state = SESSION_HELLO;
}

static void send_join(struct session *s)
{
	char name[48];
	bench_room_name(s->bench, s->room, name, sizeof(name));
	Gchat__V1__Join join;
	gchat__v1__join__init(&join);
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	join.room_case = GCHAT__V1__JOIN__ROOM_ROOM_NAME;
	join.room_name = name;
	frame.request_id = REQUEST_JOIN;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_JOIN;
	frame.join = &join;
	send_frame(s, &frame);
	s->state = SESSION_JOINING;
}

static void die(struct session *s, const char *why)
{
	struct bench *b = s->bench;
	if (s->state == SESSION_DEAD)
		return;
	bench_complain(b, "session %u ended: %s", s->index, why);
	if (s->state == SESSION_READY)
		b->cut++;
	else
		b->pending--;
	s->state = SESSION_DEAD;
	s->stream = NULL;
	b->dead++;
}

static void on_welcome(void *arg)
{
	struct session *s = arg;
	if (s->state == SESSION_HELLO)
		send_join(s);
}

static void on_joined(struct session *s, const struct wire_reply *reply)
{
	ProtobufCMessage *msg =
		codec_load(&gchat__v1__room__descriptor, reply->body, reply->body_len);
	if (!msg)
		return; /* never becomes ready: noticed */
	s->room_id = ((const Gchat__V1__Room *)(const void *)msg)->room_id;
	codec_free(msg);
	s->state = SESSION_READY;
	s->next_request = REQUEST_FIRST_SEND;
	s->bench->pending--;
	s->bench->ready++;
}

static void on_error(struct session *s, const struct wire_reply *reply)
{
	ProtobufCMessage *msg =
		codec_load(&gchat__v1__error__descriptor, reply->body, reply->body_len);
	const Gchat__V1__Error *e = (const void *)msg;
	bench_complain(s->bench, "session %u: request %llu refused: %s", s->index,
		(unsigned long long)reply->request_id, e ? e->reason : "?");
	if (msg)
		codec_free(msg);
	s->bench->refused++;
}

static void on_committed(struct session *s, uint64_t request_id)
{
	struct bench *b = s->bench;
	b->acked++;
	if (b->measuring)
		histogram_add(
			&b->ack, h2_loop_now(b->loop) - s->sent_ns[request_id % BENCH_WINDOW_MAX]);
}

static void on_reply(void *arg, const struct wire_reply *reply)
{
	struct session *s = arg;
	if (reply->result == WIRE_REPLY_COMMITTED && reply->request_id >= REQUEST_FIRST_SEND)
		on_committed(s, reply->request_id);
	else if (reply->result == WIRE_REPLY_JOINED && s->state == SESSION_JOINING)
		on_joined(s, reply);
	else if (reply->result == WIRE_REPLY_ERROR)
		on_error(s, reply);
}

static void on_going_away(void *arg)
{
	struct session *s = arg;
	bench_complain(s->bench, "session %u: the server is going away", s->index);
}

static inline uint64_t stamp_read(const uint8_t *text)
{
	uint64_t v = 0;
	for (size_t i = 1; i < STAMP_BYTES; i++) {
		unsigned digit =
			text[i] < 'a' ? text[i] - (unsigned)'0' : text[i] - (unsigned)'a' + 10;
		v = v << 4 | digit;
	}
	return v;
}

static void count_order(struct session *s, uint64_t seq)
{
	if (s->next_seq && seq > s->next_seq)
		s->bench->gaps += seq - s->next_seq;
	if (seq < s->next_seq) {
		s->bench->repeats++;
		return;
	}
	s->next_seq = seq + 1;
}

/* Hot path: one event of one session. */
static void on_event(void *arg, const struct wire_event *event)
{
	struct session *s = arg;
	struct bench *b = s->bench;
	count_order(s, event->seq);
	if (!event->text || event->text_len < STAMP_BYTES || event->text[0] != '@')
		return;
	b->delivered++;
	s->received++;
	if (!b->measuring)
		return;
	uint64_t sent = stamp_read(event->text);
	uint64_t now = h2_loop_now(b->loop);
	histogram_add(&b->latency, now > sent ? now - sent : 0);
}

static const struct wire_visitor visitor = {.on_event = on_event,
	.on_reply = on_reply,
	.on_welcome = on_welcome,
	.on_going_away = on_going_away};

static void on_message(void *arg, struct h2_call *call, const uint8_t *data, size_t len)
{
	struct session *s = arg;
	(void)call;
	s->bench->last_rx_ns = h2_loop_now(s->bench->loop);
	if (wire_walk_frame(data, len, &visitor, s) < 0)
		bench_complain(s->bench, "session %u: a frame can't be decoded", s->index);
}

static void on_done(void *arg, struct h2_call *call, const struct h2_status *status)
{
	char why[400];
	(void)call;
	(void)snprintf(why, sizeof(why), "status %d %s %s", status->code, status->reason,
		status->message); /* fits */
	die(arg, why);
}

static const struct h2_call_events stream_events = {.on_message = on_message, .on_done = on_done};

static void on_open(void *arg, struct h2_conn *conn)
{
	struct session *s = arg;
	s->stream = h2_call_start(
		conn, "/gchat.v1.Chat/Connect", s->bench->tokens[s->index], &stream_events, s);
	send_hello(s);
}

static void on_closed(void *arg, struct h2_conn *conn, const char *why)
{
	struct session *s = arg;
	(void)conn;
	s->conn = NULL;
	die(s, why);
}

static const struct h2_conn_events conn_events = {.on_open = on_open, .on_closed = on_closed};

static void start(struct session *s)
{
	s->state = SESSION_CONNECTING;
	s->bench->pending++;
	s->conn = h2_conn_open(s->bench->loop, &s->bench->target, &conn_events, s);
	if (!s->conn)
		die(s, "can't connect");
}

bool bench_connect_all(struct bench *b)
{
	unsigned next = 0;
	unsigned seen = 0;
	uint64_t progress = measure_now_ns();
	while (b->ready < b->sessions_count && b->dead == 0) {
		/* the publisher, which is the last one, joins when the others have */
		while (next < b->sessions_count && b->pending < b->options.inflight &&
			(next < b->options.n || b->ready == b->options.n))
			start(&b->sessions[next++]);
		bench_turn(b, BENCH_TURN_NS);
		if (b->ready != seen)
			progress = measure_now_ns();
		seen = b->ready;
		if (measure_now_ns() - progress > (uint64_t)BENCH_SETUP_S * BENCH_NS_PER_S)
			break;
	}
	if (b->ready == b->sessions_count)
		return true;
	bench_complain(b, "only %u of %u sessions joined", b->ready, b->sessions_count);
	return false;
}

/* A UUIDv7: milliseconds, then what tells this session's messages apart. */
static void make_id(const struct session *s, uint8_t id[WIRE_ID_BYTES])
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &ts); /* cannot fail with a valid clock */
	uint64_t ms = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
	for (unsigned i = 0; i < 6; i++)
		id[i] = (uint8_t)(ms >> (40 - 8 * i));
	id[6] = 0x70;
	id[7] = (uint8_t)s->index;
	id[8] = 0x80;
	id[9] = (uint8_t)(s->index >> 8);
	id[10] = (uint8_t)(s->index >> 16);
	for (unsigned i = 0; i < 5; i++)
		id[11 + i] = (uint8_t)(s->next_request >> (32 - 8 * i));
}

static void stamp_write(char *text, uint64_t ns)
{
	static const char digits[] = "0123456789abcdef";
	text[0] = '@';
	for (unsigned i = 1; i < STAMP_BYTES; i++)
		text[i] = digits[ns >> (4 * (STAMP_BYTES - 1 - i)) & 15];
}

void session_publish(struct session *s, uint64_t due_ns)
{
	struct bench *b = s->bench;
	char text[BENCH_TEXT_MAX];
	uint8_t frame[BENCH_TEXT_MAX + WIRE_SEND_OVERHEAD];
	memcpy(text, b->filler, b->options.payload);
	stamp_write(text, due_ns);
	text[STAMP_BYTES] = ' ';
	struct wire_send send = {.request_id = s->next_request,
		.room_id = s->room_id,
		.text = text,
		.text_len = b->options.payload};
	make_id(s, send.client_msg_id);
	if (!s->sent_ns)
		s->sent_ns = mem_new(BENCH_WINDOW_MAX, sizeof(*s->sent_ns));
	s->sent_ns[s->next_request++ % BENCH_WINDOW_MAX] = due_ns;
	h2_call_send(s->stream, frame, wire_put_send(frame, &send), false);
	b->sent++;
}
