/* The public requests that don't survive their connection. */
#include "lib/request.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/priv.h"
#include "proto/codec.h"
#include "proto/limits.h"

#include <errno.h>
#include <string.h>

/* Under the client's mutex. */
static int insert(struct gchat *g, struct request *request)
{
	if (!g->shared.is_online)
		return -ENOTCONN;
	if (g->shared.request_count >= GCHAT_REQUESTS_MAX)
		return -EAGAIN;
	TAILQ_INSERT_TAIL(&g->shared.requests, request, next);
	g->shared.request_count++;
	return 0;
}

static int ask(
	struct gchat *g, enum gchat_request kind, Gchat__V1__ClientFrame *frame, uint64_t *ret_tag)
{
	struct request *request = mem_new(1, sizeof(*request));
	request->kind = kind;
	request->is_quiet = !ret_tag;
	gchat_lock(g);
	request->tag = frame->request_id = g->shared.next_tag++;
	request->frame = codec_encode_new(&frame->base, &request->len);
	int r = insert(g, request);
	gchat_unlock(g);
	if (r < 0) {
		request_free(request);
		return err_raise(r);
	}
	if (ret_tag)
		*ret_tag = frame->request_id;
	queue_wake(&g->queue);
	return 0;
}

static int check_text(const char *text, size_t max)
{
	size_t len = strlen(text);
	if (!codec_text_valid((const uint8_t *)text, len))
		return err_raise(-EINVAL);
	return len > max ? err_raise(-E2BIG) : 0;
}

int gchat_join(struct gchat *g, uint64_t room_id, const char *name, uint64_t *ret_tag)
{
	Gchat__V1__Join join;
	gchat__v1__join__init(&join);
	int r = room_id ? 0 : name && *name ? check_text(name, LIMIT_ROOM_NAME_BYTES) : -EINVAL;
	if (r < 0)
		return err_pass(r);
	join.room_case = room_id ? GCHAT__V1__JOIN__ROOM_ROOM_ID : GCHAT__V1__JOIN__ROOM_ROOM_NAME;
	if (room_id)
		join.room_id = room_id;
	else
		join.room_name = api_text(name);
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_JOIN;
	frame.join = &join;
	return ask(g, GCHAT_REQUEST_JOIN, &frame, ret_tag);
}

int gchat_leave(struct gchat *g, uint64_t room_id, uint64_t *ret_tag)
{
	Gchat__V1__Leave leave;
	gchat__v1__leave__init(&leave);
	leave.room_id = room_id;
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_LEAVE;
	frame.leave = &leave;
	return ask(g, GCHAT_REQUEST_LEAVE, &frame, ret_tag);
}

int gchat_invite(struct gchat *g, uint64_t room_id, const char *user, uint64_t *ret_tag)
{
	int r = user && *user ? check_text(user, LIMIT_USER_NAME_BYTES) : err_raise(-EINVAL);
	if (r < 0)
		return err_pass(r);
	Gchat__V1__Invite invite;
	gchat__v1__invite__init(&invite);
	invite.room_id = room_id;
	invite.user = api_text(user);
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_INVITE;
	frame.invite = &invite;
	return ask(g, GCHAT_REQUEST_INVITE, &frame, ret_tag);
}

int gchat_set_topic(struct gchat *g, uint64_t room_id, const char *topic, uint64_t *ret_tag)
{
	int r = topic ? check_text(topic, LIMIT_TOPIC_BYTES) : err_raise(-EINVAL);
	if (r < 0)
		return err_pass(r);
	Gchat__V1__SetTopic set_topic;
	gchat__v1__set_topic__init(&set_topic);
	set_topic.room_id = room_id;
	set_topic.topic = api_text(topic);
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SET_TOPIC;
	frame.set_topic = &set_topic;
	return ask(g, GCHAT_REQUEST_SET_TOPIC, &frame, ret_tag);
}

int gchat_mark_read(struct gchat *g, uint64_t room_id, uint64_t seq, uint64_t *ret_tag)
{
	Gchat__V1__MarkRead mark;
	gchat__v1__mark_read__init(&mark);
	mark.room_id = room_id;
	mark.seq = seq;
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_MARK_READ;
	frame.mark_read = &mark;
	return ask(g, GCHAT_REQUEST_MARK_READ, &frame, ret_tag);
}

int gchat_set_typing(struct gchat *g, uint64_t room_id, bool typing, uint64_t *ret_tag)
{
	Gchat__V1__SetTyping set_typing;
	gchat__v1__set_typing__init(&set_typing);
	set_typing.room_id = room_id;
	set_typing.typing = typing;
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SET_TYPING;
	frame.set_typing = &set_typing;
	return ask(g, GCHAT_REQUEST_TYPING, &frame, ret_tag);
}

int gchat_set_presence(struct gchat *g, enum gchat_presence presence, uint64_t *ret_tag)
{
	if (presence != GCHAT_PRESENCE_ONLINE && presence != GCHAT_PRESENCE_AWAY)
		return err_raise(-EINVAL);
	Gchat__V1__SetPresence set_presence;
	gchat__v1__set_presence__init(&set_presence);
	set_presence.state = (Gchat__V1__PresenceState)presence;
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SET_PRESENCE;
	frame.set_presence = &set_presence;
	return ask(g, GCHAT_REQUEST_PRESENCE, &frame, ret_tag);
}

int gchat_ping(struct gchat *g, uint64_t *ret_tag)
{
	Gchat__V1__Ping ping;
	gchat__v1__ping__init(&ping);
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_PING;
	frame.ping = &ping;
	return ask(g, GCHAT_REQUEST_PING, &frame, ret_tag);
}
