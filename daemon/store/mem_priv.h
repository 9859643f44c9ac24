/*
 * What the files of the "mem" engine share: everything in memory, under one lock that the writer
 * holds from begin to commit and a reader for one job. Sorted arrays and plain loops, so that it
 * can be believed when the two engines disagree.
 */
#pragma once

#include "base/hash.h"
#include "store/store_priv.h"
#include <pthread.h>

struct mem_event {
	uint64_t author;
	uint64_t time_us;
	uint64_t target_seq;
	uint32_t flags;
	bool has_client_id;
	uint8_t client_id[STORE_CLIENT_ID_BYTES];
	uint8_t *body; /* owned; NULL when erased */
	size_t body_len;
};

struct mem_log {
	uint64_t log;
	uint64_t head;
	uint64_t floor;
	uint64_t last_time;
	struct mem_event *events; /* owned: floor to head */
	size_t size; /* events that fit */
};

struct mem_record {
	uint32_t kind;
	size_t key_len;
	uint8_t key[STORE_KEY_BYTES_MAX];
	uint8_t *value; /* owned */
	size_t value_len;
};

/* Compared as bytes: no padding. */
struct mem_client_key {
	uint64_t author;
	uint8_t client_id[STORE_CLIENT_ID_BYTES];
};

struct mem_client {
	struct mem_client_key key;
	uint64_t log;
	uint64_t seq;
	UT_hash_handle hh;
};

struct mem_store {
	pthread_rwlock_t lock; /* of all that follows */
	struct mem_log **logs; /* owned, ascending */
	size_t log_count;
	struct mem_record **records; /* owned, ascending by kind and key */
	size_t record_count;
	struct mem_client *clients; /* owned */
	uint64_t now_us;
};

struct mem_reader {
	struct store_reader base;
	struct mem_store *store; /* borrowed */
};

/* The log or NULL; borrowed while locked. */
struct mem_log *mem_find_log(const struct mem_store *store, uint64_t log);
/* The event or NULL when it never was, or is trimmed. */
struct mem_event *mem_find_event(const struct mem_log *log, uint64_t seq);
/* Where the first record stands that isn't less than kind and key. */
size_t mem_record_place(
	const struct mem_store *store, uint32_t kind, const uint8_t *key, size_t key_len);
/* Whether the record has this kind, and a key that is (exact) or begins with the given one. */
bool mem_record_matches(const struct mem_record *record, const struct store_search *search);

/* ---- mem_op.c: store_engine.apply and .trim, writer's thread ---- */

enum store_status mem_apply(void *impl, struct store_op *op);
enum store_status mem_trim(
	void *impl, uint64_t number, uint64_t floor, size_t max, size_t *ret_count);
/* Deletes the log, if there is one. */
void mem_drop_log(struct mem_store *store, uint64_t number);

/* ---- mem_read.c: the reading functions of store_engine ---- */

enum store_status mem_read(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg);
enum store_status mem_read_referring(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg);
enum store_status mem_read_author(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg);
enum store_status mem_count(struct store_reader *reader, const struct store_range *range,
	uint64_t but_author, uint32_t *ret_count);
enum store_status mem_seq_at(
	struct store_reader *reader, uint64_t log, uint64_t time_us, uint64_t *ret_seq);
enum store_status mem_heads(struct store_reader *reader, store_head_fn fn, void *arg);
enum store_status mem_head(struct store_reader *reader, uint64_t log, struct store_head *ret_head);
enum store_status mem_check(struct store_reader *reader, int64_t budget_ms, store_flaw_fn fn,
	void *arg, bool *ret_done);
enum store_status mem_scan(struct store_reader *reader, const struct store_search *search,
	store_record_fn fn, void *arg);
