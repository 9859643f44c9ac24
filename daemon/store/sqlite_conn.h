/*
 * One connection to the database with its prepared statements, kept for its life. Used by one
 * thread at a time. Statements are named, not written, where they are used; all SQL is in
 * sqlite_conn.c.
 */
#pragma once

#include "store/store.h"
#include <sqlite3.h>

enum {
	CONN_SCHEMA_VERSION = 1, /* user_version */
	CONN_APPLICATION_ID = 0x67636874, /* "gcht", as file(1) sees it */
	CONN_PAGE_BYTES = 2048, /* a message alone dirties three, and each is summed and written */
	CONN_BUSY_MS = 5000, /* waits for another program that holds the lock */
	CONN_WRITER_CACHE_KIB = 64 * 1024, /* pages kept in memory, where nothing else is said */
	CONN_READER_CACHE_KIB = 8 * 1024,
	CONN_WAL_KEEP_BYTES = 64 << 20, /* a larger WAL is cut when it begins anew */
};

enum sql {
	SQL_BEGIN_WRITE,
	SQL_BEGIN_READ,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_EVENT_INSERT,
	SQL_EVENT_BY_CLIENT,
	SQL_EVENT_TARGET,
	SQL_EVENT_ERASE,
	SQL_EVENT_ERASE_REFERRING,
	SQL_EVENT_DELETE,
	SQL_EVENT_READ,
	SQL_EVENT_READ_REFERRING,
	SQL_EVENT_READ_AUTHOR,
	SQL_EVENT_COUNT,
	SQL_EVENT_TIME,
	SQL_EVENT_NEXT,
	SQL_LOG_GET,
	SQL_LOG_SET,
	SQL_LOG_DELETE,
	SQL_LOG_HEADS,
	SQL_LOG_DROPPED,
	SQL_RECORD_SET,
	SQL_RECORD_DELETE,
	SQL_RECORD_HAS,
	SQL_RECORD_GET,
	SQL_RECORD_SCAN,
	_SQL_MAX,
};

struct conn {
	sqlite3 *db; /* owned */
	sqlite3_stmt *stmts[_SQL_MAX]; /* owned; NULL until first used */
};

enum conn_role {
	CONN_WRITER, /* creates the file's schema where needed */
	CONN_CHECKPOINTER,
	CONN_READER,
};

/* 0, or negative errno with a sentence: -ENOTSUP for the file of a newer version, -EINVAL for one
 * that isn't a store, -ENOSPC. conn_close, also after a failure; a zeroed one is allowed. */
int conn_open(struct conn *conn, const char *path, enum conn_role role,
	enum store_durability durability, struct err_text *err) GC_MUST_CHECK;
void conn_close(struct conn *conn);

/* How much memory its pages may take from now on, instead of the default of its role. */
void conn_set_cache(struct conn *conn, uint64_t bytes);

/* The statement, with `count` integers bound to ?1, ?2...; NULL when it can't be prepared
 * (conn_status with SQLITE_ERROR tells why). conn_give ends its use. One that is in use already
 * (a nested read) comes as a copy. */
sqlite3_stmt *conn_take(struct conn *conn, enum sql sql, const uint64_t *values, int count);
void conn_give(struct conn *conn, enum sql sql, sqlite3_stmt *stmt);

/* Takes, steps once, gives: for statements without a result. */
enum store_status conn_run(struct conn *conn, enum sql sql, const uint64_t *values, int count);
/* Gives `stmt` (NULL: it could not be taken) and turns its last result into a status. */
enum store_status conn_finish(struct conn *conn, enum sql sql, sqlite3_stmt *stmt, int rc);
/* What a result code of SQLite means for an op or a read. */
enum store_status conn_status(struct conn *conn, int rc);

/* Binds and fetches; a NULL blob with a length of 0 is stored as an empty one. */
void conn_bind_blob(sqlite3_stmt *stmt, int index, const void *data, size_t len);
uint64_t conn_u64(sqlite3_stmt *stmt, int column);
