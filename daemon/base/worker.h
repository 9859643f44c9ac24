/*
 * A few threads for work that would stall a shard: password hashing above all. The queue is
 * bounded, and a full one is an answer for the caller, not a wait.
 */
#pragma once

#include "base/macros.h"
#include <stddef.h>
#include <sys/queue.h>

struct worker_pool;

/* Embedded in the caller's request; alive until `run` has been entered, which may free it. */
struct worker_job {
	void (*run)(struct worker_job *job); /* on a worker thread */
	STAILQ_ENTRY(worker_job) next; /* the pool's */
};

enum {
	WORKER_E_FULL = 1, /* queue_max jobs wait already */
	WORKER_THREADS_MAX = 64,
};

/* Starts `threads` (1 to WORKER_THREADS_MAX) threads; at most `queue_max` jobs wait. 0 with
 * *ret_pool owned by the caller, or negative errno of pthread_create. */
int worker_pool_start(
	size_t threads, size_t queue_max, struct worker_pool **ret_pool) GC_MUST_CHECK;
/* Runs what is queued, then ends the threads and frees the pool; NULL is allowed. Returns NULL.
 * No one may submit any more. Not from a worker thread. */
struct worker_pool *worker_pool_stop(struct worker_pool *pool);
/* 0: will run, on some worker, in order of submission; or WORKER_E_FULL. Any thread. */
int worker_submit(struct worker_pool *pool, struct worker_job *job) GC_MUST_CHECK;
/* Jobs waiting now, without those that run. Any thread. */
size_t worker_queued(struct worker_pool *pool);
