/*
 * One ServerFrame, in the contract's order:
 *
 *   welcome -> resets -> gaps -> snapshots -> events -> replies -> the rest
 *
 * each becoming an event for the application. An event whose place is wrong breaks the stream; what
 * came before it stands.
 */
#include "lib/priv.h"

#include "lib/convert.h"
#include "lib/memory.h"

#include <stdio.h>
#include <string.h>

static void push(struct gchat *g, struct gchat_event *event)
{
	event_queue_push(&g->events, event);
}

/* Remembers the rooms' names and where those begin that had no cursor. */
static void settle_rooms(struct gchat *g, const struct gchat_welcome *welcome)
{
	cursors_keep(&g->stream.at, welcome->rooms, welcome->room_count);
	for (size_t i = 0; i < welcome->room_count; i++) {
		const struct gchat_room *room = &welcome->rooms[i];
		if (!cursors_find(&g->stream.at, room->room_id))
			cursors_set(&g->stream.at, room->room_id, room->head_seq);
	}
	gchat_lock(g);
	for (size_t i = 0; i < welcome->room_count; i++)
		names_set(&g->shared.names, welcome->rooms[i].room_id, welcome->rooms[i].name);
	gchat_unlock(g);
}

static struct gchat_event *make_welcome(struct gchat *g, const Gchat__V1__Welcome *msg)
{
	struct gchat_event *event = event_new(GCHAT_EVENT_WELCOME);
	struct gchat_room *rooms = memory_add(event, msg->n_rooms, sizeof(*rooms));
	for (size_t i = 0; i < msg->n_rooms; i++)
		rooms[i] = convert_room_state(event, msg->rooms[i]);
	event->welcome = (struct gchat_welcome){.account = convert_profile(event, msg->account),
		.rooms = rooms,
		.room_count = msg->n_rooms,
		.limits = convert_limits(msg->limits),
		.durability = memory_text(event, msg->durability),
		.session_id = msg->session_id,
		.time_us = msg->time_us,
		.server = memory_text(event, msg->server),
		.resumed = g->stream.had_welcome};
	return event;
}

/* The outbox belongs to one account: nothing of it may be said by another. Its user name may have been
 * changed since an earlier welcome. */
static bool is_expected(struct gchat *g, const struct gchat_profile *account)
{
	gchat_lock(g);
	const char *owner = g->shared.outbox_user; /* NULL or "": no one said */
	bool is_expected =
		!owner || !*owner || strcmp(owner, account->user) == 0 ||
		(g->shared.outbox_account != 0 && g->shared.outbox_account == account->account_id);
	if (is_expected)
		g->shared.outbox_account = account->account_id;
	gchat_unlock(g);
	return is_expected;
}

static void take_welcome(struct gchat *g, const Gchat__V1__Welcome *msg)
{
	if (g->stream.state != STREAM_CONNECTING) {
		stream_break(g, "BAD_REPLY", "the server sent a second welcome");
		return;
	}
	struct gchat_event *event = make_welcome(g, msg);
	if (!is_expected(g, &event->welcome.account)) {
		stream_break(g, "ACCOUNT_MISMATCH", "the token belongs to another account");
		gchat_free(event);
		return;
	}
	g->stream.account_id = event->welcome.account.account_id;
	settle_rooms(g, &event->welcome);
	stream_set_online(g);
	push(g, event);
}

static void take_reset(struct gchat *g, const Gchat__V1__Reset *msg)
{
	if (msg->seq == 0 && strcmp(msg->reason, "NOT_A_MEMBER") == 0)
		cursors_drop(&g->stream.at, msg->room_id);
	else
		cursors_set(&g->stream.at, msg->room_id, msg->seq);
	struct gchat_event *event = event_new(GCHAT_EVENT_RESET);
	event->reset = (struct gchat_reset){.room_id = msg->room_id,
		.seq = msg->seq,
		.reason = memory_text(event, msg->reason)};
	push(g, event);
}

static void take_gap(struct gchat *g, const Gchat__V1__Gap *msg)
{
	if (!cursors_note_gap(&g->stream.at, msg->room_id, msg->from_seq, msg->to_seq))
		return;
	struct gchat_event *event = event_new(GCHAT_EVENT_GAP);
	event->gap = (struct gchat_gap){.room_id = msg->room_id,
		.from_seq = msg->from_seq,
		.to_seq = msg->to_seq,
		.reason = memory_text(event, msg->reason)};
	push(g, event);
}

static void take_snapshot(struct gchat *g, const Gchat__V1__RoomSnapshot *msg)
{
	struct gchat_event *event = event_new(GCHAT_EVENT_SNAPSHOT);
	event->snapshot = (struct gchat_snapshot){.room_id = msg->room_id,
		.members = convert_members(event, msg->members, msg->n_members),
		.count = msg->n_members,
		.member_count = msg->member_count,
		.complete = msg->complete};
	push(g, event);
}

/* Whether this account enters (again) or leaves a room by the event: its place starts anew there. */
static bool is_own_entrance(const struct gchat *g, const Gchat__V1__Event *msg)
{
	return msg->body_case == GCHAT__V1__EVENT__BODY_JOINED &&
	       msg->author_id == g->stream.account_id;
}

static bool is_own_exit(const struct gchat *g, const Gchat__V1__Event *msg)
{
	if (msg->body_case == GCHAT__V1__EVENT__BODY_LEFT)
		return msg->author_id == g->stream.account_id;
	return msg->body_case == GCHAT__V1__EVENT__BODY_REMOVED &&
	       msg->removed->account_id == g->stream.account_id;
}

