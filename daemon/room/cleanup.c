/*
 * One list, of which the end is deleted next:
 *
 *   cleanup_add --> [ items ............ | slice ] --> store_submit --> on_done --> the next slice
 */
#include "room/cleanup.h"

#include "base/macros.h"
#include "base/mem.h"
#include "store/store.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct item {
	enum record_kind kind;
	uint64_t log; /* not 0: this log, and no record */
	struct record_key key;
};

struct cleanup {
	struct store *store; /* borrowed: outlives it, but for cleanup_free after a stop */
	pthread_mutex_t mu; /* guards what follows */
	pthread_cond_t idle;
	struct item *items; /* owned */
	size_t count;
	size_t capacity;
	bool busy; /* a slice is under way: `op` and what it points to are the writer's */
	bool stopped;
	struct store_op op;
	struct store_put puts[CLEANUP_SLICE];
	struct item slice[CLEANUP_SLICE]; /* what the puts point to */
};

void cleanup_stop(struct cleanup *c)
{
	pthread_mutex_lock(&c->mu);
	c->stopped = true;
	while (c->busy)
		(void)pthread_cond_wait(&c->idle, &c->mu);
	pthread_mutex_unlock(&c->mu);
}

struct cleanup *cleanup_free(struct cleanup *c)
{
	if (!c)
		return NULL;
	cleanup_stop(c);
	(void)pthread_mutex_destroy(&c->mu);
	(void)pthread_cond_destroy(&c->idle);
	free(c->items);
	free(c);
	return NULL;
}

static void add(struct cleanup *c, struct item item)
{
	pthread_mutex_lock(&c->mu);
	if (c->count == c->capacity) {
		c->capacity = c->capacity ? 2 * c->capacity : CLEANUP_SLICE;
		c->items = mem_grow(c->items, c->capacity, sizeof(*c->items));
	}
	c->items[c->count++] = item;
	pthread_mutex_unlock(&c->mu);
}

void cleanup_add(struct cleanup *c, enum record_kind kind, struct record_key key)
{
	add(c, (struct item){.kind = kind, .key = key});
}

void cleanup_add_log(struct cleanup *c, uint64_t log)
{
	add(c, (struct item){.log = log});
}

/* Under mu. The next write: a log, or as many records as come before one. False: there is none. */
static bool take_slice(struct cleanup *c)
{
	size_t n = 0;
	if (c->count == 0 || c->stopped)
		return false;
	c->op = (struct store_op){.on_done = c->op.on_done, .puts = c->puts};
	if (c->items[c->count - 1].log)
		c->op.drop_log = c->items[--c->count].log;
	while (!c->op.drop_log && c->count > 0 && n < CLEANUP_SLICE &&
		!c->items[c->count - 1].log) {
		struct item *item = &c->slice[n];
		*item = c->items[--c->count];
		c->puts[n++] = (struct store_put){.kind = (uint32_t)item->kind,
			.key = item->key.bytes,
			.key_len = item->key.len};
	}
	c->op.put_count = n;
	return true;
}

/* Writer thread. What could not be deleted is found again at the next start. */
static void on_done(struct store_op *op, enum store_status status)
{
	(void)status;
	struct cleanup *c = GC_CONTAINER_OF(op, struct cleanup, op);
	pthread_mutex_lock(&c->mu);
	bool goes_on = take_slice(c);
	c->busy = goes_on;
	if (!goes_on)
		pthread_cond_broadcast(&c->idle);
	pthread_mutex_unlock(&c->mu);
	if (goes_on) /* else it may be gone by now */
		store_submit(c->store, &c->op);
}

void cleanup_start(struct cleanup *c)
{
	pthread_mutex_lock(&c->mu);
	bool begins = !c->busy && take_slice(c);
	c->busy = c->busy || begins;
	pthread_mutex_unlock(&c->mu);
	if (begins)
		store_submit(c->store, &c->op);
}

struct cleanup *cleanup_new(struct store *store)
{
	struct cleanup *c = mem_new(1, sizeof(*c));
	c->store = store;
	c->op.on_done = on_done;
	(void)pthread_mutex_init(&c->mu, NULL); /* cannot fail with default attributes */
	(void)pthread_cond_init(&c->idle, NULL);
	return c;
}
