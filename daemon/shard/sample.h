/*
 * What the sessions of a shard come to: how far they are behind, and what waits to be written. The
 * shard looks at them now and then, the more of them the less often, and leaves the sums where any
 * thread can read them: nobody who asks has to wait for a shard, and no shard for who asks.
 */
#pragma once

#include "base/clock.h"
#include <stdatomic.h>
#include <stdint.h>

struct hub;
struct shard;

enum {
	SAMPLE_INTERVAL_MS = 1000, /* at the least */
	SAMPLE_SESSIONS_PER_S = 2000, /* a shard looks at no more than that */
};

struct sample_sums {
	uint64_t lag; /* events behind the heads, over all sessions and rooms */
	uint64_t lag_max; /* of one session */
	uint64_t lagging; /* sessions that are behind */
	uint64_t queued_bytes; /* in writes under way, and replies that wait for the next */
};

struct sample { /* shard thread writes, any reads */
	_Atomic uint64_t lag;
	_Atomic uint64_t lag_max;
	_Atomic uint64_t lagging;
	_Atomic uint64_t queued_bytes;
	struct mono next; /* shard thread */
};

/* Looks at the sessions where it is time to. Shard thread. */
void sample_take(struct shard *shard, struct mono now);
/* Those of all shards together. Any thread. */
void sample_read(const struct hub *hub, struct sample_sums *ret);
