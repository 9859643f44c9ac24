/* The writer and the readers, over an engine that does as it is told. */
#include "store/reader_pool.h"
#include "store/thread.h"
#include "store/writer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the engine: writer's thread, and the test's while that stands still ---- */

static struct {
	enum store_status begin;
	enum store_status commit;
	enum store_status trim;
	enum store_status of_log[16]; /* what applying an append to the log comes to */
	unsigned begins;
	unsigned commits;
	unsigned rollbacks;
	unsigned applied;
	size_t trimmable; /* events that trim may still delete */
	size_t slices;
	unsigned applied_before_slice; /* the first one */
	bool readers_fail;
	bool has_room; /* what make_room comes to */
	unsigned rooms_made;
} script;

static enum store_status script_begin(void *impl)
{
	(void)impl;
	script.begins++;
	return script.begin;
}

static enum store_status script_apply(void *impl, struct store_op *op)
{
	(void)impl;
	script.applied++;
	return op->append_count ? script.of_log[op->appends[0].log] : STORE_OK;
}

static enum store_status script_commit(void *impl)
{
	(void)impl;
	script.commits += script.commit == STORE_OK;
	return script.commit;
}

static void script_rollback(void *impl)
{
	(void)impl;
	script.rollbacks++;
}

static enum store_status script_trim(
	void *impl, uint64_t log, uint64_t floor, size_t max, size_t *ret_count)
{
	(void)impl;
	(void)log;
	(void)floor;
	assert_true(max <= STORE_TRIM_SLICE);
	*ret_count = script.trimmable < max ? script.trimmable : max;
	script.trimmable -= *ret_count;
	script.slices++;
	script.applied_before_slice =
		script.slices == 1 ? script.applied : script.applied_before_slice;
	return script.trim;
}

static void script_tidy(void *impl)
{
	(void)impl;
}

static bool script_make_room(void *impl)
{
	(void)impl;
	script.rooms_made++;
	return script.has_room;
}

static void script_each_dropped(void *impl, store_log_fn fn, void *arg)
{
	(void)impl;
	(void)fn;
	(void)arg;
}

static const struct store_engine SCRIPT;

static struct store_reader *script_reader_open(void *impl)
{
	(void)impl;
	static struct store_reader reader = {.engine = &SCRIPT};
	return script.readers_fail ? NULL : &reader;
}

static void script_reader(struct store_reader *reader)
{
	(void)reader;
}

static const struct store_engine SCRIPT = {
	.name = "script",
	.begin = script_begin,
	.apply = script_apply,
	.commit = script_commit,
	.rollback = script_rollback,
	.trim = script_trim,
	.tidy = script_tidy,
	.make_room = script_make_room,
	.each_dropped = script_each_dropped,
	.reader_open = script_reader_open,
	.reader_close = script_reader,
	.read_begin = script_reader,
	.read_end = script_reader,
};

/* ---- ops: submitted before the writer starts, so that they make one batch ---- */

enum {
	OPS_MAX = 64,
};

static struct batch {
	struct writer writer;
	struct store_op ops[OPS_MAX];
	struct store_append appends[OPS_MAX];
	enum store_status statuses[OPS_MAX];
	size_t count;
} batch;

static void on_done(struct store_op *op, enum store_status status)
{
	batch.statuses[op - batch.ops] = status;
}

static int setup(void **state)
{
	(void)state;
	const struct store_options options = {0};
	memset(&script, 0, sizeof(script));
	memset(&batch, 0, sizeof(batch));
	writer_init(&batch.writer, &SCRIPT, NULL, &options);
	return 0;
}

static void add(uint64_t log, size_t body_len)
{
	size_t i = batch.count++;
	batch.appends[i] = (struct store_append){.log = log, .body_len = body_len};
	batch.ops[i] = (struct store_op){
		.appends = &batch.appends[i], .append_count = 1, .on_done = on_done};
	writer_submit(&batch.writer, &batch.ops[i]);
}

static void run_all(void)
{
	assert_int_equal(writer_start(&batch.writer), 0);
	writer_stop(&batch.writer); /* completes all that was submitted */
	writer_deinit(&batch.writer);
}

static void all_that_waits_goes_into_one_transaction(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++)
		add(1, 10);
	run_all();
	assert_int_equal(script.commits, 1);
	assert_int_equal(script.applied, 50);
	assert_int_equal(atomic_load(&batch.writer.events), 50);
}

