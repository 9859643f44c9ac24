/* Catching up: what a reader behind the tail gets from the store. */
#include "shard/pump.h"

#include "hall.h"
#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	DEADLINE_MS = 60000
};

static uint64_t head(struct hall *hall)
{
	struct room_info info;
	room_get_info(hall->site->den, &info);
	return info.head_seq;
}

/* Runs the shard's queue until the read that was started has been delivered. */
static void wait_for_read(struct session *s)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), DEADLINE_MS);
	while (s->catching_up && clock_mono().us < deadline.us)
		if (!mailbox_deliver(&s->shard->box))
			(void)queue_run_one(&s->shard->queue, deadline);
	assert_false(s->catching_up);
	assert_int_equal(s->in_flight, 0);
}

/* A session of bob's that reads the den from there on, and a den of 5 messages more. */
static struct subscription *begin_reading(struct hall *hall, uint64_t next)
{
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	for (unsigned i = 0; i < 5; i++)
		(void)say(hall->site, hall->site->ada, hall->site->den, "hello");
	return subscription_open(s, hall->site->den, next);
}

static void read_up_to(struct subscription *sub, uint64_t to)
{
	catch_up_start(sub, to);
	assert_true(sub->session->catching_up);
	wait_for_read(sub->session);
}

static void what_is_read_goes_into_the_next_message(void **state)
{
	struct hall *hall = *state;
	struct subscription *sub = begin_reading(hall, 1);
	struct session *s = sub->session;
	uint64_t last = head(hall);
	read_up_to(sub, last);
	assert_int_equal(sub->cursor.next, last + 1);
	assert_int_equal(s->events_out, last);
	assert_true(s->control_has_events);
	assert_true(s->ready);
	Gchat__V1__ServerFrame *frame = hall_control(s);
	assert_int_equal(frame->n_events, last);
	for (size_t i = 0; i < frame->n_events; i++)
		assert_int_equal(frame->events[i]->seq, i + 1);
	codec_free(&frame->base);
	hall_leave(s);
}

static void a_read_ends_where_it_was_told_to(void **state)
{
	struct hall *hall = *state;
	struct subscription *sub = begin_reading(hall, 2);
	read_up_to(sub, 4);
	assert_int_equal(sub->cursor.next, 5);
	hall_leave(sub->session);
}

static void a_read_keeps_to_the_limits_of_a_batch(void **state)
{
	struct hall *hall = *state;
	struct subscription *sub = begin_reading(hall, 1);
	hall->hub->shards[0].limits.batch_events = 3;
	read_up_to(sub, head(hall));
	assert_int_equal(sub->cursor.next, 4);
	hall->hub->shards[0].limits.batch_bytes = 1; /* but one event at least */
	read_up_to(sub, head(hall));
	assert_int_equal(sub->cursor.next, 5);
	hall_leave(sub->session);
}

static void an_event_that_should_be_there_is_announced_as_damaged(void **state)
{
	struct hall *hall = *state;
	struct subscription *sub = begin_reading(hall, 1);
	uint64_t stored = head(hall);
	hall_publish(hall, 3); /* in memory alone */
	sub->cursor.next = stored + 1;
	read_up_to(sub, head(hall));
	assert_int_equal(sub->cursor.next, stored + 2);
	Gchat__V1__ServerFrame *frame = hall_control(sub->session);
	assert_int_equal(frame->n_events, 0);
	assert_int_equal(frame->n_gaps, 1);
	assert_int_equal(frame->gaps[0]->from_seq, stored + 1);
	assert_int_equal(frame->gaps[0]->to_seq, stored + 1);
	assert_string_equal(frame->gaps[0]->reason, "DAMAGED");
	codec_free(&frame->base);
	hall_leave(sub->session);
}

static void what_was_trimmed_meanwhile_is_left_to_the_next_plan(void **state)
{
	struct hall *hall = *state;
	struct subscription *sub = begin_reading(hall, 1);
	uint64_t stored = head(hall);
	hall_publish(hall, 3);
	sub->cursor.next = stored + 1;
	room_lock(hall->site->den);
	hall->site->den->shared.first_seq = stored + 3;
	room_unlock(hall->site->den);
	read_up_to(sub, head(hall));
	assert_int_equal(sub->cursor.next, stored + 1);
	assert_int_equal(sub->session->control.len, 0);
	assert_true(sub->dirty); /* looked at again, and then it is a gap */
	hall_leave(sub->session);
}

static void a_read_for_another_place_is_dropped(void **state)
{
	struct hall *hall = *state;
	struct subscription *sub = begin_reading(hall, 1);
	struct session *s = sub->session;
	catch_up_start(sub, head(hall));
	subscription_close(sub);
	sub = subscription_open(s, hall->site->den, 3);
	wait_for_read(s);
	assert_int_equal(sub->cursor.next, 3);
	assert_int_equal(s->control.len, 0);
	hall_leave(s);
}

static void a_read_for_a_room_that_was_left_is_dropped(void **state)
{
	struct hall *hall = *state;
	struct subscription *sub = begin_reading(hall, 1);
	struct session *s = sub->session;
	catch_up_start(sub, head(hall));
	subscription_close(sub);
	wait_for_read(s);
	assert_int_equal(s->control.len, 0);
	hall_leave(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, hall_setup, hall_teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_read_goes_into_the_next_message),
		TEST(a_read_ends_where_it_was_told_to),
		TEST(a_read_keeps_to_the_limits_of_a_batch),
		TEST(an_event_that_should_be_there_is_announced_as_damaged),
		TEST(what_was_trimmed_meanwhile_is_left_to_the_next_plan),
		TEST(a_read_for_another_place_is_dropped),
		TEST(a_read_for_a_room_that_was_left_is_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
