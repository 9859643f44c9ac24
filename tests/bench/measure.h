/*
 * What a run is measured with: a histogram of durations, CPU time of the server's processes, of
 * this one and of the machine, and resident memory. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	MEASURE_SUB_BITS = 7, /* buckets per power of two: below 1 % error */
	MEASURE_BUCKETS = 64 << MEASURE_SUB_BITS,
	MEASURE_PIDS_MAX = 16, /* with those that they have started */
	MEASURE_THREADS_MAX = 512, /* of all the server's processes; more are not looked at */
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

/* CPU time of one thread of the server. */
struct measure_thread {
	pid_t tid;
	double cpu_s;
};

/* All in seconds since some start; only differences mean something. */
struct measure_cpu {
	double at;
	double server_user;
	double server_sys;
	double client;
	double machine_busy;
	double machine_steal;
	double server_idle; /* of all cores that the server may use */
	unsigned server_cores; /* how many those are; no difference */
};

/* The server's threads at one moment, to find the busiest one later. */
struct measure_threads {
	struct measure_thread threads[MEASURE_THREADS_MAX];
	size_t count;
};

uint64_t measure_now_ns(void);
struct measure_cpu measure_cpu_now(const struct measure_server *server);
struct measure_cpu measure_cpu_diff(const struct measure_cpu *a, const struct measure_cpu *b);
void measure_threads_now(const struct measure_server *server, struct measure_threads *t);
/* CPU time of the thread that used most between the two, seconds. */
double measure_threads_busiest(const struct measure_threads *a, const struct measure_threads *b);
/* Idle time of the cores that the server's first process may use, seconds; how many they are. */
double measure_idle(const struct measure_server *server, unsigned *ret_cores);
/* Resident memory of the server's processes, KiB. */
long measure_rss_kb(const struct measure_server *server);
/* Whether the peer of this TCP socket on the same machine has closed its side. Asks for the peer's
 * socket, because what it sent at its end may stand behind data that isn't read. */
bool measure_peer_closed(int fd);
