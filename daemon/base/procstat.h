/* What this process uses, as the kernel counts it. Any thread. */
#pragma once

#include <stdint.h>

struct metric_sink;

/* Resident memory; 0: it can't be known. */
uint64_t procstat_resident_bytes(void);
/* The families that every exporter names alike: process_cpu_seconds_total and so on. `started_us`:
 * since 1970. */
void procstat_emit(const struct metric_sink *sink, uint64_t started_us);
