/*
 * The store: many logs of events and a table of small records, durable and asynchronous. It knows
 * bytes, numbers and keys; nothing of chat or gRPC. Engines: "sqlite" (the default) and "mem" (the
 * reference, for tests). tests/unit/store/conformance.c runs against every engine.
 *
 * Promises:
 *  - An append or commit that completed with STORE_OK is durable as configured (DURABILITY_ALWAYS:
 *    power-safe; DURABILITY_PROCESS: survives a crash of the process).
 *  - Seq numbers of a log are 1, 2, 3, ... without a gap, in the order of completion.
 *  - (client id, author) is unique over all logs while the event is kept. Repeating it with the
 *    same log and body gives STORE_DUPLICATE with the first seq and time and adds nothing.
 *  - One op (struct store_op) is all or nothing: its conditions, records and events. What is
 *    judged, in this order, against the state before the op: are its events there already
 *    (DUPLICATE, MISMATCH), the records' conditions, the targets.
 *  - Ops complete in the order in which they were submitted by one thread.
 *  - With no space, ops that take some are refused with STORE_FULL. Vital ones and those that only
 *    delete (erase_target, records, logs) are tried, and have the reserve to themselves. One other op
 *    a second is tried too, and when it succeeds all are accepted again.
 *
 * Threads: submit and store_run come from any thread and never block on I/O. Write ops
 * complete on the writer's thread, in batches: on_done of each op, then one on_batch. Read jobs
 * complete on a reader's thread. Callbacks must be short and must not submit and wait.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "base/pulse.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct store;

enum {
	STORE_CLIENT_ID_BYTES = 16,
	STORE_KEY_BYTES_MAX = 128,
	STORE_LOG_ID_MAX = (1 << 23) - 1, /* logs are numbered 1 to this */
	STORE_PAGE_MAX = 1000, /* events in one read */
	STORE_READERS_MAX = 16,
	STORE_LATE_TURN = 4, /* one job in so many is a late one, where any wait */
	STORE_TRIM_MAX = 65536, /* store_trim calls under way */
	STORE_ERASE_MAX = 256, /* events erased by one op: it holds up the others */
};

enum store_durability {
	STORE_DURABILITY_ALWAYS,
	STORE_DURABILITY_PROCESS,
};

/* What an op or a read came to. */
enum store_status {
	STORE_OK,
	STORE_DUPLICATE, /* committed before: seq and time_us name the first event */
	STORE_MISMATCH, /* client id known with another log or body */
	STORE_CONFLICT, /* a record's condition failed; store_op.conflict is its index */
	STORE_NO_TARGET, /* target_seq names no event, an erased one, or one that isn't counted */
	STORE_NOT_AUTHOR, /* target_seq is someone else's */
	STORE_FULL, /* no space; nothing was stored; try later */
	STORE_DAMAGED, /* this log or record can't be read */
	STORE_UNAVAILABLE, /* nothing was stored; try later */
	_STORE_STATUS_MAX,
};

/* The status in lower case, like "duplicate". Static storage. */
const char *store_status_text(enum store_status status);

enum store_event_flags {
	STORE_EVENT_COUNTED = 1 << 0, /* counts as unread; the only kind that can be a target */
	STORE_EVENT_ERASED = 1 << 1, /* set by the store: content erased, body_len is 0 */
};

/* One event to append. All pointers: borrowed until the op's on_done returns. */
struct store_append {
	uint64_t log;
	uint64_t author;
	const uint8_t *client_id; /* STORE_CLIENT_ID_BYTES, or NULL for none */
	uint32_t flags; /* STORE_EVENT_COUNTED or 0 */
	uint64_t target_seq; /* event of the same log that this one refers to; 0: none. It must
				     exist, be counted and not be erased. */
	bool target_same_author; /* the target must be by `author` */
	bool erase_target; /* erase the target's body and that of all that refer to it */
	const uint8_t *body;
	size_t body_len;
	/* Results, written before on_done. */
	uint64_t seq;
	uint64_t time_us; /* wall clock of the commit; never goes back within a log */
};

/* One record to write or delete, with its condition. Key and value: borrowed until on_done. */
struct store_put {
	uint32_t kind;
	const uint8_t *key;
	size_t key_len;
	const uint8_t *value; /* NULL: delete */
	size_t value_len;
	enum store_condition {
		STORE_ANY, /* write it */
		STORE_ABSENT, /* only if there is none */
		STORE_PRESENT, /* only if there is one */
	} condition;
};

