/* Every value lands in its bucket, from however many threads. */
#include "base/histogram.h"

#include "base/exposition.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	THREADS = 12, /* more than lanes */
	ROUNDS = 20000,
};

static uint64_t count_of(const struct histogram_values *v)
{
	uint64_t count = 0;
	for (size_t i = 0; i < v->bucket_count; i++)
		count += v->counts[i];
	return count;
}

static void a_value_is_counted_in_the_first_bucket_that_holds_it(void **state)
{
	(void)state;
	struct histogram_values before;
	struct histogram_values after;
	histogram_read(HISTOGRAM_COMMIT_OPS, &before);
	for (size_t i = 0; i + 1 < before.bucket_count; i++) {
		histogram_observe(HISTOGRAM_COMMIT_OPS, 0, before.bounds[i]);
		histogram_observe(HISTOGRAM_COMMIT_OPS, 0, before.bounds[i] + 1);
	}
	histogram_read(HISTOGRAM_COMMIT_OPS, &after);
	size_t last = after.bucket_count - 1;
	assert_int_equal(after.bounds[last], UINT64_MAX);
	assert_int_equal(after.counts[0] - before.counts[0], 1);
	for (size_t i = 0; i <= last; i++)
		assert_true(after.counts[i] > before.counts[i]);
	assert_int_equal(count_of(&after) - count_of(&before), 2 * last);
}

static void *observe(void *arg)
{
	unsigned lane = *(const unsigned *)arg;
	for (int i = 0; i < ROUNDS; i++)
		histogram_observe(HISTOGRAM_ACK_TIME, lane, 300);
	return NULL;
}

static void threads_that_observe_together_lose_nothing(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	unsigned lanes[THREADS];
	struct histogram_values before;
	struct histogram_values after;
	histogram_read(HISTOGRAM_ACK_TIME, &before);
	for (unsigned i = 0; i < THREADS; i++) {
		lanes[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, observe, &lanes[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	histogram_read(HISTOGRAM_ACK_TIME, &after);
	assert_int_equal(count_of(&after) - count_of(&before), THREADS * ROUNDS);
	assert_int_equal(after.sum - before.sum, UINT64_C(300) * THREADS * ROUNDS);
}

static void what_is_written_is_cumulative_and_in_seconds(void **state)
{
	(void)state;
	struct exposition text = {.format = EXPOSITION_PROMETHEUS};
	struct metric_sink sink = exposition_sink(&text);
	size_t len;
	histogram_observe(HISTOGRAM_COMMIT_TIME, 0, 200);
	histogram_observe(HISTOGRAM_COMMIT_TIME, 0, 99000000);
	histograms_emit(&sink);
	char *whole = exposition_take(&text, &len);
	assert_non_null(
		strstr(whole, "gchat_store_commit_duration_seconds_bucket{le=\"0.0001\"} 0\n"));
	assert_non_null(
		strstr(whole, "gchat_store_commit_duration_seconds_bucket{le=\"0.00025\"} 1\n"));
	assert_non_null(
		strstr(whole, "gchat_store_commit_duration_seconds_bucket{le=\"10.0\"} 1\n"));
	assert_non_null(
		strstr(whole, "gchat_store_commit_duration_seconds_bucket{le=\"+Inf\"} 2\n"));
	assert_non_null(strstr(whole, "gchat_store_commit_duration_seconds_sum 99.0002\n"));
	assert_non_null(strstr(whole, "gchat_store_commit_duration_seconds_count 2\n"));
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_counted_in_the_first_bucket_that_holds_it),
		cmocka_unit_test(threads_that_observe_together_lose_nothing),
		cmocka_unit_test(what_is_written_is_cumulative_and_in_seconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
