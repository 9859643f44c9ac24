/* A ring of events indexed by seq. */
#include "room/roomlog.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	CAPACITY_MIN = 8
};

static struct event **slot_of(const struct roomlog *log, uint64_t seq)
{
	return &log->slots[seq & (log->capacity - 1)];
}

void roomlog_init(struct roomlog *log, uint64_t head)
{
	*log = (struct roomlog){.first = head + 1, .head = head};
}

static void drop_first(struct roomlog *log)
{
	struct event **slot = slot_of(log, log->first++);
	log->bytes -= (*slot)->wire_len;
	*slot = event_unref(*slot);
}

void roomlog_deinit(struct roomlog *log)
{
	while (log->first <= log->head)
		drop_first(log);
	free(log->slots);
	*log = (struct roomlog){0};
}

static void grow(struct roomlog *log)
{
	struct roomlog old = *log;
	log->capacity = old.capacity ? old.capacity * 2 : CAPACITY_MIN;
	log->slots = mem_new(log->capacity, sizeof(*log->slots));
	for (uint64_t seq = old.first; seq <= old.head; seq++)
		*slot_of(log, seq) = *slot_of(&old, seq);
	free(old.slots);
}

void roomlog_append(struct roomlog *log, struct event *event, const struct roomlog_limits *limits)
{
	GC_ASSERT(event->seq == log->head + 1);
	while (log->first <= log->head && (log->head - log->first + 1 >= limits->events ||
						  log->bytes + event->wire_len > limits->bytes))
		drop_first(log);
	if (log->head + 1 - log->first == log->capacity)
		grow(log);
	log->head = event->seq;
	log->bytes += event->wire_len;
	*slot_of(log, event->seq) = event;
}

struct event *roomlog_find(const struct roomlog *log, uint64_t seq)
{
	return seq >= log->first && seq <= log->head ? *slot_of(log, seq) : NULL;
}

static void entomb(struct roomlog *log, uint64_t seq)
{
	struct event **slot = slot_of(log, seq);
	struct event *tombstone = event_tombstone(*slot);
	log->bytes += tombstone->wire_len;
	log->bytes -= (*slot)->wire_len;
	(void)event_unref(*slot); /* readers that hold it go on reading it */
	*slot = tombstone;
}

void roomlog_erase(struct roomlog *log, uint64_t target)
{
	uint64_t from = target > log->first ? target : log->first;
	for (uint64_t seq = from; seq <= log->head; seq++)
		if (seq == target || (*slot_of(log, seq))->target_seq == target)
			entomb(log, seq);
}

uint64_t roomlog_run(const struct roomlog *log, uint64_t from, size_t max_bytes, size_t max_events,
	size_t *ret_bytes)
{
	GC_ASSERT(from >= log->first && from <= log->head);
	uint64_t to = from;
	size_t bytes = (*slot_of(log, from))->wire_len;
	while (to < log->head && to - from + 1 < max_events) {
		size_t more = (*slot_of(log, to + 1))->wire_len;
		if (bytes + more > max_bytes)
			break;
		bytes += more;
		to++;
	}
	*ret_bytes = bytes;
	return to;
}

void roomlog_copy(const struct roomlog *log, uint64_t from, uint64_t to, uint8_t *out)
{
	for (uint64_t seq = from; seq <= to; seq++) {
		const struct event *event = *slot_of(log, seq);
		memcpy(out, event->wire, event->wire_len);
		out += event->wire_len;
	}
}
