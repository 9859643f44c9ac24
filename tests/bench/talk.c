/*
 * What goes over a session's stream: hello, join and messages out; events and replies in, counted.
 *
 * A message's text begins "@", the time it was due in 16 hexadecimal digits, a blank, the speaker's
 * index in 6 more, a blank.
 */
#include "bench.h"

#include "base/mem.h"
#include "gchat/v1/chat.pb-c.h"
#include "proto/codec.h"
#include "wire.h"

#include <string.h>
#include <time.h>

enum {
	REQUEST_HELLO = 1,
	REQUEST_JOIN = 2,
	REQUEST_FIRST_SEND = 3,
	STAMP_DIGITS = 16,
	SPEAKER_AT = 1 + STAMP_DIGITS + 1,
	SPEAKER_DIGITS = 6,
	HEAD_BYTES = SPEAKER_AT + SPEAKER_DIGITS + 1,
};

_Static_assert((int)HEAD_BYTES <= (int)BENCH_TEXT_MIN, "the shortest text holds the head");

/* ---- out ---- */

static void send_frame(struct session *s, const Gchat__V1__ClientFrame *frame)
{
	size_t len = 0;
	uint8_t *data GC_CLEANUP(mem_freep) = codec_encode_new(&frame->base, &len);
	h2_call_send(s->stream, data, len, false);
}

void session_send_hello(struct session *s)
{
	char client[] = "gchat-bench";
	Gchat__V1__Cursor cursor;
	gchat__v1__cursor__init(&cursor);
	Gchat__V1__Cursor *cursors[] = {&cursor};
	Gchat__V1__Hello hello;
	gchat__v1__hello__init(&hello);
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	if (s->room_id) { /* comes back: goes on where it was */
		cursor.room_id = s->room_id;
		cursor.seq = s->next_seq ? s->next_seq - 1 : 0;
		s->next_seq = cursor.seq + 1;
		hello.cursors = cursors;
		hello.n_cursors = 1;
	}
	hello.protocol_version = 1;
	hello.client = client;
	frame.request_id = REQUEST_HELLO;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO;
	frame.hello = &hello;
	send_frame(s, &frame);
	s->next_request = REQUEST_FIRST_SEND;
}

void session_send_join(struct session *s)
{
	char name[BENCH_NAME_BYTES];
	bench_room_name(s->bench, s->room, name);
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

static void put_hex(char *text, unsigned digits, uint64_t v)
{
	static const char letters[] = "0123456789abcdef";
	for (unsigned i = 0; i < digits; i++)
		text[i] = letters[v >> (4 * (digits - 1 - i)) & 15];
}

static inline uint64_t get_hex(const uint8_t *text, unsigned digits)
{
	uint64_t v = 0;
	for (unsigned i = 0; i < digits; i++)
		v = v << 4 |
		    (text[i] < 'a' ? text[i] - (unsigned)'0' : text[i] - (unsigned)'a' + 10);
	return v;
}

void session_publish(struct session *s, uint64_t due_ns)
{
	struct bench *b = s->bench;
	char text[BENCH_TEXT_MAX];
	uint8_t frame[BENCH_TEXT_MAX + WIRE_SEND_OVERHEAD];
	memcpy(text, b->filler, b->options.payload);
	text[0] = '@';
	put_hex(text + 1, STAMP_DIGITS, due_ns);
	text[SPEAKER_AT - 1] = ' ';
	put_hex(text + SPEAKER_AT, SPEAKER_DIGITS, s->index);
	text[HEAD_BYTES - 1] = ' ';
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

/* ---- in ---- */

static void on_joined(struct session *s, const struct wire_reply *reply)
{
	ProtobufCMessage *msg =
		codec_load(&gchat__v1__room__descriptor, reply->body, reply->body_len);
	if (!msg)
		return; /* never becomes ready: noticed */
	session_on_joined(s, ((const Gchat__V1__Room *)(const void *)msg)->room_id);
	codec_free(msg);
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
	else if (reply->result == WIRE_REPLY_JOINED)
		on_joined(s, reply);
	else if (reply->result == WIRE_REPLY_ERROR)
		on_error(s, reply);
}

static void on_welcome(void *arg)
{
	session_on_welcome(arg);
}

static void on_going_away(void *arg)
{
	struct session *s = arg;
	bench_complain(s->bench, "session %u: the server is going away", s->index);
}

static inline void count_order(struct session *s, uint64_t seq)
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
	if (!event->text || event->text_len < HEAD_BYTES || event->text[0] != '@')
		return;
	b->delivered++;
	s->received++;
	if (!b->measuring && !b->on_message)
		return;
	struct bench_message m = {.stamp_ns = get_hex(event->text + 1, STAMP_DIGITS)};
	uint64_t now = h2_loop_now(b->loop);
	if (b->measuring)
		histogram_add(&b->latency, now > m.stamp_ns ? now - m.stamp_ns : 0);
	if (!b->on_message)
		return;
	m.speaker = (unsigned)get_hex(event->text + SPEAKER_AT, SPEAKER_DIGITS);
	b->on_message(s, &m);
}

static const struct wire_visitor visitor = {.on_event = on_event,
	.on_reply = on_reply,
	.on_welcome = on_welcome,
	.on_going_away = on_going_away};

void session_on_frame(struct session *s, const uint8_t *data, size_t len)
{
	s->bench->last_rx_ns = h2_loop_now(s->bench->loop);
	s->bench->frames++;
	if (wire_walk_frame(data, len, &visitor, s) < 0)
		bench_complain(s->bench, "session %u: a frame can't be decoded", s->index);
}
