/* The life of a session: its states, its end, what is under way. */
#include "shard/session.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "rpc/metadata.h"
#include "shard/pump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_texts[_SESSION_STATE_MAX] = {
	[SESSION_OPENING] = "opening",
	[SESSION_GREETING] = "greeting",
	[SESSION_LIVE] = "live",
	[SESSION_ENDING] = "ending",
	[SESSION_CLOSED] = "closed",
};

/* Legal moves: row from, column to. */
static const bool moves[_SESSION_STATE_MAX][_SESSION_STATE_MAX] = {
	[SESSION_OPENING] =
		{[SESSION_GREETING] = true, [SESSION_ENDING] = true, [SESSION_CLOSED] = true},
	[SESSION_GREETING] =
		{[SESSION_LIVE] = true, [SESSION_ENDING] = true, [SESSION_CLOSED] = true},
	[SESSION_LIVE] = {[SESSION_ENDING] = true, [SESSION_CLOSED] = true},
	[SESSION_ENDING] = {[SESSION_CLOSED] = true},
};

const char *session_state_text(enum session_state state)
{
	return state_texts[state];
}

static void enter(struct session *s, enum session_state state, const char *cause)
{
	GC_ASSERT(moves[s->state][state]);
	log_debug("session %llu: %s to %s: %s", (unsigned long long)s->id, state_texts[s->state],
		state_texts[state], cause);
	s->state = state;
}

void session_hold(struct session *s)
{
	s->in_flight++;
}

static void set_deadline(struct session *s, int64_t ms)
{
	if (s->waiting)
		TAILQ_REMOVE(&s->shard->waiting, s, waiting_link);
	s->waiting = ms > 0;
	s->deadline = clock_mono_add_ms(clock_mono(), ms);
	if (s->waiting)
		TAILQ_INSERT_TAIL(&s->shard->waiting, s, waiting_link);
}

static void session_free(struct session *s)
{
	while (!SLIST_EMPTY(&s->free_requests)) {
		struct request *request = SLIST_FIRST(&s->free_requests);
		SLIST_REMOVE_HEAD(&s->free_requests, free_link);
		free(request);
	}
	for (unsigned i = 0; i < s->update_count; i++)
		grpc_slice_unref(s->updates[i]);
	free(s->updates);
	TAILQ_REMOVE(&s->shard->sessions, s, shard_link);
	s->shard->session_count--;
	grpc_call_unref(s->call);
	free(s->control.data);
	free(s->catch_up.wire.data);
	(void)account_unref(s->account);
	free(s);
}

void session_release(struct session *s)
{
	GC_ASSERT(s->in_flight > 0);
	if (--s->in_flight == 0 && s->state == SESSION_CLOSED)
		session_free(s);
}

/* ---- the account's sessions on this shard ---- */

void session_join_account(struct session *s, const char *client, unsigned wants)
{
	struct shard_account *a;
	HASH_FIND(hh, s->shard->accounts, &s->account->id, sizeof(s->account->id), a);
	if (!a) {
		a = mem_new(1, sizeof(*a));
		a->account_id = s->account->id;
		HASH_ADD(hh, s->shard->accounts, account_id, sizeof(a->account_id), a);
	}
	LIST_INSERT_HEAD(&a->sessions, s, account_link);
	(void)snprintf(s->client, sizeof(s->client), "%s", client);
	s->wants = wants;
	s->counted = true;
	s->presence = GCHAT__V1__PRESENCE_STATE__PRESENCE_ONLINE;
	presence_opened(s->shard->hub->options.presence, s->account);
	enter(s, SESSION_GREETING, "hello");
	set_deadline(s, 0);
}

static void tell(const struct session *s, bool opened)
{
	const struct hub_options *options = &s->shard->hub->options;
	if (options->on_session)
		options->on_session(options->arg, s, opened);
}

static void leave_account(struct session *s)
{
	struct shard_account *a;
	atomic_fetch_sub(&s->account->sessions, 1);
	if (!s->counted)
		return;
	tell(s, false);
	s->counted = false;
	LIST_REMOVE(s, account_link);
	HASH_FIND(hh, s->shard->accounts, &s->account->id, sizeof(s->account->id), a);
	GC_ASSERT(a);
	if (LIST_EMPTY(&a->sessions)) {
		HASH_DELETE(hh, s->shard->accounts, a);
		free(a);
	}
	atomic_store(&s->account->last_seen_us, clock_wall_us());
	presence_closed(s->shard->hub->options.presence, s->account, s->presence);
}

void session_go_live(struct session *s)
{
	enter(s, SESSION_LIVE, "welcome");
	tell(s, true);
	session_make_ready(s);
}

/* ---- the end ---- */

static void close_session(struct session *s)
{
	enter(s, SESSION_CLOSED, s->cancelled ? "peer gone" : "done");
	set_deadline(s, 0);
	if (s->ready)
		TAILQ_REMOVE(&s->shard->ready, s, ready_link);
	s->ready = false;
	if (s->slowed)
		TAILQ_REMOVE(&s->shard->slowed, s, slowed_link);
	s->slowed = false;
	struct subscription *sub;
	struct subscription *tmp;
	HASH_ITER (hh, s->subscriptions, sub, tmp)
		subscription_close(sub);
	leave_account(s);
	atomic_fetch_sub(&s->shard->hub->session_count, 1);
	metric_add(METRIC_SESSIONS_CLOSED, 1);
}

