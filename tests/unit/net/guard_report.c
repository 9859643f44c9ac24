/* Every cause has a counter of its own, beside the one of all. */
#include "net/guard_report.h"

#include "base/metrics.h"

#include "cmocka_std.h"

enum {
	TIMES = 100, /* far more than lines that are written */
};

static uint64_t total(void)
{
	return metric_get(METRIC_GUARD_CUTS) + metric_get(METRIC_CONNECTIONS_REFUSED);
}

static uint64_t causes(void)
{
	uint64_t n = 0;
	for (int m = METRIC_REFUSED_BANNED; m <= METRIC_CUT_FRAME; m++)
		n += m == METRIC_GUARD_CUTS ? 0 : metric_get((enum metric)m);
	return n;
}

static void a_cut_counts_for_its_cause_and_for_all(void **state)
{
	(void)state;
	uint64_t streams = metric_get(METRIC_CUT_STREAMS);
	uint64_t cuts = metric_get(METRIC_GUARD_CUTS);
	for (int i = 0; i < TIMES; i++)
		guard_report_cut(GUARD_STREAMS, "ipv4:192.0.2.1:7443");
	assert_int_equal(metric_get(METRIC_CUT_STREAMS) - streams, TIMES);
	assert_int_equal(metric_get(METRIC_GUARD_CUTS) - cuts, TIMES);
}

static void a_refusal_counts_for_its_cause_and_for_all(void **state)
{
	(void)state;
	uint64_t rate = metric_get(METRIC_REFUSED_RATE);
	uint64_t refused = metric_get(METRIC_CONNECTIONS_REFUSED);
	guard_report_refused(GUARD_ADDRESS_RATE, "192.0.2.1:7443");
	assert_int_equal(metric_get(METRIC_REFUSED_RATE) - rate, 1);
	assert_int_equal(metric_get(METRIC_CONNECTIONS_REFUSED) - refused, 1);
}

static void every_cause_has_its_counter(void **state)
{
	(void)state;
	for (int reason = GUARD_FINE + 1; reason < _GUARD_REASON_MAX; reason++) {
		uint64_t before = causes();
		uint64_t all = total();
		guard_report_cut((enum guard_reason)reason, "ipv4:192.0.2.1:7443");
		assert_int_equal(causes() - before, 1);
		assert_int_equal(total() - all, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cut_counts_for_its_cause_and_for_all),
		cmocka_unit_test(a_refusal_counts_for_its_cause_and_for_all),
		cmocka_unit_test(every_cause_has_its_counter),
	};
	return cmocka_run_group_tests_name("net.guard_report", tests, NULL, NULL);
}
