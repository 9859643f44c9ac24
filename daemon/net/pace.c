/* A token bucket, asked only while many have not signed in. */
#include "net/pace.h"

void pace_init(struct pace *pace, unsigned shards, struct mono now)
{
	enum {
		S_PER_MINUTE = 60,
	};
	unsigned n = shards > 0 ? shards : 1;
	*pace = (struct pace){.free = (uint64_t)PACE_FREE * n,
		.rate = {.per_minute = (int64_t)PACE_PER_S * S_PER_MINUTE * n,
			.burst = (int64_t)PACE_BURST * n}};
	bucket_state_fill(&pace->state, pace->rate, now);
}

bool pace_allows(struct pace *pace, uint64_t pending, struct mono now, uint32_t *ret_wait_ms)
{
	if (pending < pace->free)
		return true;
	if (!pace->held)
		pace->held = bucket_state_take(&pace->state, pace->rate, 1, now, ret_wait_ms);
	return pace->held;
}

void pace_begin(struct pace *pace)
{
	pace->held = false;
}
