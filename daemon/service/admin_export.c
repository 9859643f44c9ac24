/*
 * A room's events as they are stored, page after page. What can't be read is left out and counted, so
 * that damage does not end an export. One page is one short job of a reader: who talks goes in between.
 */
#include "service/admin_export.h"

#include "gchat/v1/admin.pb-c.h"
#include "service/call.h"

#include <stdlib.h>

struct export
{
	struct room *room; /* ref */
	uint64_t author_id; /* 0: all */
	uint64_t from;
	uint64_t head;
	uint64_t last; /* the last seq looked at */
	uint64_t unreadable;
	bool full;
};

static void wipe(void *data)
{
	(void)room_unref(((struct export *)data)->room);
}

/* ServerFrame.events and ExportEventsResponse.events have the same number. */
static bool add_event(void *arg, const struct store_event *stored)
{
	struct call *call = arg;
	struct export *e = call->data;
	if (e->author_id != 0 && stored->author != e->author_id) {
		e->last = stored->seq;
		return true;
	}
	struct event *event = event_from_stored(e->room->id, stored);
	e->full = call->response.len > 0 &&
		  call->response.len + event->wire_len > SERVICE_HISTORY_BYTES;
	if (!e->full) {
		control_add(&call->response, event->wire, event->wire_len);
		e->last = stored->seq;
	}
	(void)event_unref(event);
	return !e->full;
}

/* Reader thread. */
static void read_page(struct call *call, struct store_reader *reader)
{
	struct export *e = call->data;
	uint64_t end = e->from + STORE_PAGE_MAX - 1;
	if (end > e->head)
		end = e->head;
	do {
		e->last = e->from - 1;
		call->status = store_read(
			reader, e->room->id, e->from, end, STORE_PAGE_MAX, add_event, call);
		bool damaged = call->status == STORE_DAMAGED;
		e->unreadable += damaged;
		e->from = e->last + (damaged ? 2 : 1);
	} while (call->status == STORE_DAMAGED && e->from <= end);
	if (!e->full)
		e->last = end;
}

static void reply(struct call *call)
{
	const struct export *e = call->data;
	if (call->status != STORE_OK && call->status != STORE_DAMAGED) {
		call_fail(call, REASON_UNAVAILABLE);
		return;
	}
	Gchat__V1__ExportEventsResponse rest;
	gchat__v1__export_events_response__init(&rest);
	rest.next_after_seq = e->last;
	rest.head_seq = e->head;
	rest.unreadable = e->unreadable;
	codec_encode(&rest.base, control_grow(&call->response, codec_size(&rest.base)));
	call_reply_bytes(call);
}

void admin_export_events(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ExportEventsRequest *r = CALL_REQUEST(Gchat__V1__ExportEventsRequest, msg);
	struct room_info info;
	struct export *e = call_data(call, sizeof(*e));
	call->wipe = wipe;
	if (r->author[0]) {
		struct account *author = call_find_user(call, r->author);
		if (!author)
			return;
		e->author_id = author->id;
		(void)account_unref(author);
	}
	e->room = call_find_room(call, 0, r->room);
	if (!e->room)
		return;
	room_get_info(e->room, &info);
	e->head = info.head_seq;
	e->from = r->after_seq < info.first_seq ? info.first_seq : r->after_seq + 1;
	e->last = e->head;
	if (e->from > e->head)
		reply(call);
	else
		call_read(call, read_page, reply);
}
