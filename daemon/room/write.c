/* The way of a change: submitted, committed, applied, published, reported. */
#include "room/write.h"

#include "base/metrics.h"

#include <stdlib.h>

void write_init(struct write *write, struct directory *directory, const struct audience *audience,
	void (*done)(struct write *write))
{
	*write = (struct write){.directory = directory, .audience = audience, .done = done};
}

static void release_charge(struct write *write)
{
	if (!write->charged)
		return;
	room_lock(write->room);
	write->room->shared.joining--;
	room_unlock(write->room);
	write->charged = false;
}

void write_deinit(struct write *write)
{
	release_charge(write); /* of one that was never started */
	write->room = room_unref(write->room);
	write->actor = account_unref(write->actor);
	write->subject = account_unref(write->subject);
	for (size_t i = 0; i < WRITE_EVENTS_MAX; i++)
		write->events[i] = event_unref(write->events[i]);
	if (write->token)
		(void)account_unref(write->token->account);
	free(write->token);
	write->token = NULL;
	while (write->value_count > 0)
		free(write->values[--write->value_count]);
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

void write_put(struct write *write, enum record_kind kind, struct record_key key,
	struct record_value value, enum store_condition condition)
{
	size_t i = write->op.put_count++;
	GC_ASSERT(i < WRITE_PUTS_MAX);
	write->keys[i] = key;
	if (value.data) {
		GC_ASSERT(write->value_count < WRITE_VALUES_MAX);
		write->values[write->value_count++] = value.data;
	}
	write->puts[i] = (struct store_put){.kind = (uint32_t)kind,
		.key = write->keys[i].bytes,
		.key_len = key.len,
		.value = value.data,
		.value_len = value.len,
		.condition = condition};
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
	room_publish(room, GC_TAKE(write->events[i]), &write->directory->tail);
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

/* Hot path: the commit is done, the head may move. */
static void on_stored(struct store_op *op, enum store_status status)
{
	struct write *write = GC_CONTAINER_OF(op, struct write, op);
	if (status != STORE_CONFLICT) /* else it is what the asker set for its condition */
		write->reason = write_reason(status);
	write->duplicate = status == STORE_DUPLICATE;
	write->seq = write->appends[0].seq;
	write->time_us = write->appends[0].time_us;
	release_charge(write);
	if (status == STORE_OK)
		take_effect(write);
	else if (status == STORE_DUPLICATE)
		metric_add(METRIC_DUPLICATES, 1);
	write->done(write);
}

void write_start(struct write *write)
{
	write->op.on_done = on_stored;
	write->op.puts = write->puts;
	write->op.appends = write->appends;
	store_submit(write->directory->store, &write->op);
}