static void a_batch_is_limited_in_bytes(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		add(1, STORE_BATCH_BYTES / 2);
	run_all();
	assert_int_equal(script.commits, 2);
}

static void an_outcome_of_one_op_leaves_the_others_alone(void **state)
{
	(void)state;
	script.of_log[2] = STORE_NO_TARGET;
	add(1, 1);
	add(2, 1);
	add(1, 1);
	run_all();
	assert_int_equal(script.rollbacks, 0);
	assert_int_equal(batch.statuses[0], STORE_OK);
	assert_int_equal(batch.statuses[1], STORE_NO_TARGET);
	assert_int_equal(batch.statuses[2], STORE_OK);
	assert_int_equal(atomic_load(&batch.writer.events), 2);
}

static void damage_is_left_out_and_the_rest_is_written(void **state)
{
	(void)state;
	script.of_log[2] = STORE_DAMAGED;
	add(1, 1);
	add(2, 1);
	add(2, 1);
	add(1, 1);
	run_all();
	assert_int_equal(batch.statuses[0], STORE_OK);
	assert_int_equal(batch.statuses[1], STORE_DAMAGED);
	assert_int_equal(batch.statuses[2], STORE_DAMAGED);
	assert_int_equal(batch.statuses[3], STORE_OK);
	assert_int_equal(script.rollbacks, 2);
	assert_int_equal(script.commits, 1);
}

static void much_damage_does_not_hold_up_the_writer_for_ever(void **state)
{
	(void)state;
	script.of_log[2] = STORE_DAMAGED;
	for (int i = 0; i < 40; i++)
		add(2, 1);
	add(1, 1);
	run_all();
	assert_int_equal(script.begins, WRITER_TRIES_MAX + 1);
	assert_int_equal(batch.statuses[0], STORE_DAMAGED);
	assert_int_equal(batch.statuses[WRITER_TRIES_MAX], STORE_DAMAGED);
	assert_int_equal(batch.statuses[WRITER_TRIES_MAX + 1], STORE_UNAVAILABLE);
	assert_int_equal(batch.statuses[40], STORE_UNAVAILABLE);
}

static void no_space_for_one_refuses_the_whole_batch(void **state)
{
	(void)state;
	script.of_log[2] = STORE_FULL;
	add(1, 1);
	add(2, 1);
	add(3, 1);
	run_all();
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(batch.statuses[i], STORE_FULL);
	assert_int_equal(script.rollbacks, 1);
	assert_int_equal(atomic_load(&batch.writer.health), STORE_HEALTH_READ_ONLY);
}

static void add_vital(void)
{
	size_t i = batch.count++;
	batch.ops[i] = (struct store_op){.vital = true, .on_done = on_done};
	writer_submit(&batch.writer, &batch.ops[i]);
}

static void without_space_vital_ops_are_written_by_themselves(void **state)
{
	(void)state;
	script.of_log[2] = STORE_FULL;
	script.has_room = true;
	add(2, 1);
	add_vital();
	add(1, 1);
	run_all();
	assert_int_equal(batch.statuses[0], STORE_FULL);
	assert_int_equal(batch.statuses[1], STORE_OK);
	assert_int_equal(batch.statuses[2], STORE_FULL);
	assert_int_equal(script.rooms_made, 1);
	assert_int_equal(script.commits, 1);
	assert_int_equal(atomic_load(&batch.writer.health), STORE_HEALTH_READ_ONLY);
}

static void without_any_room_vital_ops_are_refused_too(void **state)
{
	(void)state;
	script.commit = STORE_FULL;
	add_vital();
	run_all();
	assert_int_equal(batch.statuses[0], STORE_FULL);
	assert_int_equal(script.begins, 1);
	assert_int_equal(script.rooms_made, 1);
}

static void a_commit_without_space_refuses_the_whole_batch(void **state)
{
	(void)state;
	script.commit = STORE_FULL;
	add(1, 1);
	add(2, 1);
	run_all();
	assert_int_equal(batch.statuses[0], STORE_FULL);
	assert_int_equal(batch.statuses[1], STORE_FULL);
	assert_int_equal(atomic_load(&batch.writer.events), 0);
}

static void a_failing_engine_is_unavailable(void **state)
{
	(void)state;
	script.begin = STORE_UNAVAILABLE;
	add(1, 1);
	run_all();
	assert_int_equal(script.applied, 0);
	assert_int_equal(batch.statuses[0], STORE_UNAVAILABLE);
	assert_int_equal(atomic_load(&batch.writer.health), STORE_HEALTH_UNAVAILABLE);
}

