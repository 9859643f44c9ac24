/*
 * Token buckets count in amount x microseconds per minute, so a refill is elapsed x rate without
 * a division and nothing is lost to rounding, however often one asks.
 */
#include "base/quota.h"

#include "base/macros.h"

static const int64_t SCALE = INT64_C(60) * CLOCK_US_PER_S; /* one token */

static int64_t bucket_full(struct bucket_rate rate)
{
	int64_t burst = rate.burst < 1 ? 1 : rate.burst;
	return (burst > QUOTA_BURST_MAX ? QUOTA_BURST_MAX : burst) * SCALE;
}

void bucket_state_fill(struct bucket_state *state, struct bucket_rate rate, struct mono now)
{
	state->level = bucket_full(rate);
	state->at = now;
}

static void bucket_refill(struct bucket_state *state, struct bucket_rate rate, struct mono now)
{
	int64_t elapsed = now.us - state->at.us;
	int64_t missing = bucket_full(rate) - state->level;
	if (elapsed <= 0 && missing >= 0)
		return; /* threads read the clock before they queue for the lock */
	/* elapsed x rate stays below missing here, so it cannot overflow */
	if (missing < 0 || elapsed > missing / rate.per_minute)
		state->level += missing;
	else
		state->level += elapsed * rate.per_minute;
	state->at = now;
}

bool bucket_state_take(struct bucket_state *state, struct bucket_rate rate, uint64_t amount,
	struct mono now, uint32_t *ret_wait_ms)
{
	if (rate.per_minute <= 0)
		return true;
	bucket_refill(state, rate, now);
	int64_t full = bucket_full(rate);
	int64_t cost = (int64_t)(amount > QUOTA_BURST_MAX ? QUOTA_BURST_MAX : amount) * SCALE;
	int64_t needed = cost < full ? cost : full;
	if (state->level >= needed) {
		state->level -= cost;
		return true;
	}
	int64_t wait_us = (needed - state->level) / rate.per_minute + 1;
	int64_t wait_ms = wait_us / CLOCK_US_PER_MS + 1;
	*ret_wait_ms = wait_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)wait_ms;
	return false;
}

void bucket_state_charge(
	struct bucket_state *state, struct bucket_rate rate, uint64_t amount, struct mono now)
{
	if (rate.per_minute <= 0)
		return;
	bucket_refill(state, rate, now);
	int64_t full = bucket_full(rate);
	state->level -= (int64_t)(amount > QUOTA_BURST_MAX ? QUOTA_BURST_MAX : amount) * SCALE;
	if (state->level < -full)
		state->level = -full;
}

void bucket_init(struct bucket *bucket, int64_t per_minute, int64_t burst)
{
	(void)pthread_mutex_init(&bucket->mu, NULL); /* cannot fail with default attributes */
	bucket->rate = (struct bucket_rate){.per_minute = per_minute, .burst = burst};
	bucket_state_fill(&bucket->state, bucket->rate, clock_mono());
}

void bucket_deinit(struct bucket *bucket)
{
	(void)pthread_mutex_destroy(&bucket->mu);
}

void bucket_reconfigure(struct bucket *bucket, int64_t per_minute, int64_t burst)
{
	(void)pthread_mutex_lock(&bucket->mu);
	bool unlimited = bucket->rate.per_minute <= 0; /* nothing was counted */
	bucket->rate = (struct bucket_rate){.per_minute = per_minute, .burst = burst};
	int64_t full = bucket_full(bucket->rate);
	if (unlimited)
		bucket_state_fill(&bucket->state, bucket->rate, clock_mono());
	else if (bucket->state.level > full)
		bucket->state.level = full;
	(void)pthread_mutex_unlock(&bucket->mu);
}

bool bucket_take(struct bucket *bucket, uint64_t amount, struct mono now, uint32_t *ret_wait_ms)
{
	(void)pthread_mutex_lock(&bucket->mu);
	bool taken = bucket_state_take(&bucket->state, bucket->rate, amount, now, ret_wait_ms);
	(void)pthread_mutex_unlock(&bucket->mu);
	return taken;
}

void bucket_give_back(struct bucket *bucket, uint64_t amount)
{
	int64_t back = (int64_t)(amount > QUOTA_BURST_MAX ? QUOTA_BURST_MAX : amount) * SCALE;
	(void)pthread_mutex_lock(&bucket->mu);
	if (bucket->rate.per_minute > 0) /* else nothing was taken */
		bucket->state.level += back; /* the next take cuts it to the burst */
	(void)pthread_mutex_unlock(&bucket->mu);
}

void quota_init(struct counter_limit *quota, uint64_t max)
{
	atomic_init(&quota->used, 0);
	atomic_init(&quota->max, max);
}

void quota_set_max(struct counter_limit *quota, uint64_t max)
{
	atomic_store_explicit(&quota->max, max, memory_order_relaxed);
}

bool quota_charge(struct counter_limit *quota, uint64_t n)
{
	uint64_t max = atomic_load_explicit(&quota->max, memory_order_relaxed);
	uint64_t used = atomic_load_explicit(&quota->used, memory_order_relaxed);
	do {
		if (used > max || n > max - used)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&quota->used, &used, used + n, memory_order_relaxed, memory_order_relaxed));
	return true;
}

void quota_return(struct counter_limit *quota, uint64_t n)
{
	uint64_t before = atomic_fetch_sub_explicit(&quota->used, n, memory_order_relaxed);
	GC_ASSERT(before >= n);
}

uint64_t quota_used(const struct counter_limit *quota)
{
	return atomic_load_explicit(&quota->used, memory_order_relaxed);
}
