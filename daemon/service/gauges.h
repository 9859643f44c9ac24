/* Everything the daemon measures, for whoever collects it. */
#pragma once

#include "base/exposition.h"
#include "shard/sample.h"
#include "store/store.h"

struct service;

/* What there is now. */
struct gauges {
	double uptime_s;
	bool serving;
	uint64_t connections;
	unsigned sessions;
	unsigned accounts;
	unsigned rooms;
	uint64_t damaged_rooms;
	uint64_t certificate_ends_us; /* since 1970 */
	double free_bytes; /* of the store's disk; negative: it has none */
	struct sample_sums sums;
	struct store_stats store;
};

/* Both wait for nobody. Any thread, as long as the service and what it borrows are there. */
void gauges_read(struct service *service, struct gauges *ret);
/* Gauges, counters, histograms, and what the process uses. */
void service_emit_metrics(struct service *service, const struct metric_sink *sink);

/* The gauges alone. */
void gauges_emit(const struct gauges *gauges, const struct metric_sink *sink);
