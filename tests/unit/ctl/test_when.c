/* Points in time as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

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
	static const char *const wrong[] = {
		"", "2023", "2023-13-01", "2023-11-14 22:13:20Z", "yesterday", "1969-12-31"};
	uint64_t time_us = 0;

	(void)state;
	assert_true(when_parse("2023-11-14T22:13:20Z", &time_us));
	assert_int_equal(time_us, now_us);
	assert_true(when_parse("1970-01-02", &time_us));
	assert_int_equal(time_us, 86400000000ULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(when_parse(wrong[i], &time_us));
}

static void assert_parsed(const char *text, const char *wanted)
{
	char buf[WHEN_BYTES];
	uint64_t time_us = 0;

	assert_true(when_parse_past(text, now_us, &time_us));
	assert_string_equal(when_rfc3339(time_us, buf), wanted);
}

static void a_time_is_read_as_a_date_or_as_so_long_ago(void **state)
{
	(void)state;
	assert_parsed("2026-01-31", "2026-01-31T00:00:00Z");
	assert_parsed("2026-01-31T09:08", "2026-01-31T09:08:00Z");
	assert_parsed("2026-01-31T09:08:07", "2026-01-31T09:08:07Z");
	assert_parsed("2026-01-31T09:08:07Z", "2026-01-31T09:08:07Z");
	assert_parsed("2h", "2023-11-14T20:13:20Z");
	assert_parsed("90", "2023-11-14T22:11:50Z");
	assert_parsed("90y", "1970-01-01T00:00:00Z");
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const wrong[] = {"", "yesterday", "2026-13-01", "2026-02-30",
		"2026-01-31T", "2026-01-31T25:00", "2026-01-31 09:08", "2026-1-31", "1960-01-01",
		"2h ago", "-2h"};
	uint64_t time_us = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (when_parse_past(wrong[i], now_us, &time_us))
			fail_msg("%s was taken", wrong[i]);
}

static void the_time_of_the_day_is_a_local_one(void **state)
{
	char buf[WHEN_BYTES];

	(void)state;
	assert_int_equal(setenv("TZ", "EST5", 1), 0);
	tzset();
	assert_string_equal(when_clock(now_us, buf), "17:13:20");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exact_time_is_utc),
		cmocka_unit_test(the_past_is_ago_in_its_largest_unit),
		cmocka_unit_test(the_future_is_ahead),
		cmocka_unit_test(times_out_of_range_are_still_text),
		cmocka_unit_test(the_time_of_the_day_is_a_local_one),
		cmocka_unit_test(dates_and_exact_times_are_read),
		cmocka_unit_test(a_time_is_read_as_a_date_or_as_so_long_ago),
		cmocka_unit_test(what_is_no_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