static void a_damaged_file_fails_all_without_a_loop(void **state)
{
	(void)state;
	script.commit = STORE_DAMAGED;
	add(1, 1);
	add(2, 1);
	run_all();
	assert_int_equal(script.begins, 1);
	assert_int_equal(batch.statuses[0], STORE_DAMAGED);
	assert_int_equal(batch.statuses[1], STORE_DAMAGED);
}

static void trimming_goes_in_slices_after_a_batch(void **state)
{
	(void)state;
	script.trimmable = 3 * STORE_TRIM_SLICE - 1;
	writer_trim(&batch.writer, 1, 3 * STORE_TRIM_SLICE);
	add(1, 1);
	run_all(); /* may end it after any slice: there is no one to wait for a trim */
	assert_int_equal(script.applied_before_slice, 1);
	assert_true(script.slices >= 1 && script.slices <= 3);
	assert_int_equal(script.commits, 1 + script.slices);
	assert_int_equal(batch.statuses[0], STORE_OK);
}

static void a_trim_that_fails_is_given_up(void **state)
{
	(void)state;
	script.trim = STORE_UNAVAILABLE;
	writer_trim(&batch.writer, 1, 5);
	add(1, 1);
	run_all();
	assert_int_equal(script.rollbacks, 1);
	assert_false(batch.writer.trimming);
	assert_int_equal(batch.statuses[0], STORE_OK);
}

/* ---- readers ---- */

static enum store_status job_status;

static void run_job(struct store_job *job, struct store_reader *reader)
{
	(void)job;
	struct store_head head;
	job_status = reader->engine ? STORE_OK : store_head(reader, 1, &head);
}

static void without_a_reader_a_job_gets_unavailable(void **state)
{
	(void)state;
	struct reader_pool pool;
	struct store_job job = {.run = run_job};
	script.readers_fail = true;
	reader_pool_init(&pool, &SCRIPT, NULL);
	assert_true(reader_pool_start(&pool, 2) < 0);
	reader_pool_run_now(&pool, &job);
	assert_int_equal(job_status, STORE_UNAVAILABLE);
	reader_pool_deinit(&pool);
	writer_deinit(&batch.writer);
}

static void queued_jobs_run_before_the_pool_ends(void **state)
{
	(void)state;
	struct reader_pool pool;
	struct store_job job = {.run = run_job};
	job_status = STORE_DAMAGED;
	reader_pool_init(&pool, &SCRIPT, NULL);
	reader_pool_run(&pool, &job);
	assert_int_equal(reader_pool_start(&pool, 1), 0);
	reader_pool_deinit(&pool);
	assert_int_equal(job_status, STORE_OK);
	writer_deinit(&batch.writer);
}

static void *ask_mask(void *arg)
{
	(void)pthread_sigmask(SIG_BLOCK, NULL, arg);
	return NULL;
}

static void threads_block_all_signals(void **state)
{
	(void)state;
	pthread_t thread;
	sigset_t mask;
	sigset_t own;
	assert_int_equal(thread_start(&thread, "store-test", ask_mask, &mask), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(sigismember(&mask, SIGTERM) && sigismember(&mask, SIGHUP));
	(void)pthread_sigmask(SIG_BLOCK, NULL, &own);
	assert_false(sigismember(&own, SIGTERM));
	writer_deinit(&batch.writer);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_that_waits_goes_into_one_transaction),
		TEST(a_batch_is_limited_in_bytes),
		TEST(an_outcome_of_one_op_leaves_the_others_alone),
		TEST(damage_is_left_out_and_the_rest_is_written),
		TEST(much_damage_does_not_hold_up_the_writer_for_ever),
		TEST(no_space_for_one_refuses_the_whole_batch),
		TEST(without_space_vital_ops_are_written_by_themselves),
		TEST(without_any_room_vital_ops_are_refused_too),
		TEST(a_commit_without_space_refuses_the_whole_batch),
		TEST(a_failing_engine_is_unavailable),
		TEST(a_damaged_file_fails_all_without_a_loop),
		TEST(trimming_goes_in_slices_after_a_batch),
		TEST(a_trim_that_fails_is_given_up),
		TEST(without_a_reader_a_job_gets_unavailable),
		TEST(queued_jobs_run_before_the_pool_ends),
		TEST(threads_block_all_signals),
	};
	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
