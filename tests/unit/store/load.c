/* Slots that go round: free -> submitted -> finished -> free. */
#include "load.h"

#include "base/clock.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	struct store_op op;
	struct store_append append;
	uint8_t client_id[STORE_CLIENT_ID_BYTES];
	uint8_t body[LOAD_BODY_BYTES];
	int64_t start_us;
};

static struct {
	const struct load *load; /* borrowed */
	struct slot *slots; /* owned */
	uint32_t *latencies_us; /* owned: one for each append */
	uint64_t started;
	uint64_t done; /* writer's thread */
	uint64_t failed; /* the same */
	struct slot **finished; /* owned; writer's thread, until on_batch */
	size_t finished_count;

	pthread_mutex_t mu; /* of what follows */
	pthread_cond_t wake;
	struct slot **free; /* owned */
	size_t free_count;
} run = {.mu = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static void on_done(struct store_op *op, enum store_status status)
{
	struct slot *slot = GC_CONTAINER_OF(op, struct slot, op);
	run.failed += status != STORE_OK;
	run.latencies_us[run.done++] = (uint32_t)(clock_mono().us - slot->start_us);
	run.finished[run.finished_count++] = slot;
}

static void on_batch(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&run.mu);
	for (size_t i = 0; i < run.finished_count; i++)
		run.free[run.free_count++] = run.finished[i];
	run.finished_count = 0;
	pthread_cond_signal(&run.wake);
	pthread_mutex_unlock(&run.mu);
}

static size_t take_slots(struct slot **slots, size_t at_least)
{
	pthread_mutex_lock(&run.mu);
	while (run.free_count < at_least)
		pthread_cond_wait(&run.wake, &run.mu);
	size_t count = run.free_count;
	memcpy(slots, run.free, count * sizeof(*slots)); /* NOLINT: pointers */
	run.free_count = 0;
	pthread_mutex_unlock(&run.mu);
	return count;
}

uint64_t load_random(void)
{
	static uint64_t x = 88172645463325252U;
	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

/* The clock in front, as in a UUIDv7: also behind those of an earlier run. */
static void fill_id(uint8_t *id, uint64_t number)
{
	uint64_t head = (clock_wall_us() << 8) | (number & 0xff);
	uint64_t tail = load_random();
	for (int i = 0; i < 8; i++)
		id[i] = (uint8_t)(head >> (56 - 8 * i));
	memcpy(id + 8, &tail, sizeof(tail));
}

static void submit(struct store *store, struct slot *slot)
{
	uint64_t number = ++run.started;
	uint64_t logs = run.load->logs;
	fill_id(slot->client_id, number);
	slot->append = (struct store_append){
		.log = 1 + (logs > 1 ? load_random() % logs : 0),
		.author = 1 + number % 1000,
		.client_id = slot->client_id,
		.flags = STORE_EVENT_COUNTED,
		.body = slot->body,
		.body_len = sizeof(slot->body),
	};
	slot->op =
		(struct store_op){.appends = &slot->append, .append_count = 1, .on_done = on_done};
	slot->start_us = clock_mono().us;
	store_submit(store, &slot->op);
}

static void begin(const struct load *load)
{
	size_t n = load->outstanding;
	run.load = load;
	run.started = run.done = run.failed = 0;
	run.slots = mem_new(n, sizeof(*run.slots));
	run.finished = mem_new(n, sizeof(struct slot *));
	run.free = mem_new(n, sizeof(struct slot *));
	run.latencies_us = mem_new(load->total, sizeof(*run.latencies_us));
	for (size_t i = 0; i < n; i++) {
		memset(run.slots[i].body, 'a' + (int)(i % 26), LOAD_BODY_BYTES);
		run.free[i] = &run.slots[i];
	}
	run.free_count = n;
}

static void end(void)
{
	free(run.slots);
	free(run.finished);
	free(run.free);
	free(run.latencies_us);
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static uint64_t commits_of(struct store *store)
{
	struct store_stats stats;
	store_get_stats(store, &stats);
	return stats.commits;
}

struct store *load_open(const char *path, enum store_durability durability, size_t outstanding)
{
	const struct store_options options = {.engine = "sqlite",
		.path = path,
		.durability = durability,
		.readers = 1,
		.batch_max = outstanding > 2000 ? outstanding : 0,
		.on_batch = on_batch};
	struct err_text err = {0};
	struct store *store = NULL;
	if (store_open(&options, &store, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(EXIT_FAILURE);
	}
	return store;
}

struct load_result load_run(struct store *store, const struct load *load)
{
	begin(load);
	struct slot **slots = mem_new(load->outstanding, sizeof(struct slot *));
	uint64_t commits = commits_of(store);
	struct mono start = clock_mono();
	while (run.started < load->total) {
		size_t count = take_slots(slots, 1);
		size_t i = 0;
		for (; i < count && run.started < load->total; i++)
			submit(store, slots[i]);
		pthread_mutex_lock(&run.mu);
		for (; i < count; i++)
			run.free[run.free_count++] = slots[i];
		pthread_mutex_unlock(&run.mu);
	}
	(void)take_slots(slots, load->outstanding);
	struct load_result result = {.us = clock_mono().us - start.us, .failed = run.failed};
	result.commits = (double)(commits_of(store) - commits);
	qsort(run.latencies_us, load->total, sizeof(*run.latencies_us), by_value);
	result.p50_us = run.latencies_us[load->total / 2];
	result.p99_us = run.latencies_us[load->total * 99 / 100];
	result.worst_us = run.latencies_us[load->total - 1];
	free(slots);
	end();
	return result;
}
