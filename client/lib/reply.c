/* Replies: to the outbox or to the other requests, and to the application. */
#include "lib/priv.h"

#include "lib/convert.h"
#include "lib/memory.h"
#include "lib/request.h"

static bool is_for_later(const Gchat__V1__Error *error)
{
	return error->retry_after_ms > 0 || error->code == GRPC_STATUS_UNAVAILABLE;
}

/* An event with what the reply says; tag and request are the caller's to fill. */
static struct gchat_event *make_event(const Gchat__V1__Reply *msg)
{
	struct gchat_event *event = event_new(GCHAT_EVENT_REPLY);
	struct gchat_reply *reply = &event->reply;
	reply->kind = GCHAT_REPLY_OK;
	reply->room = convert_room(event, NULL);
	if (msg->result_case == GCHAT__V1__REPLY__RESULT_COMMITTED) {
		reply->kind = GCHAT_REPLY_COMMITTED;
		reply->room_id = msg->committed->room_id;
		reply->seq = msg->committed->seq;
		reply->time_us = msg->committed->time_us;
		reply->duplicate = msg->committed->duplicate;
	} else if (msg->result_case == GCHAT__V1__REPLY__RESULT_JOINED) {
		reply->kind = GCHAT_REPLY_JOINED;
		reply->room = convert_room(event, msg->joined);
		reply->room_id = reply->room.room_id;
	} else if (msg->result_case == GCHAT__V1__REPLY__RESULT_ERROR) {
		reply->kind = GCHAT_REPLY_ERROR;
		reply->error = convert_error(msg->error);
	}
	return event;
}

static void push_reply(struct gchat *g, struct gchat_event *event, uint64_t tag,
	enum gchat_request request, struct mono sent_at)
{
	event->reply.tag = tag;
	event->reply.request = request;
	event->reply.round_trip_us = (uint64_t)(clock_mono().us - sent_at.us);
	event_queue_push(&g->events, event);
}

/* Keeps the request for another try. */
static void delay(struct gchat *g, const Gchat__V1__Reply *msg)
{
	uint32_t ms = msg->error->retry_after_ms ? msg->error->retry_after_ms : OUTBOX_RETRY_MS;
	if (ms > BACKOFF_ASKED_MAX_MS)
		ms = BACKOFF_ASKED_MAX_MS;
	const struct outbox_entry *entry =
		outbox_delay(&g->outbox, msg->request_id, clock_mono_add_ms(clock_mono(), ms));
	if (!entry)
		return;
	struct gchat_event *event = make_event(msg);
	event->reply.kind = GCHAT_REPLY_DELAYED;
	event->reply.error.retry_after_ms = ms;
	push_reply(g, event, entry->tag, entry->request, entry->sent_at);
}

static void settle(struct gchat *g, const Gchat__V1__Reply *msg)
{
	struct outbox_entry *entry = outbox_settle(&g->outbox, msg->request_id);
	if (!entry)
		return;
	push_reply(g, make_event(msg), entry->tag, entry->request, entry->sent_at);
	outbox_entry_free(entry);
}

static void take_request_reply(
	struct gchat *g, const Gchat__V1__Reply *msg, const struct request *request)
{
	struct gchat_event *event = make_event(msg);
	if (event->reply.kind == GCHAT_REPLY_JOINED) {
		gchat_lock(g);
		names_set(&g->shared.names, event->reply.room_id, event->reply.room.name);
		gchat_unlock(g);
	}
	if (request->is_quiet)
		gchat_free(event);
	else
		push_reply(g, event, request->tag, request->kind, request->sent_at);
}

void frame_take_reply(struct gchat *g, const Gchat__V1__Reply *msg)
{
	struct request *request = request_take(g, msg->request_id);
	if (request) {
		take_request_reply(g, msg, request);
		request_free(request);
	} else if (msg->result_case == GCHAT__V1__REPLY__RESULT_ERROR && is_for_later(msg->error)) {
		delay(g, msg);
	} else {
		settle(g, msg);
	}
}
