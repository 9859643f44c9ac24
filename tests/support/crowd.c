/*
 * A session here is CONNECTING until its TLS is up, GREETING until its welcome, then READY; nothing
 * is said before all are. The first entry that any session gets is where all start.
 */
#include "support/crowd.h"

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
	CONNECTING_MAX = 64, /* sessions being set up at a time */
	SETUP_MS = 60000,
	TEXT_MAX = 4096,
	TOKEN_BYTES = 64,
	REQUEST_HELLO = 1,
	NS_PER_MS = 1000000,
	NS_PER_US = 1000,
	FAULT_BYTES = 400,
};

struct session {
	struct crowd *crowd; /* borrowed */
	struct h2_conn *conn; /* borrowed: the loop's */
	struct h2_call *stream; /* borrowed: the connection's */
	unsigned index;
	bool paused;
	uint64_t next_request;
	uint64_t seq; /* the last one received; 0: none */
	uint64_t received;
	uint64_t last_ns; /* when something came */
};

struct crowd {
	struct td *td; /* borrowed */
	struct h2_loop *loop; /* owned */
	struct h2_target target;
	struct session *sessions; /* owned */
	unsigned count;
	char (*tokens)[TOKEN_BYTES]; /* owned; one for each account */
	uint64_t room_id;
	unsigned opened;
	unsigned ready;
	uint64_t said;
	uint64_t acked;
	uint64_t deliveries;
	uint64_t first_seq; /* of the first message */
	uint64_t watch_since_ns; /* 0: pauses aren't looked at */
	uint64_t longest_ns;
	char text[TEXT_MAX];
	char fault[FAULT_BYTES]; /* the first one */
};

