/* Relaxed atomics, bucket by bucket; the count is the buckets' sum, so it always agrees with them. */
#include "base/histogram.h"

#include "base/exposition.h"
#include "base/macros.h"
#include <math.h>
#include <stdalign.h>
#include <stdatomic.h>

enum {
	CACHE_LINE_BYTES = 64,
};

/* From what an idle machine with a fast disk needs to what nobody should wait for. */
static const uint64_t times_us[] = {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000,
	250000, 500000, 1000000, 2500000, 5000000, 10000000};
static const uint64_t sizes[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
_Static_assert(GC_LENGTH(times_us) < HISTOGRAM_BUCKETS_MAX, "and one without a bound");
_Static_assert(GC_LENGTH(sizes) < HISTOGRAM_BUCKETS_MAX, "and one without a bound");

struct kind {
	struct metric_family family;
	const uint64_t *bounds;
	size_t count;
	double scale; /* of the base unit in one of ours */
};

/* clang-format off */
#define TIME(name, help) {{name, METRIC_TYPE_HISTOGRAM, "seconds", help}, times_us, GC_LENGTH(times_us), 1e6}
#define SIZE(name, help) {{name, METRIC_TYPE_HISTOGRAM, "", help}, sizes, GC_LENGTH(sizes), 1}
static const struct kind kinds[] = {
	[HISTOGRAM_COMMIT_TIME]  = TIME("gchat_store_commit_duration_seconds", "time of one transaction of the store"),
	[HISTOGRAM_COMMIT_OPS]   = SIZE("gchat_store_commit_changes", "changes in one transaction of the store"),
	[HISTOGRAM_ACK_TIME]     = TIME("gchat_ack_latency_seconds", "time from a request on a stream to its reply, the commit included"),
	[HISTOGRAM_PASSWORD_TIME] = TIME("gchat_password_duration_seconds", "time of hashing one password, the wait for a processor included"),
	[HISTOGRAM_BATCH_EVENTS] = SIZE("gchat_batch_events", "events in one batch put together for the sessions of a room"),
};
/* clang-format on */
_Static_assert(GC_LENGTH(kinds) == _HISTOGRAM_MAX, "every histogram has its line");

static struct {
	alignas(CACHE_LINE_BYTES) atomic_uint_least64_t sum;
	atomic_uint_least64_t counts[HISTOGRAM_BUCKETS_MAX];
} lanes[HISTOGRAM_LANES][_HISTOGRAM_MAX];

void histogram_observe(enum histogram histogram, unsigned lane, uint64_t value)
{
	const struct kind *kind = &kinds[histogram];
	size_t bucket = 0;
	while (bucket < kind->count && value > kind->bounds[bucket])
		bucket++;
	lane %= HISTOGRAM_LANES;
	atomic_fetch_add_explicit(&lanes[lane][histogram].counts[bucket], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&lanes[lane][histogram].sum, value, memory_order_relaxed);
}

void histogram_read(enum histogram histogram, struct histogram_values *ret)
{
	const struct kind *kind = &kinds[histogram];
	*ret = (struct histogram_values){.bucket_count = kind->count + 1};
	for (size_t i = 0; i < kind->count; i++)
		ret->bounds[i] = kind->bounds[i];
	ret->bounds[kind->count] = UINT64_MAX;
	for (size_t lane = 0; lane < HISTOGRAM_LANES; lane++) {
		for (size_t i = 0; i <= kind->count; i++)
			ret->counts[i] += atomic_load_explicit(
				&lanes[lane][histogram].counts[i], memory_order_relaxed);
		ret->sum += atomic_load_explicit(&lanes[lane][histogram].sum, memory_order_relaxed);
	}
}

static void emit(const struct metric_sink *sink, enum histogram histogram)
{
	const struct kind *kind = &kinds[histogram];
	struct histogram_values values;
	uint64_t count = 0;
	char bound[EXPOSITION_NUMBER_BYTES];
	histogram_read(histogram, &values);
	sink->family(sink->arg, &kind->family);
	for (size_t i = 0; i < values.bucket_count; i++) {
		bool last = i == kind->count;
		count += values.counts[i];
		exposition_print_number(bound,
			last ? (double)INFINITY : (double)values.bounds[i] / kind->scale, true);
		sink->sample(
			sink->arg, &(struct metric_sample){"_bucket", "le", bound, (double)count});
	}
	sink->sample(sink->arg, &(struct metric_sample){.suffix = "_sum",
					.value = (double)values.sum / kind->scale});
	sink->sample(
		sink->arg, &(struct metric_sample){.suffix = "_count", .value = (double)count});
}

void histograms_emit(const struct metric_sink *sink)
{
	for (int h = 0; h < _HISTOGRAM_MAX; h++)
		emit(sink, (enum histogram)h);
}
