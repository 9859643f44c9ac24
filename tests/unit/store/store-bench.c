/*
 * How many appends a second the sqlite engine acknowledges: one submitter that keeps N of them
 * under way, into one log or into 10,000 at random, with ids that grow with time (UUIDv7) and 200
 * bytes of text. Usage: store-bench FOLDER [APPENDS [always|process]]. Not a test: prints a table.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BODY_BYTES = 200,
	OUTSTANDING_MAX = 2000,
};

struct slot {
	struct store_op op;
	struct store_append append;
	uint8_t client_id[STORE_CLIENT_ID_BYTES];
	uint8_t body[BODY_BYTES];
	int64_t start_us;
};

struct bench {
	struct store *store;
	uint64_t logs;
	size_t outstanding;
	uint64_t total;
	uint64_t started;
	uint64_t failed;
	struct slot *slots; /* owned */
	uint32_t *latencies_us; /* owned: one for each append */
	uint64_t done;

	pthread_mutex_t mu; /* of what follows */
	pthread_cond_t wake;
	struct slot *free[OUTSTANDING_MAX];
	size_t free_count;
	struct slot *finished[OUTSTANDING_MAX]; /* writer's thread, until on_batch */
	size_t finished_count;
};

static struct bench bench;

static void on_done(struct store_op *op, enum store_status status)
{
	struct slot *slot = GC_CONTAINER_OF(op, struct slot, op);
	bench.failed += status != STORE_OK;
	bench.latencies_us[bench.done++] = (uint32_t)(clock_mono().us - slot->start_us);
	bench.finished[bench.finished_count++] = slot;
}

static void on_batch(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&bench.mu);
	for (size_t i = 0; i < bench.finished_count; i++)
		bench.free[bench.free_count++] = bench.finished[i];
	bench.finished_count = 0;
	pthread_cond_signal(&bench.wake);
	pthread_mutex_unlock(&bench.mu);
}

static size_t take_slots(struct slot **slots)
{
	pthread_mutex_lock(&bench.mu);
	while (bench.free_count == 0)
		pthread_cond_wait(&bench.wake, &bench.mu);
	size_t count = bench.free_count;
	memcpy(slots, bench.free, count * sizeof(*slots)); /* NOLINT: pointers */
	bench.free_count = 0;
	pthread_mutex_unlock(&bench.mu);
	return count;
}

static uint64_t next_random(void)
{
	static uint64_t x = 88172645463325252U;
	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

static void fill_id(uint8_t *id, uint64_t number)
{
	uint64_t tail = next_random();
	for (int i = 0; i < 8; i++)
		id[i] = (uint8_t)(number >> (56 - 8 * i));
	memcpy(id + 8, &tail, sizeof(tail));
}

static void submit(struct slot *slot)
{
	uint64_t number = ++bench.started;
	fill_id(slot->client_id, number);
	slot->append = (struct store_append){
		.log = 1 + (bench.logs > 1 ? next_random() % bench.logs : 0),
		.author = 1 + number % 1000,
		.client_id = slot->client_id,
		.flags = STORE_EVENT_COUNTED,
		.body = slot->body,
		.body_len = sizeof(slot->body),
	};
	slot->op =
		(struct store_op){.appends = &slot->append, .append_count = 1, .on_done = on_done};
	slot->start_us = clock_mono().us;
	store_submit(bench.store, &slot->op);
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void run_appends(void)
{
	struct slot *slots[OUTSTANDING_MAX];
	while (bench.started < bench.total) {
		size_t count = take_slots(slots);
		for (size_t i = 0; i < count && bench.started < bench.total; i++)
			submit(slots[i]);
	}
}

static void report(const char *durability, int64_t us)
{
	struct store_stats stats;
	store_get_stats(bench.store, &stats);
	qsort(bench.latencies_us, bench.total, sizeof(*bench.latencies_us), by_value);
	printf("%-8s %6lu logs %5zu under way: %7.0f appends/s, p50 %6.2f p99 %7.2f ms, %5.1f per commit,"
	       " %3.0f bytes each, %lu failed\n",
		durability, (unsigned long)bench.logs, bench.outstanding,
		(double)bench.total * 1e6 / (double)us,
		(double)bench.latencies_us[bench.total / 2] / 1e3,
		(double)bench.latencies_us[bench.total * 99 / 100] / 1e3,
		(double)stats.events / (double)stats.commits,
		(double)stats.bytes / (double)bench.total, (unsigned long)bench.failed);
	(void)fflush(stdout);
}

static int run(const char *folder, enum store_durability durability, uint64_t logs,
	size_t outstanding, uint64_t total)
{
	char path[4096];
	(void)snprintf(path, sizeof(path), "%s/store-bench.db", folder);
	(void)unlink(path); /* an old one may be there */
	const struct store_options options = {.engine = "sqlite",
		.path = path,
		.durability = durability,
		.readers = 1,
		.on_batch = on_batch};
	struct err_text err = {0};
	memset(&bench, 0, sizeof(bench));
	if (store_open(&options, &bench.store, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	bench.logs = logs;
	bench.outstanding = outstanding;
	bench.total = total;
	bench.slots = mem_new(outstanding, sizeof(*bench.slots));
	bench.latencies_us = mem_new(total, sizeof(*bench.latencies_us));
	pthread_mutex_init(&bench.mu, NULL);
	pthread_cond_init(&bench.wake, NULL);
	for (size_t i = 0; i < outstanding; i++) {
		memset(bench.slots[i].body, 'a' + (int)(i % 26), BODY_BYTES);
		bench.free[bench.free_count++] = &bench.slots[i];
	}
	struct mono start = clock_mono();
	run_appends();
	struct store_stats stats;
	do
		store_get_stats(bench.store, &stats);
	while (stats.events + bench.failed < total);
	report(durability == STORE_DURABILITY_ALWAYS ? "always" : "process",
		clock_mono().us - start.us);
	bench.store = store_close(bench.store);
	free(bench.slots);
	free(bench.latencies_us);
	return 0;
}

int main(int argc, char **argv)
{
	static const size_t OUTSTANDING[] = {64, OUTSTANDING_MAX};
	static const uint64_t LOGS[] = {1, 10000};
	if (argc < 2) {
		fprintf(stderr, "usage: store-bench FOLDER [APPENDS [always|process]]\n");
		return 2;
	}
	uint64_t total = argc > 2 ? strtoull(argv[2], NULL, 10) : 200000;
	for (int d = STORE_DURABILITY_ALWAYS; d <= STORE_DURABILITY_PROCESS; d++) {
		if (argc > 3 && strcmp(argv[3], d ? "process" : "always") != 0)
			continue;
		for (size_t i = 0; i < GC_LENGTH(LOGS); i++)
			for (size_t j = 0; j < GC_LENGTH(OUTSTANDING); j++)
				if (run(argv[1], (enum store_durability)d, LOGS[i], OUTSTANDING[j],
					    total) < 0)
					return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
