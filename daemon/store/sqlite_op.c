/*
 * Writing one op into the open transaction. An op is judged first and written then, so that what is
 * written never has to be taken back alone. The common one (a single append) skips the judging: the
 * unique index finds a repeated client id while inserting. Hot path.
 */
#include "store/sqlite_priv.h"

#include <string.h>

/* ---- logs ---- */

static enum store_status delete_events(
	struct sqlite_store *s, uint64_t log, uint64_t from, uint64_t to)
{
	const uint64_t keys[] = {row_key(log, from), row_key(log, to)};
	return conn_run(&s->conn, SQL_EVENT_DELETE, keys, GC_LENGTH(keys));
}

/* Deletes what is left of a log, and the log. */
static enum store_status delete_log(struct sqlite_store *s, struct head *head)
{
	enum store_status status = STORE_OK;
	if (head->floor <= head->head)
		status = delete_events(s, head->log, head->floor, head->head);
	head->head = 0;
	head->floor = 1;
	head->last_time = 0;
	head->dropped = false;
	heads_touch(&s->heads, head);
	return status;
}

static enum store_status drop_log(struct sqlite_store *s, uint64_t log)
{
	struct head *head = NULL;
	enum store_status status = heads_get(&s->heads, &s->conn, log, &head);
	if (status != STORE_OK || head->head == 0 || head->dropped)
		return status;
	if (head->head - head->floor < STORE_DROP_NOW_MAX)
		return delete_log(s, head);
	head->dropped = true; /* gone for all who ask; trimming does the rest */
	heads_touch(&s->heads, head);
	return STORE_OK;
}

enum store_status sqlite_trim(
	void *impl, uint64_t log, uint64_t floor, size_t max, size_t *ret_count)
{
	struct sqlite_store *s = impl;
	struct head *head = NULL;
	*ret_count = 0;
	enum store_status status = heads_get(&s->heads, &s->conn, log, &head);
	if (status != STORE_OK || head->head == 0)
		return status;
	if (head->dropped || floor > head->head + 1)
		floor = head->head + 1;
	uint64_t end = floor > head->floor + max ? head->floor + max : floor;
	if (end > head->floor) {
		status = delete_events(s, log, head->floor, end - 1);
		*ret_count = (size_t)(end - head->floor);
		head->floor = end;
		heads_touch(&s->heads, head);
	}
	if (status == STORE_OK && head->dropped && head->floor > head->head)
		return delete_log(s, head);
	return status;
}

/* ---- duplicates ---- */

/* What the event that already has the append's client id makes of the append. */
static enum store_status judge_duplicate(
	struct sqlite_store *s, struct store_append *a, const struct row *first)
{
	struct head *head = NULL;
	enum store_status status = heads_get(&s->heads, &s->conn, row_log(first->key), &head);
	if (status != STORE_OK)
		return status;
	if (head->dropped) /* as good as deleted, so the id is free again */
		return delete_events(s, head->log, row_seq(first->key), row_seq(first->key));
	bool same = row_log(first->key) == a->log;
	if (same && !(first->flags & STORE_EVENT_ERASED))
		same = row_has_body(first, a->body, a->body_len);
	a->seq = row_seq(first->key);
	a->time_us = first->time_us;
	return same ? STORE_DUPLICATE : STORE_MISMATCH;
}

/* STORE_OK: its client id is free. */
static enum store_status check_duplicate(struct sqlite_store *s, struct store_append *a)
{
	if (!a->client_id)
		return STORE_OK;
	sqlite3_stmt *stmt = conn_take(&s->conn, SQL_EVENT_BY_CLIENT, &a->author, 1);
	int rc = SQLITE_ERROR;
	enum store_status found = STORE_OK;
	if (stmt) {
		conn_bind_blob(stmt, 2, a->client_id, STORE_CLIENT_ID_BYTES);
		rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW) {
			struct row first = row_fetch(stmt);
			found = judge_duplicate(s, a, &first);
		}
	}
	enum store_status status = conn_finish(&s->conn, SQL_EVENT_BY_CLIENT, stmt, rc);
	return status == STORE_OK ? found : status;
}

/* ---- targets ---- */

