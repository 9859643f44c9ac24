/* Lengths of time, read and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/duration.h"
#include "base/macros.h"

static void units_add_up(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} pairs[] = {{"0", 0}, {"90", 90}, {"45s", 45}, {"30m", 1800}, {"2h", 7200}, {"7d", 604800},
		{"2w", 1209600}, {"1y", 31536000}, {"1h30m", 5400}, {"1d12h30m15s", 131415},
		{"100y", DURATION_MAX_S}};

	(void)state;
	for (size_t i = 0; i < GC_LENGTH(pairs); i++) {
		uint64_t seconds = 1;
		assert_true(duration_parse(pairs[i].text, &seconds));
		assert_int_equal(seconds, pairs[i].seconds);
	}
}

static void what_is_no_length_of_time_is_refused(void **state)
{
	static const char *const wrong[] = {"", "m", "-1", "+1", " 1", "1 ", "1x", "1.5h", "h1",
		"1hh", "never", "101y", "100y1s", "99999999999999999999", "99999999999999y"};
	uint64_t seconds = 0;

	(void)state;
	for (size_t i = 0; i < GC_LENGTH(wrong); i++) {
		if (duration_parse(wrong[i], &seconds))
			fail_msg("\"%s\" was taken", wrong[i]);
	}
}

static void the_two_largest_units_are_printed(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} pairs[] = {{0, "0 s"}, {1, "1 s"}, {90, "1 min 30 s"}, {3600, "1 h"}, {3601, "1 h 1 s"},
		{5400, "1 h 30 min"}, {86400, "1 day"}, {604800, "7 days"}, {90061, "1 day 1 h"},
		{31536000, "1 year"}, {2 * 31536000 + 86400, "2 years 1 day"}};
	char buf[DURATION_BYTES];

	(void)state;
	for (size_t i = 0; i < GC_LENGTH(pairs); i++)
		assert_string_equal(duration_print(pairs[i].seconds, buf), pairs[i].text);
	assert_true(strlen(duration_print(UINT64_MAX, buf)) < DURATION_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_add_up),
		cmocka_unit_test(what_is_no_length_of_time_is_refused),
		cmocka_unit_test(the_two_largest_units_are_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
