/* One handler for each kind of event; changes of the connection are said in one sentence each. */
#include "client/chat_events.h"

#include "base/mem.h"
#include "client/chat.h"
#include "client/fault.h"
#include "client/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the connection ---- */

static void on_state(struct chat *c, const struct gchat_state_event *state)
{
	struct gchat_error error = state->error;
	c->online = state->state == GCHAT_STATE_ONLINE;
	if (state->state == GCHAT_STATE_RECONNECTING && !c->lost) {
		c->lost = true;
		fault_fill(&error, -EIO);
		chat_say(c, "connection lost (%s); trying again until it works", error.reason);
	}
	if (state->state == GCHAT_STATE_REFUSED) {
		fault_fill(&error, -EIO);
		chat_fail(c, NULL, &error);
		c->status = fault_exit(&error);
		c->quitting = true;
	}
}

static void say_rooms(struct chat *c)
{
	for (size_t i = 0; i < c->rooms.count; i++) {
		struct room *room = &c->rooms.rooms[i];
		if (!room->member || !room->unread)
			continue;
		chat_label(c, room);
		chat_say(c, "%s: %u unread", room->label, room->unread);
	}
}

static void say_roomless(struct chat *c)
{
	if (c->talkative)
		chat_say(c, "you are in no room yet: /list shows them, /join enters one");
}

/* The tag of the request; 0 where there is nothing to join. */
static uint64_t ask_suggested(struct chat *c)
{
	struct gchat_server_info *info;
	struct gchat_error error = {0};
	uint64_t tag = 0;
	if (gchat_server_info(c->session.g, &info, &error) < 0)
		return 0;
	bool any = info->suggested_room_count > 0;
	if (any && gchat_join(c->session.g, 0, info->suggested_rooms[0], &tag) < 0)
		tag = 0;
	gchat_free(info);
	return tag;
}

/* For those who are in no room: the one the server suggests to newcomers. */
static void join_suggested(struct chat *c)
{
	uint64_t tag = ask_suggested(c);
	if (!tag) {
		say_roomless(c);
		return;
	}
	chat_await(c, 0, tag, NULL, NULL);
	chat_hold(c);
	TAILQ_LAST(&c->waiting, waiting_list)->suggested = true;
}

static struct room *first_room(struct chat *c)
{
	char *kept = state_get(&c->session.state, c->session.server, "room");
	struct room *room = kept ? rooms_find_name(&c->rooms, kept) : NULL;
	free(kept);
	for (size_t i = 0; i < c->rooms.count && !(room && room->member); i++)
		room = &c->rooms.rooms[i];
	return room && room->member ? room : NULL;
}

static void choose_room(struct chat *c)
{
	const char *wanted = c->session.options->room;
	struct room *room = wanted ? rooms_find_name(&c->rooms, wanted) : first_room(c);
	if (room && room->member) {
		chat_enter(c, room);
	} else if (wanted) {
		uint64_t tag = 0;
		int r = gchat_join(c->session.g, 0, *wanted == '#' ? wanted + 1 : wanted, &tag);
		chat_await(c, r, tag, NULL, NULL);
		if (r == 0)
			chat_hold(c);
	} else {
		join_suggested(c);
	}
}

static void first_welcome(struct chat *c, const struct gchat_welcome *welcome)
{
	char *server = text_clean_string(TEXT_NAME, welcome->server);
	c->welcomed = true;
	if (c->talkative) {
		chat_say(c, "%s (%s): you are %s; /help lists the commands", c->session.server,
			server, c->session.user);
		say_rooms(c);
	}
	free(server);
	choose_room(c);
}

static void on_welcome(struct chat *c, const struct gchat_welcome *welcome)
{
	c->online = true;
	rooms_forget_members(&c->rooms);
	for (size_t i = 0; i < welcome->room_count; i++) {
		struct room *room = rooms_put(&c->rooms, &welcome->rooms[i]);
		if (!room)
			continue;
		room->member = true;
		room->read_seq = welcome->rooms[i].read_seq;
		room->unread = welcome->rooms[i].unread;
	}
	if (!c->welcomed) {
		first_welcome(c, welcome);
	} else if (c->lost) {
		chat_say(c, "connected again");
		if (c->away)
			(void)gchat_set_presence(c->session.g, GCHAT_PRESENCE_AWAY, NULL);
	}
	c->lost = false;
}

static void on_going_away(struct chat *c, const struct gchat_going_away *going)
{
	char *message = text_clean_string(TEXT_NAME, going->message);
	chat_say(c, "the server says: %s", *message ? message : "going away");
	free(message);
}

static void on_notice(struct chat *c, const struct gchat_notice *notice)
{
	char *text = text_clean_string(TEXT_BODY, notice->text);
	chat_say(c, "notice to all: %s", text);
	free(text);
}

/* ---- replies ---- */

