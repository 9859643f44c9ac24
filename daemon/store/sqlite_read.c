/* Reading events, logs and records. Each function: the reader's own thread. */
#include "store/sqlite_priv.h"

#include "store/crc32c.h"

#include <endian.h>
#include <string.h>

static struct conn *conn_of(struct store_reader *reader)
{
	return &GC_CONTAINER_OF(reader, struct sqlite_reader, base)->conn;
}

/* ---- logs ---- */

enum store_status sqlite_head(
	struct store_reader *reader, uint64_t log, struct store_head *ret_head)
{
	struct conn *conn = conn_of(reader);
	sqlite3_stmt *stmt = conn_take(conn, SQL_LOG_GET, &log, 1);
	int rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	if (rc == SQLITE_ROW && conn_u64(stmt, 3) == 0) /* dropped ones are gone */
		*ret_head = (struct store_head){
			.log = log, .head = conn_u64(stmt, 0), .first = conn_u64(stmt, 1)};
	return conn_finish(conn, SQL_LOG_GET, stmt, rc);
}

enum store_status sqlite_heads(struct store_reader *reader, store_head_fn fn, void *arg)
{
	struct conn *conn = conn_of(reader);
	sqlite3_stmt *stmt = conn_take(conn, SQL_LOG_HEADS, NULL, 0);
	int rc = SQLITE_ERROR;
	while (stmt && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_head head = {.log = conn_u64(stmt, 0),
			.head = conn_u64(stmt, 1),
			.first = conn_u64(stmt, 2)};
		if (!fn(arg, &head))
			break;
	}
	return conn_finish(conn, SQL_LOG_HEADS, stmt, rc);
}

/* Narrows the range to what the log holds; *ret_any is false when that is nothing. */
static enum store_status narrow(
	struct store_reader *reader, struct store_range *range, bool *ret_any)
{
	struct store_head head = {.first = 1};
	enum store_status status = sqlite_head(reader, range->log, &head);
	if (range->from < head.first)
		range->from = head.first;
	if (range->to > head.head)
		range->to = head.head;
	*ret_any = range->from <= range->to && range->after < head.head;
	return status;
}

/* ---- events ---- */

static struct store_event event_of(const struct row *row)
{
	return (struct store_event){
		.seq = row_seq(row->key),
		.time_us = row->time_us,
		.author = row->author,
		.target_seq = row_seq(row->target),
		.flags = row->flags,
		.client_id = row->client_id,
		.body = row->body,
		.body_len = row->body_len,
	};
}

static sqlite3_stmt *take_rows(struct conn *conn, enum sql sql, const struct store_range *range)
{
	const uint64_t first = row_key(range->log, range->from);
	const uint64_t last = row_key(range->log, range->to);
	const uint64_t after = row_key(range->log, range->after);
	if (sql == SQL_EVENT_READ)
		return conn_take(conn, sql, (const uint64_t[]){first, last, range->max}, 3);
	if (sql == SQL_EVENT_READ_REFERRING)
		return conn_take(conn, sql, (const uint64_t[]){first, last, range->max, after}, 4);
	return conn_take(conn, sql,
		(const uint64_t[]){first, last, range->max, range->author, STORE_EVENT_ERASED}, 5);
}

static enum store_status read_rows(struct store_reader *reader, enum sql sql,
	const struct store_range *range, store_event_fn fn, void *arg)
{
	struct conn *conn = conn_of(reader);
	sqlite3_stmt *stmt = take_rows(conn, sql, range);
	int rc = SQLITE_ERROR;
	while (stmt && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct row row = row_fetch(stmt);
		if (!row_is_sound(&row)) {
			rc = SQLITE_CORRUPT;
			break;
		}
		struct store_event event = event_of(&row);
		if (!fn(arg, &event))
			break;
	}
	return conn_finish(conn, sql, stmt, rc);
}

enum store_status sqlite_read(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg)
{
	struct store_range held = *range;
	bool any = false;
	enum store_status status = narrow(reader, &held, &any);
	if (status != STORE_OK || !any)
		return status;
	return read_rows(reader, SQL_EVENT_READ, &held, fn, arg);
}

enum store_status sqlite_read_author(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg)
{
	struct store_range held = *range;
	bool any = false;
	enum store_status status = narrow(reader, &held, &any);
	if (status != STORE_OK || !any)
		return status;
	return read_rows(reader, SQL_EVENT_READ_AUTHOR, &held, fn, arg);
}

/* Targets below the floor still count: what refers to them may be kept. */
enum store_status sqlite_read_referring(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg)
{
	struct store_head head = {.first = 1};
	enum store_status status = sqlite_head(reader, range->log, &head);
	if (status != STORE_OK || head.head == 0)
		return status;
	return read_rows(reader, SQL_EVENT_READ_REFERRING, range, fn, arg);
}

