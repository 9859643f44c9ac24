/* The ring of what happens, and those who wait for it. */
#include "service/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
	RING = 8,
	THREADS = 4,
	PER_THREAD = 2000,
};

static const struct watch_filter all;

/* A log of RING entries, and one who reads it. */
struct fixture {
	struct watch watch;
	struct watch_entry entry;
	uint64_t after;
	uint64_t dropped;
};

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){.after = 0};
	watch_init(&f.watch, RING);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	watch_deinit(&f->watch);
	return 0;
}

static bool next(struct fixture *f)
{
	return watch_next(&f->watch, &all, &f->after, &f->dropped, &f->entry);
}

static void note(struct watch *watch, enum watch_kind kind, const char *user, const char *room)
{
	struct watch_entry entry = {.kind = kind};

	(void)snprintf(entry.user, sizeof(entry.user), "%s", user);
	(void)snprintf(entry.room, sizeof(entry.room), "%s", room);
	watch_note(watch, &entry);
}

static void entries_come_once_and_in_order(void **state)
{
	struct fixture *f = *state;
	note(&f->watch, WATCH_JOINED, "ann", "lobby");
	note(&f->watch, WATCH_LEFT, "ann", "lobby");
	assert_true(next(f));
	assert_int_equal(f->entry.seq, 1);
	assert_int_equal(f->entry.kind, WATCH_JOINED);
	assert_true(f->entry.time_us > 0);
	assert_true(next(f));
	assert_string_equal(f->entry.user, "ann");
	assert_false(next(f));
	assert_int_equal(f->after, watch_newest(&f->watch));
	assert_int_equal(f->dropped, 0);
}

static void what_was_overwritten_is_counted_as_dropped(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < RING + 5; i++)
		note(&f->watch, WATCH_JOINED, "ann", "lobby");
	assert_true(next(f));
	assert_int_equal(f->dropped, 5);
	assert_int_equal(f->entry.seq, 6);
}

static void a_filter_lets_through_what_it_names(void **state)
{
	struct fixture *f = *state;
	struct watch_filter kinds = {.kinds = 1U << WATCH_LEFT};
	struct watch_filter user = {.user = "bob"};
	struct watch_filter room = {.room = "den"};

	note(&f->watch, WATCH_JOINED, "ann", "lobby");
	note(&f->watch, WATCH_LEFT, "bob", "lobby");
	note(&f->watch, WATCH_JOINED, "ann", "den");
	assert_true(watch_next(&f->watch, &kinds, &f->after, &f->dropped, &f->entry));
	assert_int_equal(f->entry.seq, 2);
	f->after = 0;
	assert_true(watch_next(&f->watch, &user, &f->after, &f->dropped, &f->entry));
	assert_int_equal(f->entry.seq, 2);
	f->after = 0;
	assert_true(watch_next(&f->watch, &room, &f->after, &f->dropped, &f->entry));
	assert_int_equal(f->entry.seq, 3);
	assert_false(watch_next(&f->watch, &room, &f->after, &f->dropped, &f->entry));
}

/* ---- waiting ---- */

static unsigned woken;

static void on_wake(struct watch_waiter *waiter)
{
	(void)waiter;
	woken++;
}

static struct mono at(int64_t ms)
{
	return (struct mono){.us = ms * CLOCK_US_PER_MS};
}

static void a_waiter_is_woken_by_what_it_waits_for_or_when_its_time_is_up(void **state)
{
	struct fixture *f = *state;
	struct watch_waiter one = {
		.wake = on_wake, .filter = {.room = "den"}, .deadline = at(5000)};

	woken = 0;
	assert_true(watch_wait(&f->watch, &one));
	watch_tick(&f->watch, at(1));
	note(&f->watch, WATCH_JOINED, "ann", "lobby");
	watch_tick(&f->watch, at(2));
	assert_int_equal(woken, 0);
	note(&f->watch, WATCH_JOINED, "ann", "den");
	watch_tick(&f->watch, at(3));
	assert_int_equal(woken, 1);
	one.after = watch_newest(&f->watch);
	assert_true(watch_wait(&f->watch, &one));
	watch_tick(&f->watch, at(4999));
	assert_int_equal(woken, 1);
	watch_tick(&f->watch, at(5000));
	assert_int_equal(woken, 2);
}

static void so_many_may_wait_and_a_stop_wakes_them_all(void **state)
{
	struct fixture *f = *state;
	struct watch_waiter waiters[WATCH_WAITERS_MAX + 1];

	woken = 0;
	for (int i = 0; i <= WATCH_WAITERS_MAX; i++) {
		waiters[i] = (struct watch_waiter){.wake = on_wake, .deadline = at(5000)};
		assert_int_equal(watch_wait(&f->watch, &waiters[i]), i < WATCH_WAITERS_MAX);
	}
	watch_stop(&f->watch);
	assert_int_equal(woken, WATCH_WAITERS_MAX);
	assert_false(watch_wait(&f->watch, &waiters[0]));
}

/* ---- counts ---- */

