/* Token buckets are exact, and a counter never goes over its maximum. */
#include "base/quota.h"

#include "base/macros.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
	THREADS = 4,
	ROUNDS = 20000,
};

static struct mono at_ms(int64_t ms)
{
	return (struct mono){.us = ms * CLOCK_US_PER_MS};
}

static void a_full_bucket_gives_its_burst_and_no_more(void **state)
{
	(void)state;
	struct bucket_rate rate = {.per_minute = 60, .burst = 3};
	struct bucket_state bucket;
	uint32_t wait_ms = 0;
	bucket_state_fill(&bucket, rate, at_ms(0));
	for (int i = 0; i < 3; i++)
		assert_true(bucket_state_take(&bucket, rate, 1, at_ms(0), &wait_ms));
	assert_false(bucket_state_take(&bucket, rate, 1, at_ms(0), &wait_ms));
}

static void the_wait_it_names_is_enough_and_not_much_more(void **state)
{
	(void)state;
	struct bucket_rate rate = {.per_minute = 60, .burst = 1};
	struct bucket_state bucket;
	uint32_t wait_ms = 0;
	bucket_state_fill(&bucket, rate, at_ms(0));
	assert_true(bucket_state_take(&bucket, rate, 1, at_ms(0), &wait_ms));
	assert_false(bucket_state_take(&bucket, rate, 1, at_ms(400), &wait_ms));
	assert_in_range(wait_ms, 600, 602);
	assert_false(bucket_state_take(&bucket, rate, 1, at_ms(999), &wait_ms));
	assert_true(bucket_state_take(&bucket, rate, 1, at_ms(400 + 602), &wait_ms));
}

static void asking_often_loses_nothing_to_rounding(void **state)
{
	(void)state;
	struct bucket_rate rate = {.per_minute = 7, .burst = 1};
	struct bucket_state bucket;
	uint32_t wait_ms = 0;
	unsigned taken = 0;
	bucket_state_fill(&bucket, rate, at_ms(0));
	for (int64_t ms = 0; ms <= 10 * 60 * 1000; ms++)
		taken += bucket_state_take(&bucket, rate, 1, at_ms(ms), &wait_ms);
	assert_in_range(taken, 70, 71);
}

static void it_never_holds_more_than_its_burst(void **state)
{
	(void)state;
	struct bucket_rate rate = {.per_minute = 600, .burst = 2};
	struct bucket_state bucket;
	uint32_t wait_ms = 0;
	bucket_state_fill(&bucket, rate, at_ms(0));
	assert_true(
		bucket_state_take(&bucket, rate, 2, at_ms(INT64_C(100) * 86400 * 1000), &wait_ms));
	assert_false(
		bucket_state_take(&bucket, rate, 1, at_ms(INT64_C(100) * 86400 * 1000), &wait_ms));
}

static void an_amount_above_the_burst_is_late_but_not_impossible(void **state)
{
	(void)state;
	struct bucket_rate rate = {.per_minute = 60, .burst = 10};
	struct bucket_state bucket;
	uint32_t wait_ms = 0;
	bucket_state_fill(&bucket, rate, at_ms(0));
	assert_true(bucket_state_take(&bucket, rate, 25, at_ms(0), &wait_ms));
	assert_false(bucket_state_take(&bucket, rate, 1, at_ms(15000), &wait_ms));
	assert_true(bucket_state_take(&bucket, rate, 1, at_ms(16001), &wait_ms));
}

static void a_rate_of_nothing_means_no_limit(void **state)
{
	(void)state;
	struct bucket bucket;
	uint32_t wait_ms = 0;
	bucket_init(&bucket, 0, 1);
	for (int i = 0; i < 1000; i++)
		assert_true(bucket_take(&bucket, UINT64_MAX, at_ms(0), &wait_ms));
	bucket_deinit(&bucket);
}

static void the_largest_numbers_do_not_overflow(void **state)
{
	(void)state;
	struct bucket_rate rate = {.per_minute = INT64_MAX, .burst = INT64_MAX};
	struct bucket_state bucket;
	uint32_t wait_ms = 0;
	bucket_state_fill(&bucket, rate, at_ms(0));
	assert_true(bucket_state_take(&bucket, rate, UINT64_MAX, at_ms(0), &wait_ms));
	rate.per_minute = 1;
	assert_false(bucket_state_take(&bucket, rate, UINT64_MAX, at_ms(0), &wait_ms));
	assert_int_equal(wait_ms, UINT32_MAX);
}

static void a_clock_read_before_the_lock_takes_nothing_back(void **state)
{
	(void)state;
	struct bucket_rate rate = {.per_minute = 60, .burst = 2};
	struct bucket_state bucket;
	uint32_t wait_ms = 0;
	bucket_state_fill(&bucket, rate, at_ms(5000));
	assert_true(bucket_state_take(&bucket, rate, 1, at_ms(4000), &wait_ms));
	assert_true(bucket_state_take(&bucket, rate, 1, at_ms(5000), &wait_ms));
	assert_false(bucket_state_take(&bucket, rate, 1, at_ms(5000), &wait_ms));
}

static void a_lower_burst_holds_at_once(void **state)
{
	(void)state;
	struct bucket bucket;
	uint32_t wait_ms = 0;
	struct mono now = clock_mono();
	bucket_init(&bucket, 1, 100);
	bucket_reconfigure(&bucket, 1, 2);
	assert_true(bucket_take(&bucket, 2, now, &wait_ms));
	assert_false(bucket_take(&bucket, 1, now, &wait_ms));
	bucket_deinit(&bucket);
}

