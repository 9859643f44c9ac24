/* The session's state machine: commands, timers and outcomes of attempts come in, calls go out. */
#include "lib/priv.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* Reasons after which trying again with the same token can't help. */
static const char *const fatal_reasons[] = {
	"NOT_SIGNED_IN",
	"TOKEN_INVALID",
	"REMOVED",
	"BANNED",
	"SIGNED_OUT",
	"ACCOUNT_SUSPENDED",
	"ACCOUNT_DELETED",
	"CLIENT_CERTIFICATE_UNKNOWN",
	"CLIENT_CERTIFICATE_REVOKED",
	"CLIENT_CERTIFICATE_INVALID",
	"PROTOCOL_VERSION",
	"UNIMPLEMENTED",
	"ACCOUNT_MISMATCH",
	"CERTIFICATE_UNKNOWN",
	"CERTIFICATE_CHANGED",
	"CERTIFICATE_REFUSED",
};

static const bool legal_moves[_STREAM_STATE_MAX][_STREAM_STATE_MAX] = {
	[STREAM_OFF] = {[STREAM_CONNECTING] = true},
	[STREAM_WAITING] = {[STREAM_CONNECTING] = true, [STREAM_OFF] = true},
	[STREAM_CONNECTING] = {[STREAM_ONLINE] = true, [STREAM_ENDING] = true},
	[STREAM_ONLINE] = {[STREAM_ENDING] = true},
	[STREAM_ENDING] = {[STREAM_WAITING] = true, [STREAM_OFF] = true},
};

static void enter(struct gchat *g, enum stream_state state)
{
	struct stream *s = &g->stream;
	GC_ASSERT(legal_moves[s->state][state]);
	s->state = state;
}

static void set_timer(struct gchat *g, uint32_t ms)
{
	g->stream.timer = clock_mono_add_ms(clock_mono(), ms);
}

static bool timer_is_over(const struct gchat *g)
{
	return clock_mono().us >= g->stream.timer.us;
}

void stream_command(struct gchat *g, enum stream_command command)
{
	gchat_lock(g);
	g->shared.commands |= command;
	gchat_unlock(g);
	queue_wake(&g->queue);
}

void stream_tell(
	struct gchat *g, enum gchat_state state, const struct gchat_error *error, uint32_t delay_ms)
{
	struct gchat_event *event = event_new(GCHAT_EVENT_STATE);
	event->state.state = state;
	uint32_t failures = g->stream.backoff.attempt;
	event->state.attempt =
		failures > 0 && state == GCHAT_STATE_RECONNECTING ? failures : failures + 1;
	event->state.delay_ms = delay_ms;
	if (error)
		event->state.error = *error;
	if (state != GCHAT_STATE_CONNECTING && state != GCHAT_STATE_CLOSED)
		trust_get_last(g->trust, &event->state.certificate);
	event_queue_push(&g->events, event);
}

void stream_break(struct gchat *g, const char *reason, const char *message)
{
	struct stream *s = &g->stream;
	if (!s->is_broken)
		call_error_set(&s->broken, GRPC_STATUS_INTERNAL, reason, message);
	s->is_broken = true;
}

void stream_set_online(struct gchat *g)
{
	struct stream *s = &g->stream;
	enter(g, STREAM_ONLINE);
	s->was_online = true;
	s->had_welcome = true;
	s->online_since = clock_mono();
	gchat_lock(g);
	g->shared.is_online = true; /* before it is told: who hears it may ask at once */
	gchat_unlock(g);
	stream_tell(g, GCHAT_STATE_ONLINE, NULL, 0);
}

static void begin(struct gchat *g)
{
	struct stream *s = &g->stream;
	enter(g, STREAM_CONNECTING);
	s->was_online = false;
	s->is_broken = false;
	s->has_going_away = false;
	set_timer(g, STREAM_HELLO_TIMEOUT_MS);
	attempt_start(g);
}

