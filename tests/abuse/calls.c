/*
 * Attacks by what the contract offers: a few puppets, each a connection of its own, that do one trick
 * as fast as they are answered, and come back when they are cut.
 */
#include "abuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench/wire.h"
#include "gchat/v1/auth.pb-c.h"
#include "gchat/v1/chat.pb-c.h"
#include "h2/h2.h"
#include "proto/codec.h"
#include "proto/limits.h"

enum {
	PUPPETS_MAX = 64,
	WINDOW = 64, /* requests of one puppet that wait for their answer */
	GUESSES_PER_S = 2000,
	TURN_NS = 1000000,
	COME_BACK_MS = 20,
};

struct act;

struct puppet {
	struct act *act; /* borrowed */
	struct h2_conn *conn; /* borrowed: the loop's; NULL: is to come back */
	struct h2_call *stream; /* borrowed */
	unsigned index;
	bool ready;
	unsigned waiting; /* requests without an answer */
	uint64_t next_request;
	double back_at;
	char source[32];
};

struct trick {
	const char *stream; /* the path of a stream that is opened first, or NULL */
	void (*perform)(struct puppet *puppet); /* one request */
	unsigned puppets;
	unsigned rate; /* of all together, a second; 0: as fast as they are answered */
	unsigned window;
	bool deaf; /* reads nothing once it is in, but for ... */
	unsigned hearing; /* ... so many of them */
};

struct act {
	const struct abuse_ground *ground; /* borrowed */
	struct abuse_outcome *out; /* borrowed */
	const struct trick *trick; /* borrowed */
	struct h2_loop *loop; /* owned */
	double start;
	struct puppet puppets[PUPPETS_MAX];
};

static const char *token_of(const struct puppet *p)
{
	return p->act->ground->tokens[p->index % ABUSE_TOKENS];
}

static void answered(struct puppet *p, bool refused)
{
	if (p->waiting > 0)
		p->waiting--;
	if (refused)
		abuse_stopped(p->act->out, p->act->start);
}

/* ---- unary calls ---- */

static void on_call_done(void *arg, struct h2_call *call, const struct h2_status *status)
{
	struct puppet *p = arg;
	(void)call;
	if (status->code != H2_STATUS_LOST) /* else on_closed says it */
		answered(p, status->code == 8 || status->code == 14);
}

static const struct h2_call_events call_events = {.on_done = on_call_done};

static void call(struct puppet *p, const char *path, const char *token, const ProtobufCMessage *msg)
{
	size_t len = 0;
	uint8_t *data = codec_encode_new(msg, &len);
	h2_call_send(h2_call_start(p->conn, path, token, &call_events, p), data, len, true);
	free(data);
}

/* ---- the stream ---- */

static void on_reply(void *arg, const struct wire_reply *reply)
{
	answered(arg, reply->result == WIRE_REPLY_ERROR);
}

static void on_welcome(void *arg)
{
	struct puppet *p = arg;
	p->ready = true;
	h2_conn_pause(p->conn, p->act->trick->deaf);
}

static void ignore_event(void *arg, const struct wire_event *event)
{
	(void)arg;
	(void)event;
}

static void ignore_going_away(void *arg)
{
	(void)arg;
}

static const struct wire_visitor visitor = {.on_event = ignore_event,
	.on_reply = on_reply,
	.on_welcome = on_welcome,
	.on_going_away = ignore_going_away};

static void on_message(void *arg, struct h2_call *stream, const uint8_t *data, size_t len)
{
	(void)stream;
	if (wire_walk_frame(data, len, &visitor, arg) < 0)
		return; /* an attacker doesn't mind */
}

static void leave(struct puppet *p)
{
	p->conn = NULL;
	p->stream = NULL;
	p->ready = false;
	p->waiting = 0;
	p->back_at = abuse_now_s() + COME_BACK_MS / 1e3;
}

static void on_stream_done(void *arg, struct h2_call *stream, const struct h2_status *status)
{
	struct puppet *p = arg;
	(void)stream;
	p->stream = NULL;
	p->ready = false;
	if (status->code == H2_STATUS_LOST)
		return; /* on_closed says it */
	abuse_stopped(p->act->out, p->act->start);
	h2_conn_close(p->conn);
	leave(p);
}

static const struct h2_call_events stream_events = {
	.on_message = on_message, .on_done = on_stream_done};

static void send_frame(struct puppet *p, Gchat__V1__ClientFrame *frame)
{
	size_t len = 0;
	frame->request_id = p->next_request++;
	uint8_t *data = codec_encode_new(&frame->base, &len);
	h2_call_send(p->stream, data, len, false);
	free(data);
}

