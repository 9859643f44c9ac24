/* How far the sessions of all shards are behind. */
#include "shard/sample.h"

#include "hall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct sample_sums sums_of(struct hall *hall)
{
	struct sample_sums sums;
	for (unsigned i = 0; i < HALL_SHARDS; i++) {
		hall->hub->shards[i].sample.next = (struct mono){0};
		sample_take(&hall->hub->shards[i], clock_mono());
	}
	sample_read(hall->hub, &sums);
	return sums;
}

static uint64_t head(struct hall *hall)
{
	struct room_info info;
	room_get_info(hall->site->den, &info);
	return info.head_seq;
}

static void sessions_that_have_read_everything_are_not_behind(void **state)
{
	struct hall *hall = *state;
	struct session *s = hall_enter(hall, 0, hall->site->bob, 0);
	(void)subscription_open(s, hall->site->den, head(hall) + 1);
	struct sample_sums sums = sums_of(hall);
	assert_int_equal(sums.lag, 0);
	assert_int_equal(sums.lag_max, 0);
	assert_int_equal(sums.lagging, 0);
	hall_leave(s);
}

static void the_lag_of_all_shards_is_added_and_the_slowest_is_found(void **state)
{
	struct hall *hall = *state;
	struct session *near = hall_enter(hall, 0, hall->site->bob, 0);
	struct session *far = hall_enter(hall, 1, hall->site->ada, 0);
	hall_publish(hall, 10);
	uint64_t last = head(hall);
	(void)subscription_open(near, hall->site->den, last - 1); /* 2 behind */
	(void)subscription_open(far, hall->site->den, last - 6); /* 7 behind */
	struct sample_sums sums = sums_of(hall);
	assert_int_equal(sums.lag, 9);
	assert_int_equal(sums.lag_max, 7);
	assert_int_equal(sums.lagging, 2);
	hall_leave(near);
	hall_leave(far);
}

static void what_waits_to_be_written_is_added_up(void **state)
{
	struct hall *hall = *state;
	struct session *one = hall_enter(hall, 0, hall->site->bob, 0);
	struct session *two = hall_enter(hall, 1, hall->site->ada, 0);
	session_put_reset(two, hall->site->den->id, 1, REASON_CURSOR_AHEAD);
	size_t waiting = two->control.len;
	one->sending_bytes = 1000;
	assert_true(waiting > 0);
	assert_int_equal(sums_of(hall).queued_bytes, 1000 + waiting);
	one->sending_bytes = 0;
	hall_leave(one);
	hall_leave(two);
}

static void the_more_sessions_the_less_often_they_are_looked_at(void **state)
{
	struct hall *hall = *state;
	struct shard *shard = &hall->hub->shards[0];
	unsigned count = shard->session_count;
	struct mono now = clock_mono();
	shard->sample.next = (struct mono){0};
	shard->session_count = 10 * SAMPLE_SESSIONS_PER_S;
	sample_take(shard, now);
	assert_int_equal(clock_mono_ms_since(shard->sample.next, now), SAMPLE_INTERVAL_MS + 10000);
	shard->session_count = count;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sessions_that_have_read_everything_are_not_behind,
			hall_setup, hall_teardown),
		cmocka_unit_test_setup_teardown(
			the_lag_of_all_shards_is_added_and_the_slowest_is_found, hall_setup,
			hall_teardown),
		cmocka_unit_test_setup_teardown(
			what_waits_to_be_written_is_added_up, hall_setup, hall_teardown),
		cmocka_unit_test_setup_teardown(the_more_sessions_the_less_often_they_are_looked_at,
			hall_setup, hall_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
