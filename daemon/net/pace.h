/*
 * How fast handshakes are begun: limits.handshakes_per_second. Each takes 0.8 ms of the processors
 * (measured: 0.13 to begin it, the rest, mostly the signature, on whatever shard is polling), and a
 * thousand at once were felt by all. So few may be under way freely, and beyond that they are begun at a
 * rate that leaves the shards more than half of their time. Who waits does so in the kernel's queue. No
 * thread of its own: the owner's lock, or thread.
 */
#pragma once

#include "base/clock.h"
#include "base/quota.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	/* For each shard: */
	PACE_FREE = 32, /* connections that have not signed in, before there is a pace */
	PACE_BURST = 4, /* handshakes begun at once by then */
};

struct pace {
	unsigned shards;
	struct bucket_rate rate;
	struct bucket_state state;
	bool held; /* one has been taken out of it, for the next */
};

/* `shards`: 0 is 1. */
void pace_init(struct pace *pace, unsigned shards);

/* Whether one more may begin beside `pending` that have not signed in. `per_s`: for each shard, at most
 * 100,000, from now on; 0: no pace at all. False: how long to wait, at least 1 ms. */
bool pace_allows(struct pace *pace, uint64_t per_s, uint64_t pending, struct mono now,
	uint32_t *ret_wait_ms);
/* It has begun. One that was refused for another reason has not, and leaves its place to the next. */
void pace_begin(struct pace *pace);
