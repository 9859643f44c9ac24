/* The pool runs everything it took, in order, and says when it is full. */
#include "base/worker.h"

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

enum {
	JOBS = 200,
};

struct counted_job {
	struct worker_job job;
	int number;
};

static atomic_int done_count;
static atomic_int out_of_order;

static void run_counted(struct worker_job *job)
{
	struct counted_job *counted = GC_CONTAINER_OF(job, struct counted_job, job);
	if (atomic_fetch_add(&done_count, 1) != counted->number)
		atomic_store(&out_of_order, 1);
}

struct gate_job {
	struct worker_job job;
	sem_t entered;
	sem_t open;
};

static void run_gate(struct worker_job *job)
{
	struct gate_job *gate = GC_CONTAINER_OF(job, struct gate_job, job);
	(void)sem_post(&gate->entered);
	(void)sem_wait(&gate->open);
}

static void gate_init(struct gate_job *gate)
{
	*gate = (struct gate_job){.job.run = run_gate};
	assert_int_equal(sem_init(&gate->entered, 0, 0), 0);
	assert_int_equal(sem_init(&gate->open, 0, 0), 0);
}

static void gate_deinit(struct gate_job *gate)
{
	(void)sem_destroy(&gate->entered);
	(void)sem_destroy(&gate->open);
}

static void stopping_runs_all_that_is_queued_in_order(void **state)
{
	(void)state;
	struct worker_pool *pool;
	static struct counted_job jobs[JOBS];
	atomic_store(&done_count, 0);
	atomic_store(&out_of_order, 0);
	assert_int_equal(worker_pool_start(1, JOBS, &pool), 0);
	for (int i = 0; i < JOBS; i++) {
		jobs[i] = (struct counted_job){.job.run = run_counted, .number = i};
		assert_int_equal(worker_submit(pool, &jobs[i].job), 0);
	}
	assert_null(worker_pool_stop(pool));
	assert_int_equal(atomic_load(&done_count), JOBS);
	assert_int_equal(atomic_load(&out_of_order), 0);
}

static void a_full_queue_is_an_answer_and_not_a_wait(void **state)
{
	(void)state;
	struct worker_pool *pool;
	struct gate_job gate;
	struct counted_job jobs[3] = {{.job.run = run_counted},
		{.job.run = run_counted, .number = 1}, {.job.run = run_counted, .number = 2}};
	atomic_store(&done_count, 0);
	gate_init(&gate);
	assert_int_equal(worker_pool_start(1, 2, &pool), 0);
	assert_int_equal(worker_submit(pool, &gate.job), 0);
	assert_int_equal(sem_wait(&gate.entered), 0);
	assert_int_equal(worker_submit(pool, &jobs[0].job), 0);
	assert_int_equal(worker_submit(pool, &jobs[1].job), 0);
	assert_int_equal(worker_submit(pool, &jobs[2].job), WORKER_E_FULL);
	assert_int_equal(worker_queued(pool), 2);
	(void)sem_post(&gate.open);
	worker_pool_stop(pool);
	gate_deinit(&gate);
	assert_int_equal(atomic_load(&done_count), 2);
}

