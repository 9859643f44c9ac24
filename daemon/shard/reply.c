/* What a session is told: replies to its requests, updates, snapshots. */
#include "shard/session.h"

#include "base/histogram.h"
#include "base/limited.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "shard/pump.h"
#include "shard/rejection.h"

#include <stdlib.h>
#include <string.h>

void session_put(struct session *s, enum frame_field field, const ProtobufCMessage *msg)
{
	control_put(&s->control, field, msg);
	session_make_ready(s);
}

/* The reason's name, as char * for protobuf-c, which does not write to it. */
static char *name_of(enum reason reason)
{
	return (char *)(uintptr_t)reason_name(reason);
}

void session_skip(struct subscription *sub, uint64_t to, enum reason reason)
{
	Gchat__V1__Gap gap;
	gchat__v1__gap__init(&gap);
	gap.room_id = sub->room_id;
	gap.from_seq = sub->cursor.next;
	gap.to_seq = to;
	gap.reason = name_of(reason);
	session_put(sub->session, FRAME_GAPS, &gap.base);
	cursor_advance(&sub->cursor, to);
}

void session_put_reset(struct session *s, uint64_t room_id, uint64_t seq, enum reason reason)
{
	Gchat__V1__Reset reset;
	gchat__v1__reset__init(&reset);
	reset.room_id = room_id;
	reset.seq = seq;
	reset.reason = name_of(reason);
	session_put(s, FRAME_RESETS, &reset.base);
}

/* ---- replies ---- */

void session_reply(struct session *s, Gchat__V1__Reply *reply)
{
	if (s->state == SESSION_CLOSED)
		return;
	s->replies++;
	session_put(s, FRAME_REPLIES, &reply->base);
}

void session_reply_ok(struct session *s, uint64_t request_id)
{
	Gchat__V1__Ok ok;
	gchat__v1__ok__init(&ok);
	Gchat__V1__Reply reply;
	gchat__v1__reply__init(&reply);
	reply.request_id = request_id;
	reply.result_case = GCHAT__V1__REPLY__RESULT_OK;
	reply.ok = &ok;
	session_reply(s, &reply);
}

/* A peer that is refused again and again isn't answered as fast as it asks: its frames stay where
 * they are, and soon it can't send any. */
static void count_refusal(struct session *s)
{
	const struct bucket_rate rate = {.per_minute = s->shard->limits.refusals_per_minute,
		.burst = SESSION_REFUSALS_AT_ONCE};
	struct mono now = clock_mono();
	uint32_t wait_ms;
	if (s->refusals.at.us == 0)
		bucket_state_fill(&s->refusals, rate, now);
	if (s->slowed || s->state >= SESSION_ENDING ||
		bucket_state_take(&s->refusals, rate, 1, now, &wait_ms))
		return;
	s->slowed = true;
	TAILQ_INSERT_TAIL(&s->shard->slowed, s, slowed_link);
	limited_note(
		LIMITED_REFUSALS, &(struct log_fields){.user = s->account->name, .session = s->id});
}

void session_quicken(struct session *s)
{
	TAILQ_REMOVE(&s->shard->slowed, s, slowed_link);
	s->slowed = false;
	pump_read_on(s);
}

static void reply_error(struct session *s, uint64_t request_id, enum reason reason,
	uint32_t retry_after_ms, const char *text)
{
	Gchat__V1__Error error;
	gchat__v1__error__init(&error);
	error.code = reason_code(reason);
	error.reason = name_of(reason);
	error.message = (char *)(uintptr_t)(text ? text : reason_text(reason));
	error.retry_after_ms = retry_after_ms;
	Gchat__V1__Reply reply;
	gchat__v1__reply__init(&reply);
	reply.request_id = request_id;
	reply.result_case = GCHAT__V1__REPLY__RESULT_ERROR;
	reply.error = &error;
	rejection_note(reason);
	count_refusal(s);
	const struct hub_options *options = &s->shard->hub->options;
	if (options->on_refusal)
		options->on_refusal(options->arg, s, reason);
	if (reason == REASON_RATE_LIMITED)
		limited_note(LIMITED_RATE,
			&(struct log_fields){.user = s->account->name, .session = s->id});
	session_reply(s, &reply);
}

void session_reply_error(
	struct session *s, uint64_t request_id, enum reason reason, uint32_t retry_after_ms)
{
	reply_error(s, request_id, reason, retry_after_ms, NULL);
}

/* ---- requests that wait for the store ---- */

static void reply_committed(struct request *request)
{
	const struct write *write = &request->write;
	Gchat__V1__Committed committed;
	gchat__v1__committed__init(&committed);
	committed.room_id = write->room->id;
	committed.seq = write->seq;
	committed.time_us = write->time_us;
	committed.duplicate = write->duplicate;
	Gchat__V1__Reply reply;
	gchat__v1__reply__init(&reply);
	reply.request_id = request->request_id;
	reply.result_case = GCHAT__V1__REPLY__RESULT_COMMITTED;
	reply.committed = &committed;
	session_reply(request->session, &reply);
}

static void reply_joined(struct request *request)
{
	struct room_info info;
	Gchat__V1__Room room;
	room_get_info(request->write.room, &info);
	room_info_to_message(&info, &room);
	Gchat__V1__Reply reply;
	gchat__v1__reply__init(&reply);
	reply.request_id = request->request_id;
	reply.result_case = GCHAT__V1__REPLY__RESULT_JOINED;
	reply.joined = &room;
	session_reply(request->session, &reply);
}

