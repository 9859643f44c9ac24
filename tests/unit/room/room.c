/* A room by itself: members, what it shows, publishing and ringing. */
#include "room/room.h"

#include "log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct roomlog_limits limits = {.events = 100, .bytes = 1 << 20};

struct bell {
	struct room_watch watch;
	unsigned rings;
};

static void on_ring(struct room_watch *watch)
{
	GC_CONTAINER_OF(watch, struct bell, watch)->rings++;
}

static void take(struct room *room, struct bell *bell)
{
	room_lock(room);
	bell->watch.rung = false;
	room_unlock(room);
}

/* A write that is committed. */
static void finish(struct room *room)
{
	room_publish(room, log_event(room->shared.log.head + 1, 0, 10), &limits);
	room_settle(room);
}

static void publish(struct room *room)
{
	room_begin(room);
	finish(room);
}

static void a_new_room_is_empty_and_public(void **state)
{
	(void)state;
	struct room_info info;
	struct room *room = room_new(7, "den", 1234);
	room_get_info(room, &info);
	assert_int_equal(info.id, 7);
	assert_string_equal(info.name, "den");
	assert_int_equal(info.created_us, 1234);
	assert_int_equal(info.head_seq, 0);
	assert_int_equal(info.first_seq, 1);
	assert_int_equal(info.member_count, 0);
	assert_int_equal(info.visibility, GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
	assert_null(room_unref(room));
}

static void the_message_says_what_the_info_says(void **state)
{
	(void)state;
	Gchat__V1__Room message;
	struct room_info info = {.id = 7,
		.name = "den",
		.title = "T",
		.topic = "t",
		.visibility = GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE,
		.head_seq = 9,
		.first_seq = 3,
		.created_us = 1234,
		.member_count = 5};
	room_info_to_message(&info, &message);
	assert_int_equal(message.room_id, 7);
	assert_string_equal(message.name, "den");
	assert_string_equal(message.title, "T");
	assert_string_equal(message.topic, "t");
	assert_int_equal(message.visibility, info.visibility);
	assert_int_equal(message.head_seq, 9);
	assert_int_equal(message.first_seq, 3);
	assert_int_equal(message.created_us, 1234);
	assert_int_equal(message.member_count, 5);
}

static void each_watch_rings_once_until_it_was_taken(void **state)
{
	(void)state;
	struct room *room = room_new(1, "den", 1);
	struct bell bells[3] = {0};
	for (size_t i = 0; i < GC_LENGTH(bells); i++) {
		bells[i].watch.ring = on_ring;
		room_watch_add(room, &bells[i].watch);
	}
	publish(room);
	publish(room);
	publish(room);
	for (size_t i = 0; i < GC_LENGTH(bells); i++)
		assert_int_equal(bells[i].rings, 1);
	take(room, &bells[1]);
	publish(room);
	assert_int_equal(bells[0].rings, 1);
	assert_int_equal(bells[1].rings, 2);
	assert_int_equal(bells[2].rings, 1);
	for (size_t i = 0; i < GC_LENGTH(bells); i++)
		room_watch_remove(room, &bells[i].watch);
	room_unref(room);
}

/* Rooms of few and of many, each with three writes under way. */
static void ring_of_three(unsigned readers, struct bell *bell, struct room *room)
{
	*bell = (struct bell){.watch.ring = on_ring};
	atomic_store(&room->readers, readers);
	room_watch_add(room, &bell->watch);
	for (int i = 0; i < 3; i++)
		room_begin(room);
}

static void a_few_readers_are_rung_at_once(void **state)
{
	(void)state;
	struct bell bell;
	struct room *room = room_new(1, "den", 0);
	ring_of_three(2, &bell, room);
	finish(room);
	assert_int_equal(bell.rings, 1);
	room_watch_remove(room, &bell.watch);
	room_unref(room);
}

static void a_crowd_is_rung_once_for_what_was_under_way(void **state)
{
	(void)state;
	struct bell bell;
	struct room *room = room_new(1, "den", 0);
	ring_of_three(1000, &bell, room);
	finish(room);
	room_begin(room); /* comes later: not waited for */
	finish(room);
	assert_int_equal(bell.rings, 0);
	finish(room);
	assert_int_equal(bell.rings, 1);
	take(room, &bell);
	finish(room);
	assert_int_equal(bell.rings, 2);
	room_watch_remove(room, &bell.watch);
	room_unref(room);
}

static void a_crowd_is_rung_even_if_the_last_write_fails(void **state)
{
	(void)state;
	struct bell bell;
	struct room *room = room_new(1, "den", 0);
	ring_of_three(1000, &bell, room);
	finish(room);
	room_settle(room);
	assert_int_equal(bell.rings, 0);
	room_settle(room);
	assert_int_equal(bell.rings, 1);
	room_watch_remove(room, &bell.watch);
	room_unref(room);
}

/* Someone came or went; whether the ring is held back. */
static bool publish_quietly(struct room *room)
{
	room_begin(room);
	bool held =
		room_publish_quietly(room, log_event(room->shared.log.head + 1, 0, 10), &limits);
	room_settle(room);
	return held;
}

static void a_few_hear_at_once_who_comes(void **state)
{
	(void)state;
	struct bell bell = {.watch.ring = on_ring};
	struct room *room = room_new(7, "den", 0);
	room_watch_add(room, &bell.watch);
	atomic_store(&room->readers, 3);
	assert_false(publish_quietly(room));
	assert_int_equal(bell.rings, 1);
	room_watch_remove(room, &bell.watch);
	room_unref(room);
}

static void a_crowd_hears_of_who_comes_later_or_with_the_next_message(void **state)
{
	(void)state;
	struct bell bell = {.watch.ring = on_ring};
	struct room *room = room_new(7, "den", 0);
	room_watch_add(room, &bell.watch);
	atomic_store(&room->readers, 1000);
	assert_true(publish_quietly(room));
	assert_true(publish_quietly(room));
	assert_int_equal(bell.rings, 0);
	assert_int_equal(room->shared.log.head, 2); /* it is there for who looks */
	room_ring_hushed(room);
	assert_int_equal(bell.rings, 1);
	take(room, &bell);
	room_ring_hushed(room); /* nothing new */
	assert_int_equal(bell.rings, 1);
	assert_true(publish_quietly(room));
	publish(room);
	assert_int_equal(bell.rings, 2);
	take(room, &bell);
	room_ring_hushed(room); /* told with the message */
	assert_int_equal(bell.rings, 2);
	room_watch_remove(room, &bell.watch);
	room_unref(room);
}

static void a_crowd_hears_of_who_comes_before_the_tail_has_moved_on(void **state)
{
	(void)state;
	struct bell bell = {.watch.ring = on_ring};
	struct room *room = room_new(7, "den", 0);
	room_watch_add(room, &bell.watch);
	atomic_store(&room->readers, 1000);
	for (size_t i = 0; i < limits.events / 4; i++)
		assert_true(publish_quietly(room));
	assert_int_equal(bell.rings, 0);
	assert_false(publish_quietly(room));
	assert_int_equal(bell.rings, 1);
	room_watch_remove(room, &bell.watch);
	room_unref(room);
}

static void a_write_that_fails_alone_rings_nobody(void **state)
{
	(void)state;
	struct bell bell;
	struct room *room = room_new(1, "den", 0);
	ring_of_three(1000, &bell, room);
	for (int i = 0; i < 3; i++)
		room_settle(room);
	assert_int_equal(bell.rings, 0);
	room_watch_remove(room, &bell.watch);
	room_unref(room);
}

static void a_watch_hears_nothing_before_it_is_added_and_after_it_is_removed(void **state)
{
	(void)state;
	struct room *room = room_new(1, "den", 1);
	struct bell bell = {.watch.ring = on_ring};
	publish(room);
	room_watch_add(room, &bell.watch);
	assert_int_equal(bell.rings, 0);
	room_watch_remove(room, &bell.watch);
	publish(room);
	assert_int_equal(bell.rings, 0);
	room_unref(room);
}

static void a_published_event_is_in_the_tail_and_is_the_head(void **state)
{
	(void)state;
	struct room_info info;
	struct room *room = room_new(1, "den", 1);
	for (unsigned i = 0; i < 5; i++)
		publish(room);
	room_get_info(room, &info);
	assert_int_equal(info.head_seq, 5);
	assert_non_null(roomlog_find(&room->shared.log, 5));
	assert_ptr_equal(room_ref(room), room);
	room_unref(room);
	room_unref(room);
	assert_null(room_unref(NULL));
}

static void a_damaged_room_is_reported_once(void **state)
{
	(void)state;
	struct room *room = room_new(7, "den", 1234);
	assert_false(room_is_damaged(room));
	assert_false(room_report_damage(room));
	room_mark_damaged(room);
	assert_true(room_is_damaged(room));
	assert_true(room_report_damage(room));
	room_mark_damaged(room); /* found once more */
	assert_false(room_report_damage(room));
	assert_true(room_is_damaged(room));
	(void)room_unref(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_damaged_room_is_reported_once),
		cmocka_unit_test(a_new_room_is_empty_and_public),
		cmocka_unit_test(the_message_says_what_the_info_says),
		cmocka_unit_test(each_watch_rings_once_until_it_was_taken),
		cmocka_unit_test(a_few_readers_are_rung_at_once),
		cmocka_unit_test(a_crowd_is_rung_once_for_what_was_under_way),
		cmocka_unit_test(a_crowd_is_rung_even_if_the_last_write_fails),
		cmocka_unit_test(a_few_hear_at_once_who_comes),
		cmocka_unit_test(a_crowd_hears_of_who_comes_later_or_with_the_next_message),
		cmocka_unit_test(a_crowd_hears_of_who_comes_before_the_tail_has_moved_on),
		cmocka_unit_test(a_write_that_fails_alone_rings_nobody),
		cmocka_unit_test(a_watch_hears_nothing_before_it_is_added_and_after_it_is_removed),
		cmocka_unit_test(a_published_event_is_in_the_tail_and_is_the_head),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
