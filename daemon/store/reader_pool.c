/* Threads that take reading jobs from one queue. */
#include "store/reader_pool.h"

#include "store/thread.h"

#include <errno.h>

/* Stands in when no reader could be opened (no descriptors left): the calls of store.h see that it
 * has no engine, and answer STORE_UNAVAILABLE. */
static struct store_reader no_reader;

/* Under mu. The next job, or NULL. */
static struct store_job *next_job(struct reader_pool *pool)
{
	struct job_line *early = &pool->shared.early;
	struct job_line *late = &pool->shared.late;
	bool late_turn = !STAILQ_EMPTY(late) && ++pool->shared.turn % STORE_LATE_TURN == 0;
	struct job_line *line = late_turn || STAILQ_EMPTY(early) ? late : early;
	struct store_job *job = STAILQ_FIRST(line);
	if (job)
		STAILQ_REMOVE_HEAD(line, next);
	return job;
}

static struct store_job *take_job(struct reader_pool *pool)
{
	struct store_job *job;
	pthread_mutex_lock(&pool->shared.mu);
	while (!(job = next_job(pool)) && !pool->shared.stopping)
		pthread_cond_wait(&pool->shared.wake, &pool->shared.mu);
	pthread_mutex_unlock(&pool->shared.mu);
	return job;
}

/* The job may be gone when its run has returned. */
static void run_job(struct store_job *job, struct store_reader *reader)
{
	reader->engine->read_begin(reader);
	job->run(job, reader);
	reader->engine->read_end(reader);
}

static void *run(void *arg)
{
	struct reader_thread *thread = arg;
	struct store_job *job;
	while ((job = take_job(thread->pool)))
		run_job(job, thread->reader);
	return NULL;
}

void reader_pool_init(struct reader_pool *pool, const struct store_engine *engine, void *impl)
{
	*pool = (struct reader_pool){.engine = engine, .impl = impl};
	STAILQ_INIT(&pool->shared.early);
	STAILQ_INIT(&pool->shared.late);
	(void)pthread_mutex_init(&pool->shared.mu, NULL); /* neither can fail on Linux */
	(void)pthread_cond_init(&pool->shared.wake, NULL);
}

static int start_one(struct reader_pool *pool, struct reader_thread *thread)
{
	thread->pool = pool;
	thread->reader = pool->engine->reader_open(pool->impl);
	if (!thread->reader)
		return err_raise(-EIO);
	int r = thread_start(&thread->thread, "store-reader", run, thread);
	if (r < 0) {
		pool->engine->reader_close(thread->reader);
		return err_pass(r);
	}
	pool->count++;
	return 0;
}

int reader_pool_start(struct reader_pool *pool, size_t count)
{
	GC_ASSERT(count >= 1 && count <= STORE_READERS_MAX);
	int r = 0;
	while (r == 0 && pool->count < count)
		r = start_one(pool, &pool->threads[pool->count]);
	return r;
}

void reader_pool_deinit(struct reader_pool *pool)
{
	pthread_mutex_lock(&pool->shared.mu);
	pool->shared.stopping = true;
	pthread_cond_broadcast(&pool->shared.wake);
	pthread_mutex_unlock(&pool->shared.mu);
	for (size_t i = 0; i < pool->count; i++) {
		(void)pthread_join(pool->threads[i].thread, NULL);
		pool->engine->reader_close(pool->threads[i].reader);
	}
	if (pool->shared.spare)
		pool->engine->reader_close(pool->shared.spare);
	pthread_cond_destroy(&pool->shared.wake);
	pthread_mutex_destroy(&pool->shared.mu);
}

void reader_pool_run(struct reader_pool *pool, struct store_job *job)
{
	pthread_mutex_lock(&pool->shared.mu);
	GC_ASSERT(!pool->shared.stopping);
	struct job_line *line = job->late ? &pool->shared.late : &pool->shared.early;
	STAILQ_INSERT_TAIL(line, job, next);
	pthread_cond_signal(&pool->shared.wake);
	pthread_mutex_unlock(&pool->shared.mu);
}

/* The spare one, leaving NULL in its place, so that jobs on several threads don't share it. */
static struct store_reader *swap_spare(struct reader_pool *pool, struct store_reader *reader)
{
	pthread_mutex_lock(&pool->shared.mu);
	struct store_reader *old = pool->shared.spare;
	pool->shared.spare = reader;
	pthread_mutex_unlock(&pool->shared.mu);
	return old;
}

void reader_pool_run_now(struct reader_pool *pool, struct store_job *job)
{
	struct store_reader *reader = swap_spare(pool, NULL);
	if (!reader)
		reader = pool->engine->reader_open(pool->impl);
	if (!reader) {
		job->run(job, &no_reader);
		return;
	}
	run_job(job, reader);
	struct store_reader *other = swap_spare(pool, reader);
	if (other)
		pool->engine->reader_close(other);
}
