/* The parts of the sqlite engine: connection, file, heads, rows, checkpoints. */
#include "fixture.h"

#include "store/checkpoint.h"
#include "store/sqlite_conn.h"
#include "store/sqlite_file.h"
#include "store/sqlite_head.h"
#include "store/sqlite_row.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* The fixture's store is closed; `conn` is the one connection to its file. */
static struct conn conn;

static int setup(void **state)
{
	if (fixture_setup(state) != 0)
		return -1;
	struct fixture *f = *state;
	fixture_close(f);
	return conn_open(&conn, f->path, CONN_WRITER, STORE_DURABILITY_ALWAYS, NULL);
}

static int teardown(void **state)
{
	conn_close(&conn);
	return fixture_teardown(state);
}

static int ask(const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	assert_int_equal(sqlite3_prepare_v2(conn.db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	int value = sqlite3_column_int(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return value;
}

static void a_connection_is_set_up_as_decided(void **state)
{
	(void)state;
	assert_int_equal(ask("PRAGMA synchronous"), 2); /* FULL */
	assert_int_equal(ask("PRAGMA wal_autocheckpoint"), 0);
	assert_int_equal(ask("PRAGMA secure_delete"), 1);
	assert_int_equal(ask("PRAGMA page_size"), CONN_PAGE_BYTES);
	assert_int_equal(ask("PRAGMA user_version"), CONN_SCHEMA_VERSION);
	assert_int_equal(ask("PRAGMA application_id"), CONN_APPLICATION_ID);
	assert_int_equal(ask("PRAGMA cache_size"), -CONN_WRITER_CACHE_KIB);
}

static void a_process_safe_connection_does_not_sync_each_commit(void **state)
{
	struct fixture *f = *state;
	conn_close(&conn);
	assert_int_equal(conn_open(&conn, f->path, CONN_WRITER, STORE_DURABILITY_PROCESS, NULL), 0);
	assert_int_equal(ask("PRAGMA synchronous"), 1); /* NORMAL */
}

static void every_statement_can_be_prepared(void **state)
{
	(void)state;
	for (int sql = 0; sql < _SQL_MAX; sql++) {
		sqlite3_stmt *stmt = conn_take(&conn, (enum sql)sql, NULL, 0);
		if (!stmt)
			fail_msg("statement %d: %s", sql, sqlite3_errmsg(conn.db));
		conn_give(&conn, (enum sql)sql, stmt);
	}
}

static void a_statement_in_use_comes_as_a_copy(void **state)
{
	(void)state;
	const uint64_t values[] = {1, 1, 1, 0, 0};
	assert_int_equal(conn_run(&conn, SQL_LOG_SET, values, 5), STORE_OK);
	sqlite3_stmt *first = conn_take(&conn, SQL_LOG_HEADS, NULL, 0);
	assert_int_equal(sqlite3_step(first), SQLITE_ROW);
	sqlite3_stmt *second = conn_take(&conn, SQL_LOG_HEADS, NULL, 0);
	assert_ptr_not_equal(first, second);
	assert_int_equal(sqlite3_step(second), SQLITE_ROW);
	conn_give(&conn, SQL_LOG_HEADS, second);
	conn_give(&conn, SQL_LOG_HEADS, first);
	assert_ptr_equal(conn_take(&conn, SQL_LOG_HEADS, NULL, 0), first);
}

static void result_codes_have_their_meaning(void **state)
{
	(void)state;
	static const struct {
		int rc;
		enum store_status status;
	} CASES[] = {
		{SQLITE_OK, STORE_OK},
		{SQLITE_ROW, STORE_OK},
		{SQLITE_DONE, STORE_OK},
		{SQLITE_FULL, STORE_FULL},
		{SQLITE_IOERR_WRITE, STORE_FULL},
		{SQLITE_CORRUPT, STORE_DAMAGED},
		{SQLITE_CORRUPT_INDEX, STORE_DAMAGED},
		{SQLITE_NOTADB, STORE_DAMAGED},
		{SQLITE_CONSTRAINT_PRIMARYKEY, STORE_DAMAGED},
		{SQLITE_IOERR_READ, STORE_DAMAGED},
		{SQLITE_IOERR_FSYNC, STORE_UNAVAILABLE},
		{SQLITE_BUSY, STORE_UNAVAILABLE},
		{SQLITE_NOMEM, STORE_UNAVAILABLE},
		{SQLITE_READONLY, STORE_UNAVAILABLE},
	};
	for (size_t i = 0; i < GC_LENGTH(CASES); i++)
		assert_int_equal(conn_status(&conn, CASES[i].rc), CASES[i].status);
}

static void heads_are_written_once_and_only_when_touched(void **state)
{
	(void)state;
	struct heads heads = {0};
	struct head *head = NULL;
	struct head *other = NULL;
	assert_int_equal(heads_get(&heads, &conn, 5, &head), STORE_OK);
	assert_int_equal(heads_get(&heads, &conn, 6, &other), STORE_OK);
	assert_int_equal(head->head, 0);
	assert_int_equal(head->floor, 1);
	head->head = 3;
	heads_touch(&heads, head);
	heads_touch(&heads, head);
	assert_int_equal(heads_flush(&heads, &conn), STORE_OK);
	heads_committed(&heads);
	assert_int_equal(ask("SELECT count(*) FROM log"), 1);
	assert_int_equal(ask("SELECT head FROM log WHERE id = 5"), 3);
	heads_clear(&heads);
}

static void heads_are_read_again_after_a_rollback(void **state)
{
	(void)state;
	struct heads heads = {0};
	struct head *head = NULL;
	const uint64_t values[] = {5, 7, 2, 99, 0};
	assert_int_equal(conn_run(&conn, SQL_LOG_SET, values, 5), STORE_OK);
	assert_int_equal(heads_get(&heads, &conn, 5, &head), STORE_OK);
	head->head = 8;
	heads_touch(&heads, head);
	heads_clear(&heads);
	assert_int_equal(heads_flush(&heads, &conn), STORE_OK);
	assert_int_equal(heads_get(&heads, &conn, 5, &head), STORE_OK);
	assert_int_equal(head->head, 7);
	assert_int_equal(head->floor, 2);
	assert_int_equal(head->last_time, 99);
	heads_clear(&heads);
}

static void a_log_without_a_head_is_taken_off_the_table(void **state)
{
	(void)state;
	struct heads heads = {0};
	struct head *head = NULL;
	const uint64_t values[] = {5, 7, 2, 99, 0};
	assert_int_equal(conn_run(&conn, SQL_LOG_SET, values, 5), STORE_OK);
	assert_int_equal(heads_get(&heads, &conn, 5, &head), STORE_OK);
	head->head = 0;
	heads_touch(&heads, head);
	assert_int_equal(heads_flush(&heads, &conn), STORE_OK);
	assert_int_equal(ask("SELECT count(*) FROM log"), 0);
	heads_committed(&heads);
	assert_int_equal(HASH_COUNT(heads.by_log), 0); /* nor does it stay in memory */
	heads_clear(&heads);
}

/* As when the events of a deleted log are trimmed and none is left. */
static void a_log_that_is_not_there_is_not_remembered(void **state)
{
	(void)state;
	struct heads heads = {0};
	struct head *head = NULL;
	assert_int_equal(heads_get(&heads, &conn, 5, &head), STORE_OK);
	assert_int_equal(head->head, 0);
	assert_int_equal(heads_flush(&heads, &conn), STORE_OK);
	heads_committed(&heads);
	assert_int_equal(HASH_COUNT(heads.by_log), 0);
	assert_int_equal(ask("SELECT count(*) FROM log"), 0);
	heads_clear(&heads);
}

static struct row sample_row(void)
{
	static const uint8_t CLIENT_ID[STORE_CLIENT_ID_BYTES] = {1, 2, 3};
	struct row row = {.key = row_key(STORE_LOG_ID_MAX, STORE_SEQ_MAX),
		.author = 5,
		.client_id = CLIENT_ID,
		.time_us = 77,
		.flags = STORE_EVENT_COUNTED,
		.target = 9,
		.body = (const uint8_t *)"body",
		.body_len = 4};
	row.crc = row_crc(&row, row.body, row.body_len);
	return row;
}

static void a_key_holds_log_and_seq(void **state)
{
	(void)state;
	struct row row = sample_row();
	assert_true(row_log(row.key) == STORE_LOG_ID_MAX);
	assert_true(row_seq(row.key) == STORE_SEQ_MAX);
	assert_true((int64_t)row.key > 0);
}

static void the_checksum_covers_every_column(void **state)
{
	(void)state;
	struct row row = sample_row();
	assert_true(row_is_sound(&row));
	struct row wrong[6];
	for (size_t i = 0; i < GC_LENGTH(wrong); i++)
		wrong[i] = row;
	wrong[0].key--;
	wrong[1].author ^= 1;
	wrong[2].time_us ^= 1;
	wrong[3].flags = 0;
	wrong[4].target = 0;
	wrong[5].client_id = NULL;
	for (size_t i = 0; i < GC_LENGTH(wrong); i++)
		assert_false(row_is_sound(&wrong[i]));
	row.body_len--;
	assert_false(row_is_sound(&row));
}

static void a_damaged_row_is_compared_by_its_checksum(void **state)
{
	(void)state;
	struct row row = sample_row();
	assert_true(row_has_body(&row, (const uint8_t *)"body", 4));
	assert_false(row_has_body(&row, (const uint8_t *)"bodies", 6));
	row.body = (const uint8_t *)"bxdy";
	assert_true(row_has_body(&row, (const uint8_t *)"body", 4));
	assert_false(row_has_body(&row, (const uint8_t *)"bxdy", 4));
}

static void the_file_is_locked_against_a_second_opening(void **state)
{
	struct fixture *f = *state;
	struct sqlite_file first;
	struct sqlite_file second;
	struct err_text err = {0};
	assert_int_equal(sqlite_file_open(&first, f->path, 0, &err), 0);
	assert_int_equal(sqlite_file_open(&second, f->path, 0, &err), -EBUSY);
	assert_true(sqlite_file_free(&first) > 0);
	assert_true(sqlite_file_size(&first) > 0);
	sqlite_file_close(&first);
	assert_int_equal(sqlite_file_open(&second, f->path, 0, &err), 0);
	sqlite_file_close(&second);
}

/* One commit of about `pages` pages. */
static void grow_wal(int pages)
{
	char sql[128];
	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO rec VALUES(1, randomblob(8), 0, zeroblob(%d))", pages * 4090);
	assert_int_equal(sqlite3_exec(conn.db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* Three times as much as it may keep is written and read again. */
static void a_page_cache_keeps_to_its_bound(void **state)
{
	enum {
		BOUND = 1 << 20,
		OVERHEAD = BOUND / 2, /* of each page, and the schema */
	};
	int used = 0;
	int most = 0;

	(void)state;
	conn_set_cache(&conn, BOUND);
	assert_int_equal(ask("PRAGMA cache_size"), -BOUND / 1024);
	for (int i = 0; i < 100; i++)
		grow_wal(8);
	(void)ask("SELECT count(*) FROM rec WHERE length(key || value) > 1");
	assert_int_equal(
		sqlite3_db_status(conn.db, SQLITE_DBSTATUS_CACHE_USED, &used, &most, 0), SQLITE_OK);
	assert_in_range(used, BOUND / 2, BOUND + OVERHEAD);
}

static off_t wal_size(const struct fixture *f)
{
	char path[128];
	struct stat st;
	(void)snprintf(path, sizeof(path), "%s-wal", f->path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void the_writer_begins_the_wal_anew_past_its_bound(void **state)
{
	struct fixture *f = *state;
	struct checkpointer c;
	assert_int_equal(
		checkpointer_start(&c, f->path, conn.db, STORE_DURABILITY_PROCESS, NULL), 0);
	grow_wal(CHECKPOINT_RESTART_PAGES + 100);
	assert_true(c.wal_pages > CHECKPOINT_RESTART_PAGES);
	off_t size = wal_size(f);
	checkpointer_help(&c);
	assert_int_equal(c.wal_pages, 0);
	grow_wal(1);
	assert_true(c.wal_pages > 0 && c.wal_pages < 100);
	assert_true(wal_size(f) <= size);
	checkpointer_stop(&c);
}

static void a_reader_of_the_old_wal_only_delays_the_writer(void **state)
{
	struct fixture *f = *state;
	struct checkpointer c;
	struct conn reader;
	assert_int_equal(
		checkpointer_start(&c, f->path, conn.db, STORE_DURABILITY_PROCESS, NULL), 0);
	assert_int_equal(
		conn_open(&reader, f->path, CONN_READER, STORE_DURABILITY_PROCESS, NULL), 0);
	grow_wal(1);
	assert_int_equal(
		sqlite3_exec(reader.db, "BEGIN; SELECT count(*) FROM rec", NULL, NULL, NULL),
		SQLITE_OK);
	grow_wal(CHECKPOINT_RESTART_PAGES);
	checkpointer_help(&c);
	assert_true(c.restart_at > CHECKPOINT_RESTART_PAGES); /* later, not at once again */
	grow_wal(1);
	assert_int_equal(sqlite3_exec(reader.db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	grow_wal(CHECKPOINT_PASSIVE_PAGES);
	checkpointer_help(&c);
	assert_int_equal(c.wal_pages, 0);
	conn_close(&reader);
	checkpointer_stop(&c);
}

static char SQLITE[] = "sqlite";

#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, setup, teardown, SQLITE)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_connection_is_set_up_as_decided),
		TEST(a_process_safe_connection_does_not_sync_each_commit),
		TEST(every_statement_can_be_prepared),
		TEST(a_statement_in_use_comes_as_a_copy),
		TEST(result_codes_have_their_meaning),
		TEST(heads_are_written_once_and_only_when_touched),
		TEST(heads_are_read_again_after_a_rollback),
		TEST(a_log_without_a_head_is_taken_off_the_table),
		TEST(a_log_that_is_not_there_is_not_remembered),
		TEST(a_key_holds_log_and_seq),
		TEST(the_checksum_covers_every_column),
		TEST(a_damaged_row_is_compared_by_its_checksum),
		TEST(the_file_is_locked_against_a_second_opening),
		TEST(a_page_cache_keeps_to_its_bound),
		TEST(the_writer_begins_the_wal_anew_past_its_bound),
		TEST(a_reader_of_the_old_wal_only_delays_the_writer),
	};
	return cmocka_run_group_tests_name("sqlite parts", tests, NULL, NULL);
}
