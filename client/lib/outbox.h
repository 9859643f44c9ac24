/*
 * Requests that must not get lost: kept in a file before they are sent, sent in order, again after
 * each reconnect, until acknowledged. The file is a list of checked records (added, done); a torn
 * tail is what a crash in the middle of an append leaves, and is cut off.
 *
 * Several processes with one account: each takes the first free slot of OUTBOX_SLOTS_MAX (a locked
 * "STEM.N.lock" beside the file "STEM.N") and takes over what it finds in slots that no one holds.
 *
 * Threads: outbox_take_next, _rewind, _settle and _delay belong to the stream's thread; the rest
 * may be called by any.
 */
#pragma once

#include "base/clock.h"
#include "base/macros.h"
#include "gchat/v1/chat.pb-c.h"
#include "lib/gchat.h"
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>

enum {
	OUTBOX_WINDOW = 64, /* on the wire and not acknowledged */
	OUTBOX_SLOTS_MAX = 16, /* processes that share an account's outbox */
	OUTBOX_RETRY_MS = 1000, /* where the server says "unavailable" and no time */
	OUTBOX_DEAD_BYTES = 256 * 1024, /* of done records, before the file is written anew */
	OUTBOX_FILE_BYTES_MAX = 64 * 1024 * 1024,
};

/* Tags are counted up from 1: a file that holds a larger one isn't ours. */
#define OUTBOX_TAG_MAX (UINT64_MAX / 2)

enum outbox_state {
	OUTBOX_QUEUED,
	OUTBOX_SENT,
	OUTBOX_DELAYED, /* refused for now: again at retry_at */
};

struct outbox_entry {
	TAILQ_ENTRY(outbox_entry) next;
	enum outbox_state state;
	enum gchat_request request;
	uint64_t tag; /* the request_id on the wire */
	uint8_t id[GCHAT_ID_BYTES];
	uint8_t *frame; /* owned: an encoded ClientFrame */
	size_t len;
	uint64_t time_us; /* when it was added, wall clock */
	bool earlier; /* by an earlier process */
	struct mono sent_at;
	struct mono retry_at;
};

TAILQ_HEAD(outbox_entries, outbox_entry);

struct outbox {
	/* immutable after outbox_open */
	bool is_open;
	char path[PATH_MAX]; /* "": kept in memory only */
	unsigned slot;
	int lock_fd; /* owned: holds the slot */
	pthread_mutex_t append; /* held over write and sync: one append at a time */
	struct {
		pthread_mutex_t mu;
		int fd; /* owned: the file, or -1 */
		struct outbox_entries entries; /* owned, in order of sending */
		size_t count;
		size_t in_flight;
		size_t file_bytes;
		size_t dead_bytes;
	} shared;
};

/* Opens the first free slot of `stem` ("/state/outbox-server-user"; NULL: memory only) and loads
 * what it holds. *next_tag is raised above all tags in it. 0, -EBUSY (no free slot), -EALREADY, or
 * the errno of the file. */
int outbox_open(struct outbox *o, const char *stem, uint64_t *next_tag) GC_MUST_CHECK;
/* Closes the file; what waits stays in it. A zeroed outbox is allowed. */
void outbox_close(struct outbox *o);

/* Adds a frame (send, edit, delete or react, with its request_id as the tag), on disk before it
 * returns. 0, -ENOSPC (GCHAT_OUTBOX_MAX) or the errno of the file: then it is not in. */
int outbox_add(struct outbox *o, const Gchat__V1__ClientFrame *frame) GC_MUST_CHECK;
/* The same with an entry made before; takes it over in any case. */
int outbox_insert(struct outbox *o, struct outbox_entry *entry) GC_MUST_CHECK;

/* The next one to send, now marked as sent, or NULL: nothing waits, the window is full, or a
 * refused one waits for its time (then all wait, to keep their order). Borrowed until settled. */
const struct outbox_entry *outbox_take_next(struct outbox *o, struct mono now);
/* When outbox_take_next will have something that it has not now. False: not by waiting. */
bool outbox_next_due(struct outbox *o, struct mono *ret);
/* The connection broke: all that was sent waits again. */
void outbox_rewind(struct outbox *o);

/* Removes an entry for good and hands it over: owned, outbox_entry_free. NULL: no such tag. */
struct outbox_entry *outbox_settle(struct outbox *o, uint64_t tag);
void outbox_entry_free(struct outbox_entry *entry);
/* Sends an entry again at `retry_at`. NULL: no such tag; else borrowed until settled. */
const struct outbox_entry *outbox_delay(struct outbox *o, uint64_t tag, struct mono retry_at);

/* The tag of the entry with that id, or 0. */
uint64_t outbox_find(struct outbox *o, const uint8_t id[GCHAT_ID_BYTES]);
/* How many wait. */
size_t outbox_count(struct outbox *o);
/* Takes one back. 0, -ENOENT, or -EBUSY: it is on the wire. */
int outbox_drop(struct outbox *o, uint64_t tag) GC_MUST_CHECK;
/* All that wait. Owned: gchat_free. */
struct gchat_outbox_list *outbox_list(struct outbox *o);

/* ---- records, for outbox.c and its tests ---- */

enum outbox_record {
	OUTBOX_RECORD_ADDED = 1, /* time_us (8 bytes), ClientFrame */
	OUTBOX_RECORD_DONE = 2, /* client_msg_id (16 bytes) */
};

/* A whole record around `payload`. Owned: free. */
uint8_t *outbox_record_make(
	enum outbox_record type, const uint8_t *payload, size_t len, size_t *ret_len);
/* An entry's record of being added. Owned: free. */
uint8_t *outbox_record_added(const struct outbox_entry *entry, size_t *ret_len);
/* Makes an entry of a frame; NULL where the frame isn't one for the outbox. Owned. */
struct outbox_entry *outbox_entry_new(const Gchat__V1__ClientFrame *frame);
/* Adds the entries that a file leaves open to `entries`; *ret_bytes is how much of the file is
 * sound. A missing file is an empty one. 0 or negative errno. */
int outbox_file_load(const char *path, struct outbox_entries *entries, size_t *ret_count,
	size_t *ret_bytes) GC_MUST_CHECK;
