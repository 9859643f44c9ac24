/*
 * A session's reading of one room, and what a shard knows of a room that any of its sessions reads.
 * The shard's part carries the newest batch, so that all sessions that stand at the same place (in
 * a live room nearly all) share one slice. Shard thread only, but for the watch's ring.
 */
#pragma once

#include "room/cursor.h"
#include "room/room.h"
#include "shard/mailbox.h"
#include <grpc/slice.h>

struct session;
struct shard;

/* A time as a member, from the event of joining to that of leaving. */
struct stay {
	uint64_t from;
	uint64_t end; /* 0: it goes on */
};

enum {
	STAYS_MAX = 16 /* that wait: of more, those that are over aren't told */
};

struct subscription {
	struct session *session; /* borrowed: owns this */
	struct shard_room *room; /* counted by its list of subscriptions */
	struct cursor cursor;
	struct stay *stays; /* owned, or NULL: to be read after the cursor's end, in this order */
	unsigned stay_count;
	bool dirty; /* on session.dirty: events may wait */
	LIST_ENTRY(subscription) of_room;
	TAILQ_ENTRY(subscription) dirty_link;
	UT_hash_handle hh; /* session.subscriptions, by room id */
	uint64_t room_id;
};
LIST_HEAD(subscription_list, subscription);

/* Events from..to of a room in one slice, as a part of a ServerFrame. */
struct batch {
	uint64_t from;
	uint64_t to; /* 0: there is none */
	grpc_slice slice;
};

struct shard_room {
	struct shard *shard; /* borrowed */
	struct room *room; /* ref */
	uint64_t room_id;
	struct subscription_list subscriptions;
	unsigned subscription_count;
	struct room_watch watch;
	bool held_back; /* a cursor stopped at an exit that the shard hadn't heard of */
	struct mail mail; /* posted by the ring */
	struct batch batch;
	UT_hash_handle hh; /* shard.rooms, by room id */
};

/* The session reads the room from `next` on; a second subscription to a room is refused by assert. */
struct subscription *subscription_open(struct session *session, struct room *room, uint64_t next);
void subscription_close(struct subscription *sub);
struct subscription *subscription_find(struct session *session, uint64_t room_id);
struct shard_room *shard_room_find(struct shard *shard, uint64_t room_id);

/* The session should look at this room at its next write. */
void subscription_mark(struct subscription *sub);
/* How much of the room's log may be read. Hot path. */
struct log_span subscription_span(const struct subscription *sub);

/* The account is (again) a member from the event `seq` on; false: the session knew. */
bool subscription_rejoin(struct subscription *sub, uint64_t seq) GC_MUST_CHECK;
/* The account is no member after the event `seq`: the session reads up to that. False: it stands
 * beyond it already. */
bool subscription_part(struct subscription *sub, uint64_t seq) GC_MUST_CHECK;
/* The cursor has come to its end. True: it begins anew, with the next stay. */
bool subscription_begin_anew(struct subscription *sub) GC_MUST_CHECK;
/* The shard's sessions have heard of the exit at `seq`, so that the room may be read on. */
void shard_room_heard(struct shard_room *room, uint64_t seq);

/* The events from the cursor to `to` at most, within max_bytes and max_events (but at least one), as a
 * slice of the caller's own (shared, not copied, where another session just had it). *ret_to: the
 * last one in it; 0: the tail has moved on meanwhile, plan again. Hot path. */
grpc_slice subscription_take(struct subscription *sub, uint64_t to, size_t max_bytes,
	size_t max_events, uint64_t *ret_to);
