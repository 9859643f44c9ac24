/*
 * The fixed scenario of tests/bench/instructions for appends: the store's writer and the sqlite
 * engine on a new database. The writer is held in on_batch until the next batch is submitted whole,
 * so that a batch has the same size in every run. Callgrind dumps at each entry of phase_end: after
 * the opening and some warm-up, after SINGLES batches of one append, after BURSTS of BURST.
 *
 * Usage: instructions-append FOLDER
 */
#include "base/err.h"
#include "store/store.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BODY_BYTES = 200,
	LOGS = 100,
	WARM = 4,
	SINGLES = 256,
	BURSTS = 16,
	BURST = 64,
};

struct slot {
	struct store_op op;
	struct store_append append;
	uint8_t client_id[STORE_CLIENT_ID_BYTES];
};

static struct store *store;
static struct slot slots[BURST];
static uint8_t body[BODY_BYTES];
static uint64_t number; /* of the last append */
static unsigned failed; /* writer's thread; read while it is held */
static sem_t batch_done;
static sem_t next_batch;

/* Named on callgrind's command line. */
__attribute__((noinline)) void phase_end(void);
void phase_end(void)
{
	__asm__ volatile("");
}

static void on_done(struct store_op *op, enum store_status status)
{
	(void)op;
	failed += status != STORE_OK;
}

static void on_batch(void *arg)
{
	(void)arg;
	(void)sem_post(&batch_done);
	while (sem_wait(&next_batch) < 0)
		continue;
}

static void submit(struct slot *slot)
{
	number++;
	memset(slot->client_id, 0, sizeof(slot->client_id));
	for (unsigned i = 0; i < 8; i++)
		slot->client_id[i] = (uint8_t)(number >> (56 - 8 * i));
	slot->append = (struct store_append){.log = 1 + number % LOGS,
		.author = 1 + number % 7,
		.client_id = slot->client_id,
		.flags = STORE_EVENT_COUNTED,
		.body = body,
		.body_len = sizeof(body)};
	slot->op =
		(struct store_op){.appends = &slot->append, .append_count = 1, .on_done = on_done};
	store_submit(store, &slot->op);
}

/* The writer is held at its start and at its end. */
static void run_batches(unsigned count, unsigned size)
{
	for (unsigned i = 0; i < count; i++) {
		for (unsigned j = 0; j < size; j++)
			submit(&slots[j]);
		(void)sem_post(&next_batch);
		while (sem_wait(&batch_done) < 0)
			continue;
	}
}

/* The first append of all holds the writer. */
static void hold(void)
{
	submit(&slots[0]);
	while (sem_wait(&batch_done) < 0)
		continue;
}

int main(int argc, char **argv)
{
	char path[4096];
	struct err_text err = {0};

	if (argc != 2) {
		(void)fprintf(stderr, "usage: instructions-append FOLDER\n");
		return 2;
	}
	(void)snprintf(path, sizeof(path), "%s/append.db", argv[1]);
	(void)sem_init(&batch_done, 0, 0);
	(void)sem_init(&next_batch, 0, 0);
	memset(body, 'x', sizeof(body));
	const struct store_options options = {
		.engine = "sqlite", .path = path, .readers = 1, .on_batch = on_batch};
	if (store_open(&options, &store, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	hold();
	run_batches(WARM, BURST);
	phase_end();
	run_batches(SINGLES, 1);
	phase_end();
	run_batches(BURSTS, BURST);
	phase_end();
	(void)sem_post(&next_batch);
	store = store_close(store);
	printf("appends %d %d\n", SINGLES, BURSTS * BURST);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
