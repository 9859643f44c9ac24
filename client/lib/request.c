/* Public requests: each makes its ClientFrame, which then waits in the outbox or in the list. */
#include "lib/request.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/memory.h"
#include "lib/priv.h"
#include "lib/uuid.h"
#include "proto/codec.h"
#include "proto/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct request *request_first_unsent(struct gchat *g)
{
	struct request *request;
	TAILQ_FOREACH (request, &g->shared.requests, next)
		if (!request->is_sent)
			return request;
	return NULL;
}

struct request *request_take(struct gchat *g, uint64_t tag)
{
	gchat_lock(g);
	struct request *request;
	TAILQ_FOREACH (request, &g->shared.requests, next)
		if (request->tag == tag)
			break;
	if (request) {
		TAILQ_REMOVE(&g->shared.requests, request, next);
		g->shared.request_count--;
	}
	gchat_unlock(g);
	return request;
}

void request_free(struct request *request)
{
	if (request)
		free(request->frame);
	free(request);
}

static void fail(struct gchat *g, const struct request *request, const struct gchat_error *error)
{
	if (request->is_quiet)
		return;
	struct gchat_event *event = event_new(GCHAT_EVENT_REPLY);
	event->reply = (struct gchat_reply){.tag = request->tag,
		.request = request->kind,
		.kind = GCHAT_REPLY_ERROR,
		.room = {.name = "", .title = "", .topic = ""}};
	call_error_set(&event->reply.error, GRPC_STATUS_UNAVAILABLE, "UNAVAILABLE",
		error->message[0] ? error->message : "the connection broke before the reply");
	event_queue_push(&g->events, event);
}

void request_fail_all(struct gchat *g, const struct gchat_error *error)
{
	gchat_lock(g);
	g->shared.is_online = false;
	struct requests all = TAILQ_HEAD_INITIALIZER(all);
	TAILQ_CONCAT(&all, &g->shared.requests, next);
	g->shared.request_count = 0;
	gchat_unlock(g);
	struct request *request;
	while ((request = TAILQ_FIRST(&all))) {
		TAILQ_REMOVE(&all, request, next);
		fail(g, request, error);
		request_free(request);
	}
}

/* 0, or why the text can't be sent. */
static int check_text(const char *text, size_t min, size_t max)
{
	size_t len = text ? strlen(text) : 0;
	if (len < min || !codec_text_valid((const uint8_t *)text, len))
		return err_raise(-EINVAL);
	return len > max ? err_raise(-E2BIG) : 0;
}

/* ---- through the outbox ---- */

static int add_to_outbox(struct gchat *g, Gchat__V1__ClientFrame *frame, uint64_t *ret_tag)
{
	if (!atomic_load(&g->has_outbox))
		return err_raise(-ENOTCONN);
	gchat_lock(g);
	frame->request_id = g->shared.next_tag++;
	gchat_unlock(g);
	int r = outbox_add(&g->outbox, frame);
	if (r < 0)
		return err_pass(r);
	if (ret_tag)
		*ret_tag = frame->request_id;
	queue_wake(&g->queue);
	return 0;
}

int gchat_send(
	struct gchat *g, uint64_t room_id, const char *text, uint64_t reply_to, uint64_t *ret_tag)
{
	int r = check_text(text, 1, LIMIT_TEXT_BYTES);
	if (r < 0)
		return err_pass(r);
	uint8_t id[UUID_BYTES];
	uuid_make(id);
	Gchat__V1__Send send;
	gchat__v1__send__init(&send);
	send.room_id = room_id;
	send.client_msg_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	send.text = api_text(text);
	send.reply_to = reply_to;
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SEND;
	frame.send = &send;
	return add_to_outbox(g, &frame, ret_tag);
}

int gchat_edit(
	struct gchat *g, uint64_t room_id, uint64_t target_seq, const char *text, uint64_t *ret_tag)
{
	int r = check_text(text, 1, LIMIT_TEXT_BYTES);
	if (r < 0)
		return err_pass(r);
	uint8_t id[UUID_BYTES];
	uuid_make(id);
	Gchat__V1__EditMessage edit;
	gchat__v1__edit_message__init(&edit);
	edit.room_id = room_id;
	edit.client_msg_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	edit.target_seq = target_seq;
	edit.text = api_text(text);
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_EDIT;
	frame.edit = &edit;
	return add_to_outbox(g, &frame, ret_tag);
}

int gchat_delete(struct gchat *g, uint64_t room_id, uint64_t target_seq, const char *reason,
	uint64_t *ret_tag)
{
	int r = check_text(reason ? reason : "", 0, LIMIT_REASON_BYTES);
	if (r < 0)
		return err_pass(r);
	uint8_t id[UUID_BYTES];
	uuid_make(id);
	Gchat__V1__DeleteMessage deletion;
	gchat__v1__delete_message__init(&deletion);
	deletion.room_id = room_id;
	deletion.client_msg_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	deletion.target_seq = target_seq;
	deletion.reason = api_text(reason);
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_DELETE;
	frame.delete_ = &deletion;
	return add_to_outbox(g, &frame, ret_tag);
}

static int react(struct gchat *g, Gchat__V1__React *react, const char *emoji, uint64_t *ret_tag)
{
	int r = check_text(emoji, 1, LIMIT_EMOJI_BYTES);
	if (r < 0)
		return err_pass(r);
	uint8_t id[UUID_BYTES];
	uuid_make(id);
	react->client_msg_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	react->emoji = api_text(emoji);
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_REACT;
	frame.react = react;
	r = add_to_outbox(g, &frame, ret_tag);
	react->client_msg_id = (ProtobufCBinaryData){0}; /* `id` ends here */
	return r;
}

int gchat_react(struct gchat *g, uint64_t room_id, uint64_t target_seq, const char *emoji,
	bool take_back, uint64_t *ret_tag)
{
	Gchat__V1__React msg;
	gchat__v1__react__init(&msg);
	msg.room_id = room_id;
	msg.target_seq = target_seq;
	msg.remove = take_back;
	return react(g, &msg, emoji, ret_tag);
}

struct gchat_outbox_list *gchat_outbox(struct gchat *g)
{
	return atomic_load(&g->has_outbox) ? outbox_list(&g->outbox)
					   : memory_new(sizeof(struct gchat_outbox_list));
}

int gchat_outbox_drop(struct gchat *g, uint64_t tag)
{
	return atomic_load(&g->has_outbox) ? outbox_drop(&g->outbox, tag) : -ENOENT;
}