static enum cursor_verdict admit(struct gchat *g, const Gchat__V1__Event *msg)
{
	struct cursors *at = &g->stream.at;
	enum cursor_verdict verdict = cursors_admit(at, msg->room_id, msg->seq);
	if (verdict == CURSOR_HOLE && is_own_entrance(g, msg)) {
		cursors_set(at, msg->room_id, msg->seq); /* what was said in between isn't ours */
		verdict = CURSOR_NEXT;
	}
	if (verdict == CURSOR_NEXT && is_own_exit(g, msg))
		cursors_drop(at, msg->room_id);
	return verdict;
}

static void take_event(struct gchat *g, const Gchat__V1__Event *msg)
{
	enum cursor_verdict verdict = admit(g, msg);
	if (verdict == CURSOR_HOLE)
		stream_break(g, "BAD_REPLY", "the server left out events of a room");
	if (verdict != CURSOR_NEXT)
		return;
	struct gchat_event *event = event_new(GCHAT_EVENT_ENTRY);
	event->entry = convert_entry(event, msg);
	gchat_lock(g);
	event->entry.room_name = memory_text(event, names_get(&g->shared.names, msg->room_id));
	gchat_unlock(g);
	if (event->entry.has_id && msg->author_id == g->stream.account_id &&
		atomic_load(&g->has_outbox))
		event->entry.tag = outbox_find(&g->outbox, event->entry.id);
	push(g, event);
}

static void take_presence(struct gchat *g, const Gchat__V1__Presence *msg)
{
	struct gchat_event *event = event_new(GCHAT_EVENT_PRESENCE);
	event->presence = (struct gchat_presence_event){.account_id = msg->account_id,
		.user = memory_text(event, msg->user),
		.presence = convert_presence(msg->state)};
	push(g, event);
}

static void take_typing(struct gchat *g, const Gchat__V1__Typing *msg)
{
	struct gchat_event *event = event_new(GCHAT_EVENT_TYPING);
	event->typing = (struct gchat_typing){.room_id = msg->room_id,
		.account_id = msg->account_id,
		.user = memory_text(event, msg->user),
		.typing = msg->typing};
	push(g, event);
}

static void take_profile(struct gchat *g, const Gchat__V1__Profile *msg)
{
	struct gchat_event *event = event_new(GCHAT_EVENT_PROFILE);
	event->profile = convert_profile(event, msg);
	push(g, event);
}

static void take_read_marker(struct gchat *g, const Gchat__V1__ReadMarker *msg)
{
	struct gchat_event *event = event_new(GCHAT_EVENT_READ_MARKER);
	event->read_marker = (struct gchat_read_marker){
		.room_id = msg->room_id, .read_seq = msg->read_seq, .unread = msg->unread};
	push(g, event);
}

static void take_going_away(struct gchat *g, const Gchat__V1__GoingAway *msg)
{
	struct stream *s = &g->stream;
	s->has_going_away = true;
	(void)snprintf(s->going_away_reason, sizeof(s->going_away_reason), "%s", msg->reason);
	(void)snprintf(s->going_away_message, sizeof(s->going_away_message), "%s", msg->message);
	s->reconnect_after_ms = msg->reconnect_after_ms;
	struct gchat_event *event = event_new(GCHAT_EVENT_GOING_AWAY);
	event->going_away = (struct gchat_going_away){.reconnect_after_ms = msg->reconnect_after_ms,
		.reason = memory_text(event, msg->reason),
		.message = memory_text(event, msg->message)};
	push(g, event);
}

static void take_notice(struct gchat *g, const Gchat__V1__Notice *msg)
{
	struct gchat_event *event = event_new(GCHAT_EVENT_NOTICE);
	event->notice = (struct gchat_notice){
		.text = memory_text(event, msg->text), .time_us = msg->time_us};
	push(g, event);
}

static void take_log(struct gchat *g, const Gchat__V1__ServerFrame *frame)
{
	for (size_t i = 0; i < frame->n_resets; i++)
		take_reset(g, frame->resets[i]);
	for (size_t i = 0; i < frame->n_gaps; i++)
		take_gap(g, frame->gaps[i]);
	for (size_t i = 0; i < frame->n_rooms; i++)
		take_snapshot(g, frame->rooms[i]);
	for (size_t i = 0; i < frame->n_events && !g->stream.is_broken; i++)
		take_event(g, frame->events[i]);
}

static void take_rest(struct gchat *g, const Gchat__V1__ServerFrame *frame)
{
	for (size_t i = 0; i < frame->n_presence; i++)
		take_presence(g, frame->presence[i]);
	for (size_t i = 0; i < frame->n_typing; i++)
		take_typing(g, frame->typing[i]);
	for (size_t i = 0; i < frame->n_profiles; i++)
		take_profile(g, frame->profiles[i]);
	for (size_t i = 0; i < frame->n_read_markers; i++)
		take_read_marker(g, frame->read_markers[i]);
	for (size_t i = 0; i < frame->n_notices; i++)
		take_notice(g, frame->notices[i]);
	if (frame->going_away)
		take_going_away(g, frame->going_away);
}

void frame_take(struct gchat *g, const Gchat__V1__ServerFrame *frame)
{
	if (frame->welcome)
		take_welcome(g, frame->welcome);
	else if (g->stream.state == STREAM_CONNECTING && !frame->going_away)
		stream_break(g, "BAD_REPLY", "the server sent something before its welcome");
	if (g->stream.is_broken)
		return;
	take_log(g, frame);
	/* Replies hold of what was committed, whatever became of the events before them. */
	for (size_t i = 0; i < frame->n_replies; i++)
		frame_take_reply(g, frame->replies[i]);
	if (!g->stream.is_broken)
		take_rest(g, frame);
}
