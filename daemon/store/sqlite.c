/* The "sqlite" engine: one file, one writing connection, transactions. */
#include "store/sqlite_priv.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>

enum {
	READER_CACHE_SHARE = 8, /* of the writer's */
};

/* ---- transactions; writer's thread ---- */

static enum store_status sqlite_begin(void *impl)
{
	struct sqlite_store *s = impl;
	s->now_us = clock_wall_us();
	return conn_run(&s->conn, SQL_BEGIN_WRITE, NULL, 0);
}

static void sqlite_rollback(void *impl)
{
	struct sqlite_store *s = impl;
	/* SQLite has already done it after some errors. Another failure leaves the transaction
	 * open, and the next BEGIN tells. */
	if (!sqlite3_get_autocommit(s->conn.db))
		(void)conn_run(&s->conn, SQL_ROLLBACK, NULL, 0);
	heads_clear(&s->heads);
}

static enum store_status sqlite_commit(void *impl)
{
	struct sqlite_store *s = impl;
	enum store_status status = heads_flush(&s->heads, &s->conn);
	if (status == STORE_OK)
		status = conn_run(&s->conn, SQL_COMMIT, NULL, 0);
	if (status != STORE_OK) {
		sqlite_rollback(impl);
		return status;
	}
	heads_committed(&s->heads);
	return STORE_OK;
}

static void sqlite_tidy(void *impl)
{
	struct sqlite_store *s = impl;
	checkpointer_help(&s->checkpointer);
}

static uint64_t unused_bytes(struct sqlite_store *s)
{
	uint64_t pages = 0;
	sqlite3_stmt *stmt = NULL;
	if (sqlite3_prepare_v2(s->conn.db, "PRAGMA freelist_count", -1, &stmt, NULL) == SQLITE_OK &&
		sqlite3_step(stmt) == SQLITE_ROW)
		pages = conn_u64(stmt, 0);
	(void)sqlite3_finalize(stmt); /* repeats the step's result */
	return pages * CONN_PAGE_BYTES;
}

/* Pages that trimming has left unused in the file count, but a WAL has to fit beside it. */
static bool sqlite_has_space(void *impl, uint64_t reserve)
{
	struct sqlite_store *s = impl;
	if (!sqlite_file_hold_spare(&s->file))
		return false;
	checkpointer_set_short(&s->checkpointer, false);
	uint64_t free_bytes = sqlite_file_free(&s->file) + s->file.spare_bytes;
	if (free_bytes >= reserve)
		return true;
	return free_bytes >= CONN_WAL_KEEP_BYTES && unused_bytes(s) >= reserve - free_bytes;
}

/* A WAL that is written back can be used again from its beginning: that takes no space. Writing it
 * back may take some, for pages that are new in the database's file. */
static bool sqlite_make_room(void *impl)
{
	struct sqlite_store *s = impl;
	bool freed = sqlite_file_free_spare(&s->file);
	checkpointer_set_short(&s->checkpointer, true);
	return checkpointer_restart(&s->checkpointer) || freed;
}

static void sqlite_each_dropped(void *impl, store_log_fn fn, void *arg)
{
	struct sqlite_store *s = impl;
	sqlite3_stmt *stmt = conn_take(&s->conn, SQL_LOG_DROPPED, NULL, 0);
	if (!stmt)
		return; /* they stay until the next opening */
	while (sqlite3_step(stmt) == SQLITE_ROW)
		fn(arg, conn_u64(stmt, 0));
	conn_give(&s->conn, SQL_LOG_DROPPED, stmt);
}

static uint64_t sqlite_size(void *impl)
{
	const struct sqlite_store *s = impl;
	return sqlite_file_size(&s->file);
}

/* ---- readers ---- */

