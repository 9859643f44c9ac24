/* store_check: what reading logs and records does not show. */
#include "fixture.h"

#include "base/fd.h"
#include "store/sqlite_conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	BUDGET_MS = 60000,
	FLAWS_MAX = 16,
	PAGE = 2048, /* CONN_PAGE_BYTES */
	FILE_MAX = 64 << 20,
};

static struct {
	struct store_job job;
	int64_t budget_ms;
	size_t count;
	uint64_t logs[FLAWS_MAX];
	uint64_t seqs[FLAWS_MAX];
	char texts[FLAWS_MAX][128];
	enum store_status status;
	bool done;
} found;

static bool on_flaw(void *arg, const struct store_flaw *flaw)
{
	(void)arg;
	size_t i = found.count++;
	found.logs[i] = flaw->log;
	found.seqs[i] = flaw->seq;
	(void)snprintf(found.texts[i], sizeof(found.texts[i]), "%s", flaw->text);
	return found.count < FLAWS_MAX;
}

static void run_check(struct store_job *job, struct store_reader *reader)
{
	(void)job;
	found.status = store_check(reader, found.budget_ms, on_flaw, NULL, &found.done);
}

static void check(struct fixture *f, int64_t budget_ms)
{
	memset(&found, 0, sizeof(found));
	found.budget_ms = budget_ms;
	found.job.run = run_check;
	store_run_now(f->store, &found.job);
	assert_int_equal(found.status, STORE_OK);
}

/* Behind the store's back. */
static void change(struct fixture *f, const char *sql)
{
	sqlite3 *db = NULL;
	fixture_close(f);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	fixture_open(f);
}

static void a_sound_store_has_no_flaws(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 500);
	write_many(f, 2, 500);
	store_trim(f->store, 1, 100);
	wait_for_first(f, 1, 100);
	assert_int_equal(put_text(f, STORE_ANY, "key", "value"), STORE_OK);
	check(f, BUDGET_MS);
	assert_int_equal(found.count, 0);
	assert_true(found.done);
}

static void events_where_no_log_has_them_are_flaws(void **state)
{
	struct fixture *f = *state;
	for (uint64_t log = 1; log <= 4; log++)
		write_many(f, log, 20);
	change(f, "UPDATE log SET head = 15 WHERE id = 1; UPDATE log SET floor = 5 WHERE id = 2;"
		  "DELETE FROM log WHERE id = 3");
	check(f, BUDGET_MS);
	assert_int_equal(found.count, 3);
	assert_true(found.done);
	assert_int_equal(found.logs[0], 1);
	assert_int_equal(found.seqs[0], 16);
	assert_string_equal(found.texts[0], "an event behind the log's newest");
	assert_int_equal(found.logs[1], 2);
	assert_int_equal(found.seqs[1], 1);
	assert_string_equal(found.texts[1], "an event below what the log holds");
	assert_int_equal(found.logs[2], 3);
	assert_string_equal(found.texts[2], "an event of a log that does not exist");
}

static void a_ruined_page_is_a_flaw_of_the_structure(void **state)
{
	struct fixture *f = *state;
	char *data = NULL;
	size_t len = 0;
	write_many(f, 1, 2000);
	write_ok(f, 1, 1, "right here");
	fixture_close(f);
	assert_int_equal(fd_read_file(f->path, FILE_MAX, &data, &len), 0);
	char *at = memmem(data, len, "right here", 10);
	assert_non_null(at);
	memset(data + (size_t)(at - data) / PAGE * PAGE, 0xa5, PAGE);
	assert_int_equal(fd_write_file(f->path, data, len, 0600), 0);
	free(data);
	fixture_open(f);
	check(f, BUDGET_MS);
	assert_true(found.count >= 1);
	assert_true(found.done);
	assert_int_equal(found.logs[0], 0);
	assert_memory_equal(found.texts[0], "structure:", 10);
}

static void without_time_it_is_not_done(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 10);
	check(f, 0);
	assert_false(found.done);
}

static char SQLITE[] = "sqlite";

#define TEST(name)                                                                                 \
	cmocka_unit_test_prestate_setup_teardown(name, fixture_setup, fixture_teardown, SQLITE)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_store_has_no_flaws),
		TEST(events_where_no_log_has_them_are_flaws),
		TEST(a_ruined_page_is_a_flaw_of_the_structure),
		TEST(without_time_it_is_not_done),
	};
	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
