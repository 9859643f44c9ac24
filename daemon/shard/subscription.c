/* Subscriptions, rings, and the shared batch. */
#include "shard/subscription.h"

#include "base/histogram.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "shard/session.h"
#include "shard/shard.h"

#include <stdlib.h>
#include <string.h>

static void drop_batch(struct shard_room *room)
{
	if (room->batch.to > 0)
		grpc_slice_unref(room->batch.slice);
	room->batch.to = 0;
}

static void free_room(struct shard_room *room)
{
	drop_batch(room);
	(void)room_unref(room->room);
	free(room);
}

/* The room's log has grown: all who read it have something to write. */
static void on_rung(struct mail *mail)
{
	struct shard_room *room = GC_CONTAINER_OF(mail, struct shard_room, mail);
	struct subscription *sub;
	room_lock(room->room);
	room->watch.rung = false;
	room_unlock(room->room);
	if (room->subscription_count == 0) { /* closed while the letter was under way */
		free_room(room);
		return;
	}
	drop_batch(room);
	LIST_FOREACH (sub, &room->subscriptions, of_room)
		subscription_mark(sub);
}

/* Writer thread, under the room's mu. The writer kicks the shards after its batch. */
static void on_ring(struct room_watch *watch)
{
	struct shard_room *room = GC_CONTAINER_OF(watch, struct shard_room, watch);
	shard_post_quietly(room->shard, &room->mail);
}

struct shard_room *shard_room_find(struct shard *shard, uint64_t room_id)
{
	struct shard_room *room;
	HASH_FIND(hh, shard->rooms, &room_id, sizeof(room_id), room);
	return room;
}

static struct shard_room *room_open(struct shard *shard, struct room *base)
{
	struct shard_room *room = shard_room_find(shard, base->id);
	if (room)
		return room;
	room = mem_new(1, sizeof(*room));
	*room = (struct shard_room){.shard = shard,
		.room = room_ref(base),
		.room_id = base->id,
		.watch.ring = on_ring,
		.mail.deliver = on_rung};
	LIST_INIT(&room->subscriptions);
	HASH_ADD(hh, shard->rooms, room_id, sizeof(room->room_id), room);
	room_watch_add(base, &room->watch);
	return room;
}

static void room_close(struct shard_room *room)
{
	HASH_DELETE(hh, room->shard->rooms, room);
	room_watch_remove(room->room, &room->watch); /* from here on no ring */
	if (!room->watch.rung)
		free_room(room); /* else its letter frees it */
}

struct subscription *subscription_find(struct session *session, uint64_t room_id)
{
	struct subscription *sub;
	HASH_FIND(hh, session->subscriptions, &room_id, sizeof(room_id), sub);
	return sub;
}

struct subscription *subscription_open(struct session *session, struct room *base, uint64_t next)
{
	GC_ASSERT(!subscription_find(session, base->id));
	struct subscription *sub = mem_new(1, sizeof(*sub));
	*sub = (struct subscription){.session = session,
		.room = room_open(session->shard, base),
		.room_id = base->id,
		.cursor.next = next};
	LIST_INSERT_HEAD(&sub->room->subscriptions, sub, of_room);
	sub->room->subscription_count++;
	atomic_fetch_add(&base->readers, 1);
	HASH_ADD(hh, session->subscriptions, room_id, sizeof(sub->room_id), sub);
	subscription_mark(sub);
	return sub;
}

void subscription_close(struct subscription *sub)
{
	struct session *session = sub->session;
	if (sub->dirty)
		TAILQ_REMOVE(&session->dirty, sub, dirty_link);
	HASH_DELETE(hh, session->subscriptions, sub);
	LIST_REMOVE(sub, of_room);
	atomic_fetch_sub(&sub->room->room->readers, 1);
	if (--sub->room->subscription_count == 0)
		room_close(sub->room);
	free(sub->stays);
	free(sub);
}

void subscription_mark(struct subscription *sub)
{
	if (!sub->dirty) {
		sub->dirty = true;
		TAILQ_INSERT_TAIL(&sub->session->dirty, sub, dirty_link);
	}
	session_make_ready(sub->session);
}

