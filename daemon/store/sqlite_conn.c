/* Opening, pragmas, schema, all SQL, and the meaning of result codes. */
#include "store/sqlite_conn.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * ev is clustered by log and seq: key = log << 40 | seq, so a log is read from neighbouring pages.
 * The body comes last, so that counting does not touch overflow pages. target is a key, too.
 */
static const char SCHEMA[] = "CREATE TABLE ev(key INTEGER PRIMARY KEY, author INTEGER NOT NULL,"
			     " client_id BLOB, time_us INTEGER NOT NULL, flags INTEGER NOT NULL,"
			     " target INTEGER, crc INTEGER NOT NULL, body BLOB);"
			     "CREATE UNIQUE INDEX ev_client ON ev(client_id, author)"
			     " WHERE client_id IS NOT NULL;"
			     "CREATE INDEX ev_target ON ev(target) WHERE target IS NOT NULL;"
			     "CREATE TABLE log(id INTEGER PRIMARY KEY, head INTEGER NOT NULL,"
			     " floor INTEGER NOT NULL, last_time INTEGER NOT NULL,"
			     " dropped INTEGER NOT NULL);"
			     "CREATE TABLE rec(kind INTEGER NOT NULL, key BLOB NOT NULL,"
			     " crc INTEGER NOT NULL, value BLOB NOT NULL,"
			     " PRIMARY KEY(kind, key)) WITHOUT ROWID;";

#define EVENT_COLUMNS "key, author, client_id, time_us, flags, target, crc, body"

static const char *const SQL[_SQL_MAX] = {
	[SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[SQL_BEGIN_READ] = "BEGIN",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_EVENT_INSERT] =
		"INSERT INTO ev(key, author, time_us, flags, target, crc, client_id, body)"
		" VALUES(?1, ?2, ?3, ?4, nullif(?5, 0), ?6, ?7, ?8)"
		" ON CONFLICT(client_id, author) WHERE client_id IS NOT NULL DO NOTHING",
	[SQL_EVENT_BY_CLIENT] = "SELECT " EVENT_COLUMNS " FROM ev"
				" WHERE author = ?1 AND client_id = ?2",
	[SQL_EVENT_TARGET] = "SELECT author, flags FROM ev WHERE key = ?1",
	[SQL_EVENT_ERASE] = "UPDATE ev SET body = NULL, crc = 0, flags = (flags & ~?2) | ?3"
			    " WHERE key = ?1",
	[SQL_EVENT_ERASE_REFERRING] =
		"UPDATE ev SET body = NULL, crc = 0, flags = (flags & ~?2) | ?3"
		" WHERE target = ?1 AND key < ?4",
	[SQL_EVENT_DELETE] = "DELETE FROM ev WHERE key >= ?1 AND key <= ?2",
	[SQL_EVENT_READ] = "SELECT " EVENT_COLUMNS " FROM ev"
			   " WHERE key >= ?1 AND key <= ?2 ORDER BY key LIMIT ?3",
	[SQL_EVENT_READ_REFERRING] =
		"SELECT " EVENT_COLUMNS " FROM ev WHERE key IN"
		" (SELECT key FROM ev WHERE target >= ?1 AND target <= ?2 AND key > ?4"
		" ORDER BY key LIMIT ?3) ORDER BY key",
	[SQL_EVENT_READ_AUTHOR] = "SELECT " EVENT_COLUMNS " FROM ev WHERE key >= ?1 AND key <= ?2"
				  " AND author = ?4 AND (flags & ?5) = 0 ORDER BY key LIMIT ?3",
	[SQL_EVENT_COUNT] = "SELECT count(*) FROM (SELECT 1 FROM ev WHERE key > ?1 AND key <= ?2"
			    " AND (flags & ?5) AND author <> ?4 LIMIT ?3)",
	[SQL_EVENT_TIME] = "SELECT key, time_us FROM ev"
			   " WHERE key >= ?1 AND key <= ?2 ORDER BY key LIMIT 1",
	[SQL_EVENT_NEXT] = "SELECT key FROM ev WHERE key >= ?1 ORDER BY key LIMIT 1",
	[SQL_LOG_GET] = "SELECT head, floor, last_time, dropped FROM log WHERE id = ?1",
	[SQL_LOG_SET] = "INSERT INTO log(id, head, floor, last_time, dropped)"
			" VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(id) DO UPDATE SET head = ?2,"
			" floor = ?3, last_time = ?4, dropped = ?5",
	[SQL_LOG_DELETE] = "DELETE FROM log WHERE id = ?1",
	[SQL_LOG_HEADS] = "SELECT id, head, floor FROM log WHERE dropped = 0 ORDER BY id",
	[SQL_LOG_DROPPED] = "SELECT id FROM log WHERE dropped <> 0",
	[SQL_RECORD_SET] = "INSERT INTO rec(kind, crc, key, value) VALUES(?1, ?2, ?3, ?4)"
			   " ON CONFLICT(kind, key) DO UPDATE SET crc = ?2, value = ?4",
	[SQL_RECORD_DELETE] = "DELETE FROM rec WHERE kind = ?1 AND key = ?2",
	[SQL_RECORD_HAS] = "SELECT 1 FROM rec WHERE kind = ?1 AND key = ?2",
	[SQL_RECORD_GET] = "SELECT key, crc, value FROM rec WHERE kind = ?1 AND key = ?2",
	[SQL_RECORD_SCAN] = "SELECT key, crc, value FROM rec WHERE kind = ?1 AND key >= ?2"
			    " ORDER BY key",
};