static void two_threads_run_two_jobs_at_a_time(void **state)
{
	(void)state;
	struct worker_pool *pool;
	struct gate_job gates[2];
	assert_int_equal(worker_pool_start(2, 2, &pool), 0);
	for (int i = 0; i < 2; i++) {
		gate_init(&gates[i]);
		assert_int_equal(worker_submit(pool, &gates[i].job), 0);
	}
	/* Both have entered while neither may leave. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(sem_wait(&gates[i].entered), 0);
	for (int i = 0; i < 2; i++)
		(void)sem_post(&gates[i].open);
	worker_pool_stop(pool);
	for (int i = 0; i < 2; i++)
		gate_deinit(&gates[i]);
}

static void stopping_nothing_is_allowed(void **state)
{
	(void)state;
	assert_null(worker_pool_stop(NULL));
}

/* A job that notes its place among those that ran, or that it was dropped. */
struct noted_job {
	struct worker_job job;
	int place; /* 1, 2, ...; -1: dropped */
};

static atomic_int places;

static void run_noted(struct worker_job *job)
{
	GC_CONTAINER_OF(job, struct noted_job, job)->place = atomic_fetch_add(&places, 1) + 1;
}

static void drop_noted(struct worker_job *job)
{
	GC_CONTAINER_OF(job, struct noted_job, job)->place = -1;
}

static void submit_noted(struct worker_pool *pool, struct noted_job *job, unsigned owner, bool late)
{
	*job = (struct noted_job){
		.job = {.run = run_noted, .drop = drop_noted, .owner = owner, .late = late}};
	assert_int_equal(worker_submit(pool, &job->job), 0);
}

/* A pool whose one thread waits at the gate, so that what is submitted queues up. */
static struct worker_pool *start_behind(struct gate_job *gate, size_t queue_max)
{
	struct worker_pool *pool;
	atomic_store(&places, 0);
	gate_init(gate);
	assert_int_equal(worker_pool_start(1, queue_max, &pool), 0);
	assert_int_equal(worker_submit(pool, &gate->job), 0);
	(void)sem_wait(&gate->entered);
	return pool;
}

static void run_all(struct worker_pool *pool, struct gate_job *gate)
{
	(void)sem_post(&gate->open);
	assert_null(worker_pool_stop(pool));
	gate_deinit(gate);
}

static void owners_take_turns(void **state)
{
	(void)state;
	struct gate_job gate;
	struct noted_job many[10];
	struct noted_job one;
	struct worker_pool *pool = start_behind(&gate, JOBS);
	for (int i = 0; i < 10; i++)
		submit_noted(pool, &many[i], 1, false);
	submit_noted(pool, &one, 2, false);
	run_all(pool, &gate);
	assert_int_equal(one.place, 2);
	for (int i = 1; i < 10; i++)
		assert_true(many[i].place > many[i - 1].place);
}

static void who_comes_rarely_goes_before_those_who_come_often(void **state)
{
	(void)state;
	struct gate_job gate;
	struct noted_job often[10];
	struct noted_job rare;
	struct worker_pool *pool = start_behind(&gate, JOBS);
	for (unsigned i = 0; i < 10; i++)
		submit_noted(pool, &often[i], 10 + i, true);
	submit_noted(pool, &rare, 2, false);
	run_all(pool, &gate);
	assert_int_equal(rare.place, 1);
}

static void in_a_full_queue_who_has_the_most_makes_room(void **state)
{
	(void)state;
	struct gate_job gate;
	struct noted_job many[5];
	struct noted_job few[3];
	struct noted_job one;
	struct worker_pool *pool = start_behind(&gate, 8);
	for (int i = 0; i < 5; i++)
		submit_noted(pool, &many[i], 1, true);
	for (int i = 0; i < 3; i++)
		submit_noted(pool, &few[i], 2, true);
	submit_noted(pool, &one, 3, true);
	assert_int_equal(many[4].place, -1);
	run_all(pool, &gate);
	assert_true(one.place > 0);
	assert_true(many[3].place > 0 && few[2].place > 0);
}

static void in_a_full_queue_nobody_drops_their_own_or_an_equals(void **state)
{
	(void)state;
	struct gate_job gate;
	struct noted_job jobs[3];
	struct noted_job more = {
		.job = {.run = run_noted, .drop = drop_noted, .owner = 1, .late = true}};
	struct worker_pool *pool = start_behind(&gate, 3);
	for (unsigned i = 0; i < 3; i++)
		submit_noted(pool, &jobs[i], i, true);
	assert_int_equal(worker_submit(pool, &more.job), WORKER_E_FULL);
	more.job.owner = 7;
	assert_int_equal(worker_submit(pool, &more.job), WORKER_E_FULL);
	more.job.late = false; /* but who comes rarely goes before them all */
	assert_int_equal(worker_submit(pool, &more.job), 0);
	run_all(pool, &gate);
	assert_int_equal(more.place, 1);
}

static void what_waits_is_dropped_when_the_end_comes(void **state)
{
	(void)state;
	struct gate_job gate;
	struct noted_job jobs[3];
	struct noted_job late = {.job = {.run = run_noted, .drop = drop_noted}};
	struct worker_pool *pool = start_behind(&gate, JOBS);
	for (unsigned i = 0; i < 3; i++)
		submit_noted(pool, &jobs[i], i, i == 1);
	worker_pool_refuse(pool);
	for (int i = 0; i < 3; i++)
		assert_int_equal(jobs[i].place, -1);
	assert_int_equal(worker_submit(pool, &late.job), WORKER_E_FULL);
	run_all(pool, &gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stopping_runs_all_that_is_queued_in_order),
		cmocka_unit_test(a_full_queue_is_an_answer_and_not_a_wait),
		cmocka_unit_test(two_threads_run_two_jobs_at_a_time),
		cmocka_unit_test(stopping_nothing_is_allowed),
		cmocka_unit_test(owners_take_turns),
		cmocka_unit_test(who_comes_rarely_goes_before_those_who_come_often),
		cmocka_unit_test(in_a_full_queue_who_has_the_most_makes_room),
		cmocka_unit_test(in_a_full_queue_nobody_drops_their_own_or_an_equals),
		cmocka_unit_test(what_waits_is_dropped_when_the_end_comes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
