/* Faults on demand, over both engines: what is refused is not stored, and afterwards all is well. */
#include "store/fault.h"

#include "base/clock.h"
#include "base/fd.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
	fault_clear();
	return fixture_setup(state);
}

static void strike(enum fault_site site, enum store_status status, unsigned after, unsigned count)
{
	fault_add(&(struct fault){.site = site, .status = status, .after = after, .count = count});
}

static enum store_status append(struct fixture *f, uint64_t log, uint64_t id)
{
	struct write w;
	return write_run(f, write_text(&w, log, 1, id, "text"));
}

static void a_failed_commit_stores_nothing(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(append(f, 1, 1), STORE_OK);
	strike(FAULT_COMMIT, STORE_UNAVAILABLE, 0, 1);
	assert_int_equal(append(f, 1, 2), STORE_UNAVAILABLE);
	assert_int_equal(fault_strikes(FAULT_COMMIT), 1);
	assert_int_equal(check_gapless(f, 1), 1);
	assert_int_equal(append(f, 1, 2), STORE_OK); /* the same id: it was not stored */
	assert_int_equal(check_gapless(f, 1), 2);
}

static void a_failed_begin_stores_nothing(void **state)
{
	struct fixture *f = *state;
	strike(FAULT_BEGIN, STORE_UNAVAILABLE, 1, 1);
	assert_int_equal(append(f, 1, 1), STORE_OK);
	assert_int_equal(append(f, 1, 2), STORE_UNAVAILABLE);
	assert_int_equal(append(f, 1, 2), STORE_OK);
	assert_int_equal(check_gapless(f, 1), 2);
}

static void a_full_disk_is_read_only_until_space_returns(void **state)
{
	struct fixture *f = *state;
	struct store_stats stats;
	struct mono end = clock_mono_add_ms(clock_mono(), 20000);
	strike(FAULT_COMMIT, STORE_FULL, 0, 0);
	assert_int_equal(append(f, 1, 1), STORE_FULL);
	assert_int_equal(put_vital_text(f, "login", "no"), STORE_FULL); /* no engine made room */
	store_get_stats(f->store, &stats);
	assert_int_equal(stats.health, STORE_HEALTH_READ_ONLY);
	fault_clear();
	while (append(f, 1, 1) == STORE_FULL) /* one a second may try */
		assert_true(clock_mono_ms_since(clock_mono(), end) < 0);
	assert_int_equal(check_gapless(f, 1), 1);
	store_get_stats(f->store, &stats);
	assert_int_equal(stats.health, STORE_HEALTH_OK);
}

static void damage_is_of_the_op_that_met_it(void **state)
{
	struct fixture *f = *state;
	struct write writes[3];
	fault_add(&(struct fault){.site = FAULT_APPLY, .status = STORE_DAMAGED, .log = 2});
	writer_hold(f);
	for (uint64_t i = 0; i < 3; i++) /* log 2 comes first: mem can't roll back */
		write_start(f, write_text(&writes[i], 2 + i, 1, 1 + i, "text"));
	writer_release(f);
	assert_int_equal(write_wait(&writes[0]), STORE_DAMAGED);
	assert_int_equal(write_wait(&writes[1]), STORE_OK);
	assert_int_equal(write_wait(&writes[2]), STORE_OK);
	assert_string_equal(read_heads(f), "3:1:1 4:1:1");
}

static void a_read_fails_behind_so_many_events(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 10);
	fault_add(&(struct fault){
		.site = FAULT_READ, .status = STORE_DAMAGED, .after = 4, .count = 1});
	const struct seen *seen = read_events(f, 1, 1, 10, 10);
	assert_int_equal(seen->status, STORE_DAMAGED);
	assert_int_equal(seen->count, 4);
	assert_int_equal(read_events(f, 1, 1, 10, 10)->count, 10);
}

static void a_delay_only_delays(void **state)
{
	struct fixture *f = *state;
	fault_add(&(struct fault){.site = FAULT_COMMIT, .delay_ms = 30, .count = 1});
	struct mono start = clock_mono();
	assert_int_equal(append(f, 1, 1), STORE_OK);
	assert_true(clock_mono_ms_since(clock_mono(), start) >= 30);
}

static void a_plan_is_read_from_lines(void **state)
{
	(void)state;
	struct fault fault;
	assert_true(
		fault_parse("commit full after=2 count=3 delay_ms=4 log=5 held_ms=6\n", &fault));
	assert_int_equal(fault.site, FAULT_COMMIT);
	assert_int_equal(fault.status, STORE_FULL);
	assert_int_equal(fault.after, 2);
	assert_int_equal(fault.count, 3);
	assert_int_equal(fault.delay_ms, 4);
	assert_int_equal(fault.log, 5);
	assert_int_equal(fault.held_ms, 6);
	assert_true(fault_parse("read ok delay_ms=100", &fault));
	assert_int_equal(fault.status, STORE_OK);
	static const char *const wrong[] = {"", "commit", "nowhere full", "commit duplicate",
		"commit full after", "commit full after=x", "commit full after=1x",
		"commit full 3"};
	for (size_t i = 0; i < GC_LENGTH(wrong); i++)
		assert_false(fault_parse(wrong[i], &fault));
}

static void a_plans_file_is_read_again_when_it_changes(void **state)
{
	struct fixture *f = *state;
	char path[100];
	static const char ALL_FULL[] = "# a remark\nbegin unavailable\n";
	(void)snprintf(path, sizeof(path), "%s/plan", f->folder);
	assert_int_equal(setenv("GCHAT_FAULT_PLAN", path, 1), 0);
	assert_int_equal(append(f, 1, 1), STORE_OK); /* no file, no faults */
	assert_int_equal(fd_write_file(path, ALL_FULL, strlen(ALL_FULL), 0600), 0);
	assert_int_equal(append(f, 1, 2), STORE_UNAVAILABLE);
	assert_int_equal(fd_write_file(path, "", 0, 0600), 0);
	assert_int_equal(append(f, 1, 2), STORE_OK);
	assert_int_equal(unsetenv("GCHAT_FAULT_PLAN"), 0);
}

static char MEM[] = "fault:mem";
static char SQLITE[] = "fault:sqlite";

#define TEST(name)                                                                                 \
	cmocka_unit_test_prestate_setup_teardown(name, setup, fixture_teardown, MEM),              \
		cmocka_unit_test_prestate_setup_teardown(name, setup, fixture_teardown, SQLITE)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_failed_commit_stores_nothing),
		TEST(a_failed_begin_stores_nothing),
		TEST(damage_is_of_the_op_that_met_it),
		TEST(a_read_fails_behind_so_many_events),
		TEST(a_delay_only_delays),
		TEST(a_plan_is_read_from_lines),
		TEST(a_plans_file_is_read_again_when_it_changes),
		cmocka_unit_test_prestate_setup_teardown(
			a_full_disk_is_read_only_until_space_returns, setup, fixture_teardown, MEM),
	};
	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
