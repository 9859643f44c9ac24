/* A reader's place: each step by itself, then random lives of a log against a naive model. */
#include "room/cursor.h"

#include "log.h"
#include "room/roomlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void each_place_has_its_step(void **state)
{
	(void)state;
	static const struct log_span span = {.first_seq = 10, .tail_first = 20, .head = 30};
	static const struct log_span no_tail = {.first_seq = 10, .tail_first = 31, .head = 30};
	static const struct log_span all_gone = {.first_seq = 31, .tail_first = 31, .head = 30};
	static const struct log_span empty = {.first_seq = 1, .tail_first = 1, .head = 0};
	static const struct {
		const char *what;
		const struct log_span *span;
		struct cursor cursor;
		enum cursor_step step;
		uint64_t to; /* 0: not written */
	} cases[] = {
		{"an empty log", &empty, {1, 0}, CURSOR_LEVEL, 0},
		{"at the head", &span, {31, 0}, CURSOR_LEVEL, 0},
		{"ahead of the head", &span, {99, 0}, CURSOR_LEVEL, 0},
		{"the last event", &span, {30, 0}, CURSOR_TAIL, 30},
		{"the tail's first", &span, {20, 0}, CURSOR_TAIL, 30},
		{"before the tail", &span, {19, 0}, CURSOR_CATCH_UP, 19},
		{"the oldest kept", &span, {10, 0}, CURSOR_CATCH_UP, 19},
		{"before the oldest", &span, {9, 0}, CURSOR_GAP, 9},
		{"the very beginning", &span, {1, 0}, CURSOR_GAP, 9},
		{"nothing in memory", &no_tail, {15, 0}, CURSOR_CATCH_UP, 30},
		{"nothing kept", &all_gone, {5, 0}, CURSOR_GAP, 30},
		{"an end in the tail", &span, {20, 25}, CURSOR_TAIL, 25},
		{"an end before the tail", &span, {12, 15}, CURSOR_CATCH_UP, 15},
		{"an end before the oldest", &span, {2, 5}, CURSOR_GAP, 5},
		{"an end not reached by the head", &span, {31, 40}, CURSOR_LEVEL, 0},
		{"an end past the head", &span, {25, 40}, CURSOR_TAIL, 30},
		{"at the end", &span, {26, 25}, CURSOR_FINISHED, 0},
		{"at the end, which is the head", &span, {31, 30}, CURSOR_FINISHED, 0},
	};
	for (size_t i = 0; i < GC_LENGTH(cases); i++) {
		uint64_t to = 0;
		enum cursor_step step = cursor_plan(&cases[i].cursor, cases[i].span, &to);
		if (step != cases[i].step || to != cases[i].to)
			fail_msg("%s: step %d to %llu", cases[i].what, (int)step,
				(unsigned long long)to);
	}
}

static void the_lag_is_what_is_behind_the_head(void **state)
{
	(void)state;
	struct cursor cursor = {.next = 11};
	assert_int_equal(cursor_lag(&cursor, 10), 0);
	assert_int_equal(cursor_lag(&cursor, 5), 0);
	assert_int_equal(cursor_lag(&cursor, 11), 1);
	assert_int_equal(cursor_lag(&cursor, 20), 10);
	cursor_advance(&cursor, 20);
	assert_int_equal(cursor_lag(&cursor, 20), 0);
}

/* ---- random lives ---- */

enum {
	READERS = 5,
	HEAD_MAX = 400,
	ROUNDS = 300,
	STEPS = 600,
};

enum fate {
	FATE_NONE,
	FATE_DELIVERED,
	FATE_ANNOUNCED, /* as missing */
};

struct reader {
	struct cursor cursor;
	uint64_t from; /* where it began */
	bool finished;
	enum fate fates[HEAD_MAX + 1];
};

struct world {
	struct roomlog log;
	uint64_t first_seq; /* what the store has begins here */
	struct reader readers[READERS];
};