/* ---- statements ---- */

sqlite3_stmt *conn_take(struct conn *conn, enum sql sql, const uint64_t *values, int count)
{
	sqlite3_stmt *stmt = conn->stmts[sql];
	if (!stmt || sqlite3_stmt_busy(stmt)) {
		sqlite3_stmt *fresh = NULL;
		if (sqlite3_prepare_v3(conn->db, SQL[sql], -1, SQLITE_PREPARE_PERSISTENT, &fresh,
			    NULL) != SQLITE_OK)
			return NULL;
		if (!stmt)
			conn->stmts[sql] = fresh;
		stmt = fresh;
	}
	for (int i = 0; i < count; i++)
		(void)sqlite3_bind_int64(stmt, i + 1, (sqlite3_int64)values[i]); /* index exists */
	return stmt;
}

void conn_give(struct conn *conn, enum sql sql, sqlite3_stmt *stmt)
{
	if (stmt == conn->stmts[sql])
		(void)sqlite3_reset(stmt); /* repeats what its step returned */
	else
		(void)sqlite3_finalize(stmt);
}

enum store_status conn_finish(struct conn *conn, enum sql sql, sqlite3_stmt *stmt, int rc)
{
	if (!stmt)
		rc = sqlite3_extended_errcode(conn->db);
	enum store_status status = conn_status(conn, rc);
	if (stmt)
		conn_give(conn, sql, stmt);
	return status;
}

enum store_status conn_run(struct conn *conn, enum sql sql, const uint64_t *values, int count)
{
	sqlite3_stmt *stmt = conn_take(conn, sql, values, count);
	return conn_finish(conn, sql, stmt, stmt ? sqlite3_step(stmt) : SQLITE_ERROR);
}

void conn_bind_blob(sqlite3_stmt *stmt, int index, const void *data, size_t len)
{
	(void)sqlite3_bind_blob64(
		stmt, index, len ? data : "", len, SQLITE_STATIC); /* index exists */
}

uint64_t conn_u64(sqlite3_stmt *stmt, int column)
{
	return (uint64_t)sqlite3_column_int64(stmt, column);
}

/* ---- result codes ---- */

static bool is_out_of_space(sqlite3 *db)
{
	int e = sqlite3_system_errno(db);
	return e == ENOSPC || e == EDQUOT || e == EFBIG;
}

static enum store_status io_status(struct conn *conn, int rc)
{
	if (is_out_of_space(conn->db) || rc == SQLITE_IOERR_WRITE)
		return STORE_FULL;
	if (rc == SQLITE_IOERR_READ || rc == SQLITE_IOERR_CORRUPTFS || rc == SQLITE_IOERR_DATA)
		return STORE_DAMAGED; /* a sector that can't be read concerns what lies in it */
	return STORE_UNAVAILABLE;
}

enum store_status conn_status(struct conn *conn, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return STORE_OK;
	case SQLITE_FULL:
		return STORE_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	case SQLITE_CONSTRAINT: /* all that may happen is asked for beforehand */
		return STORE_DAMAGED;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return io_status(conn, rc);
	default:
		return STORE_UNAVAILABLE;
	}
}

/* ---- opening ---- */

static int open_errno(struct conn *conn, int rc)
{
	switch (conn_status(conn, rc)) {
	case STORE_FULL:
		return -ENOSPC;
	case STORE_DAMAGED:
		return -EINVAL;
	case STORE_OK:
	case STORE_DUPLICATE:
	case STORE_MISMATCH:
	case STORE_CONFLICT:
	case STORE_NO_TARGET:
	case STORE_NOT_AUTHOR:
	case STORE_UNAVAILABLE:
	case _STORE_STATUS_MAX:
		break;
	}
	return (rc & 0xff) == SQLITE_BUSY ? -EBUSY : -EIO;
}

