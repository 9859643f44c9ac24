/*
 * What is wrong with the file that reading logs and records would not show: events where no log says
 * they are, and SQLite's own quick_check of its trees. The latter can't be cut into slices, so it is
 * given up when the budget is used: a reader of an old state keeps the WAL from being begun anew.
 */
#include "store/sqlite_priv.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum {
	CHECK_FLAWS_MAX = 100, /* quick_check stops there */
	CHECK_OPCODES = 10000, /* of SQLite's machine, between two looks at the clock */
	CHECK_TEXT_BYTES = 256,
};

struct check {
	struct conn *conn; /* borrowed */
	struct mono until;
	store_flaw_fn fn;
	void *arg;
	bool stopped; /* by fn */
};

static bool is_late(const struct check *c)
{
	return clock_mono().us >= c->until.us;
}

static void say(struct check *c, uint64_t log, uint64_t seq, const char *text)
{
	const struct store_flaw flaw = {.log = log, .seq = seq, .text = text};
	c->stopped = !c->fn(c->arg, &flaw);
}

/* ---- events outside of their logs ---- */

/* The key of the first event at or behind `key`; 0: there is none. */
static enum store_status next_key(struct check *c, uint64_t key, uint64_t *ret_key)
{
	sqlite3_stmt *stmt = conn_take(c->conn, SQL_EVENT_NEXT, &key, 1);
	int rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	*ret_key = rc == SQLITE_ROW ? conn_u64(stmt, 0) : 0;
	return conn_finish(c->conn, SQL_EVENT_NEXT, stmt, rc);
}

static enum store_status get_log(struct check *c, uint64_t log, struct store_head *ret)
{
	sqlite3_stmt *stmt = conn_take(c->conn, SQL_LOG_GET, &log, 1);
	int rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	*ret = (struct store_head){.log = log, .first = 1};
	if (rc == SQLITE_ROW) {
		ret->head = conn_u64(stmt, 0);
		ret->first = conn_u64(stmt, 1);
	}
	return conn_finish(c->conn, SQL_LOG_GET, stmt, rc);
}

/* Judges the event at `key` and gives where to look next. */
static enum store_status judge_key(struct check *c, uint64_t key, uint64_t *ret_next)
{
	struct store_head head;
	uint64_t log = row_log(key);
	enum store_status status = get_log(c, log, &head);
	*ret_next = row_key(log + 1, 0);
	if (status != STORE_OK)
		return status;
	if (head.head == 0)
		say(c, log, row_seq(key), "an event of a log that does not exist");
	else if (row_seq(key) < head.first)
		say(c, log, row_seq(key), "an event below what the log holds");
	else if (row_seq(key) > head.head)
		say(c, log, row_seq(key), "an event behind the log's newest");
	if (head.head > 0 && row_seq(key) <= head.head)
		*ret_next = row_key(log, row_seq(key) < head.first ? head.first : head.head + 1);
	return STORE_OK;
}

/* A page that can't be read is told by whoever reads the logs: here later logs are tried, ever further
 * ahead, since that page may be what leads to all of them. */
static bool check_strays(struct check *c)
{
	uint64_t at = row_key(1, 0);
	uint64_t skip = 1;
	while (!c->stopped && !is_late(c) && row_log(at) <= STORE_LOG_ID_MAX) {
		uint64_t key = 0;
		enum store_status status = next_key(c, at, &key);
		if (status == STORE_OK && key == 0)
			return true;
		if (status == STORE_OK)
			status = judge_key(c, key, &at);
		else
			at = row_key(row_log(at) + skip, 0);
		skip = status == STORE_OK ? 1 : 2 * skip;
		if (status != STORE_OK && status != STORE_DAMAGED)
			return false;
	}
	return row_log(at) > STORE_LOG_ID_MAX;
}

/* ---- SQLite's own ---- */

static int on_progress(void *arg)
{
	return is_late(arg);
}

/* One row may hold several lines; those that begin with stars are headings. */
static void say_lines(struct check *c, const char *text)
{
	char line[CHECK_TEXT_BYTES];
	while (*text && !c->stopped) {
		size_t len = strcspn(text, "\n");
		(void)snprintf(line, sizeof(line), "structure: %.*s", (int)len, text);
		if (len > 0 && text[0] != '*')
			say(c, 0, 0, line);
		text += len + (text[len] == '\n');
	}
}

static bool quick_check(struct check *c)
{
	char sql[64];
	sqlite3_stmt *stmt = NULL;
	(void)snprintf(sql, sizeof(sql), "PRAGMA quick_check(%d)", CHECK_FLAWS_MAX);
	sqlite3_progress_handler(c->conn->db, CHECK_OPCODES, on_progress, c);
	int rc = sqlite3_prepare_v2(c->conn->db, sql, -1, &stmt, NULL);
	while (rc == SQLITE_OK && !c->stopped && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(stmt, 0);
		if (text && strcmp(text, "ok") != 0)
			say_lines(c, text);
		rc = SQLITE_OK;
	}
	(void)sqlite3_finalize(stmt); /* repeats the step's result */
	sqlite3_progress_handler(c->conn->db, 0, NULL, NULL);
	if (rc != SQLITE_DONE && (rc & 0xff) != SQLITE_INTERRUPT)
		say(c, 0, 0, "structure: it can't be checked any further");
	return (rc & 0xff) != SQLITE_INTERRUPT;
}

enum store_status sqlite_check(
	struct store_reader *reader, int64_t budget_ms, store_flaw_fn fn, void *arg, bool *ret_done)
{
	struct check c = {.conn = &GC_CONTAINER_OF(reader, struct sqlite_reader, base)->conn,
		.until = clock_mono_add_ms(clock_mono(), budget_ms),
		.fn = fn,
		.arg = arg};
	*ret_done = check_strays(&c) && quick_check(&c);
	return STORE_OK;
}
