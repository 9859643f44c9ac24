/*
 * A few threads for work that would stall a shard: password hashing above all. The queue is
 * bounded, and a full one is an answer for the caller, not a wait. It is fair: owners (addresses) take
 * turns, those who come rarely before those who come often, and when it is full the owner with the
 * most jobs loses its newest to one who has fewer. The threads give way to all others (nice).
 */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct worker_pool;

/* Embedded in the caller's request; alive until `run` or `drop` has been entered, which may free it. */
struct worker_job {
	void (*run)(struct worker_job *job); /* on a worker thread */
	/* Instead of `run`: it made room for another. On the thread of that one's worker_submit. */
	void (*drop)(struct worker_job *job);
	unsigned owner; /* who takes turns with others */
	bool late; /* behind all that aren't */
	TAILQ_ENTRY(worker_job) next; /* the pool's */
};

enum {
	WORKER_E_FULL = 1, /* queue_max jobs wait already */
	WORKER_THREADS_MAX = 64,
	WORKER_NICE = 10,
};

/* Starts `threads` (1 to WORKER_THREADS_MAX) threads; at most `queue_max` jobs wait. 0 with
 * *ret_pool owned by the caller, or negative errno of pthread_create. */
int worker_pool_start(
	size_t threads, size_t queue_max, struct worker_pool **ret_pool) GC_MUST_CHECK;
/* Runs what is queued, then ends the threads and frees the pool; NULL is allowed. Returns NULL.
 * No one may submit any more. Not from a worker thread. */
struct worker_pool *worker_pool_stop(struct worker_pool *pool);
/* Drops what waits, and takes nothing more: the daemon ends, and a queue of costly jobs must not hold
 * it up. Any thread. */
void worker_pool_refuse(struct worker_pool *pool);
/* 0: will run, on some worker, one owner's jobs in order of submission, unless it is dropped for
 * another's; or WORKER_E_FULL. Any thread. */
int worker_submit(struct worker_pool *pool, struct worker_job *job) GC_MUST_CHECK;
/* Jobs waiting now, without those that run. Any thread. */
size_t worker_queued(struct worker_pool *pool);
