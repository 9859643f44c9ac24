/* History first, then the stream from where the history ended: nothing between, nothing twice. */
#include "client/verbs.h"

#include "base/clock.h"
#include "base/mem.h"
#include "client/fault.h"
#include "client/history.h"
#include "client/json_out.h"
#include "client/out.h"
#include "client/render.h"
#include "client/session.h"
#include "client/term.h"
#include "client/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum {
	TAIL_PAGE = 500,
};

struct tail {
	struct session session;
	uint64_t room_id;
	char *label; /* owned, clean */
	struct render render;
	uint64_t seq; /* the last one shown */
};

static void show(struct tail *t, const struct gchat_entry *e)
{
	if (e->seq <= t->seq)
		return;
	t->seq = e->seq;
	if (t->session.options->json) {
		struct gchat_entry named = *e;
		named.room_name = t->label;
		json_print(json_of_entry(&named));
		return;
	}
	char *rows = render_entry(&t->render, t->label, e);
	out_line(rows);
	free(rows);
}

static void say_gap(struct tail *t, uint64_t from_seq, uint64_t to_seq)
{
	term_say("%s: %" PRIu64 " to %" PRIu64 " are no longer kept", t->label, from_seq, to_seq);
}

static int get_page(
	struct tail *t, const struct gchat_history_query *query, struct gchat_history **ret)
{
	struct gchat_error error = {0};
	int r = gchat_history(t->session.g, query, ret, &error);
	if (r == 0)
		return EX_OK;
	fault_fill(&error, r);
	return session_give_up(&t->session, &error);
}

static void show_page(struct tail *t, const struct gchat_history *page)
{
	for (size_t i = 0; i < page->count; i++) {
		struct gchat_entry entry = history_entry(page, i);
		show(t, &entry);
	}
}

/* All after `seq`, page by page, up to the head as it was at the last page. */
static int show_since(struct tail *t, uint64_t seq)
{
	struct gchat_history_query query = {
		.room_id = t->room_id, .place = GCHAT_PLACE_AFTER, .page_size = TAIL_PAGE};
	t->seq = seq;
	for (;;) {
		struct gchat_history *page;
		query.seq = t->seq;
		int status = get_page(t, &query, &page);
		if (status != EX_OK)
			return status;
		if (page->count && page->entries[0].seq > t->seq + 1)
			say_gap(t, t->seq + 1, page->entries[0].seq - 1);
		show_page(t, page);
		bool more = page->count && t->seq < page->head_seq;
		if (!page->count && page->head_seq > t->seq)
			t->seq = page->head_seq;
		gchat_free(page);
		if (!more)
			return EX_OK;
	}
}

/* The newest `lines`: from so many before the head on. */
static int show_last(struct tail *t, uint64_t lines)
{
	struct gchat_history_query query = {
		.room_id = t->room_id, .place = GCHAT_PLACE_NEWEST, .page_size = 1};
	struct gchat_history *page;
	int status = get_page(t, &query, &page);
	if (status != EX_OK)
		return status;
	uint64_t head = page->head_seq, first = page->first_seq;
	gchat_free(page);
	uint64_t after = head > lines ? head - lines : 0;
	if (first && after < first - 1)
		after = first - 1;
	t->seq = after;
	return lines ? show_since(t, after) : EX_OK;
}

static int on_event(struct tail *t, const struct gchat_event *event)
{
	struct gchat_error error;
	if (event->kind == GCHAT_EVENT_ENTRY && event->entry.room_id == t->room_id)
		show(t, &event->entry);
	if (event->kind == GCHAT_EVENT_GAP && event->gap.room_id == t->room_id)
		say_gap(t, event->gap.from_seq, event->gap.to_seq);
	if (event->kind == GCHAT_EVENT_RESET && event->reset.room_id == t->room_id) {
		term_say("%s: %s", t->label,
			event->reset.seq ? "the server went back in time" : "no longer a member");
		t->seq = event->reset.seq;
		return event->reset.seq ? EX_OK : EX_NOPERM;
	}
	if (event->kind != GCHAT_EVENT_STATE || event->state.state != GCHAT_STATE_REFUSED)
		return EX_OK;
	error = event->state.error;
	fault_fill(&error, -EIO);
	return session_give_up(&t->session, &error);
}

static int follow(struct tail *t)
{
	struct gchat_cursor cursor = {.room_id = t->room_id, .seq = t->seq};
	struct gchat_event *event;
	int status = session_start(&t->session, &cursor, 1, &event);
	while (status == EX_OK) {
		gchat_free(event);
		if (gchat_next(t->session.g, -1, &event) != 1)
			return EX_SOFTWARE;
		status = on_event(t, event);
		if (status != EX_OK)
			gchat_free(event);
	}
	return status;
}

/* --join: a session of its own, for as long as it takes. */
static int join_first(struct tail *t)
{
	struct gchat_event *welcome;
	int status = session_start(&t->session, NULL, 0, &welcome);
	if (status != EX_OK)
		return status;
	gchat_free(welcome);
	status = session_join(&t->session, t->session.options->args[0]);
	gchat_disconnect(t->session.g);
	struct gchat_event *event;
	bool closed = false;
	while (!closed && gchat_next(t->session.g, CLOCK_MS_PER_S, &event) == 1) {
		closed = event->kind == GCHAT_EVENT_STATE &&
			 event->state.state == GCHAT_STATE_CLOSED;
		gchat_free(event);
	}
	return status;
}

static int run(struct tail *t)
{
	const struct options *o = t->session.options;
	struct gchat_room *room;
	int status = session_need_room(&t->session, o->args[0], &room);
	if (status == EX_OK && o->join && room->role == GCHAT_ROLE_NONE)
		status = join_first(t);
	if (status != EX_OK)
		return status;
	t->room_id = room->room_id;
	t->render.last_room_id = room->room_id; /* one room: no need to name it */
	t->label = text_clean_string(TEXT_NAME, room->name);
	gchat_free(room);
	status = o->since != UINT64_MAX ? show_since(t, o->since) : show_last(t, o->lines);
	return status == EX_OK && o->follow ? follow(t) : status;
}

int tail_main(const struct options *options)
{
	struct tail t = {0};
	t.render.color = options->color && !strcmp(options->color, "always");
	int status = session_open(&t.session, options, &(struct session_wish){false});
	if (status == EX_OK)
		status = run(&t);
	free(t.label);
	session_close(&t.session);
	return status;
}