static void say_hello(struct puppet *p)
{
	char client[] = "puppet";
	Gchat__V1__Hello hello;
	Gchat__V1__ClientFrame frame;
	gchat__v1__hello__init(&hello);
	gchat__v1__client_frame__init(&frame);
	hello.protocol_version = 1;
	hello.client = client;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO;
	frame.hello = &hello;
	send_frame(p, &frame);
}

static void on_open(void *arg, struct h2_conn *conn)
{
	struct puppet *p = arg;
	const char *path = p->act->trick->stream;
	p->ready = !path;
	if (!path) {
		h2_conn_pause(conn, p->act->trick->deaf && p->index >= p->act->trick->hearing);
		return;
	}
	p->stream = h2_call_start(conn, path, token_of(p), &stream_events, p);
	say_hello(p);
}

static void on_closed(void *arg, struct h2_conn *conn, const char *why)
{
	struct puppet *p = arg;
	(void)conn;
	(void)why;
	abuse_stopped(p->act->out, p->act->start);
	leave(p);
}

static const struct h2_conn_events conn_events = {.on_open = on_open, .on_closed = on_closed};

static void come_back(struct puppet *p)
{
	const struct h2_target target = {
		.host = "127.0.0.1", .port = p->act->ground->port, .source = p->source};
	p->next_request = 1;
	p->conn = h2_conn_open(p->act->loop, &target, &conn_events, p);
}

static bool may_go_on(const struct act *act, double now)
{
	return !act->trick->rate || (double)act->out->tries < (now - act->start) * act->trick->rate;
}

static void perform(
	const struct abuse_ground *ground, struct abuse_outcome *out, const struct trick *trick)
{
	struct act *act = mem_new(1, sizeof(*act));
	double now;
	*act = (struct act){.ground = ground,
		.out = out,
		.trick = trick,
		.loop = h2_loop_new(),
		.start = abuse_now_s()};
	for (unsigned i = 0; i < trick->puppets; i++) {
		struct puppet *p = &act->puppets[i];
		*p = (struct puppet){.act = act, .index = i};
		(void)snprintf(p->source, sizeof(p->source), "%s", abuse_address(i));
	}
	while ((now = abuse_now_s()) - act->start < ground->secs) {
		for (unsigned i = 0; i < trick->puppets; i++) {
			struct puppet *p = &act->puppets[i];
			if (!p->conn && now >= p->back_at)
				come_back(p);
			while (p->ready && p->conn && p->waiting < trick->window &&
				may_go_on(act, now)) {
				p->waiting++;
				out->tries++;
				trick->perform(p);
				if (trick->rate)
					break; /* the others' turn */
			}
		}
		h2_loop_turn(act->loop, TURN_NS);
	}
	(void)h2_loop_free(act->loop);
	free(act);
}

/* ---- tricks ---- */

static void guess(struct puppet *p)
{
	char user[32];
	char password[32];
	Gchat__V1__LoginRequest request;
	gchat__v1__login_request__init(&request);
	uint64_t n = p->act->out->tries;
	/* one in two at an account that is there, whose owner signs in meanwhile */
	(void)snprintf(user, sizeof(user), "honest-%llu", (unsigned long long)(n % 2 ? 0 : n));
	(void)snprintf(password, sizeof(password), "guess-%llu", (unsigned long long)n);
	request.user = user;
	request.password = password;
	call(p, "/gchat.v1.Auth/Login", NULL, &request.base);
}

void abuse_guessing(const struct abuse_ground *ground, struct abuse_outcome *out)
{
	static const struct trick trick = {.perform = guess,
		.puppets = 2 * ABUSE_ADDRESSES,
		.rate = GUESSES_PER_S,
		.window = 100};
	perform(ground, out, &trick);
}

#define CONNECT "/gchat.v1.Chat/Connect"

static void join_or_leave(struct puppet *p)
{
	Gchat__V1__Join join;
	Gchat__V1__Leave leaving;
	Gchat__V1__ClientFrame frame;
	gchat__v1__join__init(&join);
	gchat__v1__leave__init(&leaving);
	gchat__v1__client_frame__init(&frame);
	join.room_case = GCHAT__V1__JOIN__ROOM_ROOM_ID;
	join.room_id = leaving.room_id = p->act->ground->room_id;
	if (p->next_request % 2) {
		frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_JOIN;
		frame.join = &join;
	} else {
		frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_LEAVE;
		frame.leave = &leaving;
	}
	send_frame(p, &frame);
}

