/*
 * What an engine is: the table of functions that the front (store.c) and the writer (writer.c)
 * call. An engine starts no op by itself: apply, commit and the like come from the writer's
 * thread alone, the reading functions from one thread at a time for each reader.
 */
#pragma once

#include "store/backup.h"
#include "store/store.h"

enum {
	STORE_SEQ_BITS = 40, /* a key is log << 40 | seq */
	STORE_BATCH_DEFAULT = 2000, /* ops in one commit */
	STORE_BATCH_BYTES = 8 << 20, /* bodies and values in one commit; one op may pass it */
	STORE_QUEUE_DEFAULT = 65536, /* ops waiting */
	STORE_TRIM_SLICE = 1000, /* events deleted in one commit */
	STORE_DROP_NOW_MAX = 1000, /* a larger log is dropped in slices */
};

/* Sequence numbers stop here: 2^40 - 1. */
#define STORE_SEQ_MAX ((UINT64_C(1) << STORE_SEQ_BITS) - 1)

/* Which events a read wants; what does not concern it is 0. */
struct store_range {
	uint64_t log;
	uint64_t from; /* first and last seq, of the targets for read_referring */
	uint64_t to;
	uint64_t after; /* read_referring, count: only events with a greater seq */
	uint64_t author; /* read_author: whose */
	size_t max;
};

/* Which records a scan wants. */
struct store_search {
	uint32_t kind;
	const uint8_t *key; /* borrowed for the call */
	size_t key_len;
	bool exact; /* this key, not all that begin with it */
};

/* Embedded as the first member of each engine's reader. */
struct store_reader {
	const struct store_engine *engine; /* borrowed: static */
};

typedef void (*store_log_fn)(void *arg, uint64_t log);

struct store_engine {
	const char *name;

	/* 0 or negative errno with a sentence; *ret_impl: owned, close. */
	int (*open)(const struct store_options *options, void **ret_impl, struct err_text *err);
	void (*close)(void *impl);

	/* ---- writer thread: begin, apply and trim as often as wanted, commit or rollback ---- */

	enum store_status (*begin)(void *impl);
	/* Outcomes before STORE_FULL concern this op, which then left no trace. The others leave
	 * only rollback. */
	enum store_status (*apply)(void *impl, struct store_op *op);
	/* Deletes at most `max` events of the log below `floor`, or, with 0, what dropping it has
	 * left behind. *ret_count is how many: fewer than `max` means that all are gone. */
	enum store_status (*trim)(
		void *impl, uint64_t log, uint64_t floor, size_t max, size_t *ret_count);
	/* Anything but STORE_OK: rolled back. */
	enum store_status (*commit)(void *impl);
	void (*rollback)(void *impl);
	/* Housekeeping between transactions. */
	void (*tidy)(void *impl);
	/* Whether `reserve` bytes are free for the store. What make_room gave up is taken back
	 * first. */
	bool (*has_space)(void *impl, uint64_t reserve);
	/* After STORE_FULL and rollback: whether some space was made, so that a small transaction
	 * is worth another try. */
	bool (*make_room)(void *impl);
	/* Dropped logs that still hold events: each wants to be trimmed with floor 0. At opening,
	 * before the writer runs. */
	void (*each_dropped)(void *impl, store_log_fn fn, void *arg);

	/* ---- any thread ---- */

	uint64_t (*size)(void *impl); /* bytes on disk */
	struct store_reader *(*reader_open)(void *impl); /* owned, reader_close; or NULL */
	void (*reader_close)(struct store_reader *reader);

	/* store_backup; NULL: there is nothing to copy. */
	int (*backup)(void *impl, const struct backup_options *options,
		struct backup_contents *ret_contents, struct err_text *err);

	/* ---- the reader's thread: begin, any of the calls of store.h, end ---- */

	void (*read_begin)(struct store_reader *reader);
	void (*read_end)(struct store_reader *reader);
	enum store_status (*read)(struct store_reader *reader, const struct store_range *range,
		store_event_fn fn, void *arg);
	enum store_status (*read_referring)(struct store_reader *reader,
		const struct store_range *range, store_event_fn fn, void *arg);
	enum store_status (*read_author)(struct store_reader *reader,
		const struct store_range *range, store_event_fn fn, void *arg);
	enum store_status (*count)(struct store_reader *reader, const struct store_range *range,
		uint64_t but_author, uint32_t *ret_count);
	enum store_status (*seq_at)(
		struct store_reader *reader, uint64_t log, uint64_t time_us, uint64_t *ret_seq);
	enum store_status (*heads)(struct store_reader *reader, store_head_fn fn, void *arg);
	enum store_status (*head)(
		struct store_reader *reader, uint64_t log, struct store_head *ret_head);
	/* Records whose key is (exact) or begins with (not exact) `key`. */
	enum store_status (*scan)(struct store_reader *reader, const struct store_search *search,
		store_record_fn fn, void *arg);
	enum store_status (*check)(struct store_reader *reader, int64_t budget_ms, store_flaw_fn fn,
		void *arg, bool *ret_done);
};

extern const struct store_engine store_engine_sqlite;
extern const struct store_engine store_engine_mem;
