/* Reading a room on a shard: rings, and the batch that all at one place share. */
#include "shard/subscription.h"

#include "hall.h"
#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t head(struct hall *hall)
{
	struct room_info info;
	room_get_info(hall->site->den, &info);
	return info.head_seq;
}

/* Takes up to the head; the slice is the caller's. */
static grpc_slice take(
	struct hall *hall, struct subscription *sub, size_t max_events, uint64_t *ret_to)
{
	return subscription_take(sub, head(hall), 65536, max_events, ret_to);
}

static void check_seqs(grpc_slice slice, uint64_t from, uint64_t to)
{
	ProtobufCMessage *msg = codec_load(&gchat__v1__server_frame__descriptor,
		GRPC_SLICE_START_PTR(slice), GRPC_SLICE_LENGTH(slice));
	assert_non_null(msg);
	Gchat__V1__ServerFrame *frame = GC_CONTAINER_OF(msg, Gchat__V1__ServerFrame, base);
	assert_int_equal(frame->n_events, to - from + 1);
	for (size_t i = 0; i < frame->n_events; i++)
		assert_int_equal(frame->events[i]->seq, from + i);
	codec_free(msg);
}

static void a_new_subscription_is_looked_at_soon(void **state)
{
	struct hall *hall = *state;
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	struct subscription *sub = subscription_open(s, hall->site->den, 1);
	assert_true(sub->dirty);
	assert_true(s->ready);
	assert_int_equal(sub->cursor.next, 1);
	assert_ptr_equal(subscription_find(s, hall->site->den->id), sub);
	assert_null(subscription_find(s, 999));
	assert_int_equal(atomic_load(&hall->site->den->readers), 1);
	struct log_span span = subscription_span(sub);
	assert_int_equal(span.first_seq, 1);
	assert_int_equal(span.tail_first, 1);
	assert_int_equal(span.head, head(hall));
	hall_leave(s);
	assert_int_equal(atomic_load(&hall->site->den->readers), 0);
	assert_null(shard_room_find(&hall->hub->shards[0], hall->site->den->id));
}

static void sessions_at_one_place_share_one_slice(void **state)
{
	struct hall *hall = *state;
	struct session *a = hall_enter(hall, 0, hall->site->ada, 0);
	struct session *b = hall_enter(hall, 0, hall->site->bob, 0);
	struct subscription *one = subscription_open(a, hall->site->den, 1);
	struct subscription *two = subscription_open(b, hall->site->den, 1);
	uint64_t to_one;
	uint64_t to_two;
	hall_publish(hall, 5);
	(void)hall_deliver(hall);
	grpc_slice first = take(hall, one, 100, &to_one);
	grpc_slice second = take(hall, two, 100, &to_two);
	assert_int_equal(to_one, head(hall));
	assert_int_equal(to_two, to_one);
	assert_ptr_equal(GRPC_SLICE_START_PTR(first), GRPC_SLICE_START_PTR(second));
	check_seqs(first, 1, to_one);
	grpc_slice_unref(first);
	check_seqs(second, 1, to_two); /* it holds a reference of its own */
	grpc_slice_unref(second);
	hall_leave(a);
	hall_leave(b);
}

static void another_place_gets_another_batch(void **state)
{
	struct hall *hall = *state;
	struct session *a = hall_enter(hall, 0, hall->site->ada, 0);
	struct session *b = hall_enter(hall, 0, hall->site->bob, 0);
	hall_publish(hall, 5);
	struct subscription *one = subscription_open(a, hall->site->den, 1);
	struct subscription *two = subscription_open(b, hall->site->den, 3);
	uint64_t to;
	grpc_slice first = take(hall, one, 100, &to);
	grpc_slice second = take(hall, two, 100, &to);
	check_seqs(first, 1, head(hall));
	check_seqs(second, 3, head(hall));
	grpc_slice_unref(first);
	grpc_slice_unref(second);
	hall_leave(a);
	hall_leave(b);
}