/* An event whose content is to go, with that of all that refer to it. The event stays, as a tombstone.
 * Where there is none, or it is erased already, nothing happens. */
struct store_erase {
	uint64_t log;
	uint64_t seq;
};

/*
 * One atomic write. Embedded in its owner, who keeps it and all it points to until on_done. With
 * several appends (of any authors, no two with one client id) the op's status is that of the
 * first that isn't STORE_OK, and then nothing of the op is stored.
 */
struct store_op {
	struct store_append *appends; /* borrowed */
	size_t append_count;
	const struct store_put *puts; /* borrowed */
	size_t put_count;
	const struct store_erase
		*erases; /* borrowed; none of an event that the op itself appends */
	size_t erase_count; /* at most STORE_ERASE_MAX */
	bool vital; /* small and needed even on a full disk, like a log-in: takes from the reserve */
	uint64_t drop_log; /* also delete this log whole, head and all; 0: none. Not one of
			      its appends' logs. A large one is emptied behind the scenes. */
	void (*on_done)(struct store_op *op, enum store_status status); /* writer thread */
	/* Results. */
	size_t conflict; /* with STORE_CONFLICT: index of the put */
	/* The store's own while under way. */
	struct store_op *next;
	bool refused; /* came when the queue was full: completes in its turn, unwritten */
};

/* A stored event, as read. Pointers: borrowed until the callback returns. */
struct store_event {
	uint64_t seq;
	uint64_t time_us;
	uint64_t author;
	uint64_t target_seq;
	uint32_t flags;
	const uint8_t *client_id; /* 16 bytes or NULL */
	const uint8_t *body; /* NULL when erased */
	size_t body_len;
};

/* State of a log. */
struct store_head {
	uint64_t log;
	uint64_t head; /* last seq ever given; 0: none */
	uint64_t first; /* oldest seq kept; head + 1 when all were trimmed */
};

/* Something that store_check found wrong. */
struct store_flaw {
	uint64_t log; /* 0: not of one log */
	uint64_t seq; /* 0: not of one event */
	const char *text; /* one sentence; borrowed until the callback returns */
};

/* Receives what a read finds, in order; reader thread (or the caller's, at start). false: stop. */
typedef bool (*store_event_fn)(void *arg, const struct store_event *event);
typedef bool (*store_record_fn)(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len);
typedef bool (*store_flaw_fn)(void *arg, const struct store_flaw *flaw);
typedef bool (*store_head_fn)(void *arg, const struct store_head *head);

/* What a job may do: read. Valid only within the job's run call, on its thread. */
struct store_reader;

/* A piece of reading work. Embedded in its owner, who keeps it until `run` has returned. */
struct store_job {
	void (*run)(struct store_job *job, struct store_reader *reader); /* reader thread */
	bool late; /* behind those that aren't; but one in STORE_LATE_TURN is, where any wait */
	STAILQ_ENTRY(store_job) next; /* the store's own while queued */
};

struct store_options {
	const char *engine; /* "sqlite" or "mem" */
	const char *path; /* sqlite: the database file; its folder exists */
	enum store_durability durability;
	unsigned readers; /* reader threads, 1 to STORE_READERS_MAX */
	size_t batch_max; /* ops in one commit; 0: 2000 */
	size_t queue_max; /* ops waiting; above it submit completes with STORE_UNAVAILABLE.
				    0: 65536 */
	uint64_t reserve_bytes; /* free disk space below which only vital ops are accepted; a part
				    of it is held in a file, against others who fill the disk.
				    0: none */
	uint64_t cache_bytes; /* sqlite: pages of the database that the writer keeps in memory; a
				 reader keeps an eighth of that. 0: 64 MiB */
	void (*on_batch)(
		void *arg); /* writer thread, after each batch's on_done calls; may be NULL */
	void *arg;
};

enum store_health {
	STORE_HEALTH_OK,
	STORE_HEALTH_READ_ONLY, /* no space: only vital ops are accepted, reads go on */
	STORE_HEALTH_UNAVAILABLE, /* neither */
};

struct store_stats {
	enum store_health health;
	uint64_t commits; /* transactions */
	uint64_t events; /* appended since the start */
	uint64_t bytes; /* size on disk, with the WAL */
	uint64_t commit_us; /* time spent in transactions, sum */
	uint64_t queue_len; /* ops waiting now */
};