static void GC_PRINTF(2, 3) blame(struct crowd *c, const char *fmt, ...)
{
	va_list ap;

	if (c->fault[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(c->fault, sizeof(c->fault), fmt, ap);
	va_end(ap);
}

/* ---- what comes ---- */

static void note_pause(struct crowd *c, struct session *s, uint64_t now)
{
	uint64_t from = s->last_ns > c->watch_since_ns ? s->last_ns : c->watch_since_ns;

	if (c->watch_since_ns && now > from && now - from > c->longest_ns)
		c->longest_ns = now - from;
	s->last_ns = now;
}

static void on_event(void *arg, const struct wire_event *event)
{
	struct session *s = arg;
	struct crowd *c = s->crowd;

	if (event->room_id != c->room_id)
		return;
	if (c->first_seq == 0)
		c->first_seq = event->seq;
	uint64_t expected = s->seq ? s->seq + 1 : c->first_seq;
	if (event->seq != expected)
		blame(c, "session %u: seq %" PRIu64 " came in the place of %" PRIu64, s->index,
			event->seq, expected);
	s->seq = event->seq;
	s->received += event->text != NULL;
	c->deliveries += event->text != NULL;
}

static void on_reply(void *arg, const struct wire_reply *reply)
{
	struct session *s = arg;

	if (reply->result == WIRE_REPLY_COMMITTED)
		s->crowd->acked++;
	else
		blame(s->crowd, "session %u: request %" PRIu64 " was refused: %.*s", s->index,
			reply->request_id, (int)reply->body_len, (const char *)reply->body);
}

static void on_welcome(void *arg)
{
	struct session *s = arg;

	s->crowd->ready++;
}

static void on_going_away(void *arg)
{
	struct session *s = arg;

	blame(s->crowd, "session %u was sent away", s->index);
}

static const struct wire_visitor visitor = {.on_event = on_event,
	.on_reply = on_reply,
	.on_welcome = on_welcome,
	.on_going_away = on_going_away};

static void on_message(void *arg, struct h2_call *call, const uint8_t *data, size_t len)
{
	struct session *s = arg;

	(void)call;
	note_pause(s->crowd, s, h2_loop_now(s->crowd->loop));
	if (wire_walk_frame(data, len, &visitor, s) < 0)
		blame(s->crowd, "session %u: a frame can't be decoded", s->index);
}

static void on_done(void *arg, struct h2_call *call, const struct h2_status *status)
{
	struct session *s = arg;

	(void)call;
	s->stream = NULL;
	blame(s->crowd, "session %u ended: status %d %s %s", s->index, status->code, status->reason,
		status->message);
}

static const struct h2_call_events stream_events = {.on_message = on_message, .on_done = on_done};

/* ---- coming in ---- */

static void send_hello(struct session *s)
{
	char client[] = "gchat-crowd";
	Gchat__V1__Hello hello;
	Gchat__V1__ClientFrame frame;
	size_t len = 0;

	gchat__v1__hello__init(&hello);
	gchat__v1__client_frame__init(&frame);
	hello.protocol_version = 1;
	hello.client = client;
	frame.request_id = REQUEST_HELLO;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO;
	frame.hello = &hello;
	uint8_t *data = codec_encode_new(&frame.base, &len);
	h2_call_send(s->stream, data, len, false);
	free(data);
}

static void on_open(void *arg, struct h2_conn *conn)
{
	struct session *s = arg;

	s->stream = h2_call_start(conn, "/gchat.v1.Chat/Connect",
		s->crowd->tokens[s->index / CROWD_PER_ACCOUNT], &stream_events, s);
	send_hello(s);
}

static void on_closed(void *arg, struct h2_conn *conn, const char *why)
{
	struct session *s = arg;

	(void)conn;
	s->conn = NULL;
	blame(s->crowd, "session %u: connection closed: %s", s->index, why);
}

static const struct h2_conn_events conn_events = {.on_open = on_open, .on_closed = on_closed};

static void open_more(struct crowd *c)
{
	while (c->opened < c->count && c->opened - c->ready < CONNECTING_MAX) {
		struct session *s = &c->sessions[c->opened];
		*s = (struct session){
			.crowd = c, .index = c->opened++, .next_request = REQUEST_HELLO + 1};
		s->conn = h2_conn_open(c->loop, &c->target, &conn_events, s);
		if (!s->conn)
			td_fail(c->td, "session %u: can't connect", s->index);
	}
}

static void make_account(struct crowd *c, unsigned i, const char *room)
{
	struct td_client *client = td_open(c->td, NULL);
	char user[24];
	struct gchat_credentials who = {.user = user, .password = td_password(), .device = "crowd"};
	struct gchat_session_options session = {0};
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};

	(void)snprintf(user, sizeof(user), "crowd-%u", i);
	td_check(client, gchat_create_account(td_gchat(client), &who, &account, &error), &error,
		"create account");
	(void)snprintf(c->tokens[i], TOKEN_BYTES, "%s", account->token);
	td_check(client, gchat_connect(td_gchat(client), &session), NULL, "gchat_connect");
	(void)td_expect_welcome(client);
	c->room_id = td_enter_room(client, room);
	gchat_free(account);
	td_disconnect(client);
}

static void wait_until_in(struct crowd *c)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), SETUP_MS);

	while (c->ready < c->count) {
		open_more(c);
		crowd_turn(c, 10);
		if (clock_mono_ms_since(clock_mono(), deadline) >= 0)
			td_fail(c->td, "only %u of %u sessions came in", c->ready, c->count);
	}
}

struct crowd *crowd_new(struct td *td, const char *room, unsigned count)
{
	struct crowd *c = mem_new(1, sizeof(*c));
	unsigned accounts = (count + CROWD_PER_ACCOUNT - 1) / CROWD_PER_ACCOUNT;

	c->td = td;
	c->count = count;
	c->loop = h2_loop_new();
	c->target = (struct h2_target){.host = "127.0.0.1", .port = td_port(td)};
	c->sessions = mem_new(count, sizeof(*c->sessions));
	c->tokens = mem_new(accounts, sizeof(*c->tokens));
	memset(c->text, 'x', sizeof(c->text));
	for (unsigned i = 0; i < accounts; i++)
		make_account(c, i, room);
	wait_until_in(c);
	return c;
}

