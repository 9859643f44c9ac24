/* Delays between attempts. */
#include "lib/backoff.h"

#include "cmocka_std.h"

static void zero_takes_the_defaults(void **state)
{
	(void)state;
	struct backoff b = backoff_make(0, 0);
	assert_int_equal(b.min_ms, BACKOFF_MIN_MS);
	assert_int_equal(b.max_ms, BACKOFF_MAX_MS);
}

static void a_maximum_under_the_minimum_is_raised(void **state)
{
	(void)state;
	assert_int_equal(backoff_make(500, 100).max_ms, 500);
}

static void every_delay_is_within_the_bounds(void **state)
{
	(void)state;
	const uint32_t chances[] = {0, 1, 12345, UINT32_MAX / 2, UINT32_MAX};
	for (unsigned c = 0; c < sizeof(chances) / sizeof(chances[0]); c++) {
		struct backoff b = backoff_make(200, 30000);
		for (unsigned i = 0; i < 100; i++)
			assert_in_range(backoff_next_ms(&b, chances[c]), 200, 30000);
	}
}

static void the_least_delay_doubles_until_half_the_maximum(void **state)
{
	(void)state;
	struct backoff b = backoff_make(200, 30000);
	const uint32_t expected[] = {200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000};
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(backoff_next_ms(&b, 0), expected[i]);
}

static void chance_spreads_a_delay_over_its_upper_half(void **state)
{
	(void)state;
	struct backoff b = backoff_make(200, 30000);
	b.attempt = 3; /* whole: 3200 */
	assert_int_equal(backoff_next_ms(&b, 1600), 3200);
	b.attempt = 3;
	assert_int_equal(backoff_next_ms(&b, 1601), 1600);
}

static void failures_are_counted(void **state)
{
	(void)state;
	struct backoff b = backoff_make(0, 0);
	(void)backoff_next_ms(&b, 0);
	(void)backoff_next_ms(&b, 0);
	assert_int_equal(b.attempt, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_takes_the_defaults),
		cmocka_unit_test(a_maximum_under_the_minimum_is_raised),
		cmocka_unit_test(every_delay_is_within_the_bounds),
		cmocka_unit_test(the_least_delay_doubles_until_half_the_maximum),
		cmocka_unit_test(chance_spreads_a_delay_over_its_upper_half),
		cmocka_unit_test(failures_are_counted),
	};
	return cmocka_run_group_tests_name("lib.backoff", tests, NULL, NULL);
}
