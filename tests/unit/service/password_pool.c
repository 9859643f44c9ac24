/* Right answers whatever happens to the processes. */
#include "service/password_pool.h"

#include "base/err.h"
#include "base/macros.h"
#include "base/metrics.h"
#include "support/children.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	THREADS = 4,
	ROUNDS = 30, /* of each thread */
	KILLS = 40,
};

static const struct password_cost cheap = {.memory_kb = PASSWORD_MEMORY_KB_MIN, .passes = 1};
static const struct password_cost dearer = {.memory_kb = 64, .passes = 2};

static struct password_pool *start(size_t count)
{
	struct password_pool *pool = NULL;
	struct err_text err = {0};
	assert_int_equal(password_pool_start(count, GCHAT_HASH, &pool, &err), 0);
	assert_string_equal(err.text, "");
	return pool;
}

static pid_t only_child(void)
{
	pid_t pid = 0;
	assert_int_equal(children_of(getpid(), &pid, 1), 1);
	return pid;
}

static size_t child_count(void)
{
	pid_t pids[2 * THREADS];
	return children_of(getpid(), pids, GC_LENGTH(pids));
}

static void answers_are_those_of_hashing_here(void **state)
{
	struct password_pool *pool = start(1);
	const struct password_cost unfit = {.memory_kb = 1, .passes = 1};
	char hash[PASSWORD_HASH_BYTES] = "untouched";
	(void)state;
	assert_int_equal(password_pool_hash(pool, "correct horse", &unfit, hash), -EINVAL);
	assert_string_equal(hash, "untouched");
	assert_int_equal(password_pool_hash(pool, "correct horse", &cheap, hash), 0);
	assert_int_equal(password_verify(hash, "correct horse", &cheap), PASSWORD_OK);
	assert_int_equal(password_pool_verify(pool, hash, "correct horse", &cheap), PASSWORD_OK);
	assert_int_equal(password_pool_verify(pool, hash, "wrong horse", &cheap), PASSWORD_WRONG);
	assert_int_equal(
		password_pool_verify(pool, hash, "correct horse", &dearer), PASSWORD_REHASH);
	assert_int_equal(password_pool_verify(pool, "", "correct horse", &cheap), PASSWORD_WRONG);
	assert_int_equal(
		password_pool_verify(pool, "x", "correct horse", &cheap), PASSWORD_UNVERIFIED);
	assert_null(password_pool_stop(pool));
}

static void there_are_as_many_processes_as_were_asked_for_and_none_is_left(void **state)
{
	(void)state;
	struct password_pool *pool = start(THREADS);
	assert_int_equal(child_count(), THREADS);
	assert_null(password_pool_stop(pool));
	assert_int_equal(child_count(), 0);
	assert_null(password_pool_stop(NULL));
}

static void what_cannot_be_executed_is_said(void **state)
{
	struct password_pool *pool = NULL;
	struct err_text err = {0};
	(void)state;
	assert_int_equal(password_pool_start(1, "/nowhere/hash", &pool, &err), -ENOENT);
	assert_string_equal(err.text, "/nowhere/hash: can't be started: No such file or directory");
	assert_int_equal(password_pool_start(1, "/dev/null", &pool, &err), -EACCES);
	assert_null(pool);
}

static void one_that_was_killed_is_not_missed(void **state)
{
	struct password_pool *pool = start(1);
	char hash[PASSWORD_HASH_BYTES];
	uint64_t lost = metric_get(METRIC_PASSWORD_PROCESSES_LOST);
	(void)state;
	assert_int_equal(password_pool_hash(pool, "correct horse", &cheap, hash), 0);
	pid_t first = only_child();
	assert_int_equal(kill(first, SIGKILL), 0);
	assert_int_equal(password_pool_verify(pool, hash, "correct horse", &cheap), PASSWORD_OK);
	assert_int_not_equal(only_child(), first);
	assert_int_equal(metric_get(METRIC_PASSWORD_PROCESSES_LOST), lost + 1);
	password_pool_stop(pool);
}

