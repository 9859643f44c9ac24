/* What is changed at once and holds until the next start: nothing here is stored. */
#include "service/admin_control.h"

#include "base/log.h"
#include "gchat/v1/admin.pb-c.h"
#include "room/name.h"
#include "service/call.h"
#include "shard/session.h"

#include <stdio.h>
#include <string.h>

enum {
	NOTICES_WAITING_BYTES = 32 * 1024, /* a session with more to write gets no broadcast */
	LEVEL_BYTES = 16,
};

/* ---- the log level ---- */

void admin_set_log_level(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__SetLogLevelRequest *r = CALL_REQUEST(Gchat__V1__SetLogLevelRequest, msg);
	Gchat__V1__SetLogLevelResponse response;
	char before[LEVEL_BYTES];
	int level = 0;
	if (!log_level_find(r->level, &level)) {
		call_fail_text(call, REASON_INVALID_ARGUMENT,
			"a level is one of: error, warning, notice, info, debug");
		return;
	}
	(void)snprintf(before, sizeof(before), "%s", log_level_name(log_get_level()));
	log_set_level(level);
	gchat__v1__set_log_level_response__init(&response);
	response.before = before;
	call_reply(call, &response.base);
}

/* ---- broadcasts ---- */

struct broadcast {
	struct hub_visit visit;
	struct call *call; /* held by the letter that ends it */
	struct control wire; /* the notice as a piece of a frame; only read while it is under way */
	atomic_uint told;
	atomic_uint missed;
};

static void wipe(void *data)
{
	control_deinit(&((struct broadcast *)data)->wire);
}

/* The session's shard. */
static void tell(struct hub_visit *visit, struct session *s)
{
	struct broadcast *b = GC_CONTAINER_OF(visit, struct broadcast, visit);
	if (s->state != SESSION_LIVE)
		return;
	if (s->control.len + b->wire.len > NOTICES_WAITING_BYTES) {
		atomic_fetch_add(&b->missed, 1);
		return;
	}
	control_add(&s->control, b->wire.data, b->wire.len);
	session_make_ready(s);
	atomic_fetch_add(&b->told, 1);
}

/* The last shard: back to the call's own. */
static void told(struct hub_visit *visit)
{
	struct broadcast *b = GC_CONTAINER_OF(visit, struct broadcast, visit);
	shard_post(b->call->shard, &b->call->mail);
}

static void reply_told(struct call *call)
{
	struct broadcast *b = call->data;
	Gchat__V1__BroadcastResponse response;
	gchat__v1__broadcast_response__init(&response);
	response.sessions = atomic_load(&b->told);
	response.missed = atomic_load(&b->missed);
	call_reply(call, &response.base);
}

void admin_broadcast(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__BroadcastRequest *r = CALL_REQUEST(Gchat__V1__BroadcastRequest, msg);
	Gchat__V1__Notice notice;
	if (!r->text[0] || !name_text_fits(r->text, LIMIT_NOTICE_BYTES, true)) {
		call_fail_text(call, REASON_INVALID_ARGUMENT,
			"a broadcast is one line of 1 to %d bytes without control characters",
			LIMIT_NOTICE_BYTES);
		return;
	}
	struct broadcast *b = call_data(call, sizeof(*b));
	call->wipe = wipe;
	b->call = call;
	b->visit.visit = tell;
	b->visit.done = told;
	gchat__v1__notice__init(&notice);
	notice.text = r->text;
	notice.time_us = clock_wall_us();
	control_put(&b->wire, FRAME_NOTICES, &notice.base);
	call_wait(call, reply_told);
	hub_visit_all(call->service->hub, &b->visit);
}

/* ---- draining ---- */

void admin_drain(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__DrainRequest *r = CALL_REQUEST(Gchat__V1__DrainRequest, msg);
	Gchat__V1__DrainResponse response;
	gchat__v1__drain_response__init(&response);
	response.was_draining = service_drain(call->service, r->drain);
	response.sessions = atomic_load(&call->service->hub->session_count);
	call_reply(call, &response.base);
}
