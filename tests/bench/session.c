/*
 * One session: connect, sign in, hello, join. What goes over its stream then is talk.c's.
 *
 *   NEW -> CONNECTING [-> LOGIN] -> HELLO -> JOINING -> READY
 *   READY -> AWAY, cut by us; AWAY or DEAD -> CONNECTING -> HELLO -> READY, with its cursor
 *   any -> DEAD, when the server ends the stream or the connection
 */
#include "bench.h"

#include "base/mem.h"
#include "gchat/v1/auth.pb-c.h"
#include "proto/codec.h"

#include <stdio.h>
#include <string.h>

static void die(struct session *s, const char *why)
{
	struct bench *b = s->bench;
	if (s->state == SESSION_DEAD)
		return;
	bench_complain(b, "session %u ended: %s", s->index, why);
	if (s->state == SESSION_READY) {
		b->cut++;
		b->ready--;
	} else {
		b->pending--;
	}
	s->state = SESSION_DEAD;
	s->stream = NULL;
	b->dead++;
}

static void become_ready(struct session *s)
{
	struct bench *b = s->bench;
	s->state = SESSION_READY;
	b->pending--;
	b->ready++;
	if (b->timing_joins)
		histogram_add(&b->latency, measure_now_ns() - s->start_ns);
}

void session_on_welcome(struct session *s)
{
	if (s->state != SESSION_HELLO)
		return;
	if (s->room_id) {
		become_ready(s); /* resumed: a member already */
		return;
	}
	s->state = SESSION_JOINING;
	session_send_join(s);
}

void session_on_joined(struct session *s, uint64_t room_id)
{
	if (s->state != SESSION_JOINING)
		return;
	s->room_id = room_id;
	become_ready(s);
}

/* ---- the stream ---- */

static void on_message(void *arg, struct h2_call *call, const uint8_t *data, size_t len)
{
	(void)call;
	session_on_frame(arg, data, len);
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

static void start_stream(struct session *s)
{
	s->stream = h2_call_start(
		s->conn, "/gchat.v1.Chat/Connect", s->bench->tokens[s->index], &stream_events, s);
	s->state = SESSION_HELLO;
	session_send_hello(s);
}

/* ---- the password ---- */

static void on_token(void *arg, struct h2_call *call, const uint8_t *data, size_t len)
{
	struct session *s = arg;
	(void)call;
	ProtobufCMessage *msg = codec_load(&gchat__v1__login_response__descriptor, data, len);
	if (!msg)
		return; /* the server doesn't know the old token: noticed */
	const struct Gchat__V1__LoginResponse *r = (const void *)msg;
	(void)snprintf(s->bench->tokens[s->index], BENCH_TOKEN_BYTES, "%s", r->token); /* 43 */
	codec_free(msg);
}

static void on_login(void *arg, struct h2_call *call, const struct h2_status *status)
{
	struct session *s = arg;
	if (status->code != 0)
		on_done(s, call, status);
	else
		start_stream(s);
}

static const struct h2_call_events login_events = {.on_message = on_token, .on_done = on_login};

static void start_login(struct session *s)
{
	char user[BENCH_NAME_BYTES];
	char password[] = BENCH_PASSWORD_TEXT;
	char device[] = "bench";
	size_t len = 0;
	bench_user_name(s->bench, s->index, user);
	Gchat__V1__LoginRequest req;
	gchat__v1__login_request__init(&req);
	req.user = user;
	req.password = password;
	req.device = device;
	uint8_t *data GC_CLEANUP(mem_freep) = codec_encode_new(&req.base, &len);
	struct h2_call *call =
		h2_call_start(s->conn, "/gchat.v1.Auth/Login", NULL, &login_events, s);
	s->state = SESSION_LOGIN;
	h2_call_send(call, data, len, true);
}

/* ---- the connection ---- */

static void on_open(void *arg, struct h2_conn *conn)
{
	struct session *s = arg;
	(void)conn;
	if (s->bench->options.sign_in == BENCH_PASSWORD && !s->room_id)
		start_login(s);
	else
		start_stream(s);
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
	const struct bench_options *o = &s->bench->options;
	struct h2_target target = {.host = o->host, .port = o->port};
	if (o->workload == BENCH_W7 && s->index == 0)
		target.receive_buffer_bytes = BENCH_SLOW_RECEIVE_BYTES;
	s->state = SESSION_CONNECTING;
	s->bench->pending++;
	s->start_ns = measure_now_ns();
	s->conn = h2_conn_open(s->bench->loop, &target, &conn_events, s);
	if (!s->conn)
		die(s, "can't connect");
}

void session_cut(struct session *s)
{
	if (s->state != SESSION_READY)
		return;
	h2_conn_reset(s->conn);
	s->conn = NULL;
	s->stream = NULL;
	s->state = SESSION_AWAY;
	s->bench->ready--;
}

void session_resume(struct session *s)
{
	if (s->state == SESSION_DEAD)
		s->bench->dead--;
	if (s->conn)
		h2_conn_close(s->conn); /* only the stream had ended */
	start(s);
}

bool bench_connect_all(struct bench *b)
{
	unsigned next = 0;
	unsigned seen = 0;
	uint64_t progress = measure_now_ns();
	while (b->ready < b->sessions_count && b->dead == 0) {
		/* publishers, which are the last, join when the others have */
		while (next < b->sessions_count && b->pending < b->options.inflight &&
			(next < b->options.n || b->ready >= b->options.n))
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
