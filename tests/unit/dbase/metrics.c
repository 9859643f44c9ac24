/* The table of counters is complete, its names can be relied on, and counting loses nothing. */
#include "base/metrics.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum {
	THREADS = 4,
	ROUNDS = 50000,
};

static void every_counter_has_a_name_and_a_sentence(void **state)
{
	(void)state;
	for (int m = 0; m < _METRIC_MAX; m++) {
		const char *name = metric_name((enum metric)m);
		assert_non_null(name);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		assert_true(strlen(metric_help((enum metric)m)) > 0);
	}
}

static void no_two_counters_share_a_name(void **state)
{
	(void)state;
	for (int m = 0; m < _METRIC_MAX; m++)
		for (int n = 0; n < m; n++)
			assert_string_not_equal(
				metric_name((enum metric)m), metric_name((enum metric)n));
}

static void *count(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++)
		metric_add(METRIC_EVENTS_OUT, 3);
	return NULL;
}

static void threads_that_count_together_lose_nothing(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	uint64_t before = metric_get(METRIC_EVENTS_OUT);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(metric_get(METRIC_EVENTS_OUT) - before, 3 * THREADS * ROUNDS);
	assert_int_equal(metric_get(METRIC_EVENTS_IN), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_has_a_name_and_a_sentence),
		cmocka_unit_test(no_two_counters_share_a_name),
		cmocka_unit_test(threads_that_count_together_lose_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