static void messages_are_counted_by_room_while_someone_watches(void **state)
{
	struct fixture *f = *state;
	struct watch_waiter waiter = {.wake = on_wake, .deadline = at(5000)};

	watch_count_message(&f->watch, 7, "lobby"); /* nobody watches */
	watch_ask(&f->watch);
	assert_true(watch_wait(&f->watch, &waiter));
	watch_tick(&f->watch, at(1));
	for (int i = 0; i < 3; i++)
		watch_count_message(&f->watch, 7, "lobby");
	watch_tick(&f->watch, at(500)); /* within the second */
	assert_int_equal(watch_newest(&f->watch), 0);
	watch_tick(&f->watch, at(1001));
	assert_true(next(f));
	assert_int_equal(f->entry.kind, WATCH_MESSAGES);
	assert_string_equal(f->entry.room, "lobby");
	assert_int_equal(f->entry.count, 3);
	watch_tick(&f->watch, at(2002));
	assert_false(next(f));
	watch_tick(&f->watch, at(60000)); /* the watcher has not come back */
	watch_count_message(&f->watch, 7, "lobby");
	watch_tick(&f->watch, at(62000));
	assert_int_equal(watch_newest(&f->watch), f->after);
}

static void messages_are_counted_from_the_first_question_on(void **state)
{
	struct fixture *f = *state;
	watch_tick(&f->watch, at(1));
	watch_ask(&f->watch); /* answered at once: nobody waits */
	watch_count_message(&f->watch, 7, "lobby");
	watch_tick(&f->watch, at(900));
	watch_count_message(&f->watch, 7, "lobby");
	watch_tick(&f->watch, at(1002));
	assert_true(next(f));
	assert_int_equal(f->entry.count, 2);
}

static void rooms_beyond_the_table_are_counted_together(void **state)
{
	struct watch_waiter waiter = {.wake = on_wake, .deadline = at(5000)};
	struct watch watch;
	struct watch_entry entry;
	uint64_t after = 0;
	uint64_t dropped = 0;
	uint64_t total = 0;

	(void)state;
	watch_init(&watch, WATCH_ENTRIES);
	watch_ask(&watch);
	assert_true(watch_wait(&watch, &waiter));
	watch_tick(&watch, at(1));
	for (uint64_t id = 1; id <= WATCH_COUNTED_ROOMS + 10; id++)
		watch_count_message(&watch, id, "room");
	watch_tick(&watch, at(2000));
	assert_int_equal(watch_newest(&watch), WATCH_COUNTED_ROOMS + 1);
	while (watch_next(&watch, &all, &after, &dropped, &entry))
		total += entry.count;
	assert_int_equal(total, WATCH_COUNTED_ROOMS + 10);
	assert_string_equal(entry.room, "");
	assert_int_equal(entry.count, 10);
	watch_deinit(&watch);
}

static void an_attack_does_not_push_all_else_out(void **state)
{
	struct watch_entry refusal = {.kind = WATCH_REFUSED};
	struct watch_entry entry;
	struct watch watch;
	uint64_t after = 0;
	uint64_t dropped = 0;

	(void)state;
	watch_init(&watch, WATCH_ENTRIES);
	note(&watch, WATCH_JOINED, "ann", "lobby");
	for (int i = 0; i < 10000; i++)
		watch_note_refusal(&watch, &refusal);
	watch_tick(&watch, at(1));
	assert_int_equal(watch_newest(&watch), 1 + WATCH_REFUSALS_PER_S + 1);
	while (watch_next(&watch, &all, &after, &dropped, &entry))
		continue;
	assert_int_equal(dropped, 0);
	assert_int_equal(entry.count, 10000 - WATCH_REFUSALS_PER_S);
	watch_deinit(&watch);
}

/* ---- threads ---- */

static void *note_many(void *arg)
{
	for (int i = 0; i < PER_THREAD; i++) {
		note(arg, WATCH_JOINED, "ann", "lobby");
		watch_count_message(arg, (uint64_t)i % 300 + 1, "lobby");
	}
	return NULL;
}

static void many_threads_lose_nothing_but_what_is_told(void **state)
{
	struct watch_waiter waiter = {
		.wake = on_wake, .filter = {.room = "nowhere"}, .deadline = at(5000)};
	pthread_t threads[THREADS];
	struct watch watch;
	struct watch_entry entry;
	uint64_t after = 0;
	uint64_t dropped = 0;
	uint64_t seen = 0;

	(void)state;
	watch_init(&watch, 64);
	watch_ask(&watch);
	assert_true(watch_wait(&watch, &waiter));
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, note_many, &watch), 0);
	while (seen + dropped < (uint64_t)THREADS * PER_THREAD) {
		uint64_t last = after;
		if (watch_next(&watch, &all, &after, &dropped, &entry)) {
			assert_int_equal(entry.seq, after);
			assert_true(after > last);
			seen++;
		}
	}
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(after, THREADS * PER_THREAD);
	watch_stop(&watch);
	watch_deinit(&watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(entries_come_once_and_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_was_overwritten_is_counted_as_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_filter_lets_through_what_it_names, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_waiter_is_woken_by_what_it_waits_for_or_when_its_time_is_up, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			so_many_may_wait_and_a_stop_wakes_them_all, setup, teardown),
		cmocka_unit_test_setup_teardown(
			messages_are_counted_by_room_while_someone_watches, setup, teardown),
		cmocka_unit_test_setup_teardown(
			messages_are_counted_from_the_first_question_on, setup, teardown),
		cmocka_unit_test(rooms_beyond_the_table_are_counted_together),
		cmocka_unit_test(an_attack_does_not_push_all_else_out),
		cmocka_unit_test(many_threads_lose_nothing_but_what_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
