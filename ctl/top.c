/* Rows are kept by id, so that a look finds those of the look before it by halving. */
#include "ctl/top.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

enum {
	TOP_FIRST_ROWS = 256,
};

static const char *const order_names[_TOP_ORDER_MAX] = {
	[TOP_BY_RATE] = "rate",
	[TOP_BY_LAG] = "lag",
	[TOP_BY_QUEUED] = "queued",
	[TOP_BY_NAME] = "name",
};

const char *top_order_name(enum top_order order)
{
	return order_names[order];
}

void top_deinit(struct top *top)
{
	free(top->sessions.items);
	free(top->rooms.items);
	*top = (struct top){0};
}

static struct top_row *add_row(struct top_rows *rows)
{
	if (rows->count == rows->size) {
		rows->size = rows->size ? 2 * rows->size : TOP_FIRST_ROWS;
		rows->items = mem_grow(rows->items, rows->size, sizeof(*rows->items));
	}
	struct top_row *row = &rows->items[rows->count++];
	*row = (struct top_row){0};
	return row;
}

/* ---- looking ---- */

static void add_session(struct top *top, const Gchat__V1__Session *session)
{
	struct top_row *row = add_row(&top->sessions);

	row->id = session->session_id;
	(void)snprintf(row->name, sizeof(row->name), "%s", session->user);
	(void)snprintf(row->address, sizeof(row->address), "%s", session->address);
	(void)snprintf(row->client, sizeof(row->client), "%s", session->client);
	row->counter = session->events_out;
	row->lag = session->lag;
	row->queued_bytes = session->queued_bytes;
	row->rooms = session->rooms;
}

static int look_at_sessions(struct admin *admin, struct top *top)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;

	do {
		Gchat__V1__ListSessionsRequest request;
		ProtobufCMessage *answer = NULL;
		gchat__v1__list_sessions_request__init(&request);
		int r = admin_call_page(admin, "ListSessions", &request.base,
			&gchat__v1__list_sessions_response__descriptor, &page_token, &answer);
		if (r != EXIT_DONE)
			return r;
		const Gchat__V1__ListSessionsResponse *page = (const void *)answer;
		for (size_t i = 0; i < page->n_sessions; i++)
			add_session(top, page->sessions[i]);
		codec_free(answer);
	} while (page_token && top->sessions.count < TOP_ROWS_MAX);
	return EXIT_DONE;
}

static void add_room(struct top *top, const Gchat__V1__AdminRoom *room)
{
	if (!room->room)
		return;
	struct top_row *row = add_row(&top->rooms);
	row->id = room->room->room_id;
	(void)snprintf(row->name, sizeof(row->name), "%s", room->room->name);
	row->counter = room->room->head_seq;
	row->members = room->room->member_count;
	row->online = room->online_count;
	row->readers = room->reader_count;
}

static int look_at_rooms(struct admin *admin, struct top *top)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;

	do {
		Gchat__V1__ListAllRoomsRequest request;
		ProtobufCMessage *answer = NULL;
		gchat__v1__list_all_rooms_request__init(&request);
		int r = admin_call_page(admin, "ListAllRooms", &request.base,
			&gchat__v1__list_all_rooms_response__descriptor, &page_token, &answer);
		if (r != EXIT_DONE)
			return r;
		const Gchat__V1__ListAllRoomsResponse *page = (const void *)answer;
		for (size_t i = 0; i < page->n_rooms; i++)
			add_room(top, page->rooms[i]);
		codec_free(answer);
	} while (page_token && top->rooms.count < TOP_ROWS_MAX);
	return EXIT_DONE;
}

