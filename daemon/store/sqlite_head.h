/*
 * The writer's memory of the logs it has met: the next seq comes from here, not from a query. The
 * log table is written once for each touched log and transaction. Writer's thread only.
 */
#pragma once

#include "base/hash.h"
#include "store/sqlite_conn.h"

enum {
	HEADS_MAX = 1 << 18, /* logs remembered; then all are forgotten between two transactions */
};

struct head {
	uint64_t log;
	uint64_t head; /* last seq given; 0: no such log */
	uint64_t floor; /* oldest seq kept */
	uint64_t last_time; /* of its last event, microseconds */
	bool dropped; /* deleted, but not yet emptied of its events */
	bool touched;
	struct head *next_touched; /* borrowed */
	UT_hash_handle hh;
};

/* Zeroed is empty. */
struct heads {
	struct head *by_log; /* owned */
	struct head *touched; /* borrowed: those to be written */
};

/* The log's entry, loaded where needed; borrowed until the transaction's end. */
enum store_status heads_get(
	struct heads *heads, struct conn *conn, uint64_t log, struct head **ret_head);
/* The entry was changed: heads_flush writes it. */
void heads_touch(struct heads *heads, struct head *head);
/* Writes what was touched; before COMMIT. */
enum store_status heads_flush(struct heads *heads, struct conn *conn);
/* After COMMIT. */
void heads_committed(struct heads *heads);
/* Forgets all: after ROLLBACK, and at the end. */
void heads_clear(struct heads *heads);
