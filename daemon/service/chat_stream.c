/* The frames of a Chat stream, each to its handler by one table. */
#include "service/chat_stream.h"

#include "base/limited.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/accept.h"
#include "room/name.h"
#include "service/hello.h"

#include <stdlib.h>
#include <string.h>

typedef Gchat__V1__ClientFrame frame_t;
typedef void (*frame_fn)(struct session *s, const frame_t *frame);

static const enum reason pass = REASON_NONE;

static struct directory *directory_of(const struct session *s)
{
	return s->shard->hub->options.directory;
}

/* A request about a room: with the room's reference, or refused and NULL. */
static struct request *request_for(struct session *s, const frame_t *frame, uint64_t room_id)
{
	struct subscription *sub = subscription_find(s, room_id);
	struct room *room =
		sub ? room_ref(sub->room->room) : directory_find_room(directory_of(s), room_id);
	if (!room) {
		session_reply_error(s, frame->request_id, REASON_UNKNOWN_ROOM, 0);
		return NULL;
	}
	struct request *request = session_request_new(s, frame->request_id);
	request->write.room = room;
	return request;
}

/* ---- messages ---- */

typedef enum reason (*message_fn)(struct write *write, const struct op_message *m);

static void run_message(struct session *s, const frame_t *frame, uint64_t room_id,
	const ProtobufCBinaryData *id, struct op_message *m, message_fn op)
{
	uint32_t wait_ms = 0;
	struct request *request = request_for(s, frame, room_id);
	if (!request)
		return;
	enum reason reason = pass;
	if (id->len != LIMIT_CLIENT_MSG_ID_BYTES)
		reason = REASON_INVALID_ARGUMENT;
	if (reason == pass)
		reason = op_charge(s->account, m->text ? strlen(m->text) : 1, &wait_ms);
	if (reason == pass) {
		memcpy(request->client_id, id->data, LIMIT_CLIENT_MSG_ID_BYTES);
		m->client_id = request->client_id;
		reason = op(&request->write, m);
	}
	session_request_start(request, reason, wait_ms);
}

/* Hot path. */
static void on_send(struct session *s, const frame_t *frame)
{
	const Gchat__V1__Send *f = frame->send;
	struct op_message m = {.text = f->text, .target_seq = f->reply_to};
	run_message(s, frame, f->room_id, &f->client_msg_id, &m, op_send);
}

static void on_edit(struct session *s, const frame_t *frame)
{
	const Gchat__V1__EditMessage *f = frame->edit;
	struct op_message m = {.text = f->text, .target_seq = f->target_seq};
	run_message(s, frame, f->room_id, &f->client_msg_id, &m, op_edit);
}

static void on_delete(struct session *s, const frame_t *frame)
{
	const Gchat__V1__DeleteMessage *f = frame->delete_;
	struct op_message m = {.reason = f->reason, .target_seq = f->target_seq};
	run_message(s, frame, f->room_id, &f->client_msg_id, &m, op_delete);
}

static void on_react(struct session *s, const frame_t *frame)
{
	const Gchat__V1__React *f = frame->react;
	struct op_message m = {.emoji = f->emoji, .target_seq = f->target_seq, .remove = f->remove};
	run_message(s, frame, f->room_id, &f->client_msg_id, &m, op_react);
}

/* ---- rooms ---- */

static void on_join(struct session *s, const frame_t *frame)
{
	const Gchat__V1__Join *f = frame->join;
	uint32_t wait_ms = 0;
	struct room *room = NULL;
	enum reason reason = op_charge(s->account, 1, &wait_ms); /* first: guessing costs, too */
	if (reason != pass) {
		session_reply_error(s, frame->request_id, reason, wait_ms);
		return;
	}
	if (f->room_case == GCHAT__V1__JOIN__ROOM_ROOM_ID)
		room = directory_find_room(directory_of(s), f->room_id);
	else if (f->room_case == GCHAT__V1__JOIN__ROOM_ROOM_NAME)
		room = directory_find_room_name(directory_of(s), f->room_name);
	if (!room) {
		session_reply_error(s, frame->request_id, REASON_UNKNOWN_ROOM, 0);
		return;
	}
	struct request *request = session_request_new(s, frame->request_id);
	request->write.room = room;
	request->wants_room = true;
	session_request_start(request, op_join(&request->write), 0);
}

static void on_leave(struct session *s, const frame_t *frame)
{
	struct request *request = request_for(s, frame, frame->leave->room_id);
	uint32_t wait_ms = 0;
	if (!request)
		return;
	enum reason reason = op_charge(s->account, 1, &wait_ms);
	if (reason == pass)
		reason = op_leave(&request->write);
	session_request_start(request, reason, wait_ms);
}

static void on_invite(struct session *s, const frame_t *frame)
{
	struct request *request = request_for(s, frame, frame->invite->room_id);
	uint32_t wait_ms = 0;
	if (!request)
		return;
	request->write.subject = directory_find_user(directory_of(s), frame->invite->user);
	enum reason reason =
		request->write.subject ? op_charge(s->account, 1, &wait_ms) : REASON_UNKNOWN_USER;
	if (reason == pass)
		reason = op_invite(&request->write);
	session_request_start(request, reason, wait_ms);
}

static void on_set_topic(struct session *s, const frame_t *frame)
{
	struct request *request = request_for(s, frame, frame->set_topic->room_id);
	uint32_t wait_ms = 0;
	if (!request)
		return;
	enum reason reason = op_charge(s->account, 1, &wait_ms);
	if (reason == pass)
		reason = op_update_room(&request->write,
			&(struct op_room_change){.topic = frame->set_topic->topic});
	session_request_start(request, reason, wait_ms);
}