/* A wait that makes sense for reasons that pass by themselves. */
static uint32_t retry_after(enum reason reason)
{
	enum {
		DISK_FULL_MS = 5000,
		UNAVAILABLE_MS = 1000
	};
	if (reason == REASON_DISK_FULL)
		return DISK_FULL_MS;
	return reason == REASON_UNAVAILABLE ? UNAVAILABLE_MS : 0;
}

static void answer(struct request *request, enum reason reason, uint32_t retry_after_ms)
{
	struct session *s = request->session;
	char text[RESTRICTION_TEXT_BYTES];
	if (reason != REASON_NONE)
		reply_error(s, request->request_id, reason,
			retry_after_ms ? retry_after_ms : retry_after(reason),
			restriction_explain(s->shard->hub->options.directory, request->write.room,
				s->account, reason, text));
	else if (request->wants_room)
		reply_joined(request);
	else if (request->write.op.append_count > 0 && !request->write.already)
		reply_committed(request);
	else
		session_reply_ok(s, request->request_id);
}

/* Shard thread again. */
static void on_committed(struct mail *mail)
{
	struct request *request = GC_CONTAINER_OF(mail, struct request, mail);
	const struct shard *shard = request->session->shard;
	answer(request, request->write.reason, request->write.retry_ms);
	histogram_observe(HISTOGRAM_ACK_TIME, shard->index,
		(uint64_t)(shard->now.us > request->since.us ? shard->now.us - request->since.us
							     : 0));
	session_request_free(request);
}

/* Writer thread. */
static void on_written(struct write *write)
{
	struct request *request = GC_CONTAINER_OF(write, struct request, write);
	shard_post_quietly(request->session->shard, &request->mail);
}

struct request *session_request_new(struct session *s, uint64_t request_id)
{
	struct request *request = SLIST_FIRST(&s->free_requests);
	if (request)
		SLIST_REMOVE_HEAD(&s->free_requests, free_link);
	else
		request = mem_new(1, sizeof(*request));
	struct hub *hub = s->shard->hub;
	write_init(&request->write, hub->options.directory, &hub->audience, on_written);
	request->write.actor = account_ref(s->account);
	request->mail.deliver = on_committed;
	request->session = s;
	request->request_id = request_id;
	request->since = clock_mono();
	request->wants_room = false;
	session_hold(s);
	return request;
}

void session_request_free(struct request *request)
{
	struct session *s = request->session;
	write_deinit(&request->write);
	SLIST_INSERT_HEAD(&s->free_requests, request, free_link);
	session_release(s);
}

void session_request_start(struct request *request, enum reason reason, uint32_t retry_after_ms)
{
	if (reason == REASON_NONE && !request->write.already) {
		write_start(&request->write);
		return;
	}
	answer(request, reason, retry_after_ms);
	session_request_free(request);
}

/* ---- updates and snapshots ---- */

void session_update(struct session *s, grpc_slice wire)
{
	if (s->state != SESSION_LIVE)
		return;
	if (s->update_count == SESSION_UPDATES_MAX) {
		grpc_slice_unref(s->updates[0]);
		s->update_count--;
		memmove(s->updates, s->updates + 1, s->update_count * sizeof(s->updates[0]));
		s->shed = true;
		metric_add(METRIC_SHED_UPDATES, 1);
	}
	if (!s->updates)
		s->updates = mem_new(SESSION_UPDATES_MAX, sizeof(*s->updates));
	s->updates[s->update_count++] = grpc_slice_ref(wire);
	session_make_ready(s);
}

/* Copies of the members, made under the room's lock. */
struct roll {
	struct account **accounts; /* owned array of refs */
	Gchat__V1__Role *roles; /* owned */
	unsigned count;
};

static bool call_roll(struct room *room, unsigned most, struct roll *roll, unsigned *ret_members)
{
	struct member *member;
	struct member *tmp;
	room_lock(room);
	*ret_members = room->shared.member_count;
	bool fits = *ret_members <= most;
	if (fits) {
		roll->accounts = mem_new(*ret_members, sizeof(*roll->accounts));
		roll->roles = mem_new(*ret_members, sizeof(*roll->roles));
		HASH_ITER (hh, room->shared.members, member, tmp) {
			roll->accounts[roll->count] = account_ref(member->account);
			roll->roles[roll->count++] = member->role;
		}
	}
	room_unlock(room);
	return fits;
}

static void put_members(struct session *s, struct roll *roll, Gchat__V1__RoomSnapshot *snapshot)
{
	struct profile *profiles = mem_new(roll->count, sizeof(*profiles));
	Gchat__V1__Member *members = mem_new(roll->count, sizeof(*members));
	Gchat__V1__Member **list = mem_new(roll->count, sizeof(*list));
	for (unsigned i = 0; i < roll->count; i++) {
		account_get_profile(roll->accounts[i], &profiles[i]);
		profile_to_member(&profiles[i], roll->roles[i],
			presence_of(s->shard->hub->options.presence, roll->accounts[i]),
			&members[i]);
		list[i] = &members[i];
	}
	snapshot->members = list;
	snapshot->n_members = roll->count;
	session_put(s, FRAME_ROOMS, &snapshot->base);
	free(list);
	free(members);
	free(profiles);
}

void session_put_snapshot(struct session *s, struct room *room)
{
	struct roll roll = {0};
	Gchat__V1__RoomSnapshot snapshot;
	gchat__v1__room_snapshot__init(&snapshot);
	if (!(s->wants & UPDATE_MEMBERS))
		return;
	snapshot.room_id = room->id;
	snapshot.complete =
		call_roll(room, s->shard->limits.snapshot_members, &roll, &snapshot.member_count);
	put_members(s, &roll, &snapshot);
	for (unsigned i = 0; i < roll.count; i++)
		(void)account_unref(roll.accounts[i]);
	free(roll.accounts);
	free(roll.roles);
}
