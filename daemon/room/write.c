/* The way of a change: submitted, committed, applied, published, reported. */
#include "room/write.h"

#include "base/mem.h"
#include "base/metrics.h"
#include "room/cleanup.h"
#include "room/invitation.h"

#include <stdlib.h>

void write_init(struct write *write, struct directory *directory, const struct audience *audience,
	void (*done)(struct write *write))
{
	*write = (struct write){.directory = directory, .audience = audience, .done = done};
}

/* The member stays after all; or it is gone, or a new one by now. */
static void release_member(struct write *write)
{
	if (!write->parting && !write->yielding)
		return;
	room_lock(write->room);
	struct member *parting = room_find_member(write->room, write->parting);
	struct member *yielding = room_find_member(write->room, write->yielding);
	if (parting && parting->parting > 0)
		parting->parting--;
	if (yielding && yielding->yielding > 0)
		yielding->yielding--;
	room_unlock(write->room);
	write->parting = write->yielding = 0;
}

/* Gives back what others may have once the write is done. */
static void release(struct write *write)
{
	if (write->charged) {
		GC_ASSERT(write->room); /* it is the room that was charged */
		room_lock(write->room);
		write->room->shared.joining--;
		room_unlock(write->room);
	}
	release_member(write);
	if (write->place)
		directory_return_place(write->directory, write->actor, write->place);
	if (write->subject_place)
		directory_return_place(write->directory, write->subject, write->subject_place);
	if (write->ends && write->reason != REASON_NONE)
		directory_cancel_end(write->directory, write->actor);
	if (write->rewrites)
		account_end_rewrite(write->actor);
	if (write->restricts)
		restriction_end(write->directory);
	invitation_release(write);
	write->place = write->subject_place = PLACE_NONE;
	write->charged = write->rewrites = write->ends = write->restricts = false;
}

static void free_puts(struct write *write)
{
	for (size_t i = 0; i < write->op.put_count; i++)
		free((void *)(uintptr_t)write->puts[i].value); /* the store only reads it */
	free(write->puts);
	free(write->keys);
	write->puts = NULL;
	write->keys = NULL;
	write->op.put_count = write->put_max = 0;
}

void write_deinit(struct write *write)
{
	release(write); /* where it was never started */
	write->room = room_unref(write->room);
	write->actor = account_unref(write->actor);
	write->subject = account_unref(write->subject);
	write->invitation = invitation_unref(write->invitation);
	for (size_t i = 0; i < WRITE_EVENTS_MAX; i++)
		write->events[i] = event_unref(write->events[i]);
	if (write->token)
		(void)account_unref(write->token->account);
	free(write->token);
	write->token = NULL;
	free(write->state);
	write->state = NULL;
	free(write->restriction);
	write->restriction = NULL;
	free_puts(write);
}

struct write_state *write_new_state(struct write *write)
{
	if (!write->state)
		write->state = mem_new(1, sizeof(*write->state));
	return write->state;
}

void write_add_event(struct write *write, struct event *event, const uint8_t *client_id)
{
	size_t i = write->op.append_count++;
	GC_ASSERT(i < WRITE_EVENTS_MAX);
	write->events[i] = event;
	write->appends[i] = (struct store_append){.log = write->room->id,
		.author = event->author_id,
		.client_id = client_id,
		.flags = event->flags,
		.target_seq = event->target_seq,
		.body = event_body(event),
		.body_len = event->body_len};
}

static void grow_puts(struct write *write)
{
	enum {
		PUTS_MIN = 6 /* enough for all changes but those that end many tokens */
	};
	size_t most = write->put_max ? 2 * write->put_max : PUTS_MIN;
	write->puts = mem_grow(write->puts, most, sizeof(*write->puts));
	write->keys = mem_grow(write->keys, most, sizeof(*write->keys));
	write->put_max = most;
	for (size_t i = 0; i < write->op.put_count; i++)
		write->puts[i].key = write->keys[i].bytes;
}

void write_put(struct write *write, enum record_kind kind, struct record_key key,
	struct record_value value, enum store_condition condition)
{
	if (write->op.put_count == write->put_max)
		grow_puts(write);
	size_t i = write->op.put_count++;
	write->keys[i] = key;
	write->puts[i] = (struct store_put){.kind = (uint32_t)kind,
		.key = write->keys[i].bytes,
		.key_len = key.len,
		.value = value.data,
		.value_len = value.len,
		.condition = condition};
}

enum reason write_check_right(const struct write *write, enum right right)
{
	return rights_check(&(struct rights_ask){.directory = write->directory,
				    .room = write->room,
				    .actor = write->actor,
				    .subject = write->subject,
				    .role = write->role},
		right);
}

enum reason write_take_place(struct write *write, enum place place)
{
	enum reason reason = directory_take_place(write->directory, write->actor, place);
	write->place = reason == REASON_NONE ? place : PLACE_NONE;
	return reason;
}

enum reason write_take_subject_place(struct write *write, enum place place)
{
	enum reason reason = directory_take_place(write->directory, write->subject, place);
	write->subject_place = reason == REASON_NONE ? place : PLACE_NONE;
	return reason;
}

struct restriction *write_new_restriction(struct write *write)
{
	GC_ASSERT(!write->restriction);
	write->restriction = mem_new(1, sizeof(*write->restriction));
	restriction_begin(write->directory);
	write->restricts = true;
	return write->restriction;
}

bool write_claim_account(struct write *write)
{
	write->rewrites = !atomic_exchange(&write->actor->rewritten, true);
	return write->rewrites;
}

