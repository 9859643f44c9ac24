/*
 * The daemon's histograms: how long something took, how large something was, each in fixed buckets.
 * A value is added to the caller's lane, so that threads don't share cache lines; a reader adds the
 * lanes up. Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct metric_sink;

enum histogram {
	HISTOGRAM_COMMIT_TIME, /* us: one transaction of the store */
	HISTOGRAM_COMMIT_OPS, /* changes in it */
	HISTOGRAM_ACK_TIME, /* us: from a request's frame to its reply */
	HISTOGRAM_PASSWORD_TIME, /* us: one password hashed */
	HISTOGRAM_BATCH_EVENTS, /* events put together for the sessions of a room */
	_HISTOGRAM_MAX,
};

enum {
	HISTOGRAM_BUCKETS_MAX = 20,
	HISTOGRAM_LANES = 8, /* of threads that observe side by side */
};

struct histogram_values {
	size_t bucket_count; /* the last one has no bound */
	uint64_t bounds[HISTOGRAM_BUCKETS_MAX]; /* inclusive, in the unit of the histogram */
	uint64_t counts[HISTOGRAM_BUCKETS_MAX]; /* not cumulative */
	uint64_t sum;
};

/* `lane`: any number that the thread has for itself, like its shard's. Hot path. */
void histogram_observe(enum histogram histogram, unsigned lane, uint64_t value);
void histogram_read(enum histogram histogram, struct histogram_values *ret);
/* Every histogram as families of base/exposition.h. */
void histograms_emit(const struct metric_sink *sink);