static int look_at_server(struct admin *admin, struct top_server *s)
{
	Gchat__V1__GetStatusRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__get_status_request__init(&request);
	int r = admin_call(admin, "GetStatus", &request.base,
		&gchat__v1__get_status_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__GetStatusResponse *status = (const void *)answer;
	(void)snprintf(s->name, sizeof(s->name), "%s", status->name);
	(void)snprintf(s->state, sizeof(s->state), "%s", status->state);
	(void)snprintf(s->store_health, sizeof(s->store_health), "%s", status->store_health);
	s->started_us = status->started_us;
	s->connections = status->connections;
	s->sessions = status->sessions;
	s->rooms = status->rooms;
	s->rss_bytes = status->rss_bytes;
	s->store_bytes = status->store_bytes;
	s->events_in = status->events_in;
	s->events_out = status->events_out;
	codec_free(answer);
	return EXIT_DONE;
}

int top_look(struct admin *admin, const struct top *before, struct top *ret)
{
	*ret = (struct top){.at = clock_mono()};
	int r = look_at_server(admin, &ret->server);
	if (r == EXIT_DONE)
		r = look_at_sessions(admin, ret);
	if (r == EXIT_DONE)
		r = look_at_rooms(admin, ret);
	if (r != EXIT_DONE)
		top_deinit(ret);
	else
		top_rate(before, ret);
	return r;
}

/* ---- rates ---- */

static int by_id(const void *left, const void *right)
{
	const struct top_row *a = left;
	const struct top_row *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

/* A counter that went back is one that began anew. */
static double rate_of(uint64_t before, uint64_t now, double seconds)
{
	return now > before && seconds > 0 ? (double)(now - before) / seconds : 0;
}

static void rate_rows(const struct top_rows *before, struct top_rows *rows, double seconds)
{
	struct top_row *sorted = mem_new(before->count + 1, sizeof(*sorted));

	if (before->count > 0)
		(void)memcpy(sorted, before->items, before->count * sizeof(*sorted));
	qsort(sorted, before->count, sizeof(*sorted), by_id);
	for (size_t i = 0; i < rows->count; i++) {
		struct top_row *row = &rows->items[i];
		const struct top_row *was =
			bsearch(row, sorted, before->count, sizeof(*sorted), by_id);
		row->rate = was ? rate_of(was->counter, row->counter, seconds) : 0;
	}
	free(sorted);
}

void top_rate(const struct top *before, struct top *top)
{
	if (!before || before->at.us == 0)
		return;
	double seconds = (double)(top->at.us - before->at.us) / CLOCK_US_PER_S;
	struct top_server *s = &top->server;
	s->in_rate = rate_of(before->server.events_in, s->events_in, seconds);
	s->out_rate = rate_of(before->server.events_out, s->events_out, seconds);
	rate_rows(&before->sessions, &top->sessions, seconds);
	rate_rows(&before->rooms, &top->rooms, seconds);
}

/* ---- order ---- */

static int by_name(const void *left, const void *right)
{
	const struct top_row *a = left;
	const struct top_row *b = right;
	int r = strcmp(a->name, b->name);

	return r ? r : by_id(a, b);
}

static int by_rate(const void *left, const void *right)
{
	const struct top_row *a = left;
	const struct top_row *b = right;
	int r = (b->rate > a->rate) - (b->rate < a->rate);

	return r ? r : by_name(a, b);
}

static int by_lag(const void *left, const void *right)
{
	const struct top_row *a = left;
	const struct top_row *b = right;
	int r = (b->lag > a->lag) - (b->lag < a->lag);

	return r ? r : by_rate(a, b);
}

static int by_queued(const void *left, const void *right)
{
	const struct top_row *a = left;
	const struct top_row *b = right;
	int r = (b->queued_bytes > a->queued_bytes) - (b->queued_bytes < a->queued_bytes);

	return r ? r : by_rate(a, b);
}

void top_order(struct top *top, enum top_order order)
{
	static int (*const compare[_TOP_ORDER_MAX])(const void *, const void *) = {
		[TOP_BY_RATE] = by_rate,
		[TOP_BY_LAG] = by_lag,
		[TOP_BY_QUEUED] = by_queued,
		[TOP_BY_NAME] = by_name,
	};

	if (top->sessions.count > 0)
		qsort(top->sessions.items, top->sessions.count, sizeof(*top->sessions.items),
			compare[order]);
	if (top->rooms.count > 0)
		qsort(top->rooms.items, top->rooms.count, sizeof(*top->rooms.items),
			compare[order]);
}