/* Opens (creating it where needed) and starts the threads. 0 or negative errno with a sentence in
 * `err`. A store that another process has open is -EBUSY. *ret_store: owned, store_close. */
int store_open(const struct store_options *options, struct store **ret_store,
	struct err_text *err) GC_MUST_CHECK;

/* Completes everything submitted, stops the threads, closes; returns NULL. NULL is allowed.
 * Nothing may be submitted or queued from now on, not by callbacks either. */
struct store *store_close(struct store *store);

/* Submits an atomic write. Never blocks, never fails: all outcomes come by on_done. Any thread. */
void store_submit(struct store *store, struct store_op *op);

/* Queues a reading job. Any thread. */
void store_run(struct store *store, struct store_job *job);

/* Runs `job` at once on the caller's thread, with a reader of its own: for start-up and tests. */
void store_run_now(struct store *store, struct store_job *job);

/* Deletes events of `log` with seq < floor, in slices between commits; the head stays. At most
 * STORE_TRIM_MAX may be under way, more are ignored: ask again later. Any thread, asynchronous. */
void store_trim(struct store *store, uint64_t log, uint64_t floor);

/* Any thread. */
void store_get_stats(struct store *store, struct store_stats *ret_stats);

/* Of the writer's thread, which beats while it works; borrowed. Any thread, as the next. */
const struct pulse *store_writer_pulse(const struct store *store);
/* Whether the writer has nothing to do. */
bool store_writer_rests(struct store *store);

/* ---- inside a job; all return STORE_OK, STORE_DAMAGED or STORE_UNAVAILABLE ----
 * All calls of one job see the same state of the store. They may be nested in callbacks. */

/* Events with from <= seq <= to, ascending, at most `max` (and STORE_PAGE_MAX). STORE_DAMAGED: all
 * before the damaged one were delivered, and reading on from behind it works. */
enum store_status store_read(struct store_reader *reader, uint64_t log, uint64_t from, uint64_t to,
	size_t max, store_event_fn fn, void *arg);

/* What store_read_author looks for. */
struct store_authored {
	uint64_t log;
	uint64_t author;
	uint64_t from;
	uint64_t to;
};

/* Events that refer to a target in from..to and have seq > after, ascending, at most `max` (and
 * STORE_PAGE_MAX). Damaged ones: as with store_read. */
enum store_status store_read_referring(struct store_reader *reader, uint64_t log, uint64_t from,
	uint64_t to, uint64_t after, size_t max, store_event_fn fn, void *arg);

/* Events by the author with from <= seq <= to, ascending, that aren't erased; at most `max` (and
 * STORE_PAGE_MAX). All events in between are looked at: keep the range short. Damaged ones: as with
 * store_read. */
enum store_status store_read_author(struct store_reader *reader, const struct store_authored *what,
	size_t max, store_event_fn fn, void *arg);

/* Counted, not erased events with seq > after whose author isn't `but_author`; stops at `max`. */
enum store_status store_count(struct store_reader *reader, uint64_t log, uint64_t after,
	uint64_t but_author, uint32_t max, uint32_t *ret_count);

/* The seq of the oldest event with time_us >= time, or head + 1. */
enum store_status store_seq_at(
	struct store_reader *reader, uint64_t log, uint64_t time_us, uint64_t *ret_seq);

/* Heads of all logs, ascending. */
enum store_status store_heads(struct store_reader *reader, store_head_fn fn, void *arg);

/* Head of one log; one that does not exist has head 0 and first 1. */
enum store_status store_head(
	struct store_reader *reader, uint64_t log, struct store_head *ret_head);

/* One record: fn is called once or never. */
enum store_status store_get(struct store_reader *reader, uint32_t kind, const uint8_t *key,
	size_t key_len, store_record_fn fn, void *arg);

/* Records of a kind whose key begins with the prefix, in key order. Damaged ones are left out, the
 * others delivered, and then it is STORE_DAMAGED. */
enum store_status store_scan(struct store_reader *reader, uint32_t kind, const uint8_t *prefix,
	size_t prefix_len, store_record_fn fn, void *arg);

/* Checks the structure of the store, which reading its logs and records does not: that there is no
 * event outside of what its log says it holds, and what the engine can check by itself. It works for
 * up to `budget_ms`; *ret_done is false when there was more. */
enum store_status store_check(struct store_reader *reader, int64_t budget_ms, store_flaw_fn fn,
	void *arg, bool *ret_done);
