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

struct subscription {
	struct session *session; /* borrowed: owns this */
	struct shard_room *room; /* counted by its list of subscriptions */
	struct cursor cursor;
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
/* How the room's log stands. */
struct log_span subscription_span(const struct subscription *sub);

/* The events from the cursor to `to` at most, within max_bytes and max_events (but at least one), as a
 * slice of the caller's own (shared, not copied, where another session just had it). *ret_to: the
 * last one in it; 0: the tail has moved on meanwhile, plan again. Hot path. */
grpc_slice subscription_take(struct subscription *sub, uint64_t to, size_t max_bytes,
	size_t max_events, uint64_t *ret_to);
