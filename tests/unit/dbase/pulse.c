/* Threads that beat, stand still, or are held by the kernel. */
#include "base/pulse.h"

#include "base/clock.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	PATIENCE_MS = 20000,
	STACK_BYTES = 65536,
};

struct thread {
	pthread_t thread;
	struct pulse pulse;
	int pipe[2]; /* a byte of it is what it waits for */
	bool held;
};

static void wait_for_byte(const struct thread *t)
{
	char byte;
	(void)!read(t->pipe[0], &byte, 1);
}

/* By the kernel's calls alone: a copy of one thread can't wait for locks of the others. */
static int wait_and_exit(void *arg)
{
	const struct thread *t = arg;
	char byte;
	(void)syscall(SYS_read, t->pipe[0], &byte, 1);
	(void)syscall(SYS_exit_group, 0);
	return 0;
}

/* As vfork(2) does, until the child ends, which has its own memory here. */
static void be_held(struct thread *t)
{
	char *stack = malloc(STACK_BYTES);
	pid_t child = clone(wait_and_exit, stack + STACK_BYTES, CLONE_VFORK | SIGCHLD, t);
	(void)waitpid(child, NULL, 0);
	free(stack);
}

static void *run(void *arg)
{
	struct thread *t = arg;
	pulse_begin(&t->pulse);
	pulse_beat(&t->pulse);
	if (t->held)
		be_held(t);
	else
		wait_for_byte(t);
	return NULL;
}

static void start(struct thread *t, bool held)
{
	*t = (struct thread){.held = held};
	assert_int_equal(pipe(t->pipe), 0);
	assert_int_equal(pthread_create(&t->thread, NULL, run, t), 0);
}

static void stop(struct thread *t)
{
	assert_int_equal(write(t->pipe[1], "", 1), 1);
	(void)pthread_join(t->thread, NULL);
	(void)close(t->pipe[0]);
	(void)close(t->pipe[1]);
}

static void a_thread_that_beats_has_moved_once(void **state)
{
	struct pulse pulse = {0};
	uint64_t seen = 0;
	(void)state;
	assert_false(pulse_moved(&pulse, &seen));
	pulse_beat(&pulse);
	pulse_beat(&pulse);
	assert_true(pulse_moved(&pulse, &seen));
	assert_false(pulse_moved(&pulse, &seen));
}

static void a_thread_that_has_not_begun_is_not_held(void **state)
{
	(void)state;
	assert_false(pulse_is_held(&(struct pulse){0}));
}

static void a_thread_that_waits_for_a_person_is_not_held(void **state)
{
	struct thread t;
	uint64_t seen = 0;
	(void)state;
	start(&t, false);
	struct mono end = clock_mono_add_ms(clock_mono(), PATIENCE_MS);
	while (!pulse_moved(&t.pulse, &seen))
		assert_true(clock_mono().us < end.us);
	assert_false(pulse_is_held(&t.pulse));
	stop(&t);
}

static void a_thread_that_the_kernel_holds_is_told_from_one_that_waits(void **state)
{
	struct thread t;
	(void)state;
	start(&t, true);
	struct mono end = clock_mono_add_ms(clock_mono(), PATIENCE_MS);
	while (!pulse_is_held(&t.pulse))
		assert_true(clock_mono().us < end.us);
	stop(&t);
	assert_false(pulse_is_held(&t.pulse));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_beats_has_moved_once),
		cmocka_unit_test(a_thread_that_has_not_begun_is_not_held),
		cmocka_unit_test(a_thread_that_waits_for_a_person_is_not_held),
		cmocka_unit_test(a_thread_that_the_kernel_holds_is_told_from_one_that_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