uint64_t write_take_id(struct write *write, enum id_kind kind)
{
	struct directory *d = write->directory;
	uint8_t key = (uint8_t)kind;
	pthread_mutex_lock(&d->ids_mu);
	uint64_t id = d->next_id[kind]++;
	pthread_mutex_unlock(&d->ids_mu);
	write_put(write, RECORD_META, record_key_bytes(&key, 1), record_number(id + 1), STORE_ANY);
	return id;
}

enum reason write_reason(enum store_status status)
{
	switch (status) {
	case STORE_OK:
	case STORE_DUPLICATE:
		return REASON_NONE;
	case STORE_MISMATCH:
		return REASON_ID_REUSED;
	case STORE_NO_TARGET:
		return REASON_UNKNOWN_MESSAGE;
	case STORE_NOT_AUTHOR:
		return REASON_NOT_AUTHOR;
	case STORE_FULL:
		return REASON_DISK_FULL;
	case STORE_DAMAGED:
		return REASON_DAMAGED;
	case STORE_CONFLICT: /* the asker knows what its condition meant */
	case STORE_UNAVAILABLE:
	case _STORE_STATUS_MAX:
		break;
	}
	return REASON_UNAVAILABLE;
}

static void publish(struct write *write, size_t i)
{
	struct room *room = write->room;
	const struct store_append *append = &write->appends[i];
	event_seal(write->events[i], room->id, append->seq, append->time_us);
	if (append->erase_target) {
		room_lock(room);
		roomlog_erase(&room->shared.log, append->target_seq);
		room_unlock(room);
	}
	if (write->audience->happened)
		write->audience->happened(write->audience->arg, write, write->events[i]);
	struct event *event = GC_TAKE(write->events[i]);
	if (!write->quiet)
		room_publish(room, event, &write->directory->tail);
	else if (room_publish_quietly(room, event, &write->directory->tail))
		directory_hold_ring(write->directory, room);
	metric_add(METRIC_EVENTS_IN, 1);
}

/* What was committed becomes true in memory, then visible. */
static void take_effect(struct write *write)
{
	if (write->apply)
		write->apply(write);
	for (size_t i = 0; i < write->op.append_count; i++)
		publish(write, i);
}

/* The room was deleted while the change was under way: in memory there is nothing left that it could
 * happen to. */
static bool came_too_late(const struct write *write)
{
	if (!write->room)
		return false;
	room_lock(write->room);
	bool deleted = write->room->shared.deleted;
	room_unlock(write->room);
	return deleted;
}

/* What the store has of it, if anything, belongs to nothing. */
static void take_back(struct write *write)
{
	struct cleanup *cleanup = write->directory->cleanup;
	write->reason = REASON_UNKNOWN_ROOM;
	for (size_t i = 0; i < write->op.put_count; i++) {
		enum record_kind kind = (enum record_kind)write->puts[i].kind;
		if (kind == RECORD_MEMBER || kind == RECORD_INVITE || kind == RECORD_MARKER ||
			kind == RECORD_BAN || kind == RECORD_MUTE)
			cleanup_add(cleanup, kind, write->keys[i]);
	}
	if (write->op.append_count > 0)
		cleanup_add_log(cleanup, write->room->id);
	cleanup_start(cleanup);
}

static void count_refusal(struct write *write, enum store_status status)
{
	if (status == STORE_DUPLICATE)
		metric_add(METRIC_DUPLICATES, 1);
	else if (status == STORE_FULL)
		metric_add(METRIC_DISK_FULL, 1);
	else if (status == STORE_DAMAGED && write->room)
		room_mark_damaged(write->room);
}

static void submit(struct write *write)
{
	if (write->prepare)
		write->prepare(write);
	write->op.puts = write->puts;
	write->op.appends = write->appends;
	if (write->room)
		room_begin(write->room);
	store_submit(write->directory->store, &write->op);
}

/* False: the one before it submits it. */
static bool take_turn(struct write *write)
{
	struct room *room = write->room;
	room_lock(room);
	bool mine = !room->shared.rewriting;
	if (mine)
		room->shared.rewriting = true;
	else
		STAILQ_INSERT_TAIL(&room->shared.rewrites, write, next_rewrite);
	room_unlock(room);
	return mine;
}

static void pass_turn(struct room *room)
{
	room_lock(room);
	struct write *next = STAILQ_FIRST(&room->shared.rewrites);
	if (next)
		STAILQ_REMOVE_HEAD(&room->shared.rewrites, next_rewrite);
	room->shared.rewriting = next != NULL;
	room_unlock(room);
	if (next)
		submit(next);
}

/* Hot path: the commit is done, the head may move. */
static void on_stored(struct store_op *op, enum store_status status)
{
	struct write *write = GC_CONTAINER_OF(op, struct write, op);
	if (status != STORE_CONFLICT) /* else it is what the asker set for its condition */
		write->reason = write_reason(status);
	else if (invitation_conflicts(write))
		write->reason = REASON_INVITE_INVALID;
	write->duplicate = status == STORE_DUPLICATE;
	write->seq = write->appends[0].seq;
	write->time_us = write->appends[0].time_us;
	if ((status == STORE_OK || status == STORE_CONFLICT) && came_too_late(write))
		take_back(write);
	else if (status == STORE_OK)
		take_effect(write);
	else
		count_refusal(write, status);
	if (write->room)
		room_settle(write->room);
	if (write->prepare)
		pass_turn(write->room);
	release(write); /* not before: the effect is what it was held for */
	write->done(write);
}

void write_start(struct write *write)
{
	write->op.on_done = on_stored;
	if (!write->prepare || take_turn(write))
		submit(write);
}
