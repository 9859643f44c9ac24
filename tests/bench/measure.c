/* Figures come from /proc/PID/stat, /proc/PID/smaps_rollup, /proc/stat and getrusage(2). */
#include "measure.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
	STAT_BYTES = 1024,
	STAT_UTIME = 14,
	STAT_FIRST_AFTER_NAME = 3
};

void histogram_clear(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
}

/* Small values have a bucket each; above, the leading bits after the highest one choose it. */
static size_t bucket_of(uint64_t v)
{
	if (v < 1u << MEASURE_SUB_BITS)
		return v;
	unsigned top = 63 - (unsigned)__builtin_clzll(v);
	unsigned shift = top - MEASURE_SUB_BITS;
	return ((size_t)(shift + 1) << MEASURE_SUB_BITS) +
	       ((v >> shift) - (1u << MEASURE_SUB_BITS));
}

static uint64_t bucket_floor(size_t i)
{
	if (i < 1u << MEASURE_SUB_BITS)
		return i;
	unsigned shift = (unsigned)(i >> MEASURE_SUB_BITS) - 1;
	uint64_t lead = (1u << MEASURE_SUB_BITS) + (i & ((1u << MEASURE_SUB_BITS) - 1));
	return lead << shift;
}

void histogram_add(struct histogram *h, uint64_t ns)
{
	h->buckets[bucket_of(ns)]++;
	h->count++;
	if (ns > h->max)
		h->max = ns;
}

double histogram_us(const struct histogram *h, double quantile)
{
	uint64_t below = (uint64_t)((double)h->count * quantile);
	uint64_t seen = 0;
	if (h->count == 0)
		return -1;
	for (size_t i = 0; i < MEASURE_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen > below)
			return (double)bucket_floor(i) / 1e3;
	}
	return (double)h->max / 1e3;
}

uint64_t measure_now_ns(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail with a valid clock */
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void add_process(pid_t pid, double hz, struct measure_cpu *cpu)
{
	char path[64];
	char text[STAT_BYTES];
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid); /* fits */
	FILE *f = fopen(path, "re");
	if (!f)
		return;
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f); /* was only read */
	text[n] = 0;
	char *rest = strrchr(text, ')'); /* the name may hold anything */
	char *save = NULL;
	char *word = rest ? strtok_r(rest + 1, " ", &save) : NULL;
	for (int i = STAT_FIRST_AFTER_NAME; word && i < STAT_UTIME; i++)
		word = strtok_r(NULL, " ", &save);
	unsigned long long user = 0;
	unsigned long long sys = 0;
	if (word && sscanf(word, "%llu", &user) == 1 && sscanf(save, "%llu", &sys) == 1) {
		cpu->server_user += (double)user / hz;
		cpu->server_sys += (double)sys / hz;
	}
}

static void add_machine(double hz, struct measure_cpu *cpu)
{
	unsigned long long v[8] = {0};
	FILE *f = fopen("/proc/stat", "re");
	if (!f)
		return;
	int n = fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2], &v[3],
		&v[4], &v[5], &v[6], &v[7]);
	(void)fclose(f); /* was only read */
	if (n != 8)
		return;
	cpu->machine_busy = (double)(v[0] + v[1] + v[2] + v[5] + v[6]) / hz;
	cpu->machine_steal = (double)v[7] / hz;
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

struct measure_cpu measure_cpu_now(const struct measure_server *server)
{
	struct measure_cpu cpu = {.at = (double)measure_now_ns() / 1e9};
	double hz = (double)sysconf(_SC_CLK_TCK);
	struct rusage own;
	for (size_t i = 0; i < server->count; i++)
		add_process(server->pids[i], hz, &cpu);
	if (getrusage(RUSAGE_SELF, &own) == 0)
		cpu.client = seconds_of(own.ru_utime) + seconds_of(own.ru_stime);
	add_machine(hz, &cpu);
	cpu.server_idle = measure_idle(server, &cpu.server_cores);
	return cpu;
}

struct measure_cpu measure_cpu_diff(const struct measure_cpu *a, const struct measure_cpu *b)
{
	return (struct measure_cpu){.at = b->at - a->at,
		.server_user = b->server_user - a->server_user,
		.server_sys = b->server_sys - a->server_sys,
		.client = b->client - a->client,
		.machine_busy = b->machine_busy - a->machine_busy,
		.machine_steal = b->machine_steal - a->machine_steal,
		.server_idle = b->server_idle - a->server_idle,
		.server_cores = b->server_cores};
}

static long rss_of(pid_t pid)
{
	char path[64];
	char line[256];
	long kb = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid); /* fits */
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Rss: %ld kB", &kb) == 1)
			break;
	(void)fclose(f); /* was only read */
	return kb;
}

long measure_rss_kb(const struct measure_server *server)
{
	long sum = 0;
	for (size_t i = 0; i < server->count; i++)
		sum += rss_of(server->pids[i]);
	return sum;
}
