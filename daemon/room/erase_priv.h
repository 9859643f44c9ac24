/* What erase.c and erase_look.c share. */
#pragma once

#include "room/erase.h"
#include <pthread.h>
#include <sys/queue.h>

enum {
	ERASE_WINDOWS_MAX = 4, /* in one job: others want the reader thread */
	ERASE_NEWS_MAX = 64, /* kept until someone asks; later ones are dropped */
};

struct erasure {
	uint64_t account_id;
	char user[LIMIT_USER_NAME_BYTES + 1];
	bool released; /* under mu */
	/* How far it has come: as stored. */
	uint64_t log;
	uint64_t seq; /* the next to look at */
	uint64_t events;
	uint64_t unreadable;
	STAILQ_ENTRY(erasure) link;
};

struct eraser {
	struct directory *directory; /* borrowed: outlives it */
	pthread_mutex_t mu; /* guards what follows */
	pthread_cond_t idle;
	STAILQ_HEAD(, erasure) list; /* owned; the first is under way */
	size_t count;
	struct erase_news news[ERASE_NEWS_MAX];
	size_t news_count;
	bool busy;
	bool stopped;

	/* The step's: a reader thread, then the writer thread. */
	struct erasure at; /* where it will be once the step is stored */
	struct store_head *logs; /* owned: the rooms' logs when it began; NULL: not asked yet */
	size_t log_count;
	size_t log_at;
	uint64_t window;
	size_t seen; /* events in this window */
	bool done;
	struct store_job job;
	struct store_op op;
	struct store_put put;
	struct record_key key;
	struct record_value value; /* owned */
	struct store_erase erases[STORE_ERASE_MAX];
};

/* ---- erase_look.c; reader thread ---- */

/* Looks on from eraser.at: puts what it finds into eraser.erases, moves the place, and says in
 * eraser.done whether nothing is left. Anything but STORE_OK: begin again from what is stored. */
enum store_status erase_look_on(struct eraser *eraser, struct store_reader *reader);
