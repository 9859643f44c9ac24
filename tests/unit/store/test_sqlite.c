/* What only the sqlite engine can do: outlive its process, be locked, be of another version. */
#include "fixture.h"

#include "base/fd.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* Runs SQL on the closed store's file. */
static void run_sql(struct fixture *f, const char *sql)
{
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int try_open(struct fixture *f, struct err_text *err)
{
	struct store *second = NULL;
	int r = store_open(&f->options, &second, err);
	store_close(second);
	return r;
}

static void events_and_records_survive_a_reopening(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 100);
	write_many(f, 2, 3);
	put_text(f, STORE_ANY, "k", "v");
	fixture_reopen(f);
	assert_int_equal(check_gapless(f, 1), 100);
	assert_string_equal(read_heads(f), "1:100:1 2:3:1");
	assert_string_equal(read_record(f, "k"), "v");
	assert_int_equal(write_ok(f, 1, 1, "next"), 101);
}

static void a_repeated_append_is_a_duplicate_across_a_reopening(void **state)
{
	struct fixture *f = *state;
	struct write w;
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "same")), STORE_OK);
	uint64_t time_us = w.append.time_us;
	fixture_reopen(f);
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "same")), STORE_DUPLICATE);
	assert_int_equal(w.append.seq, 1);
	assert_true(w.append.time_us == time_us);
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 7, "other")), STORE_MISMATCH);
}

static void the_head_of_a_trimmed_log_survives_a_reopening(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 10);
	store_trim(f->store, 1, 11);
	wait_for_first(f, 1, 11);
	fixture_reopen(f);
	assert_string_equal(read_heads(f), "1:10:11");
	assert_int_equal(write_ok(f, 1, 1, "next"), 11);
}

static void dropping_a_large_log_goes_on_after_a_reopening(void **state)
{
	struct fixture *f = *state;
	write_many(f, 1, 1000);
	fixture_close(f);
	run_sql(f, "UPDATE log SET dropped = 1"); /* as if killed right after the drop */
	fixture_open(f);
	assert_string_equal(read_heads(f), "");
	store_trim(f->store, 2, 1);
	write_many(f, 2, 1);
	store_trim(f->store, 2, 2); /* in turn: when this is done, the rest is gone */
	wait_for_first(f, 2, 2);
	fixture_close(f);
	run_sql(f, "CREATE TEMP TABLE t(n CHECK(n = 0));"
		   "INSERT INTO t SELECT count(*) FROM ev WHERE key >> 40 = 1;"
		   "INSERT INTO t SELECT count(*) FROM log WHERE id = 1;");
}

static void time_does_not_go_back_with_the_clock(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "a");
	fixture_close(f);
	run_sql(f, "UPDATE log SET last_time = 9000000000000000"); /* the year 2255 */
	fixture_open(f);
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 0, "b")), STORE_OK);
	assert_true(w.append.time_us == 9000000000000000);
	assert_int_equal(write_run(f, write_text(&w, 2, 1, 0, "other log")), STORE_OK);
	assert_true(w.append.time_us < 9000000000000000);
}

static void a_second_opening_is_busy(void **state)
{
	struct fixture *f = *state;
	struct err_text err = {0};
	assert_int_equal(try_open(f, &err), -EBUSY);
	assert_non_null(strstr(err.text, "in use by another process"));
	fixture_close(f);
	assert_int_equal(try_open(f, &err), 0);
}

static void the_file_of_a_newer_version_is_refused(void **state)
{
	struct fixture *f = *state;
	struct err_text err = {0};
	fixture_close(f);
	run_sql(f, "PRAGMA user_version = 2");
	assert_int_equal(try_open(f, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "newer"));
	run_sql(f, "PRAGMA user_version = 1");
	fixture_open(f);
}

static void another_programs_database_is_refused_and_untouched(void **state)
{
	struct fixture *f = *state;
	struct err_text err = {0};
	fixture_close(f);
	assert_int_equal(remove(f->path), 0);
	run_sql(f, "CREATE TABLE theirs(x)");
	char *before = NULL;
	char *after = NULL;
	size_t before_len = 0;
	size_t after_len = 0;
	assert_int_equal(fd_read_file(f->path, 1 << 20, &before, &before_len), 0);
	assert_int_equal(try_open(f, &err), -EINVAL);
	assert_non_null(strstr(err.text, "not gchat's"));
	assert_int_equal(fd_read_file(f->path, 1 << 20, &after, &after_len), 0);
	assert_int_equal(after_len, before_len);
	assert_memory_equal(after, before, before_len);
	free(before);
	free(after);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	struct fixture *f = *state;
	struct err_text err = {0};
	fixture_close(f);
	char noise[8192];
	memset(noise, 'x', sizeof(noise));
	assert_int_equal(fd_write_file(f->path, noise, sizeof(noise), 0600), 0);
	assert_int_equal(try_open(f, &err), -EINVAL);
	assert_non_null(strstr(err.text, f->path));
}

