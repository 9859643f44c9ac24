/* Commands about messages. What is refused later is given back to the editor as it was typed. */
#include "client/act.h"

#include "base/mem.h"
#include "client/chat.h"
#include "client/command.h"
#include "client/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TYPING_REPEAT_MS = 3000, /* it holds for twice as long */
};

/* The line as it was typed, for when it is refused. Owned by the caller. */
static char *typed(const char *fmt, ...) GC_PRINTF(1, 2);

static char *typed(const char *fmt, ...)
{
	char *line;
	va_list args;
	va_start(args, fmt);
	int n = vasprintf(&line, fmt, args);
	va_end(args);
	GC_ASSERT(n >= 0);
	return line;
}

static void await_message(struct chat *c, int r, uint64_t tag, char *line)
{
	chat_await(c, r, tag, line, NULL);
	free(line);
	if (r == 0 && !c->online)
		chat_say(c, "not connected now: kept, and sent as soon as it is possible");
}

void act_say(struct chat *c, const char *text)
{
	const struct room *room = chat_room(c);
	if (!room)
		return;
	uint64_t tag = 0;
	int r = gchat_send(c->session.g, room->room_id, text, 0, &tag);
	await_message(c, r, tag, typed("%s%s", *text == '/' ? "/" : "", text));
	if (c->online)
		(void)gchat_set_typing(c->session.g, room->room_id, false, NULL); /* a courtesy */
	c->typed = (struct mono){0};
}

void act_typing(struct chat *c)
{
	struct mono now = clock_mono();
	bool draft = !line_is_empty(&c->line) && c->line.text[0] != '/';
	if (!draft || !c->online || !c->room_id)
		return;
	if (c->typed.us && clock_mono_ms_since(now, c->typed) < TYPING_REPEAT_MS)
		return;
	c->typed = now;
	(void)gchat_set_typing(c->session.g, c->room_id, true, NULL); /* a courtesy */
}

/* The number in front of the arguments; 0, and it was said, when there is none. */
static uint64_t need_number(struct chat *c, char **args)
{
	uint64_t seq = command_number(args);
	if (!seq)
		chat_say(c, "which message? Its number stands in front of it, as in [17]");
	return seq;
}

void act_reply(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	uint64_t seq = room ? need_number(c, &args) : 0;
	if (!seq)
		return;
	uint64_t tag = 0;
	int r = gchat_send(c->session.g, room->room_id, args, seq, &tag);
	await_message(c, r, tag, typed("/reply %" PRIu64 " %s", seq, args));
}

void act_edit(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	uint64_t seq = room ? need_number(c, &args) : 0;
	if (!seq)
		return;
	uint64_t tag = 0;
	int r = gchat_edit(c->session.g, room->room_id, seq, args, &tag);
	await_message(c, r, tag, typed("/edit %" PRIu64 " %s", seq, args));
}

void act_delete(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	uint64_t seq = room ? need_number(c, &args) : 0;
	if (!seq)
		return;
	uint64_t tag = 0;
	int r = gchat_delete(c->session.g, room->room_id, seq, *args ? args : NULL, &tag);
	await_message(c, r, tag, typed("/delete %" PRIu64 " %s", seq, args));
}

void act_react(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	uint64_t seq = room ? need_number(c, &args) : 0;
	if (!seq)
		return;
	bool take_back = *args == '-' && args[1];
	uint64_t tag = 0;
	int r = gchat_react(
		c->session.g, room->room_id, seq, take_back ? args + 1 : args, take_back, &tag);
	await_message(c, r, tag, typed("/react %" PRIu64 " %s", seq, args));
}

void act_msg(struct chat *c, char *args)
{
	const char *user = command_word(&args);
	struct gchat_room *found;
	struct gchat_error error = {0};
	int r = gchat_direct(c->session.g, *user == '@' ? user + 1 : user, &found, &error);
	if (r < 0) {
		chat_fail_call(c, user, r, &error);
		return;
	}
	struct room *room = rooms_put(&c->rooms, found);
	gchat_free(found);
	if (!room)
		return;
	rooms_set_peer(room, *user == '@' ? user + 1 : user);
	room->member = true;
	chat_enter(c, room);
	if (*args)
		act_say(c, args);
}

void act_history(struct chat *c, char *args)
{
	enum {
		USUAL = 20,
		MOST = 500
	};
	struct room *room = chat_room(c);
	if (!room)
		return;
	uint64_t count = command_number(&args);
	uint64_t before = command_number(&args);
	if (*args) {
		chat_say(c, "usage: /history [count] [before]");
		return;
	}
	count = count == 0 ? USUAL : count > CHAT_PAGE_MAX ? CHAT_PAGE_MAX : count;
	chat_history(c, room, (uint32_t)count, before);
}

void act_show(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	uint64_t seq = room ? need_number(c, &args) : 0;
	if (!seq)
		return;
	struct gchat_history_query query = {.room_id = room->room_id,
		.place = GCHAT_PLACE_AFTER,
		.seq = seq - 1,
		.page_size = 1};
	struct gchat_history *page;
	struct gchat_error error = {0};
	int r = gchat_history(c->session.g, &query, &page, &error);
	if (r < 0) {
		chat_fail_call(c, "/show", r, &error);
		return;
	}
	c->render.whole = true;
	if (page->count && page->entries[0].seq == seq)
		chat_show(c, render_entry(&c->render, room->label, &page->entries[0]), true);
	else
		chat_say(c, "there is no message %" PRIu64 " here, or it is no longer kept", seq);
	c->render.whole = false;
	gchat_free(page);
}

void act_read(struct chat *c, char *args)
{
	(void)args; /* takes none */
	struct room *room = chat_room(c);
	if (!room)
		return;
	uint64_t seq = room->shown_seq > room->head_seq ? room->shown_seq : room->head_seq;
	uint64_t tag = 0;
	int r = gchat_mark_read(c->session.g, room->room_id, seq, &tag);
	chat_await(c, r, tag, NULL, "all read");
	room->read_seq = seq;
	room->unread = 0;
}