enum store_status sqlite_count(struct store_reader *reader, const struct store_range *range,
	uint64_t but_author, uint32_t *ret_count)
{
	struct conn *conn = conn_of(reader);
	struct store_range held = *range;
	bool any = false;
	enum store_status status = narrow(reader, &held, &any);
	if (status != STORE_OK || !any)
		return status;
	const uint64_t values[] = {row_key(held.log, held.after), row_key(held.log, held.to),
		held.max, but_author, STORE_EVENT_COUNTED};
	sqlite3_stmt *stmt = conn_take(conn, SQL_EVENT_COUNT, values, GC_LENGTH(values));
	int rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	if (rc == SQLITE_ROW)
		*ret_count = (uint32_t)conn_u64(stmt, 0);
	return conn_finish(conn, SQL_EVENT_COUNT, stmt, rc);
}

/* The time of the event at `seq`. */
static enum store_status time_of(
	struct store_reader *reader, uint64_t log, uint64_t seq, uint64_t *ret_time)
{
	struct conn *conn = conn_of(reader);
	const uint64_t keys[] = {row_key(log, seq), row_key(log, STORE_SEQ_MAX)};
	sqlite3_stmt *stmt = conn_take(conn, SQL_EVENT_TIME, keys, GC_LENGTH(keys));
	int rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	*ret_time = rc == SQLITE_ROW ? conn_u64(stmt, 1) : UINT64_MAX;
	return conn_finish(conn, SQL_EVENT_TIME, stmt, rc);
}

/* Times never go back within a log, so halving finds it. */
enum store_status sqlite_seq_at(
	struct store_reader *reader, uint64_t log, uint64_t time_us, uint64_t *ret_seq)
{
	struct store_head head = {.first = 1};
	enum store_status status = sqlite_head(reader, log, &head);
	uint64_t low = head.first;
	uint64_t high = head.head + 1;
	while (status == STORE_OK && low < high) {
		uint64_t middle = low + (high - low) / 2;
		uint64_t found = 0;
		status = time_of(reader, log, middle, &found);
		if (found >= time_us)
			high = middle;
		else
			low = middle + 1;
	}
	*ret_seq = low;
	return status;
}

/* ---- records ---- */

uint32_t sqlite_record_crc(
	const struct store_search *search, const uint8_t *value, size_t value_len)
{
	const uint32_t kind = htole32(search->kind);
	uint32_t crc = crc32c(0, &kind, sizeof(kind));
	crc = crc32c(crc, search->key, search->key_len);
	return crc32c(crc, value, value_len);
}

struct record {
	struct store_search search; /* its kind and key */
	uint32_t crc;
	const uint8_t *value;
	size_t value_len;
};

static struct record fetch_record(sqlite3_stmt *stmt, uint32_t kind)
{
	struct record record = {
		.search = {.kind = kind,
			.key = sqlite3_column_blob(stmt, 0),
			.key_len = (size_t)sqlite3_column_bytes(stmt, 0)},
		.crc = (uint32_t)conn_u64(stmt, 1),
		.value = sqlite3_column_blob(stmt, 2),
		.value_len = (size_t)sqlite3_column_bytes(stmt, 2),
	};
	if (record.value_len == 0)
		record.value = (const uint8_t *)"";
	return record;
}

static bool has_prefix(const struct record *record, const struct store_search *search)
{
	return record->search.key_len >= search->key_len &&
	       (search->key_len == 0 ||
		       memcmp(record->search.key, search->key, search->key_len) == 0);
}

enum store_status sqlite_scan(struct store_reader *reader, const struct store_search *search,
	store_record_fn fn, void *arg)
{
	struct conn *conn = conn_of(reader);
	enum sql sql = search->exact ? SQL_RECORD_GET : SQL_RECORD_SCAN;
	const uint64_t kind = search->kind;
	bool damaged = false;
	int rc = SQLITE_ERROR;
	sqlite3_stmt *stmt = conn_take(conn, sql, &kind, 1);
	if (stmt)
		conn_bind_blob(stmt, 2, search->key, search->key_len);
	while (stmt && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct record r = fetch_record(stmt, search->kind);
		if (!has_prefix(&r, search))
			break;
		if (r.crc != sqlite_record_crc(&r.search, r.value, r.value_len))
			damaged = true;
		else if (!fn(arg, r.search.key, r.search.key_len, r.value, r.value_len))
			break;
	}
	enum store_status status = conn_finish(conn, sql, stmt, rc);
	return status == STORE_OK && damaged ? STORE_DAMAGED : status;
}