static enum store_status judge_target(const struct store_append *a, sqlite3_stmt *stmt)
{
	uint64_t author = conn_u64(stmt, 0);
	uint64_t flags = conn_u64(stmt, 1);
	if ((flags & STORE_EVENT_ERASED) || !(flags & STORE_EVENT_COUNTED))
		return STORE_NO_TARGET;
	if (a->target_same_author && author != a->author)
		return STORE_NOT_AUTHOR;
	return STORE_OK;
}

static enum store_status check_target(struct sqlite_store *s, const struct store_append *a)
{
	if (a->target_seq == 0)
		return STORE_OK;
	struct head *head = NULL;
	enum store_status status = heads_get(&s->heads, &s->conn, a->log, &head);
	if (status != STORE_OK)
		return status;
	if (head->dropped || a->target_seq > head->head)
		return STORE_NO_TARGET;
	uint64_t key = row_key(a->log, a->target_seq);
	sqlite3_stmt *stmt = conn_take(&s->conn, SQL_EVENT_TARGET, &key, 1);
	int rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	enum store_status found = rc == SQLITE_ROW ? judge_target(a, stmt) : STORE_NO_TARGET;
	status = conn_finish(&s->conn, SQL_EVENT_TARGET, stmt, rc);
	return status == STORE_OK ? found : status;
}

/* With what refers to it before `end`: an event that asks for it keeps its own body. */
static enum store_status erase_until(struct sqlite_store *s, uint64_t key, uint64_t end)
{
	const uint64_t values[] = {key, STORE_EVENT_COUNTED, STORE_EVENT_ERASED, end};
	enum store_status status = conn_run(&s->conn, SQL_EVENT_ERASE, values, 3);
	if (status == STORE_OK)
		status = conn_run(&s->conn, SQL_EVENT_ERASE_REFERRING, values, 4);
	return status;
}

static enum store_status erase_target(
	struct sqlite_store *s, const struct store_append *a, uint64_t key)
{
	return erase_until(s, row_key(a->log, a->target_seq), key);
}

static enum store_status erase_one(struct sqlite_store *s, const struct store_erase *erase)
{
	struct head *head = NULL;
	enum store_status status = heads_get(&s->heads, &s->conn, erase->log, &head);
	if (status != STORE_OK || head->dropped || erase->seq < head->floor ||
		erase->seq > head->head)
		return status;
	return erase_until(s, row_key(erase->log, erase->seq), row_key(erase->log + 1, 0));
}

/* ---- appending ---- */

static enum store_status insert_row(struct sqlite_store *s, const struct row *row, bool *ret_done)
{
	const uint64_t values[] = {
		row->key, row->author, row->time_us, row->flags, row->target, row->crc};
	sqlite3_stmt *stmt = conn_take(&s->conn, SQL_EVENT_INSERT, values, GC_LENGTH(values));
	int rc = SQLITE_ERROR;
	if (stmt) {
		if (row->client_id)
			conn_bind_blob(stmt, 7, row->client_id, STORE_CLIENT_ID_BYTES);
		else
			(void)sqlite3_bind_null(stmt, 7); /* index exists */
		conn_bind_blob(stmt, 8, row->body, row->body_len);
		rc = sqlite3_step(stmt);
	}
	*ret_done = rc == SQLITE_DONE && sqlite3_changes(s->conn.db) > 0;
	return conn_finish(&s->conn, SQL_EVENT_INSERT, stmt, rc);
}

static struct row make_row(
	const struct sqlite_store *s, const struct store_append *a, const struct head *head)
{
	struct row row = {
		.key = row_key(a->log, head->head + 1),
		.author = a->author,
		.client_id = a->client_id,
		.time_us = s->now_us > head->last_time ? s->now_us : head->last_time,
		.flags = a->flags,
		.target = a->target_seq ? row_key(a->log, a->target_seq) : 0,
		.body = a->body,
		.body_len = a->body_len,
	};
	row.crc = row_crc(&row, row.body, row.body_len);
	return row;
}

/* Inserts; *ret_done is false when the client id is taken, and then nothing was written. */
static enum store_status append(struct sqlite_store *s, struct store_append *a, bool *ret_done)
{
	struct head *head = NULL;
	enum store_status status = heads_get(&s->heads, &s->conn, a->log, &head);
	if (status == STORE_OK && head->dropped)
		status = delete_log(s, head);
	if (status == STORE_OK && head->head >= STORE_SEQ_MAX)
		status = STORE_UNAVAILABLE;
	if (status != STORE_OK)
		return status;
	struct row row = make_row(s, a, head);
	status = insert_row(s, &row, ret_done);
	if (status != STORE_OK || !*ret_done)
		return status;
	head->head++;
	head->last_time = row.time_us;
	heads_touch(&s->heads, head);
	a->seq = head->head;
	a->time_us = row.time_us;
	return a->erase_target ? erase_target(s, a, row.key) : STORE_OK;
}

