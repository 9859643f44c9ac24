/* Running a completion queue: waking it from another thread, deadlines, draining. */
#include "rpc/queue.h"

#include "base/macros.h"
#include "rpc/op.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
	DEADLINE_MS = 10000, /* for what must happen; far from what it takes */
	WAKES = 1000,
};

static int set_up(void **state)
{
	(void)state;
	grpc_init();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	grpc_shutdown();
	return 0;
}

static struct mono in_ms(int64_t ms)
{
	return clock_mono_add_ms(clock_mono(), ms);
}

static void a_queue_without_work_returns_at_its_deadline(void **state)
{
	(void)state;
	struct queue q;
	queue_init(&q);
	struct mono start = clock_mono();
	assert_false(queue_run_one(&q, in_ms(20)));
	assert_true(clock_mono_ms_since(clock_mono(), start) >= 19);
	queue_deinit(&q);
}

static void a_wake_is_seen_once_however_often_it_is_posted(void **state)
{
	(void)state;
	struct queue q;
	queue_init(&q);
	for (int i = 0; i < WAKES; i++)
		queue_wake(&q);
	assert_true(queue_run_one(&q, in_ms(DEADLINE_MS)));
	assert_false(queue_run_one(&q, in_ms(0)));
	queue_deinit(&q);
}

static void a_queue_can_be_woken_again_after_it_has_run(void **state)
{
	(void)state;
	struct queue q;
	queue_init(&q);
	for (int i = 0; i < 3; i++) {
		queue_wake(&q);
		assert_true(queue_run_one(&q, in_ms(DEADLINE_MS)));
	}
	queue_deinit(&q);
}

struct waker {
	struct queue *q;
	atomic_bool done;
};

static void *wake_until_done(void *arg)
{
	struct waker *w = arg;
	while (!atomic_load(&w->done))
		queue_wake(w->q);
	return NULL;
}

static void a_waiting_queue_is_woken_by_another_thread(void **state)
{
	(void)state;
	struct queue q;
	pthread_t thread;
	queue_init(&q);
	struct waker w = {.q = &q};
	struct mono deadline = in_ms(DEADLINE_MS);
	assert_int_equal(pthread_create(&thread, NULL, wake_until_done, &w), 0);
	int seen = 0;
	while (seen < WAKES && queue_run_one(&q, deadline))
		seen++;
	atomic_store(&w.done, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(seen, WAKES);
	queue_deinit(&q);
}

static void a_wake_that_nobody_saw_is_drained_at_the_end(void **state)
{
	(void)state;
	struct queue q;
	queue_init(&q);
	queue_wake(&q);
	queue_deinit(&q);
	assert_false(atomic_load(&q.waking));
}

struct counted {
	struct op op;
	int done;
	bool ok;
};

static void on_counted(struct op *op, bool ok)
{
	struct counted *c = GC_CONTAINER_OF(op, struct counted, op);
	c->done++;
	c->ok = ok;
}

static void an_op_runs_once_and_is_idle_again(void **state)
{
	(void)state;
	struct queue q;
	struct counted c = {.op.done = on_counted};
	queue_init(&q);
	op_start(&c.op, q.wake_call, NULL, 0);
	assert_true(c.op.busy);
	assert_true(queue_run_one(&q, in_ms(DEADLINE_MS)));
	assert_int_equal(c.done, 1);
	assert_true(c.ok);
	assert_false(c.op.busy);
	queue_deinit(&q);
}

static void ops_under_way_are_run_to_their_end_by_deinit(void **state)
{
	(void)state;
	struct queue q;
	struct counted c[3] = {
		{.op.done = on_counted}, {.op.done = on_counted}, {.op.done = on_counted}};
	queue_init(&q);
	for (size_t i = 0; i < GC_LENGTH(c); i++)
		op_start(&c[i].op, q.wake_call, NULL, 0);
	queue_deinit(&q);
	for (size_t i = 0; i < GC_LENGTH(c); i++)
		assert_int_equal(c[i].done, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_without_work_returns_at_its_deadline),
		cmocka_unit_test(a_wake_is_seen_once_however_often_it_is_posted),
		cmocka_unit_test(a_queue_can_be_woken_again_after_it_has_run),
		cmocka_unit_test(a_waiting_queue_is_woken_by_another_thread),
		cmocka_unit_test(a_wake_that_nobody_saw_is_drained_at_the_end),
		cmocka_unit_test(an_op_runs_once_and_is_idle_again),
		cmocka_unit_test(ops_under_way_are_run_to_their_end_by_deinit),
	};
	return cmocka_run_group_tests_name("rpc.queue", tests, set_up, tear_down);
}
