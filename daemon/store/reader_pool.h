/*
 * The readers: a few threads, each with a reader of its own, that take jobs in order: first those that
 * sessions wait for, then the late ones, of which a client may ask many at once. And a spare reader for
 * jobs that run at once on their caller's thread.
 */
#pragma once

#include "store/store_priv.h"
#include <pthread.h>

struct reader_pool;

struct reader_thread {
	struct reader_pool *pool; /* borrowed */
	struct store_reader *reader; /* owned */
	pthread_t thread;
};

STAILQ_HEAD(job_line, store_job); /* borrowed, oldest first */

struct reader_pool {
	const struct store_engine *engine; /* borrowed: static */
	void *impl; /* borrowed: the engine's, outlives the threads */
	struct reader_thread threads[STORE_READERS_MAX];
	size_t count;

	struct { /* any thread, under mu */
		pthread_mutex_t mu;
		pthread_cond_t wake;
		struct job_line early;
		struct job_line late;
		unsigned turn; /* counts jobs taken while late ones wait */
		struct store_reader *spare; /* owned; NULL: none, or in use */
		bool stopping;
	} shared;
};

/* Prepares an empty pool. reader_pool_deinit, also when reader_pool_start fails. */
void reader_pool_init(struct reader_pool *pool, const struct store_engine *engine, void *impl);
/* Opens `count` readers (1 to STORE_READERS_MAX) and starts their threads. */
int reader_pool_start(struct reader_pool *pool, size_t count) GC_MUST_CHECK;
/* Runs what is queued, ends the threads, closes the readers. */
void reader_pool_deinit(struct reader_pool *pool);

/* Any thread. */
void reader_pool_run(struct reader_pool *pool, struct store_job *job);
/* On the caller's thread, before it returns. */
void reader_pool_run_now(struct reader_pool *pool, struct store_job *job);