static void a_bucket_without_a_limit_so_far_starts_full(void **state)
{
	(void)state;
	struct bucket bucket;
	uint32_t wait_ms = 0;
	bucket_init(&bucket, 0, 0);
	bucket_reconfigure(&bucket, 1, 50);
	assert_true(bucket_take(&bucket, 50, clock_mono(), &wait_ms));
	assert_false(bucket_take(&bucket, 1, clock_mono(), &wait_ms));
	bucket_deinit(&bucket);
}

static void what_is_given_back_can_be_taken_again_but_not_more(void **state)
{
	(void)state;
	struct bucket bucket;
	uint32_t wait_ms = 0;
	bucket_init(&bucket, 1, 2);
	assert_true(bucket_take(&bucket, 2, clock_mono(), &wait_ms));
	bucket_give_back(&bucket, 2);
	bucket_give_back(&bucket, 2); /* nobody should; it stays within the burst */
	assert_true(bucket_take(&bucket, 2, clock_mono(), &wait_ms));
	assert_false(bucket_take(&bucket, 1, clock_mono(), &wait_ms));
	bucket_deinit(&bucket);
}

static void a_counter_stops_at_its_maximum(void **state)
{
	(void)state;
	struct counter_limit quota;
	quota_init(&quota, 10);
	assert_true(quota_charge(&quota, 7));
	assert_false(quota_charge(&quota, 4));
	assert_true(quota_charge(&quota, 3));
	assert_int_equal(quota_used(&quota), 10);
	quota_return(&quota, 10);
	assert_int_equal(quota_used(&quota), 0);
}

static void an_absurd_charge_is_refused_without_overflow(void **state)
{
	(void)state;
	struct counter_limit quota;
	quota_init(&quota, 10);
	assert_true(quota_charge(&quota, 1));
	assert_false(quota_charge(&quota, UINT64_MAX));
	assert_int_equal(quota_used(&quota), 1);
}

static void a_lowered_maximum_keeps_what_is_charged(void **state)
{
	(void)state;
	struct counter_limit quota;
	quota_init(&quota, 10);
	assert_true(quota_charge(&quota, 8));
	quota_set_max(&quota, 5);
	assert_false(quota_charge(&quota, 1));
	quota_return(&quota, 4);
	assert_true(quota_charge(&quota, 1));
}

static void *charge_and_return(void *arg)
{
	struct counter_limit *quota = arg;
	for (int i = 0; i < ROUNDS; i++) {
		if (!quota_charge(quota, 2))
			continue;
		GC_ASSERT(quota_used(quota) <= 6);
		quota_return(quota, 2);
	}
	return NULL;
}

static void threads_together_never_pass_the_maximum(void **state)
{
	(void)state;
	struct counter_limit quota;
	pthread_t threads[THREADS];
	quota_init(&quota, 6);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, charge_and_return, &quota), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(quota_used(&quota), 0);
}

static void what_is_charged_becomes_a_debt_as_deep_as_the_burst_at_most(void **state)
{
	(void)state;
	struct bucket_rate rate = {.per_minute = 60, .burst = 3};
	struct bucket_state bucket;
	uint32_t wait_ms = 0;
	bucket_state_fill(&bucket, rate, at_ms(0));
	bucket_state_charge(&bucket, rate, 5, at_ms(0));
	assert_false(bucket_state_take(&bucket, rate, 1, at_ms(2999), &wait_ms));
	assert_true(bucket_state_take(&bucket, rate, 1, at_ms(3000), &wait_ms));
	bucket_state_charge(&bucket, rate, UINT64_MAX, at_ms(3000));
	assert_false(bucket_state_take(&bucket, rate, 1, at_ms(6999), &wait_ms));
	assert_true(bucket_state_take(&bucket, rate, 1, at_ms(7000), &wait_ms));
}

static void without_a_limit_nothing_is_charged(void **state)
{
	(void)state;
	struct bucket_rate none = {0};
	struct bucket_state bucket = {0};
	bucket_state_charge(&bucket, none, 5, at_ms(1));
	assert_int_equal(bucket.level, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_bucket_gives_its_burst_and_no_more),
		cmocka_unit_test(the_wait_it_names_is_enough_and_not_much_more),
		cmocka_unit_test(asking_often_loses_nothing_to_rounding),
		cmocka_unit_test(it_never_holds_more_than_its_burst),
		cmocka_unit_test(an_amount_above_the_burst_is_late_but_not_impossible),
		cmocka_unit_test(a_rate_of_nothing_means_no_limit),
		cmocka_unit_test(what_is_charged_becomes_a_debt_as_deep_as_the_burst_at_most),
		cmocka_unit_test(without_a_limit_nothing_is_charged),
		cmocka_unit_test(the_largest_numbers_do_not_overflow),
		cmocka_unit_test(a_clock_read_before_the_lock_takes_nothing_back),
		cmocka_unit_test(a_lower_burst_holds_at_once),
		cmocka_unit_test(a_bucket_without_a_limit_so_far_starts_full),
		cmocka_unit_test(what_is_given_back_can_be_taken_again_but_not_more),
		cmocka_unit_test(a_counter_stops_at_its_maximum),
		cmocka_unit_test(an_absurd_charge_is_refused_without_overflow),
		cmocka_unit_test(a_lowered_maximum_keeps_what_is_charged),
		cmocka_unit_test(threads_together_never_pass_the_maximum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