static void a_batch_keeps_to_its_limits(void **state)
{
	struct hall *hall = *state;
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	hall_publish(hall, 9);
	struct subscription *sub = subscription_open(s, hall->site->den, 1);
	uint64_t to;
	grpc_slice slice = take(hall, sub, 4, &to);
	assert_int_equal(to, 4);
	check_seqs(slice, 1, 4);
	grpc_slice_unref(slice);
	slice = subscription_take(sub, 2, 65536, 100, &to); /* not past `to`, though it is cached */
	assert_int_equal(to, 2);
	check_seqs(slice, 1, 2);
	grpc_slice_unref(slice);
	slice = subscription_take(sub, head(hall), 1, 100, &to); /* but at least one */
	assert_int_equal(to, 1);
	grpc_slice_unref(slice);
	hall_leave(s);
}

static void a_place_before_the_tail_must_be_planned_again(void **state)
{
	struct hall *hall = *state;
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	struct subscription *sub = subscription_open(s, hall->site->den, 1);
	hall->site->tail.events = 2;
	hall_publish(hall, 5);
	uint64_t to = 99;
	grpc_slice slice = take(hall, sub, 100, &to);
	assert_int_equal(to, 0);
	assert_int_equal(GRPC_SLICE_LENGTH(slice), 0);
	grpc_slice_unref(slice);
	hall_leave(s);
}

static void many_events_ring_each_shard_once(void **state)
{
	struct hall *hall = *state;
	struct session *a = hall_enter(hall, 0, hall->site->ada, 0);
	struct session *b = hall_enter(hall, 0, hall->site->bob, 0);
	struct session *c = hall_enter(hall, 1, hall->site->bob, 0);
	struct session *all[] = {a, b, c};
	for (size_t i = 0; i < GC_LENGTH(all); i++) {
		struct subscription *sub = subscription_open(all[i], hall->site->den, 1);
		sub->dirty = false; /* as after a write */
		TAILQ_REMOVE(&all[i]->dirty, sub, dirty_link);
	}
	hall_publish(hall, 10);
	for (unsigned i = 0; i < HALL_SHARDS; i++) {
		struct mail *first = STAILQ_FIRST(&hall->hub->shards[i].box.list);
		assert_non_null(first);
		assert_null(STAILQ_NEXT(first, link));
	}
	assert_true(hall_deliver(hall));
	for (size_t i = 0; i < GC_LENGTH(all); i++)
		assert_true(subscription_find(all[i], hall->site->den->id)->dirty);
	assert_false(hall_deliver(hall));
	hall_publish(hall, 1); /* taken: it rings again */
	assert_true(hall_deliver(hall));
	for (size_t i = 0; i < GC_LENGTH(all); i++)
		hall_leave(all[i]);
}

static void new_events_take_the_place_of_the_batch(void **state)
{
	struct hall *hall = *state;
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	struct subscription *sub = subscription_open(s, hall->site->den, 1);
	uint64_t to;
	grpc_slice slice = take(hall, sub, 100, &to);
	grpc_slice_unref(slice);
	uint64_t before = to;
	hall_publish(hall, 1);
	(void)hall_deliver(hall);
	slice = take(hall, sub, 100, &to);
	assert_int_equal(to, before + 1);
	grpc_slice_unref(slice);
	hall_leave(s);
}

static void a_ring_that_comes_too_late_harms_nobody(void **state)
{
	struct hall *hall = *state;
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	(void)subscription_open(s, hall->site->den, 1);
	hall_publish(hall, 1);
	subscription_close(subscription_find(s, hall->site->den->id));
	struct subscription *again = subscription_open(s, hall->site->den, 1);
	hall_publish(hall, 1); /* two letters of two readings */
	assert_true(hall_deliver(hall));
	assert_true(again->dirty);
	hall_leave(s);
	hall_publish(hall, 1);
	assert_false(hall_deliver(hall)); /* nobody reads any more */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, hall_setup, hall_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_new_subscription_is_looked_at_soon),
		TEST(sessions_at_one_place_share_one_slice),
		TEST(another_place_gets_another_batch),
		TEST(a_batch_keeps_to_its_limits),
		TEST(a_place_before_the_tail_must_be_planned_again),
		TEST(many_events_ring_each_shard_once),
		TEST(new_events_take_the_place_of_the_batch),
		TEST(a_ring_that_comes_too_late_harms_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