static struct store_reader *sqlite_reader_open(void *impl)
{
	const struct sqlite_store *s = impl;
	struct sqlite_reader *reader = mem_new(1, sizeof(*reader));
	reader->base.engine = &store_engine_sqlite;
	if (conn_open(&reader->conn, s->file.path, CONN_READER, s->durability, NULL) < 0) {
		conn_close(&reader->conn);
		free(reader);
		return NULL;
	}
	if (s->cache_bytes)
		conn_set_cache(&reader->conn, s->cache_bytes / READER_CACHE_SHARE);
	return &reader->base;
}

static void sqlite_reader_close(struct store_reader *base)
{
	struct sqlite_reader *reader = GC_CONTAINER_OF(base, struct sqlite_reader, base);
	conn_close(&reader->conn);
	free(reader);
}

/* Without it (out of memory) each call of the job sees a state of its own; all still work. */
static void sqlite_read_begin(struct store_reader *base)
{
	struct sqlite_reader *reader = GC_CONTAINER_OF(base, struct sqlite_reader, base);
	(void)conn_run(&reader->conn, SQL_BEGIN_READ, NULL, 0);
}

static void sqlite_read_end(struct store_reader *base)
{
	struct sqlite_reader *reader = GC_CONTAINER_OF(base, struct sqlite_reader, base);
	if (!sqlite3_get_autocommit(reader->conn.db))
		(void)conn_run(&reader->conn, SQL_COMMIT, NULL, 0); /* of a read: nothing to lose */
}

/* ---- opening ---- */

static void close_all(struct sqlite_store *s)
{
	heads_clear(&s->heads);
	conn_close(&s->conn);
	sqlite_file_close(&s->file);
	free(s);
}

static void sqlite_close(void *impl)
{
	struct sqlite_store *s = impl;
	checkpointer_stop(&s->checkpointer);
	close_all(s);
}

/* Counting SQLite's memory takes a lock of the whole process at each allocation. */
static void configure(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* too late: slower, no worse */
}

/* Opening writes a little, too; the spare is for that as well. */
static int open_writer(struct sqlite_store *s, struct err_text *err)
{
	int r = conn_open(&s->conn, s->file.path, CONN_WRITER, s->durability, err);
	if (r == -ENOSPC && sqlite_file_free_spare(&s->file)) {
		conn_close(&s->conn);
		r = conn_open(&s->conn, s->file.path, CONN_WRITER, s->durability, err);
	}
	if (r < 0)
		return err_pass(r);
	if (s->cache_bytes)
		conn_set_cache(&s->conn, s->cache_bytes);
	return 0;
}

static int sqlite_open(const struct store_options *options, void **ret_impl, struct err_text *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	(void)pthread_once(&once, configure); /* cannot fail */
	struct sqlite_store *s = mem_new(1, sizeof(*s));
	s->durability = options->durability;
	s->cache_bytes = options->cache_bytes;
	int r = sqlite_file_open(&s->file, options->path, options->reserve_bytes, err);
	if (r < 0) {
		free(s);
		return err_pass(r);
	}
	r = open_writer(s, err);
	if (r == 0)
		r = checkpointer_start(
			&s->checkpointer, options->path, s->conn.db, s->durability, err);
	if (r < 0) {
		close_all(s);
		return err_pass(r);
	}
	*ret_impl = s;
	return 0;
}

const struct store_engine store_engine_sqlite = {
	.name = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.apply = sqlite_apply,
	.trim = sqlite_trim,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.tidy = sqlite_tidy,
	.has_space = sqlite_has_space,
	.make_room = sqlite_make_room,
	.each_dropped = sqlite_each_dropped,
	.size = sqlite_size,
	.backup = sqlite_backup,
	.reader_open = sqlite_reader_open,
	.reader_close = sqlite_reader_close,
	.read_begin = sqlite_read_begin,
	.read_end = sqlite_read_end,
	.read = sqlite_read,
	.read_referring = sqlite_read_referring,
	.read_author = sqlite_read_author,
	.count = sqlite_count,
	.seq_at = sqlite_seq_at,
	.heads = sqlite_heads,
	.head = sqlite_head,
	.scan = sqlite_scan,
	.check = sqlite_check,
};