static struct waiting *find_waiting(struct chat *c, uint64_t tag)
{
	struct waiting *w;
	TAILQ_FOREACH (w, &c->waiting, link) {
		if (w->tag == tag)
			return w;
	}
	return NULL;
}

static void drop_waiting(struct chat *c, struct waiting *w)
{
	TAILQ_REMOVE(&c->waiting, w, link);
	c->waiting_count--;
	c->holding_count -= w->holds;
	free(w->text);
	free(w->done);
	free(w);
}

static void on_joined(struct chat *c, const struct gchat_reply *reply)
{
	struct room *room = rooms_put(&c->rooms, &reply->room);
	if (!room)
		return;
	room->member = true;
	if (room->role == GCHAT_ROLE_NONE)
		room->role = GCHAT_ROLE_MEMBER;
	chat_enter(c, room);
}

static void on_refused(struct chat *c, const struct gchat_reply *reply, const struct waiting *w)
{
	struct gchat_error error = reply->error;
	if (w && w->suggested) {
		say_roomless(c);
		return;
	}
	fault_fill(&error, -EIO);
	chat_fail(c, w && w->text ? "not done" : NULL, &error);
	if (!w || !w->text || !c->interactive)
		return;
	if (line_is_empty(&c->line)) {
		line_set(&c->line, w->text);
		screen_damage(&c->screen);
	} else {
		char *text = text_clean_string(TEXT_NAME, w->text);
		chat_say(c, "it was: %s", text);
		free(text);
	}
}

static void on_reply(struct chat *c, const struct gchat_reply *reply)
{
	struct waiting *w = find_waiting(c, reply->tag);
	switch (reply->kind) {
	case GCHAT_REPLY_DELAYED:
		chat_say(c, "the server asks to wait %.1f s; it is sent then",
			(double)reply->error.retry_after_ms / CLOCK_MS_PER_S);
		return;
	case GCHAT_REPLY_OK:
	case GCHAT_REPLY_COMMITTED:
		if (w && w->done)
			chat_say(c, "%s", w->done);
		break;
	case GCHAT_REPLY_JOINED:
		on_joined(c, reply);
		break;
	case GCHAT_REPLY_ERROR:
		on_refused(c, reply, w);
		break;
	}
	if (w)
		drop_waiting(c, w);
}

/* ---- rooms ---- */

static const char *label_of(struct chat *c, uint64_t room_id)
{
	const struct room *room = rooms_find(&c->rooms, room_id);
	return room ? room->label : "a room";
}

static void on_gap(struct chat *c, const struct gchat_gap *gap)
{
	bool damaged = !strcmp(gap->reason, "DAMAGED");
	chat_say(c, "%s: %" PRIu64 " to %" PRIu64 " %s", label_of(c, gap->room_id), gap->from_seq,
		gap->to_seq, damaged ? "can't be read by the server" : "are no longer kept");
}

static void on_reset(struct chat *c, const struct gchat_reset *reset)
{
	struct room *room = rooms_find(&c->rooms, reset->room_id);
	if (strcmp(reset->reason, "NOT_A_MEMBER") != 0) {
		chat_say(c, "%s: the server went back in time; it goes on after %" PRIu64,
			label_of(c, reset->room_id), reset->seq);
		if (room)
			room->shown_seq = reset->seq;
		return;
	}
	chat_say(c, "you are no longer in %s", label_of(c, reset->room_id));
	if (room)
		room->member = false;
	if (c->room_id == reset->room_id)
		c->room_id = 0;
}

static void on_read_marker(struct chat *c, const struct gchat_read_marker *marker)
{
	struct room *room = rooms_find(&c->rooms, marker->room_id);
	if (!room)
		return;
	room->read_seq = marker->read_seq;
	room->unread = marker->unread;
}

void chat_on_event(struct chat *c, const struct gchat_event *event)
{
	switch (event->kind) {
	case GCHAT_EVENT_STATE:
		on_state(c, &event->state);
		break;
	case GCHAT_EVENT_WELCOME:
		on_welcome(c, &event->welcome);
		break;
	case GCHAT_EVENT_ENTRY:
		chat_entry(c, &event->entry, false);
		break;
	case GCHAT_EVENT_REPLY:
		on_reply(c, &event->reply);
		break;
	case GCHAT_EVENT_GAP:
		on_gap(c, &event->gap);
		break;
	case GCHAT_EVENT_RESET:
		on_reset(c, &event->reset);
		break;
	case GCHAT_EVENT_READ_MARKER:
		on_read_marker(c, &event->read_marker);
		break;
	case GCHAT_EVENT_GOING_AWAY:
		on_going_away(c, &event->going_away);
		break;
	case GCHAT_EVENT_NOTICE:
		on_notice(c, &event->notice);
		break;
	case GCHAT_EVENT_SNAPSHOT: /* not asked for: a stream of lines has no place for them */
	case GCHAT_EVENT_PRESENCE:
	case GCHAT_EVENT_TYPING:
	case GCHAT_EVENT_PROFILE:
		break;
	}
}