struct log_span subscription_span(const struct subscription *sub)
{
	struct room *room = sub->room->room;
	const struct room_watch *watch = &sub->room->watch;
	room_lock(room);
	struct log_span span = {.first_seq = room->shared.first_seq,
		.tail_first = room->shared.log.first,
		.head = room->shared.log.head};
	if (watch->exit_first > 0 && span.head > watch->exit_first) {
		span.head = watch->exit_first;
		sub->room->held_back = true;
	}
	room_unlock(room);
	return span;
}

void shard_room_heard(struct shard_room *room, uint64_t seq)
{
	struct subscription *sub;
	room_watch_heard(room->room, &room->watch, seq);
	if (!room->held_back)
		return;
	room->held_back = false; /* where another exit is still to be heard of, it will be again */
	LIST_FOREACH (sub, &room->subscriptions, of_room)
		subscription_mark(sub);
}

/* The end of the newest stay. */
static uint64_t *last_end(struct subscription *sub)
{
	return sub->stay_count > 0 ? &sub->stays[sub->stay_count - 1].end : &sub->cursor.end;
}

bool subscription_rejoin(struct subscription *sub, uint64_t seq)
{
	if (*last_end(sub) == 0)
		return false; /* the hello saw the membership already */
	if (sub->stay_count == STAYS_MAX)
		sub->stay_count--;
	if (!sub->stays)
		sub->stays = mem_new(STAYS_MAX, sizeof(*sub->stays));
	sub->stays[sub->stay_count++] = (struct stay){.from = seq};
	return true;
}

bool subscription_part(struct subscription *sub, uint64_t seq)
{
	if (sub->stay_count == 0 && sub->cursor.next > seq + 1)
		return false;
	*last_end(sub) = seq;
	return true;
}

bool subscription_begin_anew(struct subscription *sub)
{
	if (sub->stay_count == 0)
		return false;
	const struct stay *stay = &sub->stays[0];
	sub->cursor = (struct cursor){.next = stay->from, .end = stay->end};
	sub->stay_count--;
	memmove(sub->stays, sub->stays + 1, sub->stay_count * sizeof(*stay));
	return true;
}

/* Copies a run of the tail into one slice; to 0: `from` isn't in the tail (any more). */
static struct batch make_batch(
	struct room *room, uint64_t from, size_t max_bytes, size_t max_events)
{
	struct batch batch = {.from = from};
	size_t bytes;
	room_lock(room);
	if (roomlog_find(&room->shared.log, from)) {
		batch.to = roomlog_run(&room->shared.log, from, max_bytes, max_events, &bytes);
		batch.slice = grpc_slice_malloc_large(bytes);
		roomlog_copy(&room->shared.log, from, batch.to, GRPC_SLICE_START_PTR(batch.slice));
	}
	room_unlock(room);
	metric_add(METRIC_BATCHES, 1);
	return batch;
}

grpc_slice subscription_take(struct subscription *sub, uint64_t to, size_t max_bytes,
	size_t max_events, uint64_t *ret_to)
{
	struct shard_room *room = sub->room;
	bool shared = room->batch.to > 0 && room->batch.from == sub->cursor.next &&
		      room->batch.to <= to && GRPC_SLICE_LENGTH(room->batch.slice) <= max_bytes;
	if (!shared) {
		size_t most = to - sub->cursor.next + 1 < max_events
				      ? (size_t)(to - sub->cursor.next + 1)
				      : max_events;
		drop_batch(room);
		room->batch = make_batch(room->room, sub->cursor.next, max_bytes, most);
		if (room->batch.to > 0)
			histogram_observe(HISTOGRAM_BATCH_EVENTS, sub->session->shard->index,
				room->batch.to - room->batch.from + 1);
	}
	*ret_to = room->batch.to;
	return room->batch.to > 0 ? grpc_slice_ref(room->batch.slice) : grpc_empty_slice();
}