void abuse_join_leave(const struct abuse_ground *ground, struct abuse_outcome *out)
{
	static const struct trick trick = {.stream = CONNECT,
		.perform = join_or_leave,
		.puppets = ABUSE_TOKENS,
		.window = WINDOW};
	perform(ground, out, &trick);
}

static void set_typing(struct puppet *p)
{
	Gchat__V1__SetTyping typing;
	Gchat__V1__ClientFrame frame;
	gchat__v1__set_typing__init(&typing);
	gchat__v1__client_frame__init(&frame);
	typing.room_id = p->act->ground->room_id;
	typing.typing = p->next_request % 2;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SET_TYPING;
	frame.set_typing = &typing;
	send_frame(p, &frame);
}

void abuse_typing(const struct abuse_ground *ground, struct abuse_outcome *out)
{
	static const struct trick trick = {.stream = CONNECT,
		.perform = set_typing,
		.puppets = 2 * ABUSE_TOKENS,
		.window = WINDOW};
	perform(ground, out, &trick);
}

static void send_long_text(struct puppet *p)
{
	static char text[LIMIT_TEXT_BYTES + 1];
	uint8_t id[LIMIT_CLIENT_MSG_ID_BYTES] = {0};
	Gchat__V1__Send send;
	Gchat__V1__ClientFrame frame;
	gchat__v1__send__init(&send);
	gchat__v1__client_frame__init(&frame);
	memset(text, 'x', LIMIT_TEXT_BYTES);
	memcpy(id, &p->next_request, sizeof(p->next_request));
	memcpy(id + 8, &p->act->out->tries, sizeof(p->act->out->tries));
	send.room_id = p->act->ground->room_id;
	send.text = text;
	send.client_msg_id.data = id;
	send.client_msg_id.len = sizeof(id);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SEND;
	frame.send = &send;
	send_frame(p, &frame);
}

void abuse_big_frames(const struct abuse_ground *ground, struct abuse_outcome *out)
{
	static const struct trick trick = {.stream = CONNECT,
		.perform = send_long_text,
		.puppets = ABUSE_TOKENS,
		.window = 128};
	perform(ground, out, &trick);
}

static void set_avatar(struct puppet *p)
{
	static uint8_t image[LIMIT_AVATAR_CHUNK_BYTES];
	Gchat__V1__SetAvatarRequest request;
	gchat__v1__set_avatar_request__init(&request);
	request.total_bytes = LIMIT_AVATAR_BYTES;
	request.chunk.data = image;
	request.chunk.len = sizeof(image);
	call(p, "/gchat.v1.Chat/SetAvatar", token_of(p), &request.base);
}

void abuse_avatars(const struct abuse_ground *ground, struct abuse_outcome *out)
{
	static const struct trick trick = {
		.perform = set_avatar, .puppets = ABUSE_TOKENS, .window = 16};
	perform(ground, out, &trick);
}

static void ask_for_history(struct puppet *p)
{
	Gchat__V1__GetHistoryRequest request;
	gchat__v1__get_history_request__init(&request);
	request.room_id = p->act->ground->heap_id;
	request.page_size = LIMIT_PAGE_MAX;
	request.place_case = GCHAT__V1__GET_HISTORY_REQUEST__PLACE_AFTER_SEQ;
	call(p, "/gchat.v1.Chat/GetHistory", token_of(p), &request.base);
}

/* They ask for pages and pages, and take none; one an account hears what is said of it. */
void abuse_unread_answers(const struct abuse_ground *ground, struct abuse_outcome *out)
{
	static const struct trick trick = {.perform = ask_for_history,
		.puppets = 3 * ABUSE_TOKENS,
		.window = 90,
		.deaf = true,
		.hearing = ABUSE_TOKENS};
	perform(ground, out, &trick);
}

static void do_nothing(struct puppet *p)
{
	(void)p;
}

/* They are in, want everything, and take nothing. */
void abuse_never_reading(const struct abuse_ground *ground, struct abuse_outcome *out)
{
	static const struct trick trick = {.stream = CONNECT,
		.perform = do_nothing,
		.puppets = ABUSE_TOKENS * ABUSE_SESSIONS_MAX / 2,
		.deaf = true};
	perform(ground, out, &trick);
}

void abuse_sessions(const struct abuse_ground *ground, struct abuse_outcome *out)
{
	static const struct trick trick = {
		.stream = CONNECT, .perform = do_nothing, .puppets = PUPPETS_MAX};
	struct abuse_ground one = *ground;
	for (int i = 1; i < ABUSE_TOKENS; i++)
		memcpy(one.tokens[i], one.tokens[0], sizeof(one.tokens[0]));
	perform(&one, out, &trick);
}