static void a_missing_folder_is_said_by_name(void **state)
{
	struct fixture *f = *state;
	struct err_text err = {0};
	struct store *store = NULL;
	struct store_options options = f->options;
	options.path = "/nonexistent/folder/db";
	assert_int_equal(store_open(&options, &store, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/folder"));
}

static void an_unknown_engine_is_refused(void **state)
{
	struct fixture *f = *state;
	struct err_text err = {0};
	struct store *store = NULL;
	struct store_options options = f->options;
	options.engine = "papyrus";
	assert_int_equal(store_open(&options, &store, &err), -EINVAL);
	assert_non_null(strstr(err.text, "papyrus"));
}

static void the_files_are_for_their_owner_alone(void **state)
{
	struct fixture *f = *state;
	static const char *const SUFFIXES[] = {"", "-wal", "-shm", ".lock"};
	write_ok(f, 1, 1, "x");
	for (size_t i = 0; i < GC_LENGTH(SUFFIXES); i++) {
		char path[128];
		struct stat st;
		(void)snprintf(path, sizeof(path), "%s%s", f->path, SUFFIXES[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

static bool file_has(const char *path, const char *text)
{
	char *data = NULL;
	size_t len = 0;
	assert_int_equal(fd_read_file(path, 64 << 20, &data, &len), 0);
	bool has = memmem(data, len, text, strlen(text)) != NULL;
	free(data);
	return has;
}

static void erased_content_is_gone_from_the_file(void **state)
{
	struct fixture *f = *state;
	struct write w;
	write_ok(f, 1, 1, "a-very-secret-sentence");
	fixture_close(f);
	assert_true(file_has(f->path, "a-very-secret-sentence"));
	fixture_open(f);
	write_text(&w, 1, 1, 0, "deletion");
	w.append.target_seq = 1;
	w.append.erase_target = true;
	assert_int_equal(write_run(f, &w), STORE_OK);
	fixture_close(f);
	assert_false(file_has(f->path, "a-very-secret-sentence"));
}

/* A peer's rooms decide how many pages a commit touches, so the WAL needs a bound of its own. */
static void the_wal_stays_bounded_under_load(void **state)
{
	struct fixture *f = *state;
	enum {
		OPS = 1000,
		ROUNDS = 20,
		BODY = 8000,
		BOUND = 80 << 20, /* 8000 pages, and one batch of 8 MiB with its index pages */
	};
	static struct write writes[OPS];
	char *body = malloc(BODY + 1);
	assert_non_null(body);
	memset(body, 'x', BODY);
	body[BODY] = '\0';
	char wal[128];
	(void)snprintf(wal, sizeof(wal), "%s-wal", f->path);
	for (int round = 0; round < ROUNDS; round++) {
		for (uint64_t i = 0; i < OPS; i++)
			write_start(f, write_text(&writes[i], 1 + i, 1, 0, body));
		for (size_t i = 0; i < OPS; i++)
			assert_int_equal(write_wait(&writes[i]), STORE_OK);
		struct stat st;
		assert_int_equal(stat(wal, &st), 0);
		assert_true(st.st_size < BOUND);
	}
	free(body);
}

static char SQLITE[] = "sqlite";

#define TEST(name)                                                                                 \
	cmocka_unit_test_prestate_setup_teardown(name, fixture_setup, fixture_teardown, SQLITE)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_and_records_survive_a_reopening),
		TEST(a_repeated_append_is_a_duplicate_across_a_reopening),
		TEST(the_head_of_a_trimmed_log_survives_a_reopening),
		TEST(dropping_a_large_log_goes_on_after_a_reopening),
		TEST(time_does_not_go_back_with_the_clock),
		TEST(a_second_opening_is_busy),
		TEST(the_file_of_a_newer_version_is_refused),
		TEST(another_programs_database_is_refused_and_untouched),
		TEST(a_file_that_is_no_database_is_refused),
		TEST(a_missing_folder_is_said_by_name),
		TEST(an_unknown_engine_is_refused),
		TEST(the_files_are_for_their_owner_alone),
		TEST(erased_content_is_gone_from_the_file),
		TEST(the_wal_stays_bounded_under_load),
	};
	return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
