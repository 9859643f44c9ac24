/* One mutex, one condition, one queue. */
#include "base/worker.h"

#include "base/err.h"
#include "base/mem.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

STAILQ_HEAD(job_queue, worker_job);

struct worker_pool {
	pthread_mutex_t mu;
	pthread_cond_t wake; /* a job came, or stopping was set */
	struct job_queue jobs; /* under mu, as the rest; jobs are borrowed */
	size_t queued;
	size_t queue_max;
	bool stopping;
	size_t threads_count; /* starter's thread only */
	pthread_t threads[WORKER_THREADS_MAX];
};

/* The next job, or NULL when stopping and none is left. */
static struct worker_job *job_wait(struct worker_pool *pool)
{
	(void)pthread_mutex_lock(&pool->mu);
	while (STAILQ_EMPTY(&pool->jobs) && !pool->stopping)
		(void)pthread_cond_wait(&pool->wake, &pool->mu);
	struct worker_job *job = STAILQ_FIRST(&pool->jobs);
	if (job) {
		STAILQ_REMOVE_HEAD(&pool->jobs, next);
		pool->queued--;
	}
	(void)pthread_mutex_unlock(&pool->mu);
	return job;
}

static void *worker_main(void *arg)
{
	struct worker_pool *pool = arg;
	(void)pthread_setname_np(pthread_self(), "worker");
	for (struct worker_job *job = job_wait(pool); job; job = job_wait(pool))
		job->run(job);
	return NULL;
}

int worker_pool_start(size_t threads, size_t queue_max, struct worker_pool **ret_pool)
{
	GC_ASSERT(threads >= 1 && threads <= WORKER_THREADS_MAX);
	struct worker_pool *pool = mem_new(1, sizeof(*pool));
	(void)pthread_mutex_init(&pool->mu, NULL); /* cannot fail with default attributes */
	(void)pthread_cond_init(&pool->wake, NULL);
	STAILQ_INIT(&pool->jobs);
	pool->queue_max = queue_max;
	while (pool->threads_count < threads) {
		int r = pthread_create(
			&pool->threads[pool->threads_count], NULL, worker_main, pool);
		if (r) {
			(void)worker_pool_stop(pool);
			return err_raise(-r);
		}
		pool->threads_count++;
	}
	*ret_pool = pool;
	return 0;
}

struct worker_pool *worker_pool_stop(struct worker_pool *pool)
{
	if (!pool)
		return NULL;
	(void)pthread_mutex_lock(&pool->mu);
	pool->stopping = true;
	(void)pthread_cond_broadcast(&pool->wake);
	(void)pthread_mutex_unlock(&pool->mu);
	for (size_t i = 0; i < pool->threads_count; i++)
		(void)pthread_join(pool->threads[i], NULL);
	GC_ASSERT(STAILQ_EMPTY(&pool->jobs));
	(void)pthread_cond_destroy(&pool->wake);
	(void)pthread_mutex_destroy(&pool->mu);
	free(pool);
	return NULL;
}

int worker_submit(struct worker_pool *pool, struct worker_job *job)
{
	(void)pthread_mutex_lock(&pool->mu);
	GC_ASSERT(!pool->stopping);
	bool full = pool->queued >= pool->queue_max;
	if (!full) {
		STAILQ_INSERT_TAIL(&pool->jobs, job, next);
		pool->queued++;
		(void)pthread_cond_signal(&pool->wake);
	}
	(void)pthread_mutex_unlock(&pool->mu);
	return full ? WORKER_E_FULL : 0;
}

size_t worker_queued(struct worker_pool *pool)
{
	(void)pthread_mutex_lock(&pool->mu);
	size_t queued = pool->queued;
	(void)pthread_mutex_unlock(&pool->mu);
	return queued;
}