static void on_closed(struct op *op, bool ok)
{
	(void)ok; /* RECV_CLOSE_ON_SERVER always succeeds */
	struct session *s = GC_CONTAINER_OF(op, struct session, close_op);
	close_session(s);
	session_release(s);
}

static void on_status_sent(struct op *op, bool ok)
{
	(void)ok; /* the stream has ended either way */
	session_release(GC_CONTAINER_OF(op, struct session, status_op));
}

void session_send_status(struct session *s)
{
	if (s->status_sent)
		return;
	s->status_sent = true;
	grpc_metadata trailer = metadata_make(METADATA_KEY_REASON, reason_name(s->end_reason));
	char text[160];
	(void)snprintf(text, sizeof(text), "%s: %s", reason_name(s->end_reason),
		reason_text(s->end_reason));
	grpc_slice details = grpc_slice_from_copied_string(text);
	grpc_op ops[2] = {
		{.op = GRPC_OP_SEND_INITIAL_METADATA}, {.op = GRPC_OP_SEND_STATUS_FROM_SERVER}};
	ops[1].data.send_status_from_server.status = (grpc_status_code)reason_code(s->end_reason);
	if (s->end_reason != REASON_NONE) {
		ops[1].data.send_status_from_server.status_details = &details;
		ops[1].data.send_status_from_server.trailing_metadata = &trailer;
		ops[1].data.send_status_from_server.trailing_metadata_count = 1;
	}
	session_hold(s);
	op_start(&s->status_op, s->call, s->headers_sent ? ops + 1 : ops, s->headers_sent ? 1 : 2);
	s->headers_sent = true;
	metadata_unref(&trailer);
	grpc_slice_unref(details);
}

static void put_going_away(struct session *s, enum reason reason, const char *text)
{
	char name[40];
	char sentence[HUB_TEXT_BYTES];
	(void)snprintf(name, sizeof(name), "%s", reason_name(reason));
	(void)snprintf(sentence, sizeof(sentence), "%s", text);
	Gchat__V1__GoingAway away;
	gchat__v1__going_away__init(&away);
	away.reason = name;
	away.message = sentence;
	if (reason == REASON_SHUTDOWN)
		away.reconnect_after_ms =
			shard_reconnect_ms(s->shard, atomic_load(&s->shard->hub->away_count));
	session_put(s, FRAME_GOING_AWAY, &away.base);
}

/* Each reason is limited by itself: many of one kind don't hide another. A shutdown ends them all. */
static void note_end(const struct session *s, enum reason reason)
{
	static struct log_limit limits[_REASON_MAX]; /* zeroed, which is what LOG_LIMIT_INIT says */
	uint32_t dropped = 0;
	const struct log_fields fields = {
		.session = s->id, .user = s->account->name, .reason = reason_name(reason)};
	if (reason != REASON_NONE && reason != REASON_SHUTDOWN &&
		log_limit_allows(&limits[reason], &dropped))
		log_with(LOG_LEVEL_INFO, &fields, LOG_ID_SESSION_ENDED,
			"a session was ended dropped=%u", (unsigned)dropped);
}

void session_end(struct session *s, enum reason reason, const char *text)
{
	if (s->state >= SESSION_ENDING)
		return;
	s->end_reason = reason;
	enter(s, SESSION_ENDING, reason_name(reason));
	note_end(s, reason);
	set_deadline(s, SESSION_END_MS);
	if (reason != REASON_NONE)
		put_going_away(s, reason, text ? text : reason_text(reason));
	session_make_ready(s);
}

void session_expire(struct session *s)
{
	if (s->state == SESSION_OPENING) {
		session_end(s, REASON_NO_HELLO, NULL);
		return;
	}
	set_deadline(s, 0);
	grpc_call_cancel_with_status(
		s->call, GRPC_STATUS_UNAVAILABLE, "the peer does not read", NULL);
}

/* ---- the beginning ---- */

struct session *session_open(const struct incoming *in, struct account *account, uint64_t token_id)
{
	struct shard *shard = in->shard;
	struct session *s = mem_new(1, sizeof(*s));
	*s = (struct session){.id = atomic_fetch_add(&shard->hub->next_session_id, 1),
		.shard = shard,
		.account = account,
		.token_id = token_id,
		.call = in->call,
		.since_us = clock_wall_us(),
		.close_op.done = on_closed,
		.status_op.done = on_status_sent};
	memcpy(s->peer, in->peer, sizeof(s->peer));
	TAILQ_INIT(&s->dirty);
	SLIST_INIT(&s->free_requests);
	TAILQ_INSERT_TAIL(&shard->sessions, s, shard_link);
	shard->session_count++;
	atomic_fetch_add(&shard->hub->session_count, 1);
	metric_add(METRIC_SESSIONS_OPENED, 1);
	set_deadline(s, SESSION_HELLO_MS);
	session_hold(s);
	op_start(&s->close_op, s->call,
		&(grpc_op){.op = GRPC_OP_RECV_CLOSE_ON_SERVER,
			.data.recv_close_on_server.cancelled = &s->cancelled},
		1);
	pump_init(s);
	if (shard->draining)
		session_end(s, REASON_SHUTDOWN, NULL);
	return s;
}

uint64_t session_lag(struct session *s)
{
	uint64_t lag = 0;
	struct subscription *sub;
	struct subscription *tmp;
	HASH_ITER (hh, s->subscriptions, sub, tmp)
		lag += cursor_lag(&sub->cursor, subscription_span(sub).head);
	return lag;
}
