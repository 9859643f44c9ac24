/* How near an end is, and its words. */
#include "service/expiry.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_US (UINT64_C(3600) * CLOCK_US_PER_S)
#define DAY_US  (UINT64_C(24) * HOUR_US)
#define NOW_US  (UINT64_C(20000) * DAY_US)

static void thirty_days_and_seven_are_where_it_changes(void **state)
{
	(void)state;
	assert_int_equal(expiry_of(NOW_US + 30 * DAY_US + 1, NOW_US), EXPIRY_FAR);
	assert_int_equal(expiry_of(NOW_US + 30 * DAY_US, NOW_US), EXPIRY_SOON);
	assert_int_equal(expiry_of(NOW_US + 7 * DAY_US + 1, NOW_US), EXPIRY_SOON);
	assert_int_equal(expiry_of(NOW_US + 7 * DAY_US, NOW_US), EXPIRY_URGENT);
	assert_int_equal(expiry_of(NOW_US, NOW_US), EXPIRY_OVER);
	assert_int_equal(expiry_of(0, NOW_US), EXPIRY_OVER);
}

static void a_list_is_urgent_in_its_last_day(void **state)
{
	(void)state;
	assert_int_equal(expiry_of_list(NOW_US + DAY_US + 1, NOW_US), EXPIRY_FAR);
	assert_int_equal(expiry_of_list(NOW_US + DAY_US, NOW_US), EXPIRY_URGENT);
	assert_int_equal(expiry_of_list(NOW_US - 1, NOW_US), EXPIRY_OVER);
	assert_int_equal(expiry_of_list(0, NOW_US), EXPIRY_FAR);
}

static void the_words_are_in_days_or_in_hours(void **state)
{
	(void)state;
	static const struct {
		uint64_t end_us;
		const char *words;
	} rows[] = {{NOW_US + 29 * DAY_US + HOUR_US, "expires in 29 days"},
		{NOW_US + 2 * DAY_US, "expires in 2 days"},
		{NOW_US + 47 * HOUR_US, "expires in 47 hours"},
		{NOW_US + HOUR_US, "expires in 1 hour"}, {NOW_US + 1, "expires in 0 hours"},
		{NOW_US - HOUR_US, "expired 1 hour ago"},
		{NOW_US - 3 * DAY_US, "expired 3 days ago"}};
	for (size_t i = 0; i < GC_LENGTH(rows); i++) {
		char text[64];
		expiry_print(rows[i].end_us, NOW_US, text, sizeof(text));
		assert_string_equal(text, rows[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thirty_days_and_seven_are_where_it_changes),
		cmocka_unit_test(a_list_is_urgent_in_its_last_day),
		cmocka_unit_test(the_words_are_in_days_or_in_hours),
	};
	return cmocka_run_group_tests_name("service.expiry", tests, NULL, NULL);
}
