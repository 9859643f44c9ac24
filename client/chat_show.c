/* What line mode shows, and how it keeps track of what was shown and what waits for an answer. */
#include "client/chat.h"

#include "base/mem.h"
#include "client/fault.h"
#include "client/history.h"
#include "client/out.h"
#include "client/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

void chat_show(struct chat *c, char *rows, bool urgent)
{
	screen_print(&c->screen, rows, urgent);
	free(rows);
}

void chat_say(struct chat *c, const char *fmt, ...)
{
	char *text;
	va_list args;
	va_start(args, fmt);
	int n = vasprintf(&text, fmt, args);
	va_end(args);
	GC_ASSERT(n >= 0);
	char *rows = render_notice(&c->render, "%s", text);
	free(text);
	if (c->interactive) {
		chat_show(c, rows, true);
		return;
	}
	fprintf(stderr, "%s\n", rows);
	free(rows);
}

void chat_fail(struct chat *c, const char *what, const struct gchat_error *error)
{
	char *clean = text_clean_string(TEXT_NAME, what);
	chat_say(c, "%s%s%s (%s)", clean, *clean ? ": " : "", error->message, error->reason);
	free(clean);
	if (!c->interactive && c->status == EX_OK)
		c->status = fault_exit(error);
}

void chat_fail_call(struct chat *c, const char *what, int r, struct gchat_error *error)
{
	fault_fill(error, r);
	chat_fail(c, what, error);
}

void chat_await(struct chat *c, int r, uint64_t tag, const char *text, const char *done)
{
	if (r < 0) {
		struct gchat_error error = {0};
		chat_fail_call(c, NULL, r, &error);
		if (text && line_is_empty(&c->line))
			line_set(&c->line, text);
		return;
	}
	struct waiting *w = mem_new(1, sizeof(*w));
	w->tag = tag;
	w->text = mem_strdup(text);
	w->done = mem_strdup(done);
	TAILQ_INSERT_TAIL(&c->waiting, w, link);
	c->waiting_count++;
}

void chat_hold(struct chat *c)
{
	struct waiting *w = TAILQ_LAST(&c->waiting, waiting_list);
	if (!w || w->holds)
		return;
	w->holds = true;
	c->holding_count++;
}

/* ---- rooms ---- */

struct room *chat_room(struct chat *c)
{
	struct room *room = c->room_id ? rooms_find(&c->rooms, c->room_id) : NULL;
	if (room)
		return room;
	chat_say(c, "you are in no room: /list shows them, /join enters one");
	if (!c->interactive && c->status == EX_OK)
		c->status = EX_DATAERR;
	return NULL;
}

struct room *chat_find_room(struct chat *c, const char *name)
{
	struct room *room = rooms_find_name(&c->rooms, name);
	if (room)
		return room;
	struct gchat_room *found;
	struct gchat_error error;
	if (session_find_room(&c->session, name, &found, &error) < 0) {
		chat_fail(c, name, &error);
		return NULL;
	}
	room = rooms_put(&c->rooms, found);
	gchat_free(found);
	return room;
}

void chat_label(struct chat *c, struct room *room)
{
	if (room->visibility != GCHAT_VISIBILITY_DIRECT || room->label[0] == '@' || !c->online)
		return;
	struct gchat_member_list *list;
	struct gchat_error error = {0};
	if (gchat_list_members(c->session.g, room->room_id, NULL, &list, &error) < 0)
		return; /* its own name will do */
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->members[i].user, c->session.user) != 0)
			rooms_set_peer(room, list->members[i].user);
	}
	gchat_free(list);
}

/* The room of an entry, looked up where it is new to us. */
static struct room *room_of(struct chat *c, const struct gchat_entry *e)
{
	struct room *room = rooms_find(&c->rooms, e->room_id);
	if (room)
		return room;
	struct gchat_room *found;
	struct gchat_error error = {0};
	struct gchat_room bare = {.room_id = e->room_id, .name = e->room_name, .topic = ""};
	if (gchat_get_room(c->session.g, e->room_id, NULL, &found, &error) < 0)
		return rooms_put(&c->rooms, &bare);
	room = rooms_put(&c->rooms, found);
	gchat_free(found);
	if (room)
		room->member = true;
	return room;
}

static void set_prompt(struct chat *c, const struct room *room)
{
	char prompt[TEXT_NAME_BYTES_MAX + 8];
	snprintf(prompt, sizeof(prompt), "%s> ", room->label);
	screen_set_prompt(&c->screen, prompt);
}

