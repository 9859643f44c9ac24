/* Refusals are rare beside deliveries: the counters share cache lines. */
#include "shard/rejection.h"

#include "base/exposition.h"
#include "base/metrics.h"

#include <stdatomic.h>

static atomic_uint_least64_t counts[_REASON_MAX];

void rejection_note(enum reason reason)
{
	metric_add(METRIC_REJECTIONS, 1);
	atomic_fetch_add_explicit(&counts[reason], 1, memory_order_relaxed);
}

uint64_t rejection_count(enum reason reason)
{
	return atomic_load_explicit(&counts[reason], memory_order_relaxed);
}

void rejections_emit(const struct metric_sink *sink)
{
	sink->family(sink->arg, &(struct metric_family){"gchat_rejections", METRIC_TYPE_COUNTER, "",
					"requests answered with an error, by reason"});
	for (int r = REASON_NONE + 1; r < _REASON_MAX; r++)
		sink->sample(sink->arg,
			&(struct metric_sample){"_total", "reason", reason_name((enum reason)r),
				(double)rejection_count((enum reason)r)});
}
