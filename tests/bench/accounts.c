/*
 * Setting up, not measured: accounts over a few connections, several calls at a time, then the
 * rooms, made by an account of their own that has no session.
 */
#include "bench.h"

#include "base/mem.h"
#include "gchat/v1/auth.pb-c.h"
#include "gchat/v1/chat.pb-c.h"
#include "proto/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SETUP_CONNS = 4,
	SETUP_CALLS = 8, /* at a time on each */
	SETUP_CALLS_PER_CONN = 64, /* few bytes before signing in are allowed */
};

struct setup {
	struct bench *bench;
	unsigned next; /* the first account or room not yet asked for */
	unsigned count;
	unsigned done;
	bool failed;
};

struct setup_conn {
	struct setup *setup;
	struct h2_conn *conn; /* NULL: to be opened */
	unsigned started;
	unsigned open_calls;
	void (*start)(struct setup_conn *c, unsigned index);
};

struct setup_call {
	struct setup_conn *conn;
	unsigned index;
};

static void send_unary(struct h2_call *call, const ProtobufCMessage *msg)
{
	size_t len = 0;
	uint8_t *data GC_CLEANUP(mem_freep) = codec_encode_new(msg, &len);
	h2_call_send(call, data, len, true);
}

static void on_done(void *arg, struct h2_call *call, const struct h2_status *status)
{
	struct setup_call *c = arg;
	struct setup *setup = c->conn->setup;
	(void)call;
	c->conn->open_calls--;
	setup->done++;
	if (status->code != 0) {
		setup->failed = true;
		bench_complain(setup->bench, "setting up: status %d %s %s", status->code,
			status->reason, status->message);
	}
	free(c);
}

static void on_account(void *arg, struct h2_call *call, const uint8_t *data, size_t len)
{
	struct setup_call *c = arg;
	(void)call;
	ProtobufCMessage *msg =
		codec_load(&gchat__v1__create_account_response__descriptor, data, len);
	if (!msg)
		return; /* the missing token is noticed */
	const struct Gchat__V1__CreateAccountResponse *r = (const void *)msg;
	char *token = c->conn->setup->bench->tokens[c->index];
	(void)snprintf(token, BENCH_TOKEN_BYTES, "%s", r->token); /* 43 bytes */
	codec_free(msg);
}

static const struct h2_call_events account_events = {.on_message = on_account, .on_done = on_done};
static const struct h2_call_events room_events = {.on_done = on_done};

static struct setup_call *call_new(struct setup_conn *c, unsigned index)
{
	struct setup_call *call = mem_new(1, sizeof(*call));
	*call = (struct setup_call){.conn = c, .index = index};
	return call;
}

static void start_account(struct setup_conn *c, unsigned index)
{
	char user[BENCH_NAME_BYTES];
	char password[] = BENCH_PASSWORD_TEXT;
	char device[] = "bench";
	bench_user_name(c->setup->bench, index, user);
	Gchat__V1__CreateAccountRequest req;
	gchat__v1__create_account_request__init(&req);
	req.user = user;
	req.password = password;
	req.device = device;
	struct h2_call *call = h2_call_start(
		c->conn, "/gchat.v1.Auth/CreateAccount", NULL, &account_events, call_new(c, index));
	send_unary(call, &req.base);
}

static void start_room(struct setup_conn *c, unsigned index)
{
	struct bench *b = c->setup->bench;
	char name[BENCH_NAME_BYTES];
	bench_room_name(b, index, name);
	Gchat__V1__CreateRoomRequest req;
	gchat__v1__create_room_request__init(&req);
	req.name = name;
	struct h2_call *call = h2_call_start(c->conn, "/gchat.v1.Chat/CreateRoom",
		b->tokens[b->sessions_count], &room_events, call_new(c, index));
	send_unary(call, &req.base);
}

void bench_room_name(const struct bench *b, unsigned room, char buf[BENCH_NAME_BYTES])
{
	(void)snprintf(buf, BENCH_NAME_BYTES, "%s-%u", b->run, room); /* fits */
}

void bench_user_name(const struct bench *b, unsigned index, char buf[BENCH_NAME_BYTES])
{
	(void)snprintf(buf, BENCH_NAME_BYTES, "%s-%u", b->run, index); /* fits */
}

