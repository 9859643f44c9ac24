/* A session here is COMING until its welcome, then HERE; a slot of the table is FREE or one of them. */
#include "people.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bench/wire.h"
#include "gchat/v1/chat.pb-c.h"
#include "proto/codec.h"
#include "support/td_client.h"

enum {
	COMING_MAX = 16, /* sessions being set up at a time */
	TOKEN_BYTES = 64,
	TEXT_BYTES = 100,
	STAMP_BYTES = 20, /* the time of saying, in ns, leads the text */
	REQUEST_HELLO = 1,
	NS_PER_MS = 1000000,
	NS_PER_US = 1000,
	FAULT_BYTES = 400,
	LATENCIES_MAX = 100000, /* kept between two lines; then the oldest go */
};

struct person {
	struct people *people; /* borrowed */
	struct h2_conn *conn; /* borrowed: the loop's; NULL: the slot is free */
	struct h2_call *stream; /* borrowed: the connection's */
	unsigned index;
	bool here;
	uint64_t next_request;
	uint64_t unanswered;
	uint64_t seqs[PEOPLE_ROOMS]; /* the last one received in each room; 0: none */
};

struct people {
	struct td *td; /* borrowed */
	struct h2_loop *loop; /* owned */
	struct h2_target target;
	char tokens[PEOPLE_ACCOUNTS][TOKEN_BYTES];
	uint64_t room_ids[PEOPLE_ROOMS];
	struct person persons[PEOPLE_MAX];
	unsigned wanted;
	unsigned coming;
	unsigned here;
	uint64_t sessions; /* ever opened: makes message ids unique */
	uint64_t random;
	uint64_t said;
	uint64_t acked;
	uint64_t deliveries;
	uint64_t latency_count;
	uint32_t latencies_us[LATENCIES_MAX];
	char fault[FAULT_BYTES]; /* the first one */
};

static void GC_PRINTF(2, 3) blame(struct people *p, const char *fmt, ...)
{
	va_list ap;

	if (p->fault[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(p->fault, sizeof(p->fault), fmt, ap);
	va_end(ap);
}

static unsigned pick(struct people *p, unsigned below)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return (unsigned)(p->random % below);
}

/* ---- what comes ---- */

static void note_latency(struct people *p, const struct wire_event *event)
{
	char stamp[STAMP_BYTES + 1] = {0};
	uint64_t now = h2_loop_now(p->loop);

	if (event->text_len < STAMP_BYTES)
		return;
	memcpy(stamp, event->text, STAMP_BYTES);
	uint64_t said_at = strtoull(stamp, NULL, 10);
	if (now > said_at)
		p->latencies_us[p->latency_count++ % LATENCIES_MAX] =
			(uint32_t)((now - said_at) / NS_PER_US);
}

static void on_event(void *arg, const struct wire_event *event)
{
	struct person *s = arg;
	struct people *p = s->people;
	unsigned room = 0;

	while (room < PEOPLE_ROOMS && p->room_ids[room] != event->room_id)
		room++;
	if (room == PEOPLE_ROOMS)
		return;
	uint64_t last = s->seqs[room];
	if (last && event->seq != last + 1)
		blame(p, "session %u, room %u: seq %" PRIu64 " came after %" PRIu64, s->index, room,
			event->seq, last);
	s->seqs[room] = event->seq;
	if (!event->text)
		return;
	p->deliveries++;
	note_latency(p, event);
}

static void on_reply(void *arg, const struct wire_reply *reply)
{
	struct person *s = arg;

	if (reply->result != WIRE_REPLY_COMMITTED)
		blame(s->people, "session %u: request %" PRIu64 " was refused: %.*s", s->index,
			reply->request_id, (int)reply->body_len, (const char *)reply->body);
	s->people->acked++;
	s->unanswered--;
}

static void on_welcome(void *arg)
{
	struct person *s = arg;

	s->here = true;
	s->people->coming--;
	s->people->here++;
}

static void on_going_away(void *arg)
{
	struct person *s = arg;

	blame(s->people, "session %u was sent away", s->index);
}

static const struct wire_visitor visitor = {.on_event = on_event,
	.on_reply = on_reply,
	.on_welcome = on_welcome,
	.on_going_away = on_going_away};

static void on_message(void *arg, struct h2_call *call, const uint8_t *data, size_t len)
{
	struct person *s = arg;

	(void)call;
	if (wire_walk_frame(data, len, &visitor, s) < 0)
		blame(s->people, "session %u: a frame can't be decoded", s->index);
}

static void on_done(void *arg, struct h2_call *call, const struct h2_status *status)
{
	struct person *s = arg;

	(void)call;
	s->stream = NULL;
	blame(s->people, "session %u ended: status %d %s %s", s->index, status->code,
		status->reason, status->message);
}

static const struct h2_call_events stream_events = {.on_message = on_message, .on_done = on_done};

/* ---- coming and going ---- */

static void send_hello(struct person *s)
{
	char client[] = "gchat-soak";
	Gchat__V1__Hello hello;
	Gchat__V1__ClientFrame frame;
	size_t len = 0;

	gchat__v1__hello__init(&hello);
	gchat__v1__client_frame__init(&frame);
	hello.protocol_version = 1;
	hello.client = client;
	hello.want_presence = true;
	frame.request_id = REQUEST_HELLO;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO;
	frame.hello = &hello;
	uint8_t *data = codec_encode_new(&frame.base, &len);
	h2_call_send(s->stream, data, len, false);
	free(data);
}

static void on_open(void *arg, struct h2_conn *conn)
{
	struct person *s = arg;

	s->stream = h2_call_start(conn, "/gchat.v1.Chat/Connect",
		s->people->tokens[s->index % PEOPLE_ACCOUNTS], &stream_events, s);
	send_hello(s);
}

static void on_closed(void *arg, struct h2_conn *conn, const char *why)
{
	struct person *s = arg;

	(void)conn;
	s->conn = NULL;
	blame(s->people, "session %u: connection closed: %s", s->index, why);
}

static const struct h2_conn_events conn_events = {.on_open = on_open, .on_closed = on_closed};

static void come(struct people *p, struct person *s)
{
	*s = (struct person){.people = p,
		.index = (unsigned)(s - p->persons),
		.next_request = REQUEST_HELLO + 1};
	s->conn = h2_conn_open(p->loop, &p->target, &conn_events, s);
	if (!s->conn)
		td_fail(p->td, "session %u: can't connect", s->index);
	p->coming++;
	p->sessions++;
}

/* Cut, as by a broken line; what it said without an answer may or may not be stored. */
static void go(struct people *p, struct person *s)
{
	h2_conn_close(s->conn);
	s->conn = NULL;
	s->stream = NULL;
	p->said -= s->unanswered;
	p->here -= s->here;
	p->coming -= !s->here;
	s->here = false;
}

static void come_and_go(struct people *p)
{
	for (unsigned i = 0; i < PEOPLE_MAX; i++) {
		struct person *s = &p->persons[i];
		unsigned count = p->coming + p->here;
		if (s->conn && count > p->wanted)
			go(p, s);
		else if (!s->conn && count < p->wanted && p->coming < COMING_MAX)
			come(p, s);
	}
}

static void make_account(struct people *p, unsigned i)
{
	struct td_client *client = td_open(p->td, NULL);
	char user[24];
	char room[24];
	struct gchat_credentials who = {.user = user, .password = td_password(), .device = "soak"};
	struct gchat_session_options session = {0};
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};

	(void)snprintf(user, sizeof(user), "soak-%u", i);
	td_check(client, gchat_create_account(td_gchat(client), &who, &account, &error), &error,
		"create account");
	(void)snprintf(p->tokens[i], TOKEN_BYTES, "%s", account->token);
	td_check(client, gchat_connect(td_gchat(client), &session), NULL, "gchat_connect");
	(void)td_expect_welcome(client);
	for (unsigned r = 0; r < PEOPLE_ROOMS; r++) {
		(void)snprintf(room, sizeof(room), "room-%u", r);
		p->room_ids[r] = td_enter_room(client, room);
	}
	gchat_free(account);
	td_disconnect(client);
}