static enum store_status apply_single(struct sqlite_store *s, struct store_append *a)
{
	enum store_status target = check_target(s, a);
	if (target >= STORE_FULL)
		return target;
	if (target != STORE_OK) { /* sent again after its target was erased? */
		enum store_status status = check_duplicate(s, a);
		return status == STORE_OK ? target : status;
	}
	bool done = false;
	enum store_status status = append(s, a, &done);
	if (status != STORE_OK || done)
		return status;
	status = check_duplicate(s, a);
	if (status == STORE_OK) /* it was a dropped log's, and is gone now */
		status = append(s, a, &done);
	return status == STORE_OK && !done ? STORE_DAMAGED : status;
}

/* ---- records ---- */

static struct store_search search_of(const struct store_put *put)
{
	return (struct store_search){
		.kind = put->kind, .key = put->key, .key_len = put->key_len, .exact = true};
}

static enum store_status check_condition(struct sqlite_store *s, const struct store_put *put)
{
	if (put->condition == STORE_ANY)
		return STORE_OK;
	const uint64_t kind = put->kind;
	sqlite3_stmt *stmt = conn_take(&s->conn, SQL_RECORD_HAS, &kind, 1);
	int rc = SQLITE_ERROR;
	if (stmt) {
		conn_bind_blob(stmt, 2, put->key, put->key_len);
		rc = sqlite3_step(stmt);
	}
	enum store_status status = conn_finish(&s->conn, SQL_RECORD_HAS, stmt, rc);
	bool present = rc == SQLITE_ROW;
	if (status == STORE_OK && present != (put->condition == STORE_PRESENT))
		return STORE_CONFLICT;
	return status;
}

static enum store_status write_record(struct sqlite_store *s, const struct store_put *put)
{
	struct store_search search = search_of(put);
	enum sql sql = put->value ? SQL_RECORD_SET : SQL_RECORD_DELETE;
	const uint64_t values[] = {
		put->kind, put->value ? sqlite_record_crc(&search, put->value, put->value_len) : 0};
	sqlite3_stmt *stmt = conn_take(&s->conn, sql, values, put->value ? 2 : 1);
	int rc = SQLITE_ERROR;
	if (stmt) {
		conn_bind_blob(stmt, put->value ? 3 : 2, put->key, put->key_len);
		if (put->value)
			conn_bind_blob(stmt, 4, put->value, put->value_len);
		rc = sqlite3_step(stmt);
	}
	return conn_finish(&s->conn, sql, stmt, rc);
}

/* ---- whole ops ---- */

static enum store_status judge(struct sqlite_store *s, struct store_op *op)
{
	enum store_status status = STORE_OK;
	for (size_t i = 0; status == STORE_OK && i < op->append_count; i++)
		status = check_duplicate(s, &op->appends[i]);
	for (size_t i = 0; status == STORE_OK && i < op->put_count; i++) {
		op->conflict = i;
		status = check_condition(s, &op->puts[i]);
	}
	for (size_t i = 0; status == STORE_OK && i < op->append_count; i++)
		status = check_target(s, &op->appends[i]);
	return status;
}

enum store_status sqlite_apply(void *impl, struct store_op *op)
{
	struct sqlite_store *s = impl;
	if (op->append_count == 1 && op->put_count == 0 && op->erase_count == 0 &&
		op->drop_log == 0)
		return apply_single(s, op->appends);
	enum store_status status = judge(s, op);
	for (size_t i = 0; status == STORE_OK && i < op->put_count; i++)
		status = write_record(s, &op->puts[i]);
	for (size_t i = 0; status == STORE_OK && i < op->append_count; i++) {
		bool done = false;
		status = append(s, &op->appends[i], &done);
		if (status == STORE_OK && !done)
			return STORE_DAMAGED; /* the index says both: taken, and free */
	}
	for (size_t i = 0; status == STORE_OK && i < op->erase_count; i++)
		status = erase_one(s, &op->erases[i]);
	if (status == STORE_OK && op->drop_log != 0)
		status = drop_log(s, op->drop_log);
	return status;
}