/* The session is over; gchat_connect may start another. */
static void finish(struct gchat *g, enum gchat_state state, const struct gchat_error *error)
{
	struct stream *s = &g->stream;
	enter(g, STREAM_OFF);
	gchat_lock(g);
	g->shared.is_active = false;
	gchat_unlock(g);
	s->waits_for_trust = error && strcmp(error->reason, "CERTIFICATE_UNKNOWN") == 0;
	s->is_closing = false;
	stream_tell(g, state, error, 0);
}

static bool is_fatal(const struct gchat_error *error)
{
	for (size_t i = 0; i < GC_LENGTH(fatal_reasons); i++)
		if (strcmp(error->reason, fatal_reasons[i]) == 0)
			return true;
	return false;
}

/* Why the attempt ended, from what we did, what the server announced, and the status. */
static void explain_end(struct gchat *g, struct gchat_error *ret)
{
	struct stream *s = &g->stream;
	struct attempt *a = &s->attempt;
	call_error_fill(ret, a->status, &a->details, &a->trailing);
	if (s->is_broken)
		*ret = s->broken;
	else if (s->has_going_away && (a->status == GRPC_STATUS_OK || !is_fatal(ret)))
		call_error_set(
			ret, GRPC_STATUS_UNAVAILABLE, s->going_away_reason, s->going_away_message);
	else if (a->status == GRPC_STATUS_OK)
		call_error_set(ret, GRPC_STATUS_UNAVAILABLE, "UNAVAILABLE",
			"the server ended the session");
	if (!s->was_online)
		api_explain_refusal(g, ret);
}

static uint32_t random_number(void)
{
	uint32_t number = 0;
	GC_ASSERT(getrandom(&number, sizeof(number), 0) == sizeof(number));
	return number;
}

static bool is_stable(const struct stream *s)
{
	return clock_mono_ms_since(clock_mono(), s->online_since) >= BACKOFF_STABLE_MS;
}

static uint32_t delay_after(struct gchat *g, const struct gchat_error *error)
{
	struct stream *s = &g->stream;
	uint32_t asked = s->has_going_away ? s->reconnect_after_ms : 0;
	uint32_t delay = 0;
	if (s->was_online && (asked > 0 || is_stable(s)))
		s->backoff.attempt = 0;
	if (!s->was_online || asked == 0) /* who is told when to come back hasn't failed */
		delay = backoff_next_ms(&s->backoff, random_number());
	if (asked == 0 && error->retry_after_ms > delay)
		asked = error->retry_after_ms + random_number() % (error->retry_after_ms / 4 + 1);
	if (asked > BACKOFF_ASKED_MAX_MS)
		asked = BACKOFF_ASKED_MAX_MS;
	return asked ? asked : delay;
}

static void wait_again(struct gchat *g, const struct gchat_error *error)
{
	enter(g, STREAM_WAITING);
	uint32_t delay = delay_after(g, error);
	set_timer(g, delay);
	stream_tell(g, GCHAT_STATE_RECONNECTING, error, delay);
}

static void end(struct gchat *g)
{
	struct stream *s = &g->stream;
	struct gchat_error error;
	if (s->state != STREAM_ENDING)
		enter(g, STREAM_ENDING);
	explain_end(g, &error);
	link_drop(g, s->attempt.link);
	attempt_free(g);
	outbox_rewind(&g->outbox);
	request_fail_all(g, &error);
	if (s->is_closing)
		finish(g, GCHAT_STATE_CLOSED, NULL);
	else if (is_fatal(&error))
		finish(g, GCHAT_STATE_REFUSED, &error);
	else
		wait_again(g, &error);
}

static void cancel(struct gchat *g)
{
	enter(g, STREAM_ENDING);
	attempt_cancel(g);
}

static void on_command_open(struct gchat *g)
{
	struct stream *s = &g->stream;
	if (s->state != STREAM_OFF)
		return;
	gchat_lock(g);
	cursors_deinit(&s->at);
	s->at = g->shared.start;
	g->shared.start = (struct cursors){0};
	gchat_unlock(g);
	s->had_welcome = false;
	s->waits_for_trust = false;
	s->is_closing = false;
	s->backoff = g->settings.backoff;
	stream_tell(g, GCHAT_STATE_CONNECTING, NULL, 0);
	begin(g);
}

