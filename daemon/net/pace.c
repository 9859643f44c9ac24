/* A token bucket, asked only while many have not signed in. */
#include "net/pace.h"

void pace_init(struct pace *pace, unsigned shards)
{
	*pace = (struct pace){.shards = shards > 0 ? shards : 1};
}

static void set_rate(struct pace *pace, uint64_t per_s, struct mono now)
{
	enum {
		S_PER_MINUTE = 60,
	};
	int64_t per_minute = (int64_t)(per_s * pace->shards) * S_PER_MINUTE;
	if (per_minute == pace->rate.per_minute)
		return;
	pace->rate = (struct bucket_rate){
		.per_minute = per_minute, .burst = (int64_t)PACE_BURST * pace->shards};
	bucket_state_fill(&pace->state, pace->rate, now);
}

bool pace_allows(
	struct pace *pace, uint64_t per_s, uint64_t pending, struct mono now, uint32_t *ret_wait_ms)
{
	if (pending < (uint64_t)PACE_FREE * pace->shards)
		return true;
	set_rate(pace, per_s, now);
	if (!pace->held)
		pace->held = bucket_state_take(&pace->state, pace->rate, 1, now, ret_wait_ms);
	return pace->held;
}

void pace_begin(struct pace *pace)
{
	pace->held = false;
}