/* A small generator of our own, so that a failure can be repeated. */
static unsigned roll(uint32_t *seed, unsigned below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

static void give(struct reader *reader, uint64_t from, uint64_t to, enum fate fate)
{
	for (uint64_t seq = from; seq <= to; seq++) {
		assert_int_equal(reader->fates[seq], FATE_NONE); /* nothing twice */
		assert_int_equal(seq, reader->cursor.next); /* nothing left out */
		reader->fates[seq] = fate;
		cursor_advance(&reader->cursor, seq);
	}
}

static void give_from_tail(struct world *w, struct reader *reader, uint64_t to, uint32_t *seed)
{
	size_t bytes;
	uint64_t next = reader->cursor.next;
	assert_non_null(roomlog_find(&w->log, next));
	uint64_t last = roomlog_run(&w->log, next, roll(seed, 2000), 1 + roll(seed, 20), &bytes);
	give(reader, next, last < to ? last : to, FATE_DELIVERED);
}

static void step(struct world *w, struct reader *reader, uint32_t *seed)
{
	struct log_span span = {
		.first_seq = w->first_seq, .tail_first = w->log.first, .head = w->log.head};
	uint64_t to;
	uint64_t next = reader->cursor.next;
	switch (cursor_plan(&reader->cursor, &span, &to)) {
	case CURSOR_GAP:
		assert_true(to < w->first_seq); /* what is kept is never announced as missing */
		give(reader, next, to, FATE_ANNOUNCED);
		break;
	case CURSOR_CATCH_UP:
		assert_true(next >= w->first_seq && to < w->log.first);
		give(reader, next, next + roll(seed, (unsigned)(to - next) + 1), FATE_DELIVERED);
		break;
	case CURSOR_TAIL:
		give_from_tail(w, reader, to, seed);
		break;
	case CURSOR_FINISHED:
		reader->finished = true;
		break;
	case CURSOR_LEVEL:
		assert_true(next > w->log.head);
		break;
	}
}

static void trim(struct world *w, uint32_t *seed)
{
	uint64_t kept = w->log.head + 1 - w->first_seq;
	w->first_seq += roll(seed, (unsigned)kept + 1);
}

/* One thing that happens: the log grows, is trimmed, a reader reads, one is given its end. */
static void happen(struct world *w, uint32_t *seed)
{
	static const struct roomlog_limits limits = {.events = 16, .bytes = 1200};
	struct reader *reader = &w->readers[roll(seed, READERS)];
	unsigned what = roll(seed, 100);
	if (what < 40 && w->log.head < HEAD_MAX)
		roomlog_append(&w->log, log_event(w->log.head + 1, 0, roll(seed, 300)), &limits);
	else if (what < 43)
		trim(w, seed);
	else if (what == 43 && reader->cursor.end == 0 && w->log.head > 0)
		reader->cursor.end = w->log.head;
	else if (!reader->finished)
		step(w, reader, seed);
}

static void check_fates(const struct world *w, const struct reader *reader)
{
	uint64_t last = reader->cursor.end > 0 ? reader->cursor.end : w->log.head;
	for (uint64_t seq = 1; seq <= HEAD_MAX; seq++) {
		bool due = seq >= reader->from && seq <= last;
		assert_int_equal(reader->fates[seq] != FATE_NONE, due);
	}
	assert_int_equal(reader->finished, reader->cursor.end > 0);
}

static void live(uint32_t seed)
{
	struct world w = {.first_seq = 1};
	roomlog_init(&w.log, 0);
	for (size_t i = 0; i < READERS; i++) {
		w.readers[i].from = 1 + roll(&seed, 20);
		w.readers[i].cursor.next = w.readers[i].from;
	}
	for (unsigned i = 0; i < STEPS; i++)
		happen(&w, &seed);
	for (size_t i = 0; i < READERS; i++) {
		struct reader *reader = &w.readers[i];
		for (unsigned more = 0; more <= HEAD_MAX + 1 && !reader->finished; more++)
			step(&w, reader, &seed);
		check_fates(&w, reader);
	}
	roomlog_deinit(&w.log);
}

static void nothing_is_lost_nothing_comes_twice_and_gaps_are_told(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++)
		live(round * 7919 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_place_has_its_step),
		cmocka_unit_test(the_lag_is_what_is_behind_the_head),
		cmocka_unit_test(nothing_is_lost_nothing_comes_twice_and_gaps_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