static void on_command_close(struct gchat *g)
{
	struct stream *s = &g->stream;
	s->waits_for_trust = false;
	if (s->state == STREAM_OFF || s->is_closing)
		return;
	s->is_closing = true;
	if (s->state == STREAM_WAITING)
		finish(g, GCHAT_STATE_CLOSED, NULL);
	else if (s->state == STREAM_CONNECTING)
		cancel(g);
	else
		set_timer(g, STREAM_CLOSE_TIMEOUT_MS); /* ONLINE: half-close, then the status */
}

static void on_command_retry(struct gchat *g)
{
	struct stream *s = &g->stream;
	if (s->state == STREAM_WAITING) {
		set_timer(g, 0);
	} else if (s->state == STREAM_OFF && s->waits_for_trust) {
		s->waits_for_trust = false;
		gchat_lock(g);
		g->shared.is_active = true;
		gchat_unlock(g);
		stream_tell(g, GCHAT_STATE_CONNECTING, NULL, 0);
		begin(g);
	}
}

static void take_commands(struct gchat *g)
{
	gchat_lock(g);
	unsigned commands = g->shared.commands;
	g->shared.commands = 0;
	gchat_unlock(g);
	if (commands & STREAM_COMMAND_OPEN)
		on_command_open(g);
	if (commands & STREAM_COMMAND_RETRY)
		on_command_retry(g);
	if (commands & (STREAM_COMMAND_CLOSE | STREAM_COMMAND_QUIT))
		on_command_close(g);
	if (commands & STREAM_COMMAND_QUIT)
		g->stream.is_quitting = true;
}

static void on_timer(struct gchat *g)
{
	struct stream *s = &g->stream;
	if (s->state == STREAM_WAITING) {
		begin(g);
	} else if (s->state == STREAM_CONNECTING) {
		stream_break(g, "TIMED_OUT", "the server doesn't answer");
		cancel(g);
	} else if (s->state == STREAM_ONLINE && s->is_closing) {
		cancel(g);
	}
}

static bool has_timer(const struct stream *s)
{
	return s->state == STREAM_WAITING || s->state == STREAM_CONNECTING ||
	       (s->state == STREAM_ONLINE && s->is_closing);
}

/* Everything there is to do after a completion, a wake or a timer. */
static void turn(struct gchat *g)
{
	struct stream *s = &g->stream;
	take_commands(g);
	if (has_timer(s) && timer_is_over(g))
		on_timer(g);
	if (s->is_broken && (s->state == STREAM_CONNECTING || s->state == STREAM_ONLINE))
		cancel(g);
	if (s->state == STREAM_CONNECTING || s->state == STREAM_ONLINE)
		attempt_pump(g);
	if (attempt_is_over(g))
		end(g);
	deliver_save(g, false);
}

static struct mono earliest(struct mono a, struct mono b)
{
	return a.us < b.us ? a : b;
}

static struct mono next_deadline(struct gchat *g)
{
	struct stream *s = &g->stream;
	struct mono deadline = clock_mono_add_ms(clock_mono(), STREAM_IDLE_MS);
	struct mono due;
	if (has_timer(s))
		deadline = earliest(deadline, s->timer);
	if (s->state == STREAM_ONLINE && !s->is_closing && atomic_load(&g->has_outbox) &&
		!s->attempt.write_op.busy && outbox_next_due(&g->outbox, &due))
		deadline = earliest(deadline, due);
	gchat_lock(g);
	bool is_dirty = g->shared.is_dirty && g->shared.cursor_path;
	gchat_unlock(g);
	return is_dirty ? earliest(deadline, s->save_at) : deadline;
}

void *stream_run(void *gchat)
{
	struct gchat *g = gchat;
	while (!g->stream.is_quitting || g->stream.state != STREAM_OFF) {
		turn(g);
		if (g->stream.is_quitting && g->stream.state == STREAM_OFF)
			break;
		(void)queue_run_one(&g->queue, next_deadline(g)); /* false: only a timer */
	}
	deliver_save(g, true);
	cursors_deinit(&g->stream.at);
	return NULL;
}
