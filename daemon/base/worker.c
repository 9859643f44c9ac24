/*
 * One mutex, one condition, and two rings of lanes: an owner that has jobs waiting has a lane in the
 * ring of its last job's kind. The head of the first ring that has any runs next, and goes to the end
 * of its ring.
 */
#include "base/worker.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

TAILQ_HEAD(job_queue, worker_job);

enum {
	RING_EARLY,
	RING_LATE,
	RINGS,
};

struct lane {
	unsigned owner;
	int ring;
	size_t count; /* of jobs */
	struct job_queue jobs; /* borrowed */
	TAILQ_ENTRY(lane) link; /* rings[ring] */
	UT_hash_handle hh;
};

TAILQ_HEAD(ring, lane);

struct worker_pool {
	pthread_mutex_t mu;
	pthread_cond_t wake; /* a job came, or stopping was set */
	struct lane *lanes; /* by owner; under mu, as the rest; owned */
	struct ring rings[RINGS];
	size_t queued;
	size_t queue_max;
	bool stopping;
	bool refusing;
	size_t threads_count; /* starter's thread only */
	pthread_t threads[WORKER_THREADS_MAX];
};

/* ---- lanes; the caller holds mu ---- */

static struct lane *lane_find(const struct worker_pool *pool, unsigned owner)
{
	struct lane *lane = NULL;
	HASH_FIND(hh, pool->lanes, &owner, sizeof(owner), lane);
	return lane;
}

static struct lane *lane_get(struct worker_pool *pool, unsigned owner)
{
	struct lane *lane = lane_find(pool, owner);
	if (lane)
		return lane;
	lane = mem_new(1, sizeof(*lane));
	lane->owner = owner;
	lane->ring = RING_EARLY;
	TAILQ_INIT(&lane->jobs);
	HASH_ADD(hh, pool->lanes, owner, sizeof(lane->owner), lane);
	TAILQ_INSERT_TAIL(&pool->rings[RING_EARLY], lane, link);
	return lane;
}

static void lane_move(struct worker_pool *pool, struct lane *lane, int ring)
{
	TAILQ_REMOVE(&pool->rings[lane->ring], lane, link);
	lane->ring = ring;
	TAILQ_INSERT_TAIL(&pool->rings[ring], lane, link);
}

static void lane_put(struct worker_pool *pool, struct worker_job *job)
{
	struct lane *lane = lane_get(pool, job->owner);
	int ring = job->late ? RING_LATE : RING_EARLY;
	if (lane->ring != ring && (job->late || lane->count == 0))
		lane_move(pool, lane, ring);
	TAILQ_INSERT_TAIL(&lane->jobs, job, next);
	lane->count++;
	pool->queued++;
}

static void lane_take(struct worker_pool *pool, struct lane *lane, struct worker_job *job)
{
	TAILQ_REMOVE(&lane->jobs, job, next);
	pool->queued--;
	if (--lane->count > 0)
		return;
	TAILQ_REMOVE(&pool->rings[lane->ring], lane, link);
	HASH_DEL(pool->lanes, lane);
	free(lane);
}

static struct lane *first_lane(const struct worker_pool *pool)
{
	struct lane *early = TAILQ_FIRST(&pool->rings[RING_EARLY]);
	return early ? early : TAILQ_FIRST(&pool->rings[RING_LATE]);
}

/* Who has more waiting than `job`'s owner would have, or is behind it in any case: the most. */
static struct lane *who_yields(const struct worker_pool *pool, const struct worker_job *job)
{
	const struct lane *own = lane_find(pool, job->owner);
	size_t most = own ? own->count + 1 : 1;
	struct lane *found = NULL;
	struct lane *lane;
	TAILQ_FOREACH (lane, &pool->rings[RING_LATE], link) {
		if (lane->owner == job->owner || (job->late && lane->count <= most))
			continue;
		if (!found || lane->count > found->count)
			found = lane;
	}
	if (found || job->late)
		return found;
	TAILQ_FOREACH (lane, &pool->rings[RING_EARLY], link)
		if (lane->count > most && (!found || lane->count > found->count))
			found = lane;
	return found;
}

/* ---- threads ---- */

/* The next job, or NULL when stopping and none is left. */
static struct worker_job *job_wait(struct worker_pool *pool)
{
	(void)pthread_mutex_lock(&pool->mu);
	while (pool->queued == 0 && !pool->stopping)
		(void)pthread_cond_wait(&pool->wake, &pool->mu);
	struct lane *lane = first_lane(pool);
	struct worker_job *job = lane ? TAILQ_FIRST(&lane->jobs) : NULL;
	if (job) {
		lane_move(pool, lane, lane->ring); /* to the end: the others' turn */
		lane_take(pool, lane, job);
	}
	(void)pthread_mutex_unlock(&pool->mu);
	return job;
}

static void *worker_main(void *arg)
{
	struct worker_pool *pool = arg;
	(void)pthread_setname_np(pthread_self(), "worker");
	(void)setpriority(PRIO_PROCESS, 0, WORKER_NICE); /* this thread's; as well without */
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
	TAILQ_INIT(&pool->rings[RING_EARLY]);
	TAILQ_INIT(&pool->rings[RING_LATE]);
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
	GC_ASSERT(pool->queued == 0 && !pool->lanes);
	(void)pthread_cond_destroy(&pool->wake);
	(void)pthread_mutex_destroy(&pool->mu);
	free(pool);
	return NULL;
}

/* Takes the newest job of the one who yields out of the queue; NULL: nobody does. */
static struct worker_job *make_room(struct worker_pool *pool, const struct worker_job *job)
{
	struct lane *lane = who_yields(pool, job);
	struct worker_job *dropped = lane ? TAILQ_LAST(&lane->jobs, job_queue) : NULL;
	if (dropped)
		lane_take(pool, lane, dropped);
	return dropped;
}

int worker_submit(struct worker_pool *pool, struct worker_job *job)
{
	struct worker_job *dropped = NULL;
	(void)pthread_mutex_lock(&pool->mu);
	GC_ASSERT(!pool->stopping);
	bool full = pool->refusing || pool->queued >= pool->queue_max;
	if (full && !pool->refusing) {
		dropped = make_room(pool, job);
		full = !dropped;
	}
	if (!full) {
		lane_put(pool, job);
		(void)pthread_cond_signal(&pool->wake);
	}
	(void)pthread_mutex_unlock(&pool->mu);
	if (dropped)
		dropped->drop(dropped);
	return full ? WORKER_E_FULL : 0;
}

/* The first that waits, taken out of the queue; NULL: none does. */
static struct worker_job *take_waiting(struct worker_pool *pool)
{
	(void)pthread_mutex_lock(&pool->mu);
	pool->refusing = true;
	struct lane *lane = first_lane(pool);
	struct worker_job *job = lane ? TAILQ_FIRST(&lane->jobs) : NULL;
	if (job)
		lane_take(pool, lane, job);
	(void)pthread_mutex_unlock(&pool->mu);
	return job;
}

void worker_pool_refuse(struct worker_pool *pool)
{
	for (struct worker_job *job = take_waiting(pool); job; job = take_waiting(pool))
		job->drop(job);
}

size_t worker_queued(struct worker_pool *pool)
{
	(void)pthread_mutex_lock(&pool->mu);
	size_t queued = pool->queued;
	(void)pthread_mutex_unlock(&pool->mu);
	return queued;
}