static void on_closed(void *arg, struct h2_conn *conn, const char *why)
{
	struct setup_conn *c = arg;
	(void)conn;
	c->conn = NULL;
	c->setup->failed = true;
	bench_complain(c->setup->bench, "setting up: connection ended: %s", why);
}

static void on_open(void *arg, struct h2_conn *conn)
{
	struct setup_conn *c = arg;
	h2_conn_tls(conn, c->setup->bench->tls, sizeof(c->setup->bench->tls));
}

static const struct h2_conn_events conn_events = {.on_open = on_open, .on_closed = on_closed};

/* Calls may be queued before TLS is up. */
static void fill(struct setup_conn *c)
{
	struct setup *s = c->setup;
	const struct bench_options *o = &s->bench->options;
	struct h2_target target = {.host = o->host, .port = o->port};
	if (c->conn && c->started >= SETUP_CALLS_PER_CONN && c->open_calls == 0) {
		h2_conn_close(c->conn);
		c->conn = NULL;
	}
	if (!c->conn && s->next < s->count) {
		c->started = 0;
		c->conn = h2_conn_open(s->bench->loop, &target, &conn_events, c);
	}
	while (c->conn && s->next < s->count && c->open_calls < SETUP_CALLS &&
		c->started < SETUP_CALLS_PER_CONN) {
		c->open_calls++;
		c->started++;
		c->start(c, s->next++);
	}
}

static int run_setup(struct setup *s, void (*start)(struct setup_conn *c, unsigned index))
{
	struct setup_conn conns[SETUP_CONNS] = {0};
	uint64_t progress = measure_now_ns();
	unsigned seen = s->done;
	while (s->done < s->count && !s->failed) {
		for (size_t i = 0; i < SETUP_CONNS; i++) {
			conns[i].setup = s;
			conns[i].start = start;
			fill(&conns[i]);
		}
		bench_turn(s->bench, BENCH_TURN_NS);
		if (s->done != seen)
			progress = measure_now_ns();
		seen = s->done;
		if (measure_now_ns() - progress > (uint64_t)BENCH_SETUP_S * BENCH_NS_PER_S) {
			bench_complain(s->bench, "setting up: no answer");
			s->failed = true;
		}
	}
	for (size_t i = 0; i < SETUP_CONNS; i++)
		if (conns[i].conn)
			h2_conn_close(conns[i].conn);
	bench_turn(s->bench, 0);
	return s->failed ? -1 : 0;
}

/* Tokens of an earlier run against the same server; how many there are. */
static unsigned read_tokens(struct bench *b)
{
	FILE *f = b->options.token_file ? fopen(b->options.token_file, "re") : NULL;
	unsigned n = 0;
	if (!f)
		return 0;
	while (n <= b->sessions_count && fgets(b->tokens[n], BENCH_TOKEN_BYTES, f)) {
		b->tokens[n][strcspn(b->tokens[n], "\n")] = 0;
		n++;
	}
	(void)fclose(f); /* was only read */
	return n;
}

static void save_tokens(struct bench *b, unsigned from)
{
	FILE *f = b->options.token_file ? fopen(b->options.token_file, "ae") : NULL;
	if (!f)
		return;
	for (unsigned i = from; i <= b->sessions_count; i++)
		(void)fprintf(f, "%s\n", b->tokens[i]); /* checked by fclose */
	if (fclose(f) != 0)
		bench_complain(b, "can't write %s", b->options.token_file);
}

int bench_make_accounts(struct bench *b)
{
	unsigned have = read_tokens(b);
	struct setup s = {.bench = b, .next = have, .done = have, .count = b->sessions_count + 1};
	if (run_setup(&s, start_account) < 0)
		return -1;
	for (unsigned i = 0; i < s.count; i++) {
		if (!b->tokens[i][0]) {
			bench_complain(b, "account %u has no token", i);
			return -1;
		}
	}
	save_tokens(b, have);
	return 0;
}

int bench_make_rooms(struct bench *b)
{
	struct setup s = {.bench = b, .count = b->rooms_count};
	return run_setup(&s, start_room);
}
