/*
 * Keeps the WAL short. A thread of its own copies it into the database whenever it has grown by
 * CHECKPOINT_PASSIVE_PAGES, beside the writer. A saturated writer would outrun it for ever, so past
 * CHECKPOINT_RESTART_PAGES the writer itself finishes the work and begins the WAL anew: without
 * that bound, a full disk is full of WAL.
 */
#pragma once

#include "store/sqlite_conn.h"
#include <pthread.h>
#include <stdatomic.h>

enum {
	/* Thousands of rooms at random dirty a page with each message: the longer the WAL, the fewer
	 * times each is written back. These are 16 and 32 MiB. */
	CHECKPOINT_PASSIVE_PAGES = 8000,
	CHECKPOINT_RESTART_PAGES = 16000,
	CHECKPOINT_SHORT_PAGES = 100, /* instead, when space is short */
	CHECKPOINT_WAIT_MS = 200, /* the writer's patience with readers of the old WAL */
	CHECKPOINT_TURN_MS = 5000, /* and of each with the other, which a disk may hold */
};

struct checkpointer {
	struct conn conn; /* owned; its thread's */
	pthread_t thread;

	struct { /* under mu */
		pthread_mutex_t mu;
		pthread_cond_t wake;
		bool wanted;
		bool stopping;
		/* One checkpoints: a second one would get SQLITE_BUSY at once, without the busy handler
		 * (sqlite3_wal_checkpoint_v2), and the writer's is not skipped lightly. */
		bool running;
		pthread_cond_t turn; /* that one is done */
	} shared;

	atomic_bool held; /* any thread */

	/* Writer's thread only. */
	sqlite3 *writer; /* borrowed */
	int wal_pages; /* after the last commit */
	int passive_at; /* pages at which the thread is woken next */
	int restart_at; /* pages at which the writer helps next */
	int restart_pages; /* what that begins with */
};

/* Watches the commits of `writer` and starts the thread. checkpointer_stop only after 0. */
int checkpointer_start(struct checkpointer *checkpointer, const char *path, sqlite3 *writer,
	enum store_durability durability, struct err_text *err) GC_MUST_CHECK;
void checkpointer_stop(struct checkpointer *checkpointer);

/* While it is held, a reader stands at an old state for long: the writer doesn't wait for that one.
 * Any thread. */
void checkpointer_hold(struct checkpointer *checkpointer, bool held);
/* Between two transactions, on the writer's thread. */
void checkpointer_help(struct checkpointer *checkpointer);
/* With short space the WAL must leave some to the database's file, into which it is to be written
 * back: it is kept much shorter then. As above. */
void checkpointer_set_short(struct checkpointer *checkpointer, bool is_short);
/* Writes all of the WAL back and begins it anew; false when a reader, a full disk or one that
 * doesn't answer is against it. As above. */
bool checkpointer_restart(struct checkpointer *checkpointer);
