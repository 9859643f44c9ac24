/*
 * What a peer may use: a token bucket for rates, a count with a maximum for things held. Both are
 * embedded in what they pay for, touched by any thread, and reconfigured in place by a reload.
 */
#pragma once

#include "base/clock.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	QUOTA_BURST_MAX = 1 << 30, /* amounts above are treated as this one */
};

/* The arithmetic of one bucket, exact in integers; no lock of its own, so that a map can hold
 * many under one. Units: amount x microseconds per minute. */
struct bucket_state {
	int64_t level; /* may be below 0: see bucket_take */
	struct mono at; /* when level was right */
};

/* `per_minute` refills; 0: no limit at all. `burst` (at least 1) is what a full bucket holds. */
struct bucket_rate {
	int64_t per_minute;
	int64_t burst;
};

void bucket_state_fill(struct bucket_state *state, struct bucket_rate rate, struct mono now);
/* As bucket_take, for whoever holds the lock. */
bool bucket_state_take(struct bucket_state *state, struct bucket_rate rate, uint64_t amount,
	struct mono now, uint32_t *ret_wait_ms);
/* Takes `amount` whether it is there or not, into debt: at most as deep as a full bucket is high. */
void bucket_state_charge(
	struct bucket_state *state, struct bucket_rate rate, uint64_t amount, struct mono now);

struct bucket {
	pthread_mutex_t mu;
	struct bucket_rate rate; /* under mu, as the rest */
	struct bucket_state state;
};

/* Starts full. bucket_deinit before the memory goes. */
void bucket_init(struct bucket *bucket, int64_t per_minute, int64_t burst);
void bucket_deinit(struct bucket *bucket);
/* A new rate from now on; what is in the bucket stays, up to the new burst. A bucket that had no
 * limit until now starts full. */
void bucket_reconfigure(struct bucket *bucket, int64_t per_minute, int64_t burst);
/* Takes `amount`, or takes nothing and says in *ret_wait_ms (at least 1) when to try again. An
 * amount above the burst is taken from a full bucket, which is then in debt: it is late, never
 * impossible. */
bool bucket_take(struct bucket *bucket, uint64_t amount, struct mono now, uint32_t *ret_wait_ms);
/* Puts back what bucket_take took for something that didn't happen after all. */
void bucket_give_back(struct bucket *bucket, uint64_t amount);

/* A count with a maximum: bytes, slots, connections. Zeroed: nothing may be charged. */
struct counter_limit {
	atomic_uint_least64_t used;
	atomic_uint_least64_t max;
};

void quota_init(struct counter_limit *quota, uint64_t max);
/* What is charged beyond a lowered maximum stays charged until it is returned. */
void quota_set_max(struct counter_limit *quota, uint64_t max);
/* Charges `n`, or nothing and false. */
bool quota_charge(struct counter_limit *quota, uint64_t n);
/* Gives back what quota_charge granted; asserts that it had been charged. */
void quota_return(struct counter_limit *quota, uint64_t n);
uint64_t quota_used(const struct counter_limit *quota);
