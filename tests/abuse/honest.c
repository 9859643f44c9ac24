/* Sessions over the small HTTP/2 client; two accounts a room, ten sessions an account. */
#include "honest.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abuse.h"
#include "base/mem.h"
#include "bench/wire.h"
#include "gchat/v1/auth.pb-c.h"
#include "gchat/v1/chat.pb-c.h"
#include "h2/h2.h"
#include "proto/codec.h"
#include "support/td_client.h"

enum {
	PER_ROOM = HONEST_SESSIONS / HONEST_ROOMS,
	PER_ACCOUNT = 10,
	ACCOUNTS = HONEST_SESSIONS / PER_ACCOUNT,
	TURN_NS = 1000000,
	SETUP_S = 60,
	SETTLE_S = 30,
	TEXT_BYTES = 100,
	SAMPLES_MAX = 1 << 18,
	NS_PER_S = 1000000000,
	SIGN_IN_EVERY_MS = 500,
	RETURNING = 8, /* every so many sign-ins is one of the same account and address */
};

struct samples {
	double ms[SAMPLES_MAX];
	size_t count;
};

struct talker {
	struct honest *all; /* borrowed */
	struct h2_call *stream; /* borrowed: the connection's */
	unsigned index;
	uint64_t next_request;
	uint64_t seq; /* the last one received; 0: none */
	uint64_t received;
};

struct honest {
	struct td *td; /* borrowed */
	struct h2_loop *loop; /* owned */
	struct h2_target target;
	struct talker talkers[HONEST_SESSIONS];
	char tokens[ACCOUNTS][ABUSE_TOKEN_BYTES];
	uint64_t rooms[HONEST_ROOMS];
	uint64_t said[HONEST_ROOMS];
	uint64_t all_said;
	uint64_t acked;
	unsigned ready;
	unsigned turn;
	double next_due;
	bool signs_in;
	unsigned signing_in;
	unsigned sign_in_turn;
	double next_sign_in;
	struct samples deliveries;
	struct samples sign_ins;
	char fault[300]; /* the first one */
};