struct people *people_new(struct td *td)
{
	struct people *p = mem_new(1, sizeof(*p));

	p->td = td;
	p->loop = h2_loop_new();
	p->target = (struct h2_target){.host = "127.0.0.1", .port = td_port(td)};
	p->random = 88172645463325252U;
	for (unsigned i = 0; i < PEOPLE_ACCOUNTS; i++)
		make_account(p, i);
	return p;
}

struct people *people_free(struct people *p)
{
	if (!p)
		return NULL;
	(void)h2_loop_free(p->loop);
	free(p);
	return NULL;
}

void people_want(struct people *p, unsigned count)
{
	GC_ASSERT(count <= PEOPLE_MAX);
	p->wanted = count;
}

/* Someone who is here, or NULL. */
static struct person *anyone(struct people *p)
{
	unsigned start = pick(p, PEOPLE_MAX);

	for (unsigned i = 0; i < PEOPLE_MAX; i++) {
		struct person *s = &p->persons[(start + i) % PEOPLE_MAX];
		if (s->here)
			return s;
	}
	return NULL;
}

void people_replace_one(struct people *p)
{
	struct person *s = anyone(p);

	if (s)
		go(p, s);
}

/* ---- talking ---- */

void people_say(struct people *p)
{
	struct person *s = anyone(p);
	char text[TEXT_BYTES + 1];
	uint8_t frame[TEXT_BYTES + WIRE_SEND_OVERHEAD];

	if (!s || !s->stream)
		return;
	(void)snprintf(text, sizeof(text), "%0*" PRIu64 "%*s", STAMP_BYTES,
		(uint64_t)clock_mono().us * NS_PER_US, TEXT_BYTES - STAMP_BYTES, ".");
	struct wire_send send = {.request_id = s->next_request++,
		.room_id = p->room_ids[pick(p, PEOPLE_ROOMS)],
		.text = text,
		.text_len = TEXT_BYTES};
	uint64_t time_us = clock_wall_us();
	memcpy(send.client_msg_id, &time_us, sizeof(time_us));
	memcpy(send.client_msg_id + 8, &p->sessions, 4);
	memcpy(send.client_msg_id + 12, &p->said, 4);
	h2_call_send(s->stream, frame, wire_put_send(frame, &send), false);
	s->unanswered++;
	p->said++;
}

void people_turn(struct people *p, int timeout_ms)
{
	come_and_go(p);
	h2_loop_turn(p->loop, (int64_t)timeout_ms * NS_PER_MS);
	if (p->fault[0])
		td_fail(p->td, "%s", p->fault);
}

/* ---- figures ---- */

unsigned people_here(const struct people *p)
{
	return p->here;
}

uint64_t people_said(const struct people *p)
{
	return p->said;
}

uint64_t people_acked(const struct people *p)
{
	return p->acked;
}

uint64_t people_deliveries(const struct people *p)
{
	return p->deliveries;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

uint64_t people_take_p99_us(struct people *p)
{
	size_t count = p->latency_count < LATENCIES_MAX ? p->latency_count : LATENCIES_MAX;

	p->latency_count = 0;
	if (count == 0)
		return 0;
	qsort(p->latencies_us, count, sizeof(p->latencies_us[0]), by_value);
	return p->latencies_us[count * 99 / 100];
}
