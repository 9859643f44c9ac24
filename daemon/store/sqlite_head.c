/* A hash table of heads, and the list of those that changed. */
#include "store/sqlite_head.h"

#include "base/mem.h"

#include <stdlib.h>

static enum store_status load(struct conn *conn, uint64_t log, struct head *head)
{
	sqlite3_stmt *stmt = conn_take(conn, SQL_LOG_GET, &log, 1);
	int rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	*head = (struct head){.log = log, .floor = 1};
	if (rc == SQLITE_ROW) {
		head->head = conn_u64(stmt, 0);
		head->floor = conn_u64(stmt, 1);
		head->last_time = conn_u64(stmt, 2);
		head->dropped = conn_u64(stmt, 3) != 0;
	}
	return conn_finish(conn, SQL_LOG_GET, stmt, rc);
}

void heads_touch(struct heads *heads, struct head *head)
{
	if (head->touched)
		return;
	head->touched = true;
	head->next_touched = heads->touched;
	heads->touched = head;
}

enum store_status heads_get(
	struct heads *heads, struct conn *conn, uint64_t log, struct head **ret_head)
{
	struct head *head = NULL;
	HASH_FIND(hh, heads->by_log, &log, sizeof(log), head);
	if (!head) {
		struct head loaded;
		enum store_status status = load(conn, log, &loaded);
		if (status != STORE_OK)
			return status;
		head = mem_dup(&loaded, sizeof(loaded));
		HASH_ADD(hh, heads->by_log, log, sizeof(head->log), head);
		if (head->head == 0) /* unless it begins now, the commit forgets it */
			heads_touch(heads, head);
	}
	*ret_head = head;
	return STORE_OK;
}

static enum store_status store_head_row(struct conn *conn, const struct head *head)
{
	if (head->head == 0)
		return conn_run(conn, SQL_LOG_DELETE, &head->log, 1);
	const uint64_t values[] = {
		head->log, head->head, head->floor, head->last_time, head->dropped};
	return conn_run(conn, SQL_LOG_SET, values, GC_LENGTH(values));
}

enum store_status heads_flush(struct heads *heads, struct conn *conn)
{
	for (const struct head *head = heads->touched; head; head = head->next_touched) {
		enum store_status status = store_head_row(conn, head);
		if (status != STORE_OK)
			return status;
	}
	return STORE_OK;
}

static void forget(struct heads *heads, struct head *head)
{
	HASH_DEL(heads->by_log, head);
	free(head);
}

void heads_committed(struct heads *heads)
{
	struct head *next = NULL;
	for (struct head *head = heads->touched; head; head = next) {
		next = head->next_touched;
		head->next_touched = NULL;
		head->touched = false;
		if (head->head == 0) /* deleted: nobody asks again */
			forget(heads, head);
	}
	heads->touched = NULL;
	if (HASH_COUNT(heads->by_log) > HEADS_MAX)
		heads_clear(heads);
}

void heads_clear(struct heads *heads)
{
	struct head *head = NULL;
	struct head *tmp = NULL;
	HASH_ITER (hh, heads->by_log, head, tmp)
		forget(heads, head);
	*heads = (struct heads){0};
}
