/* A call site says LOG_LIMIT_LINES lines per window, then how many it kept to itself. */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct mono at_s(int64_t s)
{
	return (struct mono){.us = s * CLOCK_US_PER_S};
}

static void use_up(struct log_limit *limit, struct mono now)
{
	for (int i = 0; i < LOG_LIMIT_LINES; i++) {
		uint32_t dropped = 1;
		assert_true(log_limit_allows_at(limit, now, &dropped));
		assert_int_equal(dropped, 0);
	}
}

static void the_first_lines_of_a_window_are_written_and_no_more(void **state)
{
	(void)state;
	struct log_limit limit = LOG_LIMIT_INIT;
	uint32_t dropped = 0;
	use_up(&limit, at_s(100));
	assert_false(log_limit_allows_at(&limit, at_s(100), &dropped));
	assert_false(log_limit_allows_at(&limit, at_s(100 + LOG_LIMIT_WINDOW_S - 1), &dropped));
}

static void the_next_window_begins_with_the_count_of_what_was_dropped(void **state)
{
	(void)state;
	struct log_limit limit = LOG_LIMIT_INIT;
	uint32_t dropped = 0;
	use_up(&limit, at_s(100));
	for (int i = 0; i < 5; i++)
		assert_false(log_limit_allows_at(&limit, at_s(101), &dropped));
	assert_true(log_limit_allows_at(&limit, at_s(100 + LOG_LIMIT_WINDOW_S), &dropped));
	assert_int_equal(dropped, 5);
}

static void what_was_dropped_is_told_once(void **state)
{
	(void)state;
	struct log_limit limit = LOG_LIMIT_INIT;
	uint32_t dropped = 0;
	use_up(&limit, at_s(100));
	assert_false(log_limit_allows_at(&limit, at_s(100), &dropped));
	assert_true(log_limit_allows_at(&limit, at_s(200), &dropped));
	assert_int_equal(dropped, 1);
	assert_true(log_limit_allows_at(&limit, at_s(200), &dropped));
	assert_int_equal(dropped, 0);
}

static void call_sites_do_not_share_a_limit(void **state)
{
	(void)state;
	struct log_limit first = LOG_LIMIT_INIT;
	struct log_limit second = LOG_LIMIT_INIT;
	uint32_t dropped = 0;
	use_up(&first, at_s(100));
	assert_false(log_limit_allows_at(&first, at_s(100), &dropped));
	assert_true(log_limit_allows_at(&second, at_s(100), &dropped));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_lines_of_a_window_are_written_and_no_more),
		cmocka_unit_test(the_next_window_begins_with_the_count_of_what_was_dropped),
		cmocka_unit_test(what_was_dropped_is_told_once),
		cmocka_unit_test(call_sites_do_not_share_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