static int fail(struct conn *conn, const char *path, int rc, struct err_text *err)
{
	err_say(err, "store: %s: %s", path, sqlite3_errmsg(conn->db));
	return err_raise(open_errno(conn, rc));
}

static int exec(struct conn *conn, const char *path, const char *sql, struct err_text *err)
{
	int rc = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : fail(conn, path, rc, err);
}

static int ask_int(
	struct conn *conn, const char *path, const char *sql, int *ret_value, struct err_text *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	int r = 0;
	if (rc == SQLITE_ROW)
		*ret_value = sqlite3_column_int(stmt, 0);
	else
		r = fail(conn, path, rc, err);
	(void)sqlite3_finalize(stmt); /* repeats the step's result */
	return r;
}

static int set_pragmas(struct conn *conn, const char *path, enum conn_role role,
	enum store_durability durability, struct err_text *err)
{
	char sql[512];
	(void)snprintf(sql, sizeof(sql),
		"PRAGMA page_size = %d; PRAGMA journal_mode = WAL; PRAGMA synchronous = %s;"
		"PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -%d; PRAGMA mmap_size = 0;"
		"PRAGMA journal_size_limit = %d; PRAGMA temp_store = MEMORY;"
		"PRAGMA secure_delete = ON;",
		CONN_PAGE_BYTES, durability == STORE_DURABILITY_ALWAYS ? "FULL" : "NORMAL",
		role == CONN_WRITER ? CONN_WRITER_CACHE_KIB : CONN_READER_CACHE_KIB,
		CONN_WAL_KEEP_BYTES);
	return exec(conn, path, sql, err);
}

static int create_schema(struct conn *conn, const char *path, struct err_text *err)
{
	char sql[sizeof(SCHEMA) + 128];
	(void)snprintf(sql, sizeof(sql),
		"BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;",
		SCHEMA, CONN_APPLICATION_ID, CONN_SCHEMA_VERSION);
	return exec(conn, path, sql, err);
}

/* A file of someone else's is refused before the first byte of it is changed. */
static int check_schema(struct conn *conn, const char *path, bool *ret_empty, struct err_text *err)
{
	int id = 0;
	int version = 0;
	int tables = 0;
	int r = ask_int(conn, path, "PRAGMA application_id", &id, err);
	if (r == 0)
		r = ask_int(conn, path, "PRAGMA user_version", &version, err);
	if (r == 0)
		r = ask_int(conn, path, "SELECT count(*) FROM sqlite_schema", &tables, err);
	if (r < 0)
		return err_pass(r);
	*ret_empty = id == 0 && version == 0 && tables == 0;
	if (!*ret_empty && id != CONN_APPLICATION_ID) {
		err_say(err, "store: %s: a database, but not gchat's", path);
		return err_raise(-EINVAL);
	}
	if (version > CONN_SCHEMA_VERSION) {
		err_say(err, "store: %s: written by a newer gchatd (layout %d, this one knows %d)",
			path, version, CONN_SCHEMA_VERSION);
		return err_raise(-ENOTSUP);
	}
	return 0;
}

int conn_open(struct conn *conn, const char *path, enum conn_role role,
	enum store_durability durability, struct err_text *err)
{
	*conn = (struct conn){0};
	int rc =
		sqlite3_open_v2(path, &conn->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return fail(conn, path, rc, err);
	(void)sqlite3_extended_result_codes(conn->db, 1); /* fails only without a connection */
	(void)sqlite3_busy_timeout(conn->db, CONN_BUSY_MS);
	bool empty = false;
	int r = role == CONN_WRITER ? check_schema(conn, path, &empty, err) : 0;
	if (r == 0)
		r = set_pragmas(conn, path, role, durability, err);
	if (r == 0 && empty)
		r = create_schema(conn, path, err);
	return r < 0 ? err_pass(r) : 0;
}

void conn_set_cache(struct conn *conn, uint64_t bytes)
{
	char sql[64];
	(void)snprintf(sql, sizeof(sql), "PRAGMA cache_size = -%" PRIu64, bytes / 1024);
	(void)sqlite3_exec(conn->db, sql, NULL, NULL, NULL); /* touches no file: can't fail */
}

void conn_close(struct conn *conn)
{
	for (int i = 0; i < _SQL_MAX; i++)
		(void)sqlite3_finalize(conn->stmts[i]);
	if (conn->db)
		GC_ASSERT(sqlite3_close(conn->db) == SQLITE_OK);
	*conn = (struct conn){0};
}