struct storm {
	struct password_pool *pool;
	atomic_int tid; /* of the one who asks */
	atomic_uint wrong; /* answers */
	atomic_uint unknown; /* the process was lost, twice */
};

/* What is right is found right, and what is wrong wrong, or nothing is said. */
static void *sign_in_and_guess(void *arg)
{
	struct storm *storm = arg;
	for (int i = 0; i < ROUNDS; i++) {
		char hash[PASSWORD_HASH_BYTES];
		if (password_pool_hash(storm->pool, "correct horse", &cheap, hash) < 0) {
			atomic_fetch_add(&storm->unknown, 1);
			continue;
		}
		enum password_verdict right =
			password_pool_verify(storm->pool, hash, "correct horse", &cheap);
		enum password_verdict guess =
			password_pool_verify(storm->pool, hash, "wrong horse", &cheap);
		if (right == PASSWORD_WRONG || guess == PASSWORD_OK || guess == PASSWORD_REHASH)
			atomic_fetch_add(&storm->wrong, 1);
	}
	return NULL;
}

static void kill_some(void)
{
	pid_t pids[THREADS];
	size_t count = children_of(getpid(), pids, GC_LENGTH(pids));
	for (size_t i = 0; i < count; i += 2)
		(void)kill(pids[i], SIGKILL); /* it may be gone by now */
}

static void in_a_storm_of_kills_no_answer_is_wrong(void **state)
{
	struct storm storm = {.pool = start(THREADS)};
	pthread_t threads[THREADS];
	char hash[PASSWORD_HASH_BYTES];
	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_in_and_guess, &storm), 0);
	for (int i = 0; i < KILLS; i++)
		kill_some();
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(storm.wrong, 0);
	assert_int_equal(password_pool_hash(storm.pool, "correct horse", &cheap, hash), 0);
	password_pool_stop(storm.pool);
}

static void *verify_in_vain(void *arg)
{
	struct storm *storm = arg;
	atomic_store(&storm->tid, (int)gettid());
	enum password_verdict verdict =
		password_pool_verify(storm->pool, "", "correct horse", &cheap);
	atomic_store(&storm->unknown, verdict == PASSWORD_UNVERIFIED);
	return NULL;
}

/* Waits until the thread sleeps: there is one thing it can wait for. */
static void await_sleep(const struct storm *storm)
{
	char path[64];
	char status = 'R';
	while (status != 'S') {
		(void)snprintf(
			path, sizeof(path), "/proc/self/task/%d/stat", atomic_load(&storm->tid));
		FILE *in = fopen(path, "re");
		if (in && fscanf(in, "%*d (%*[^)]) %c", &status) != 1)
			status = 'R';
		if (in)
			(void)fclose(in); /* only read */
	}
}

/* The process is stopped and answers nobody: the test's own time limit is the proof. */
static void who_refuses_does_not_wait_for_what_is_under_way(void **state)
{
	struct storm storm = {.pool = start(1)};
	pthread_t thread;
	char hash[PASSWORD_HASH_BYTES];
	(void)state;
	assert_int_equal(kill(only_child(), SIGSTOP), 0);
	assert_int_equal(pthread_create(&thread, NULL, verify_in_vain, &storm), 0);
	await_sleep(&storm);
	password_pool_refuse(storm.pool);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(storm.unknown, 1);
	assert_int_equal(password_pool_hash(storm.pool, "correct horse", &cheap, hash), -EAGAIN);
	password_pool_stop(storm.pool);
	assert_int_equal(child_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_those_of_hashing_here),
		cmocka_unit_test(there_are_as_many_processes_as_were_asked_for_and_none_is_left),
		cmocka_unit_test(what_cannot_be_executed_is_said),
		cmocka_unit_test(one_that_was_killed_is_not_missed),
		cmocka_unit_test(in_a_storm_of_kills_no_answer_is_wrong),
		cmocka_unit_test(who_refuses_does_not_wait_for_what_is_under_way),
	};
	if (password_init() < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("service.password_pool", tests, NULL, NULL);
}