static void show_new(struct chat *c, struct room *room)
{
	uint32_t lines = (uint32_t)c->session.options->lines;
	uint32_t count =
		room->unread < CHAT_UNREAD_SHOWN_MAX ? room->unread : CHAT_UNREAD_SHOWN_MAX;
	if (count < lines)
		count = lines < CHAT_PAGE_MAX ? lines : CHAT_PAGE_MAX;
	if (room->unread > count)
		chat_say(c, "%u unread, the last %u:", room->unread, count);
	if (count)
		chat_history(c, room, count, room->first_shown_seq);
}

/* Only a convenience for the next start: a full disk must not stop the talk. */
static void keep_room(struct chat *c, const struct room *room)
{
	int r = state_set(&c->session.state, c->session.server, "room", room->name);
	(void)r; /* see above */
}

void chat_enter(struct chat *c, struct room *room)
{
	chat_label(c, room);
	c->room_id = room->room_id;
	set_prompt(c, room);
	if (!c->session.options->no_save)
		keep_room(c, room);
	if (!c->talkative)
		return;
	c->render.last_room_id = 0; /* the next line names its room again */
	chat_say(c, "%s: %u member%s%s%s", room->label, room->member_count,
		room->member_count == 1 ? "" : "s", *room->topic ? ", " : "", room->topic);
	bool first = !room->entered;
	room->entered = true;
	if (first && !c->session.options->resume)
		show_new(c, room);
}

/* ---- entries ---- */

static void note_shown(struct room *room, uint64_t seq)
{
	if (!room->first_shown_seq || seq < room->first_shown_seq)
		room->first_shown_seq = seq;
	if (seq > room->shown_seq)
		room->shown_seq = seq;
}

/* On a terminal that can't be redrawn the text stands there as it was typed. */
static bool is_echoed(const struct chat *c, const struct gchat_entry *e)
{
	return c->screen.kind == SCREEN_DUMB && e->tag && e->kind == GCHAT_ENTRY_MESSAGE;
}

/* Comes with what was said before, once the reply to the joining makes the room the current one. */
static bool is_own_entrance(
	const struct chat *c, const struct room *room, const struct gchat_entry *e)
{
	return c->talkative && !room->entered && !room->shown_seq &&
	       e->kind == GCHAT_ENTRY_JOINED && !strcmp(e->author, c->session.user) &&
	       c->session.options->lines;
}

void chat_entry(struct chat *c, const struct gchat_entry *e, bool urgent)
{
	struct room *room = room_of(c, e);
	if (!room || e->seq <= room->shown_seq || is_own_entrance(c, room, e))
		return;
	if (e->kind == GCHAT_ENTRY_ROOM_CHANGED) {
		free(room->topic);
		room->topic = text_clean_string(TEXT_NAME, e->topic);
		room->read_only = e->read_only;
		room->slow_mode_s = e->slow_mode_s;
	}
	chat_label(c, room);
	if (is_echoed(c, e))
		chat_show(c, render_notice(&c->render, "sent as [%" PRIu64 "]", e->seq), urgent);
	else
		chat_show(c, render_entry(&c->render, room->label, e), urgent || e->tag);
	note_shown(room, e->seq);
}

void chat_history(struct chat *c, struct room *room, uint32_t count, uint64_t before)
{
	struct gchat_history_query query = {.room_id = room->room_id,
		.place = before ? GCHAT_PLACE_BEFORE : GCHAT_PLACE_NEWEST,
		.seq = before,
		.page_size = count};
	struct gchat_history *page;
	struct gchat_error error = {0};
	int r = gchat_history(c->session.g, &query, &page, &error);
	if (r < 0) {
		chat_fail_call(c, room->label, r, &error);
		return;
	}
	for (size_t i = 0; i < page->count; i++) {
		struct gchat_entry entry = history_entry(page, i);
		chat_show(c, render_entry(&c->render, room->label, &entry), true);
		note_shown(room, entry.seq);
	}
	bool start = page->count == 0 || page->entries[0].seq <= page->first_seq;
	if (start && page->first_seq > 1)
		chat_say(c, "what came before %" PRIu64 " is no longer kept", page->first_seq);
	gchat_free(page);
}

void chat_mark_read(struct chat *c)
{
	struct room *room = c->room_id ? rooms_find(&c->rooms, c->room_id) : NULL;
	if (!room || !c->online || room->shown_seq <= room->read_seq)
		return;
	/* Without a tag: nobody waits for the answer, and the next mark says more. */
	if (gchat_mark_read(c->session.g, room->room_id, room->shown_seq, NULL) == 0) {
		room->read_seq = room->shown_seq;
		room->unread = 0;
	}
}