static void on_mark_read(struct session *s, const frame_t *frame)
{
	struct request *request = request_for(s, frame, frame->mark_read->room_id);
	if (!request)
		return;
	session_request_start(request, op_mark_read(&request->write, frame->mark_read->seq), 0);
}

/* ---- what is not stored ---- */

static void on_set_typing(struct session *s, const frame_t *frame)
{
	const Gchat__V1__SetTyping *f = frame->set_typing;
	struct subscription *sub = subscription_find(s, f->room_id);
	uint32_t wait_ms = 0;
	enum reason reason = REASON_NOT_A_MEMBER;
	if (sub)
		reason = rights_check(&(struct rights_ask){.directory = directory_of(s),
					      .room = sub->room->room,
					      .actor = s->account},
			RIGHT_TYPE);
	if (reason == pass)
		reason = op_charge(s->account, 1, &wait_ms);
	if (reason != pass) {
		session_reply_error(s, frame->request_id, reason, wait_ms);
		return;
	}
	Gchat__V1__Typing typing;
	gchat__v1__typing__init(&typing);
	typing.room_id = f->room_id;
	typing.account_id = s->account->id;
	typing.user = s->account->name;
	typing.typing = f->typing;
	struct control wire = {0};
	control_put(&wire, FRAME_TYPING, &typing.base);
	hub_tell_rooms(s->shard->hub, &f->room_id, 1,
		&(struct hub_update){.want = UPDATE_TYPING,
			.but = s->account->id,
			.wire = wire.data,
			.len = wire.len});
	control_deinit(&wire);
	session_reply_ok(s, frame->request_id);
}

static void on_set_presence(struct session *s, const frame_t *frame)
{
	Gchat__V1__PresenceState state = frame->set_presence->state;
	if (state != GCHAT__V1__PRESENCE_STATE__PRESENCE_ONLINE &&
		state != GCHAT__V1__PRESENCE_STATE__PRESENCE_AWAY) {
		session_reply_error(s, frame->request_id, REASON_INVALID_ARGUMENT, 0);
		return;
	}
	if (state != s->presence)
		presence_changed(s->shard->hub->options.presence, s->account, s->presence, state);
	s->presence = state;
	session_reply_ok(s, frame->request_id);
}

static void on_ping(struct session *s, const frame_t *frame)
{
	session_reply_ok(s, frame->request_id);
}

static void on_second_hello(struct session *s, const frame_t *frame)
{
	(void)frame;
	session_end(s, REASON_SECOND_HELLO, NULL);
}

static const frame_fn handlers[] = {
	[GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO] = on_second_hello,
	[GCHAT__V1__CLIENT_FRAME__REQUEST_SEND] = on_send,
	[GCHAT__V1__CLIENT_FRAME__REQUEST_EDIT] = on_edit,
	[GCHAT__V1__CLIENT_FRAME__REQUEST_DELETE] = on_delete,
	[GCHAT__V1__CLIENT_FRAME__REQUEST_REACT] = on_react,
	[GCHAT__V1__CLIENT_FRAME__REQUEST_JOIN] = on_join,
	[GCHAT__V1__CLIENT_FRAME__REQUEST_LEAVE] = on_leave,
	[GCHAT__V1__CLIENT_FRAME__REQUEST_INVITE] = on_invite,
	[GCHAT__V1__CLIENT_FRAME__REQUEST_SET_TOPIC] = on_set_topic,
	[GCHAT__V1__CLIENT_FRAME__REQUEST_MARK_READ] = on_mark_read,
	[GCHAT__V1__CLIENT_FRAME__REQUEST_SET_TYPING] = on_set_typing,
	[GCHAT__V1__CLIENT_FRAME__REQUEST_SET_PRESENCE] = on_set_presence,
	[GCHAT__V1__CLIENT_FRAME__REQUEST_PING] = on_ping,
};

/* Hot path. */
void service_on_frame(void *service, struct session *s, const frame_t *frame)
{
	(void)service;
	size_t kind = (size_t)frame->request_case;
	if (s->state == SESSION_OPENING) {
		hello_take(s, frame);
		return;
	}
	if (frame->request_id == 0 || kind >= GC_LENGTH(handlers) || !handlers[kind]) {
		session_end(s, REASON_BAD_FRAME, NULL);
		return;
	}
	handlers[kind](s, frame);
}

/* ---- opening ---- */

void chat_stream_open(struct service *service, struct incoming *in, struct account *account,
	unsigned long long token_id)
{
	enum {
		RETRY_MS = 5000
	};
	if (atomic_load(&service->draining)) {
		unsigned count = atomic_load(&service->hub->session_count);
		(void)account_unref(account);
		call_refuse(service, in, REASON_DRAINING,
			RETRY_MS + shard_reconnect_ms(in->shard, count));
		return;
	}
	unsigned most = in->shard->limits.sessions_per_account;
	if (atomic_fetch_add(&account->sessions, 1) >= most) {
		atomic_fetch_sub(&account->sessions, 1);
		limited_note(LIMITED_SESSIONS, &(struct log_fields){.user = account->name});
		acceptor_charge(service->acceptor, in->peer, ACCEPTOR_REFUSED_COST);
		(void)account_unref(account);
		call_refuse_late(service, in, REASON_TOO_MANY_SESSIONS, RETRY_MS);
		return;
	}
	grpc_metadata_array_destroy(&in->metadata);
	(void)session_open(in, account, token_id);
}
