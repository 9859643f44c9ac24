/*
 * Pages of a room's log. Seq numbers have no gaps, so a page is arithmetic. Events are stored in the
 * form in which they are sent, so the answer is put together from bytes: ServerFrame.events and
 * GetHistoryResponse.events have the same number.
 */
#include "service/history.h"

#include "base/mem.h"
#include "service/call.h"

#include <string.h>

enum {
	TAG_AMENDMENTS = 0x12, /* GetHistoryResponse.amendments, length-delimited */
	AMENDMENTS_MAX = LIMIT_PAGE_MAX,
};

struct history {
	struct room *room; /* ref */
	uint64_t reads_from; /* the oldest event that the caller may read */
	uint64_t from;
	uint64_t to;
	bool backwards; /* a page that must be cut loses its oldest */
	size_t max;
	struct control amendments;
	uint64_t first; /* of what was read */
	uint64_t last;
};

static void wipe(void *data)
{
	struct history *h = data;
	(void)room_unref(h->room);
	control_deinit(&h->amendments);
}

static bool add_event(void *arg, const struct store_event *stored)
{
	struct call *call = arg;
	struct history *h = call->data;
	struct event *event = event_from_stored(h->room->id, stored);
	bool fits = call->response.len + event->wire_len <= SERVICE_HISTORY_BYTES;
	if (fits) {
		control_add(&call->response, event->wire, event->wire_len);
		h->first = h->first ? h->first : stored->seq;
		h->last = stored->seq;
	}
	(void)event_unref(event);
	return fits;
}

static bool add_amendment(void *arg, const struct store_event *stored)
{
	struct history *h = arg;
	struct event *event = event_from_stored(h->room->id, stored);
	bool fits = h->amendments.len + event->wire_len <= SERVICE_HISTORY_BYTES;
	if (fits) {
		uint8_t *at = control_grow(&h->amendments, event->wire_len);
		memcpy(at, event->wire, event->wire_len);
		at[0] = TAG_AMENDMENTS;
	}
	(void)event_unref(event);
	return fits;
}

/* A page read backwards that was too large is read again, half as long, until it fits. */
static void read_events(struct call *call, struct store_reader *reader)
{
	struct history *h = call->data;
	for (;;) {
		call->response.len = 0;
		h->first = h->last = 0;
		call->status =
			store_read(reader, h->room->id, h->from, h->to, h->max, add_event, call);
		if (call->status != STORE_OK || !h->backwards || h->last == h->to ||
			h->from >= h->to)
			return;
		h->from += (h->to - h->from + 1) / 2;
	}
}

/* Reader thread. */
static void read_page(struct call *call, struct store_reader *reader)
{
	struct history *h = call->data;
	if (h->from > h->to)
		return;
	read_events(call, reader);
	if (call->status == STORE_OK && h->last > 0)
		call->status = store_read_referring(reader, h->room->id, h->first, h->last, h->last,
			AMENDMENTS_MAX, add_amendment, h);
	if (h->amendments.len > 0)
		control_add(&call->response, h->amendments.data, h->amendments.len);
	control_deinit(&h->amendments);
}

static void reply_page(struct call *call)
{
	struct history *h = call->data;
	if (call->status == STORE_DAMAGED)
		room_mark_damaged(h->room);
	if (call->status != STORE_OK) {
		call_fail(call, write_reason(call->status));
		return;
	}
	struct room_info info;
	room_get_info(h->room, &info);
	Gchat__V1__GetHistoryResponse rest;
	gchat__v1__get_history_response__init(&rest);
	rest.first_seq = info.first_seq > h->reads_from ? info.first_seq : h->reads_from;
	rest.head_seq = info.head_seq;
	codec_encode(&rest.base, control_grow(&call->response, codec_size(&rest.base)));
	call_reply_bytes(call);
}

static uint64_t below(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* The span asked for, within what is kept. */
static bool plan(
	struct history *h, const Gchat__V1__GetHistoryRequest *r, const struct room_info *info)
{
	uint64_t most = h->max;
	switch (r->place_case) {
	case GCHAT__V1__GET_HISTORY_REQUEST__PLACE_BEFORE_SEQ:
		h->to = r->before_seq > info->head_seq ? info->head_seq : below(r->before_seq, 1);
		h->from = below(h->to + 1, most);
		h->backwards = true;
		break;
	case GCHAT__V1__GET_HISTORY_REQUEST__PLACE_AFTER_SEQ:
		h->from = r->after_seq < info->head_seq ? r->after_seq + 1 : info->head_seq + 1;
		h->to = info->head_seq;
		break;
	case GCHAT__V1__GET_HISTORY_REQUEST__PLACE_AROUND_SEQ:
		if (r->around_seq > info->head_seq)
			return false;
		h->from = below(r->around_seq, most / 2);
		h->to = info->head_seq;
		break;
	case GCHAT__V1__GET_HISTORY_REQUEST__PLACE__NOT_SET:
	case _GCHAT__V1__GET_HISTORY_REQUEST__PLACE__CASE_IS_INT_SIZE:
	default:
		return false;
	}
	if (h->from < info->first_seq)
		h->from = info->first_seq;
	if (h->from < h->reads_from)
		h->from = h->reads_from;
	return true;
}

void history_get(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__GetHistoryRequest *r = CALL_REQUEST(Gchat__V1__GetHistoryRequest, msg);
	struct room *room = call_find_room(call, r->room_id, NULL);
	if (!room)
		return;
	struct history *h = call_data(call, sizeof(*h));
	struct room_info info;
	call->wipe = wipe;
	h->room = room;
	h->max = call_page_size(r->page_size);
	room_get_info(room, &info);
	enum reason reason = call_check_right(call, room, RIGHT_READ);
	h->reads_from = room_reads_from(room, call->account->id);
	if (reason == REASON_NONE && h->reads_from == 0)
		reason = REASON_NOT_A_MEMBER; /* since just now */
	if (reason != REASON_NONE)
		call_fail(call, reason);
	else if (!plan(h, r, &info))
		call_fail_text(call, REASON_INVALID_ARGUMENT,
			"one of before_seq, after_seq and around_seq is needed, within the log");
	else
		call_read(call, read_page, reply_page);
}
