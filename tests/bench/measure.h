/*
 * What a run is measured with: a histogram of durations, CPU time of the server's processes, of
 * this one and of the machine, and resident memory. One thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	MEASURE_SUB_BITS = 7, /* buckets per power of two: below 1 % error */
	MEASURE_BUCKETS = 64 << MEASURE_SUB_BITS,
	MEASURE_PIDS_MAX = 16,
};

struct histogram {
	uint64_t buckets[MEASURE_BUCKETS];
	uint64_t count;
	uint64_t max;
};

void histogram_clear(struct histogram *h);
void histogram_add(struct histogram *h, uint64_t ns);
/* The value below which the part `quantile` lies, in microseconds; -1 when empty. */
double histogram_us(const struct histogram *h, double quantile);

/* Processes whose CPU time and memory count as the server's. */
struct measure_server {
	pid_t pids[MEASURE_PIDS_MAX];
	size_t count;
};

/* All in seconds since some start; only differences mean something. */
struct measure_cpu {
	double at;
	double server_user;
	double server_sys;
	double client;
	double machine_busy;
	double machine_steal;
};

uint64_t measure_now_ns(void);
struct measure_cpu measure_cpu_now(const struct measure_server *server);
struct measure_cpu measure_cpu_diff(const struct measure_cpu *a, const struct measure_cpu *b);
/* Resident memory of the server's processes, KiB. */
long measure_rss_kb(const struct measure_server *server);
