/* How fast handshakes are begun: freely while few are under way, then at a rate. */
#include "net/pace.h"

#include "cmocka_std.h"

enum {
	RATE = 500, /* a second, for each shard */
};

static const struct mono start = {.us = 1000000};

static void few_are_begun_freely(void **state)
{
	struct pace pace;
	uint32_t wait_ms;

	(void)state;
	pace_init(&pace, 2);
	for (int i = 0; i < 1000; i++) {
		assert_true(pace_allows(&pace, RATE, 2 * PACE_FREE - 1, start, &wait_ms));
		pace_begin(&pace);
	}
}

/* How many are begun in a second by one who asks every millisecond. */
static int begun_in_a_second(unsigned shards)
{
	struct pace pace;
	int begun = 0;

	pace_init(&pace, shards);
	for (int ms = 0; ms < 1000; ms++) {
		uint32_t wait_ms = 0;
		while (pace_allows(
			&pace, RATE, UINT64_MAX, clock_mono_add_ms(start, ms), &wait_ms)) {
			pace_begin(&pace);
			begun++;
		}
		assert_in_range(wait_ms, 1, 3);
	}
	return begun;
}

static void many_are_begun_at_a_rate_for_each_shard(void **state)
{
	(void)state;
	assert_in_range(begun_in_a_second(1), RATE - 1, RATE + PACE_BURST);
	assert_in_range(begun_in_a_second(4), 4 * RATE - 4, 4 * (RATE + PACE_BURST));
	assert_int_equal(begun_in_a_second(0), begun_in_a_second(1));
}

static void who_is_refused_leaves_the_place_to_the_next(void **state)
{
	struct pace pace;
	uint32_t wait_ms;

	(void)state;
	pace_init(&pace, 1);
	for (int i = 0; i < 1000; i++) /* none of them begins */
		assert_true(pace_allows(&pace, RATE, PACE_FREE, start, &wait_ms));
	for (int i = 0; i < PACE_BURST; i++) {
		assert_true(pace_allows(&pace, RATE, PACE_FREE, start, &wait_ms));
		pace_begin(&pace);
	}
	assert_false(pace_allows(&pace, RATE, PACE_FREE, start, &wait_ms));
}

/* How many of many may begin at once. */
static int burst(struct pace *pace, uint64_t per_s, struct mono now)
{
	int begun = 0;
	uint32_t wait_ms;
	while (begun < 1000 && pace_allows(pace, per_s, UINT64_MAX, now, &wait_ms)) {
		pace_begin(pace);
		begun++;
	}
	return begun;
}

static void the_rate_can_be_changed(void **state)
{
	struct pace pace;

	(void)state;
	pace_init(&pace, 1);
	assert_int_equal(burst(&pace, RATE, start), PACE_BURST);
	assert_int_equal(burst(&pace, RATE, start), 0); /* no change: nothing is given */
	assert_int_equal(burst(&pace, 0, start), 1000); /* no limit */
	assert_int_equal(burst(&pace, 1, start), PACE_BURST);
	assert_int_equal(burst(&pace, 1, clock_mono_add_ms(start, 1500)), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_are_begun_freely),
		cmocka_unit_test(many_are_begun_at_a_rate_for_each_shard),
		cmocka_unit_test(who_is_refused_leaves_the_place_to_the_next),
		cmocka_unit_test(the_rate_can_be_changed),
	};
	return cmocka_run_group_tests_name("net.pace", tests, NULL, NULL);
}