static void GC_PRINTF(2, 3) blame(struct honest *h, const char *fmt, ...)
{
	va_list ap;
	if (h->fault[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(h->fault, sizeof(h->fault), fmt, ap);
	va_end(ap);
}

static void add_sample(struct samples *s, double ms)
{
	if (s->count < SAMPLES_MAX)
		s->ms[s->count++] = ms;
}

/* ---- what comes ---- */

static void on_event(void *arg, const struct wire_event *event)
{
	struct talker *t = arg;
	if (t->seq && event->seq != t->seq + 1)
		blame(t->all, "session %u: seq %" PRIu64 " came behind %" PRIu64, t->index,
			event->seq, t->seq);
	t->seq = event->seq;
	if (!event->text || event->text_len != TEXT_BYTES)
		return; /* not one of ours */
	char digits[20] = {0};
	memcpy(digits, event->text, sizeof(digits) - 1);
	uint64_t sent_ns = strtoull(digits, NULL, 10);
	t->received++;
	add_sample(
		&t->all->deliveries, ((double)h2_loop_now(t->all->loop) - (double)sent_ns) / 1e6);
}

static void on_reply(void *arg, const struct wire_reply *reply)
{
	struct talker *t = arg;
	if (reply->result == WIRE_REPLY_COMMITTED)
		t->all->acked++;
	else
		blame(t->all, "session %u: a request was refused: %.*s", t->index,
			(int)reply->body_len, (const char *)reply->body);
}

static void on_welcome(void *arg)
{
	struct talker *t = arg;
	t->all->ready++;
}

static void on_going_away(void *arg)
{
	struct talker *t = arg;
	blame(t->all, "session %u was sent away", t->index);
}

static const struct wire_visitor visitor = {.on_event = on_event,
	.on_reply = on_reply,
	.on_welcome = on_welcome,
	.on_going_away = on_going_away};

static void on_message(void *arg, struct h2_call *call, const uint8_t *data, size_t len)
{
	struct talker *t = arg;
	(void)call;
	if (wire_walk_frame(data, len, &visitor, t) < 0)
		blame(t->all, "session %u: a frame can't be decoded", t->index);
}

static void on_done(void *arg, struct h2_call *call, const struct h2_status *status)
{
	struct talker *t = arg;
	(void)call;
	t->stream = NULL;
	blame(t->all, "session %u ended: status %d %s %s", t->index, status->code, status->reason,
		status->message);
}

static const struct h2_call_events stream_events = {.on_message = on_message, .on_done = on_done};

/* ---- coming in ---- */

static void send_frame(struct h2_call *call, const ProtobufCMessage *message)
{
	size_t len = 0;
	uint8_t *data = codec_encode_new(message, &len);
	h2_call_send(call, data, len, false);
	free(data);
}

static void on_open(void *arg, struct h2_conn *conn)
{
	struct talker *t = arg;
	char client[] = "honest";
	Gchat__V1__Hello hello;
	Gchat__V1__ClientFrame frame;
	gchat__v1__hello__init(&hello);
	gchat__v1__client_frame__init(&frame);
	hello.protocol_version = 1;
	hello.client = client;
	frame.request_id = 1;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO;
	frame.hello = &hello;
	t->stream = h2_call_start(conn, "/gchat.v1.Chat/Connect",
		t->all->tokens[t->index / PER_ACCOUNT], &stream_events, t);
	send_frame(t->stream, &frame.base);
}

static void on_closed(void *arg, struct h2_conn *conn, const char *why)
{
	struct talker *t = arg;
	(void)conn;
	blame(t->all, "session %u: connection closed: %s", t->index, why);
}

static const struct h2_conn_events conn_events = {.on_open = on_open, .on_closed = on_closed};

static void make_account(struct honest *h, unsigned i)
{
	struct td_client *client = td_open(h->td, NULL);
	char user[24];
	char room[24];
	struct gchat_credentials who = {.user = user, .password = td_password(), .device = "abuse"};
	struct gchat_session_options session = {0};
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};
	(void)snprintf(user, sizeof(user), "honest-%u", i);
	(void)snprintf(room, sizeof(room), "room-%u", i % HONEST_ROOMS);
	td_check(client, gchat_create_account(td_gchat(client), &who, &account, &error), &error,
		"create account");
	(void)snprintf(h->tokens[i], ABUSE_TOKEN_BYTES, "%s", account->token);
	td_check(client, gchat_connect(td_gchat(client), &session), NULL, "gchat_connect");
	(void)td_expect_welcome(client);
	h->rooms[i % HONEST_ROOMS] = td_enter_room(client, room);
	gchat_free(account);
	td_disconnect(client);
}

/* ---- signing in ---- */

struct sign_in {
	struct honest *all; /* borrowed */
	struct h2_conn *conn; /* borrowed */
	double since;
	char user[24];
	char source[24];
};

static void on_signed_in(void *arg, struct h2_call *call, const struct h2_status *status)
{
	struct sign_in *in = arg;
	(void)call;
	if (status->code != 0)
		blame(in->all, "an honest sign-in was refused: status %d %s %s", status->code,
			status->reason, status->message);
	add_sample(&in->all->sign_ins, (abuse_now_s() - in->since) * 1e3);
	in->all->signing_in--;
	h2_conn_close(in->conn);
	free(in);
}

static const struct h2_call_events sign_in_events = {.on_done = on_signed_in};

static void on_sign_in_open(void *arg, struct h2_conn *conn)
{
	struct sign_in *in = arg;
	char password[64];
	size_t len = 0;
	Gchat__V1__LoginRequest request;
	gchat__v1__login_request__init(&request);
	(void)snprintf(password, sizeof(password), "%s", td_password());
	request.user = in->user;
	request.password = password;
	uint8_t *data = codec_encode_new(&request.base, &len);
	struct h2_call *call =
		h2_call_start(conn, "/gchat.v1.Auth/Login", NULL, &sign_in_events, in);
	h2_call_send(call, data, len, true);
	free(data);
}

static void on_sign_in_closed(void *arg, struct h2_conn *conn, const char *why)
{
	struct sign_in *in = arg;
	(void)conn;
	blame(in->all, "an honest sign-in was cut: %s", why);
}

static const struct h2_conn_events sign_in_conn_events = {
	.on_open = on_sign_in_open, .on_closed = on_sign_in_closed};

static void start_sign_in(struct honest *h)
{
	struct sign_in *in = mem_new(1, sizeof(*in));
	struct h2_target target = h->target;
	in->all = h;
	in->since = abuse_now_s();
	/* Now and then the one whose password is being guessed, from where it has signed in before;
	 * else people from elsewhere. */
	unsigned n = h->sign_in_turn++;
	bool returns = n % RETURNING == 0;
	(void)snprintf(
		in->user, sizeof(in->user), "honest-%u", returns ? 0 : 1 + n % (ACCOUNTS - 1));
	(void)snprintf(in->source, sizeof(in->source), "127.%u.0.%u", returns ? 0U : 2U,
		returns ? 1 : n % 250 + 1);
	target.source = in->source;
	in->conn = h2_conn_open(h->loop, &target, &sign_in_conn_events, in);
	if (!in->conn)
		td_fail(h->td, "can't connect to sign in");
	h->signing_in++;
}

void honest_sign_in(struct honest *h, bool on)
{
	double deadline = abuse_now_s() + SETTLE_S;
	h->signs_in = on;
	h->next_sign_in = abuse_now_s();
	if (on)
		h->sign_ins.count = 0;
	while (!on && h->signing_in > 0 && abuse_now_s() < deadline)
		honest_talk(h, 0.01);
	if (!on && h->signing_in > 0)
		td_fail(h->td, "an honest sign-in never ended");
}

/* ---- talking ---- */

static void turn(struct honest *h)
{
	h2_loop_turn(h->loop, TURN_NS);
	if (h->fault[0])
		td_fail(h->td, "%s", h->fault);
}

static void make_id(const struct talker *t, uint8_t id[WIRE_ID_BYTES])
{
	memset(id, 0, WIRE_ID_BYTES);
	memcpy(id, &t->index, sizeof(t->index));
	memcpy(id + 4, &t->next_request, sizeof(t->next_request));
}

static void say(struct honest *h)
{
	unsigned room = h->turn % HONEST_ROOMS;
	unsigned seat = h->turn / HONEST_ROOMS % PER_ROOM;
	/* accounts i and i + HONEST_ROOMS are members of room i */
	unsigned account = room + HONEST_ROOMS * (seat / PER_ACCOUNT);
	struct talker *t = &h->talkers[account * PER_ACCOUNT + seat % PER_ACCOUNT];
	uint8_t frame[TEXT_BYTES + WIRE_SEND_OVERHEAD];
	char text[TEXT_BYTES + 1];
	memset(text, 'x', sizeof(text));
	int n = snprintf(text, sizeof(text), "%019.0f ", h->next_due * NS_PER_S);
	text[n] = 'x';
	struct wire_send send = {.request_id = t->next_request,
		.room_id = h->rooms[room],
		.text = text,
		.text_len = TEXT_BYTES};
	make_id(t, send.client_msg_id);
	t->next_request++;
	h2_call_send(t->stream, frame, wire_put_send(frame, &send), false);
	h->said[room]++;
	h->all_said++;
	h->turn++;
}

void honest_talk(struct honest *h, double secs)
{
	double end = abuse_now_s() + secs;
	double now;
	if (h->next_due < abuse_now_s() - 1)
		h->next_due = abuse_now_s();
	while ((now = abuse_now_s()) < end) {
		td_hear(h->td);
		while (h->next_due <= now) {
			say(h);
			h->next_due += 1.0 / HONEST_RATE;
		}
		if (h->signs_in && now >= h->next_sign_in) {
			start_sign_in(h);
			h->next_sign_in = now + SIGN_IN_EVERY_MS / 1e3;
		}
		turn(h);
	}
}

static bool has_all(const struct honest *h)
{
	if (h->acked < h->all_said)
		return false;
	for (unsigned i = 0; i < HONEST_SESSIONS; i++)
		if (h->talkers[i].received < h->said[i / PER_ACCOUNT % HONEST_ROOMS])
			return false;
	return true;
}

void honest_settle(struct honest *h)
{
	double deadline = abuse_now_s() + SETTLE_S;
	while (!has_all(h)) {
		if (abuse_now_s() >= deadline)
			td_fail(h->td,
				"honest sessions miss messages: %" PRIu64 " of %" PRIu64
				" acknowledged",
				h->acked, h->all_said);
		turn(h);
	}
	h->next_due = 0; /* whatever is done meanwhile is not what they feel */
}

/* ---- figures ---- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

static void figures(struct samples *s, struct honest_figures *ret)
{
	*ret = (struct honest_figures){.count = s->count};
	if (s->count == 0)
		return;
	qsort(s->ms, s->count, sizeof(s->ms[0]), compare);
	ret->p50 = s->ms[s->count / 2];
	ret->p99 = s->ms[s->count * 99 / 100];
	ret->max = s->ms[s->count - 1];
}

void honest_measure(struct honest *h)
{
	h->deliveries.count = 0;
}

void honest_deliveries(struct honest *h, struct honest_figures *ret)
{
	figures(&h->deliveries, ret);
}

void honest_sign_ins(struct honest *h, struct honest_figures *ret)
{
	figures(&h->sign_ins, ret);
}

struct honest *honest_new(struct td *td)
{
	struct honest *h = mem_new(1, sizeof(*h));
	double deadline = abuse_now_s() + SETUP_S;
	h->td = td;
	h->loop = h2_loop_new();
	h->target = (struct h2_target){.host = "127.0.0.1", .port = td_port(td)};
	for (unsigned i = 0; i < ACCOUNTS; i++)
		make_account(h, i);
	for (unsigned i = 0; i < HONEST_SESSIONS; i++) {
		h->talkers[i] = (struct talker){.all = h, .index = i, .next_request = 2};
		if (!h2_conn_open(h->loop, &h->target, &conn_events, &h->talkers[i]))
			td_fail(td, "session %u can't connect", i);
	}
	while (h->ready < HONEST_SESSIONS) {
		if (abuse_now_s() >= deadline)
			td_fail(td, "only %u sessions came in", h->ready);
		turn(h);
	}
	h->next_due = abuse_now_s();
	return h;
}

struct honest *honest_free(struct honest *h)
{
	if (!h)
		return NULL;
	(void)h2_loop_free(h->loop);
	free(h);
	return NULL;
}
