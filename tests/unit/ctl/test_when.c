/* Points in time as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "ctl/when.h"

static const uint64_t now_us = 1700000000000000U;

static void assert_relative(int64_t seconds, const char *text)
{
	char buf[WHEN_BYTES];
	uint64_t time_us = (uint64_t)((int64_t)now_us + seconds * CLOCK_US_PER_S);

	assert_string_equal(when_relative(time_us, now_us, buf), text);
}

static void the_exact_time_is_utc(void **state)
{
	char buf[WHEN_BYTES];

	(void)state;
	assert_string_equal(when_rfc3339(now_us, buf), "2023-11-14T22:13:20Z");
	assert_string_equal(when_rfc3339(0, buf), "1970-01-01T00:00:00Z");
}

static void the_past_is_ago_in_its_largest_unit(void **state)
{
	(void)state;
	assert_relative(0, "now");
	assert_relative(-1, "1 s ago");
	assert_relative(-59, "59 s ago");
	assert_relative(-60, "1 min ago");
	assert_relative(-7200, "2 h ago");
	assert_relative(-86400, "1 day ago");
	assert_relative(-86400 * 3, "3 days ago");
	assert_relative(-31557600, "1 year ago");
}

static void the_future_is_ahead(void **state)
{
	(void)state;
	assert_relative(86400 * 89, "in 89 days");
	assert_relative(31557600LL * 10, "in 10 years");
}

static void times_out_of_range_are_still_text(void **state)
{
	char buf[WHEN_BYTES];

	(void)state;
	assert_true(when_rfc3339(UINT64_MAX, buf)[0] != '\0');
}

static void dates_and_exact_times_are_read(void **state)
{
	static const char *const wrong[] = {"", "2023", "2023-13-01", "2023-11-14T22:13:20",
		"2023-11-14 22:13:20Z", "yesterday", "1969-12-31"};
	uint64_t time_us = 0;

	(void)state;
	assert_true(when_parse("2023-11-14T22:13:20Z", &time_us));
	assert_int_equal(time_us, now_us);
	assert_true(when_parse("1970-01-02", &time_us));
	assert_int_equal(time_us, 86400000000ULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(when_parse(wrong[i], &time_us));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exact_time_is_utc),
		cmocka_unit_test(the_past_is_ago_in_its_largest_unit),
		cmocka_unit_test(the_future_is_ahead),
		cmocka_unit_test(times_out_of_range_are_still_text),
		cmocka_unit_test(dates_and_exact_times_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