struct crowd *crowd_free(struct crowd *c)
{
	if (!c)
		return NULL;
	(void)h2_loop_free(c->loop);
	free(c->sessions);
	free(c->tokens);
	free(c);
	return NULL;
}

/* ---- talking ---- */

/* Unique within an account: no two of its sessions have the same index. */
static void make_id(const struct session *s, uint8_t id[WIRE_ID_BYTES])
{
	uint64_t time_us = clock_wall_us();

	memcpy(id, &time_us, sizeof(time_us));
	memcpy(id + 8, &s->index, sizeof(s->index));
	memcpy(id + 12, &s->next_request, 4);
}

void crowd_say(struct crowd *c, unsigned index, size_t bytes)
{
	struct session *s = &c->sessions[index];
	uint8_t frame[TEXT_MAX + WIRE_SEND_OVERHEAD];

	GC_ASSERT(bytes <= TEXT_MAX);
	if (!s->stream)
		td_fail(c->td, "%s", c->fault);
	struct wire_send send = {.request_id = s->next_request,
		.room_id = c->room_id,
		.text = c->text,
		.text_len = bytes};
	make_id(s, send.client_msg_id);
	s->next_request++;
	h2_call_send(s->stream, frame, wire_put_send(frame, &send), false);
	c->said++;
}

void crowd_turn(struct crowd *c, int timeout_ms)
{
	h2_loop_turn(c->loop, (int64_t)timeout_ms * NS_PER_MS);
	if (c->fault[0])
		td_fail(c->td, "%s", c->fault);
}

static bool has_all(const struct crowd *c)
{
	if (c->acked < c->said)
		return false;
	for (unsigned i = 0; i < c->count; i++) {
		if (!c->sessions[i].paused && c->sessions[i].received < c->said)
			return false;
	}
	return true;
}

void crowd_settle(struct crowd *c, int64_t timeout_ms)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), timeout_ms);

	while (!has_all(c)) {
		if (clock_mono_ms_since(clock_mono(), deadline) >= 0)
			td_fail(c->td,
				"after %lld ms %" PRIu64 " of %" PRIu64
				" messages are acknowledged, %" PRIu64 " deliveries to %u sessions",
				(long long)timeout_ms, c->acked, c->said, c->deliveries, c->count);
		crowd_turn(c, 10);
	}
}

void crowd_pause(struct crowd *c, unsigned index, bool paused)
{
	c->sessions[index].paused = paused;
	h2_conn_pause(c->sessions[index].conn, paused);
}

uint64_t crowd_said(const struct crowd *c)
{
	return c->said;
}

uint64_t crowd_acked(const struct crowd *c)
{
	return c->acked;
}

uint64_t crowd_deliveries(const struct crowd *c)
{
	return c->deliveries;
}

uint64_t crowd_received(const struct crowd *c, unsigned index)
{
	return c->sessions[index].received;
}

void crowd_watch_pauses(struct crowd *c)
{
	c->watch_since_ns = h2_loop_now(c->loop);
	c->longest_ns = 0;
}

/* A pause that hasn't ended counts, too. */
uint64_t crowd_longest_pause_us(struct crowd *c)
{
	uint64_t now = h2_loop_now(c->loop);
	uint64_t longest = c->longest_ns;

	for (unsigned i = 0; i < c->count && c->watch_since_ns; i++) {
		const struct session *s = &c->sessions[i];
		uint64_t from = s->last_ns > c->watch_since_ns ? s->last_ns : c->watch_since_ns;
		if (now > from && now - from > longest)
			longest = now - from;
	}
	return longest / NS_PER_US;
}

const char *crowd_token(const struct crowd *c)
{
	return c->tokens[0];
}
