/* The table of counters is complete, its names can be relied on, and counting loses nothing. */
#include "base/metrics.h"

#include "base/exposition.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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

/* Sums of others, and what is shown as a gauge or a histogram. */
static bool is_shown_otherwise(enum metric metric)
{
	switch ((int)metric) {
	case METRIC_BATCHES: /* the histogram of their sizes counts them */
	case METRIC_REJECTIONS: /* shown by reason */
	case METRIC_CONNECTIONS_REFUSED: /* by cause */
	case METRIC_GUARD_CUTS: /* by cause */
	case METRIC_DAMAGED_ROOMS: /* a gauge, less the mended ones */
	case METRIC_MENDED_ROOMS:
		return true;
	default:
		return false;
	}
}

static void add_value(void *arg, const struct metric_sample *sample)
{
	assert_string_equal(sample->suffix, "_total");
	*(double *)arg += sample->value;
}

static void check_family(void *arg, const struct metric_family *family)
{
	(void)arg;
	assert_int_equal(family->type, METRIC_TYPE_COUNTER);
	assert_int_equal(strncmp(family->name, "gchat_", strlen("gchat_")), 0);
	assert_true(strlen(family->help) > 0);
}

static double shown(void)
{
	double all = 0;
	metrics_emit(&(struct metric_sink){check_family, add_value, &all});
	return all;
}

static void every_counter_is_shown_once_unless_another_tells_it(void **state)
{
	(void)state;
	for (int m = 0; m < _METRIC_MAX; m++) {
		double before = shown();
		metric_add((enum metric)m, 7);
		int told = (int)(shown() - before);
		if (told != (is_shown_otherwise((enum metric)m) ? 0 : 7))
			fail_msg("%s: told as %d", metric_name((enum metric)m), told);
	}
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
	uint64_t frames = metric_get(METRIC_FRAMES_OUT);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(metric_get(METRIC_EVENTS_OUT) - before, 3 * THREADS * ROUNDS);
	assert_int_equal(metric_get(METRIC_FRAMES_OUT), frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_has_a_name_and_a_sentence),
		cmocka_unit_test(no_two_counters_share_a_name),
		cmocka_unit_test(every_counter_is_shown_once_unless_another_tells_it),
		cmocka_unit_test(threads_that_count_together_lose_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
