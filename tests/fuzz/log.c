/* links: gchat_room gchat_store */
/*
 * Random operations on a room's log and its readers, against a naive model: an array of all events
 * ever appended, and for each seq the question where it is. Two bytes are one operation and its
 * operand; after each one log and model must agree.
 */
#include "base/mem.h"
#include "room/cursor.h"
#include "room/roomlog.h"
#include "store/store.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	EVENTS_MAX = 300,
	READERS = 4,
	BYTES_MAX = 16384,
};

/* Where an event is, for a reader that stands before it. */
enum place {
	PLACE_NONE,
	PLACE_GONE,
	PLACE_STORE,
	PLACE_TAIL,
	PLACE_BEHIND_END,
};

struct model {
	struct event *events[EVENTS_MAX + 1]; /* refs, by seq */
	uint64_t head;
	uint64_t tail_first;
	uint64_t first_seq; /* of the store */
	size_t max_events;
	size_t max_bytes;
};

struct reader {
	struct cursor cursor;
	uint64_t got; /* the last seq delivered or announced */
};

struct site {
	struct roomlog log;
	struct model model;
	struct reader readers[READERS];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- the model ---- */

static size_t bytes_between(const struct model *m, uint64_t from, uint64_t to)
{
	size_t bytes = 0;
	for (uint64_t seq = from; seq <= to; seq++)
		bytes += m->events[seq]->wire_len;
	return bytes;
}

static void model_append(struct model *m, struct event *event)
{
	m->events[++m->head] = event_ref(event);
	while (m->tail_first < m->head &&
		(m->head - m->tail_first + 1 > m->max_events ||
			bytes_between(m, m->tail_first, m->head) > m->max_bytes))
		m->tail_first++;
}

static void model_erase(struct model *m, uint64_t target)
{
	for (uint64_t seq = m->tail_first; seq <= m->head; seq++) {
		if (seq != target && m->events[seq]->target_seq != target)
			continue;
		struct event *tombstone = event_tombstone(m->events[seq]);
		(void)event_unref(m->events[seq]);
		m->events[seq] = tombstone;
	}
}

static enum place place_of(const struct model *m, const struct cursor *cursor, uint64_t seq)
{
	if (cursor->end > 0 && seq > cursor->end)
		return PLACE_BEHIND_END;
	if (seq > m->head)
		return PLACE_NONE;
	if (seq < m->first_seq)
		return PLACE_GONE;
	return seq < m->tail_first ? PLACE_STORE : PLACE_TAIL;
}

/* ---- both, side by side ---- */

static void check_same(const struct site *site)
{
	const struct model *m = &site->model;
	GC_ASSERT(site->log.head == m->head && site->log.first == m->tail_first);
	GC_ASSERT(site->log.bytes == bytes_between(m, m->tail_first, m->head));
	for (uint64_t seq = 0; seq <= m->head + 1; seq++) {
		const struct event *event = roomlog_find(&site->log, seq);
		GC_ASSERT((event != NULL) == (seq >= m->tail_first && seq <= m->head));
		if (!event)
			continue;
		const struct event *expected = m->events[seq];
		GC_ASSERT(event->seq == seq && event->wire_len == expected->wire_len);
		GC_ASSERT(memcmp(event->wire, expected->wire, event->wire_len) == 0);
	}
}

static void append(struct site *site, uint8_t operand)
{
	struct model *m = &site->model;
	char text[256];
	if (m->head == EVENTS_MAX)
		return;
	memset(text, 'a' + operand % 26, sizeof(text));
	text[operand] = '\0';
	Gchat__V1__Message message;
	Gchat__V1__Event body;
	gchat__v1__message__init(&message);
	gchat__v1__event__init(&body);
	message.text = text;
	body.author_id = 7;
	body.body_case = GCHAT__V1__EVENT__BODY_MESSAGE;
	body.message = &message;
	/* what an event refers to came before it: the store sees to that */
	uint64_t target = operand % 3 ? 0 : operand / 3 % (m->head + 1);
	struct event *event = event_new(&body, target, 0);
	event_seal(event, 1, m->head + 1, m->head * 1000);
	model_append(m, event);
	roomlog_append(&site->log, event,
		&(struct roomlog_limits){.events = m->max_events, .bytes = m->max_bytes});
}

/* A run out of the tail: as long as the limits say, and the bytes are those of its events. */
static uint64_t take_tail(const struct site *site, uint64_t from, uint64_t to, uint8_t operand)
{
	const struct model *m = &site->model;
	size_t max_bytes = (size_t)operand * 16;
	size_t max_events = operand % 8 + 1U;
	size_t bytes;
	if (max_events > to - from + 1)
		max_events = (size_t)(to - from + 1);
	uint64_t last = roomlog_run(&site->log, from, max_bytes, max_events, &bytes);
	uint64_t expected = from;
	while (expected + 1 <= m->head && expected + 1 - from < max_events &&
		bytes_between(m, from, expected + 1) <= max_bytes)
		expected++;
	GC_ASSERT(last == expected && bytes == bytes_between(m, from, last));
	uint8_t *copy = mem_new(bytes, 1);
	const uint8_t *at = copy;
	roomlog_copy(&site->log, from, last, copy);
	for (uint64_t seq = from; seq <= last; seq++) {
		GC_ASSERT(memcmp(at, m->events[seq]->wire, m->events[seq]->wire_len) == 0);
		at += m->events[seq]->wire_len;
	}
	free(copy);
	return last;
}

static void step(struct site *site, struct reader *reader, uint8_t operand)
{
	static const enum cursor_step steps[] = {[PLACE_NONE] = CURSOR_LEVEL,
		[PLACE_GONE] = CURSOR_GAP,
		[PLACE_STORE] = CURSOR_CATCH_UP,
		[PLACE_TAIL] = CURSOR_TAIL,
		[PLACE_BEHIND_END] = CURSOR_FINISHED};
	const struct model *m = &site->model;
	struct cursor *cursor = &reader->cursor;
	const struct log_span span = {
		.first_seq = m->first_seq, .tail_first = site->log.first, .head = site->log.head};
	uint64_t to = 0;
	enum place place = place_of(m, cursor, cursor->next);
	GC_ASSERT(cursor_plan(cursor, &span, &to) == steps[place]);
	GC_ASSERT(reader->got + 1 == cursor->next);
	GC_ASSERT(cursor_lag(cursor, m->head) ==
		  (m->head >= cursor->next ? m->head - cursor->next + 1 : 0));
	if (place == PLACE_NONE || place == PLACE_BEHIND_END)
		return;
	for (uint64_t seq = cursor->next; seq <= to; seq++)
		GC_ASSERT(place_of(m, cursor, seq) == place);
	GC_ASSERT(place_of(m, cursor, to + 1) != place);
	if (place == PLACE_TAIL)
		to = take_tail(site, cursor->next, to, operand);
	cursor_advance(cursor, to);
	reader->got = to;
}

static void run(struct site *site, uint8_t what, uint8_t operand)
{
	struct model *m = &site->model;
	struct reader *reader = &site->readers[what / 16 % READERS];
	switch (what % 16) {
	case 0: /* retention: the store's oldest event */
		m->first_seq += operand;
		if (m->first_seq > m->head + 1)
			m->first_seq = m->head + 1;
		break;
	case 1:
		m->max_events = operand + 1U;
		break;
	case 2:
		m->max_bytes = (size_t)operand * operand;
		break;
	case 3:
		if (operand == 0 || operand > m->head)
			break;
		model_erase(m, operand);
		roomlog_erase(&site->log, operand);
		break;
	case 4: /* leaves: reads up to the head, or to a seq before what it has read */
		reader->cursor.end = operand & 1 ? m->head : operand;
		break;
	case 5: /* comes (back) */
		reader->cursor = (struct cursor){.next = operand + 1U};
		reader->got = operand;
		break;
	case 6:
	case 7:
	case 8:
		step(site, reader, operand);
		break;
	default:
		append(site, operand);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct site site = {
		.model = {
			.tail_first = 1, .first_seq = 1, .max_events = 8, .max_bytes = BYTES_MAX}};
	roomlog_init(&site.log, 0);
	for (size_t i = 0; i < READERS; i++)
		site.readers[i].cursor.next = 1;
	for (size_t i = 0; i + 1 < size; i += 2) {
		run(&site, data[i], data[i + 1]);
		check_same(&site);
	}
	roomlog_deinit(&site.log);
	for (uint64_t seq = 1; seq <= site.model.head; seq++)
		(void)event_unref(site.model.events[seq]);
	return 0;
}
