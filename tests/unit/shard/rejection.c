/* Each reason counts for itself. */
#include "shard/rejection.h"

#include "base/exposition.h"
#include "base/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_reason_counts_for_itself_and_for_all(void **state)
{
	(void)state;
	for (int r = REASON_NONE + 1; r < _REASON_MAX; r++) {
		uint64_t before = rejection_count((enum reason)r);
		uint64_t all = metric_get(METRIC_REJECTIONS);
		for (int i = 0; i < r; i++)
			rejection_note((enum reason)r);
		assert_int_equal(rejection_count((enum reason)r) - before, r);
		assert_int_equal(metric_get(METRIC_REJECTIONS) - all, r);
	}
}

static void see_family(void *arg, const struct metric_family *family)
{
	(void)arg;
	assert_string_equal(family->name, "gchat_rejections");
}

static void see_sample(void *arg, const struct metric_sample *sample)
{
	enum reason reason = reason_find(sample->label_value);
	assert_string_equal(sample->label, "reason");
	assert_int_not_equal(reason, REASON_NONE);
	assert_int_equal((uint64_t)sample->value, rejection_count(reason));
	++*(int *)arg;
}

static void every_reason_is_shown_by_its_name(void **state)
{
	int seen = 0;
	(void)state;
	rejections_emit(&(struct metric_sink){see_family, see_sample, &seen});
	assert_int_equal(seen, _REASON_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_counts_for_itself_and_for_all),
		cmocka_unit_test(every_reason_is_shown_by_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
