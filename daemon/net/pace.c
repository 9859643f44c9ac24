/* A token bucket, asked only while many have not signed in. */
#include "net/pace.h"

static struct bucket_rate rate_of(const struct pace *pace, uint64_t per_s)
{
	enum {
		S_PER_MINUTE = 60,
	};
	return (struct bucket_rate){.per_minute = (int64_t)(per_s * pace->shards) * S_PER_MINUTE,
		.burst = (int64_t)PACE_BURST * pace->shards};
}

void pace_init(struct pace *pace, unsigned shards, uint64_t per_s, struct mono now)
{
	*pace = (struct pace){.shards = shards > 0 ? shards : 1};
	pace->rate = rate_of(pace, per_s);
	bucket_state_fill(&pace->state, pace->rate, now);
}

void pace_set_rate(struct pace *pace, uint64_t per_s, struct mono now)
{
	struct bucket_rate rate = rate_of(pace, per_s);
	if (rate.per_minute == pace->rate.per_minute)
		return;
	pace->rate = rate;
	bucket_state_fill(&pace->state, rate, now);
}

bool pace_allows(struct pace *pace, uint64_t pending, struct mono now, uint32_t *ret_wait_ms)
{
	if (pending < (uint64_t)PACE_FREE * pace->shards)
		return true;
	if (!pace->held)
		pace->held = bucket_state_take(&pace->state, pace->rate, 1, now, ret_wait_ms);
	return pace->held;
}

void pace_begin(struct pace *pace)
{
	pace->held = false;
}
