/* The budget of one connection, with the clock in our hands. */
#include "net/guard.h"

#include "net/accept.h"

#include "cmocka_std.h"

static const struct acceptor_limits LIMITS = {.connections = 8000,
	.bytes_before_sign_in = 1000,
	.bytes_per_second = 100,
	.bytes_burst = 500};

static struct mono at_ms(int64_t ms)
{
	return clock_mono_add_ms((struct mono){.us = CLOCK_US_PER_S}, ms);
}

static void before_signing_in_the_total_counts(void **state)
{
	(void)state;
	struct guard guard = {0};
	assert_int_equal(guard_look(&guard, &LIMITS, false, 900, at_ms(0)), GUARD_FINE);
	assert_int_equal(guard_look(&guard, &LIMITS, false, 1000, at_ms(3600000)), GUARD_FINE);
	assert_int_equal(guard_look(&guard, &LIMITS, false, 1001, at_ms(7200000)),
		GUARD_BYTES_BEFORE_SIGN_IN);
}

static void what_came_before_signing_in_is_not_charged_again(void **state)
{
	(void)state;
	struct guard guard = {0};
	assert_int_equal(guard_look(&guard, &LIMITS, false, 1000, at_ms(0)), GUARD_FINE);
	assert_int_equal(guard_look(&guard, &LIMITS, true, 1500, at_ms(1)), GUARD_FINE);
}

static void a_burst_above_its_maximum_is_cut(void **state)
{
	(void)state;
	struct guard guard = {0};
	assert_int_equal(guard_look(&guard, &LIMITS, true, 501, at_ms(0)), GUARD_BYTES_PER_SECOND);
}

static void a_rate_within_the_budget_goes_on_for_ever(void **state)
{
	(void)state;
	struct guard guard = {0};
	for (uint64_t second = 1; second <= 1000; second++)
		assert_int_equal(guard_look(&guard, &LIMITS, true, 100 * second,
					 at_ms((int64_t)second * CLOCK_MS_PER_S)),
			GUARD_FINE);
}

static void a_sustained_rate_above_the_budget_is_cut(void **state)
{
	(void)state;
	struct guard guard = {0};
	uint64_t seconds = 0;
	while (guard_look(&guard, &LIMITS, true, 200 * (seconds + 1),
		       at_ms((int64_t)seconds * CLOCK_MS_PER_S)) == GUARD_FINE)
		seconds++;
	/* 500 at once and 100 a second: 200 a second last for four more. */
	assert_int_equal(seconds, 4);
}

static void a_reload_changes_the_budget_of_open_connections(void **state)
{
	(void)state;
	struct guard guard = {0};
	struct acceptor_limits lower = LIMITS;
	lower.bytes_burst = 50;
	assert_int_equal(guard_look(&guard, &LIMITS, true, 100, at_ms(0)), GUARD_FINE);
	assert_int_equal(guard_look(&guard, &lower, true, 160, at_ms(1)), GUARD_BYTES_PER_SECOND);
}

static void a_quarter_may_be_pending(void **state)
{
	(void)state;
	struct acceptor_limits limits = LIMITS;
	assert_int_equal(guard_pending_max(&limits), 2000);
	limits.connections = 10;
	assert_int_equal(guard_pending_max(&limits), 1024);
	limits.connections_pending = 7;
	assert_int_equal(guard_pending_max(&limits), 7);
}

static void every_reason_has_a_text(void **state)
{
	(void)state;
	for (int reason = 0; reason < _GUARD_REASON_MAX; reason++)
		assert_non_null(guard_reason_text((enum guard_reason)reason));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_signing_in_the_total_counts),
		cmocka_unit_test(what_came_before_signing_in_is_not_charged_again),
		cmocka_unit_test(a_burst_above_its_maximum_is_cut),
		cmocka_unit_test(a_rate_within_the_budget_goes_on_for_ever),
		cmocka_unit_test(a_sustained_rate_above_the_budget_is_cut),
		cmocka_unit_test(a_reload_changes_the_budget_of_open_connections),
		cmocka_unit_test(a_quarter_may_be_pending),
		cmocka_unit_test(every_reason_has_a_text),
	};
	return cmocka_run_group_tests_name("net.guard", tests, NULL, NULL);
}
