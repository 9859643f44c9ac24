/* What the files of the "sqlite" engine share. */
#pragma once

#include "store/checkpoint.h"
#include "store/sqlite_conn.h"
#include "store/sqlite_file.h"
#include "store/sqlite_head.h"
#include "store/sqlite_row.h"
#include "store/store_priv.h"

struct sqlite_store {
	struct sqlite_file file; /* immutable while open */
	enum store_durability durability;
	uint64_t cache_bytes; /* the writer's, and an eighth of it each reader's; 0: the default */
	struct checkpointer checkpointer;

	/* Writer's thread only. */
	struct conn conn;
	struct heads heads;
	uint64_t now_us; /* wall clock of this transaction */
};

struct sqlite_reader {
	struct store_reader base;
	struct conn conn;
};

/* ---- sqlite_op.c: store_engine.apply and .trim ---- */

enum store_status sqlite_apply(void *impl, struct store_op *op);
enum store_status sqlite_trim(
	void *impl, uint64_t log, uint64_t floor, size_t max, size_t *ret_count);

/* ---- sqlite_read.c: the reading functions of store_engine ---- */

enum store_status sqlite_read(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg);
enum store_status sqlite_read_referring(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg);
enum store_status sqlite_read_author(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg);
enum store_status sqlite_count(struct store_reader *reader, const struct store_range *range,
	uint64_t but_author, uint32_t *ret_count);
enum store_status sqlite_seq_at(
	struct store_reader *reader, uint64_t log, uint64_t time_us, uint64_t *ret_seq);
enum store_status sqlite_heads(struct store_reader *reader, store_head_fn fn, void *arg);
enum store_status sqlite_head(
	struct store_reader *reader, uint64_t log, struct store_head *ret_head);
enum store_status sqlite_scan(struct store_reader *reader, const struct store_search *search,
	store_record_fn fn, void *arg);

/* ---- sqlite_check.c ---- */

enum store_status sqlite_check(struct store_reader *reader, int64_t budget_ms, store_flaw_fn fn,
	void *arg, bool *ret_done);

/* ---- sqlite_backup.c ---- */

int sqlite_backup(void *impl, const struct backup_options *options,
	struct backup_contents *ret_contents, struct err_text *err) GC_MUST_CHECK;

/* ---- records' checksums, in sqlite_read.c ---- */

uint32_t sqlite_record_crc(
	const struct store_search *search, const uint8_t *value, size_t value_len);
