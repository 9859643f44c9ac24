/* Every limit counts for itself. */
#include "base/limited.h"

#include "base/log.h"
#include "base/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
	TIMES = 100, /* far more than lines that are written */
};

static void every_limit_has_its_counter(void **state)
{
	static const enum metric metrics[_LIMITED_MAX] = {
		[LIMITED_LOG_INS] = METRIC_LIMITED_LOG_INS,
		[LIMITED_LOG_IN_QUEUE] = METRIC_LIMITED_LOG_IN_QUEUE,
		[LIMITED_REGISTRATIONS] = METRIC_LIMITED_REGISTRATIONS,
		[LIMITED_RATE] = METRIC_LIMITED_RATE,
		[LIMITED_SESSIONS] = METRIC_LIMITED_SESSIONS,
		[LIMITED_ANSWERS] = METRIC_LIMITED_ANSWERS,
		[LIMITED_REFUSALS] = METRIC_LIMITED_REFUSALS,
		[LIMITED_HANDSHAKES] = METRIC_LIMITED_HANDSHAKES,
	};
	const struct log_fields who = {.user = "ann"};
	(void)state;
	for (int limit = 0; limit < _LIMITED_MAX; limit++) {
		uint64_t before = metric_get(metrics[limit]);
		for (int i = 0; i < TIMES; i++)
			limited_note((enum limited)limit, &who);
		assert_int_equal(metric_get(metrics[limit]) - before, TIMES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_limit_has_its_counter),
	};
	return cmocka_run_group_tests_name("base.limited", tests, NULL, NULL);
}
