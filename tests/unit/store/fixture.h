/*
 * What the store's tests share: a store in a folder of its own, ops that are waited for with a
 * deadline, and what a read has seen, copied. Failures end the test (cmocka).
 */
#pragma once

#include "store/store.h"
#include <pthread.h>

enum {
	FIXTURE_DEADLINE_S = 60,
	FIXTURE_KIND = 7, /* of records */
	FIXTURE_SEEN_MAX = 4096,
};

struct fixture {
	char folder[64];
	char path[80]; /* the database */
	struct store_options options;
	struct store *store; /* owned; NULL while closed */
	unsigned batches; /* on_batch calls; read it only while nothing is under way */
};

/* cmocka's setup and teardown; *state is the engine's name before, the fixture after. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
/* Opens with fixture.options, closes, both. */
void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);
void fixture_reopen(struct fixture *f);

/* ---- writing ---- */

/* One op with one append and its outcome. Made by fixture_text, or filled by hand. */
struct write {
	struct store_op op;
	struct store_append append;
	uint8_t client_id[STORE_CLIENT_ID_BYTES];
	enum store_status status;
	bool done; /* under the module's lock until waited for */
	unsigned order; /* 1, 2, ... in the order of on_done */
};

/* An append of `text` to `log` as a counted event; id 0: no client id. */
struct write *write_text(
	struct write *w, uint64_t log, uint64_t author, uint64_t id, const char *text);
/* Submits without waiting; `w` stays where it is until write_wait. */
void write_start(struct fixture *f, struct write *w);
enum store_status write_wait(struct write *w);
/* Both. */
enum store_status write_run(struct fixture *f, struct write *w);
/* Writes a text and expects it to be stored; returns its seq. */
uint64_t write_ok(struct fixture *f, uint64_t log, uint64_t author, const char *text);
/* Writes `count` texts "1", "2"... to `log`, many under way at once. */
void write_many(struct fixture *f, uint64_t log, size_t count);

/* Between the two, the writer's thread stands still: what is submitted comes as one batch. */
void writer_hold(struct fixture *f);
void writer_release(struct fixture *f);

/* One record; value NULL deletes. */
enum store_status put_text(
	struct fixture *f, enum store_condition condition, const char *key, const char *value);
/* One record with a vital op, whatever was there. */
enum store_status put_vital_text(struct fixture *f, const char *key, const char *value);
enum store_status drop_log(struct fixture *f, uint64_t log);

/* Erases events of a log by one op, and puts a record with it where `key` isn't NULL. */
enum store_status erase_events(
	struct fixture *f, const struct store_erase *erases, size_t count, const char *key);

/* ---- reading ---- */

struct seen_event {
	uint64_t seq;
	uint64_t time_us;
	uint64_t author;
	uint64_t target_seq;
	uint32_t flags;
	bool has_client_id;
	bool has_body;
	size_t body_len;
	char text[32]; /* the body's beginning, NUL-terminated */
};

struct seen {
	enum store_status status;
	size_t count;
	struct seen_event events[FIXTURE_SEEN_MAX];
};

/* Events from..to; borrowed until the next read. */
const struct seen *read_events(
	struct fixture *f, uint64_t log, uint64_t from, uint64_t to, size_t max);
const struct seen *read_referring(
	struct fixture *f, uint64_t log, uint64_t from, uint64_t to, uint64_t after, size_t max);
const struct seen *read_author(struct fixture *f, const struct store_authored *what, size_t max);
struct store_head read_head(struct fixture *f, uint64_t log);
uint32_t read_count(
	struct fixture *f, uint64_t log, uint64_t after, uint64_t but_author, uint32_t max);
uint64_t read_seq_at(struct fixture *f, uint64_t log, uint64_t time_us);
/* The record's value, or NULL; borrowed until the next read. */
const char *read_record(struct fixture *f, const char *key);
/* "key=value key=value" of all with the prefix; borrowed until the next read. */
const char *read_scan(struct fixture *f, const char *prefix);
/* "log:head:first log:head:first"; borrowed until the next read. */
const char *read_heads(struct fixture *f);
enum store_status read_status(void); /* of the last read */

/* Reads until the log's first seq is `first`, or fails at the deadline. */
void wait_for_first(struct fixture *f, uint64_t log, uint64_t first);
/* Fails unless the log holds exactly seqs 1..head (all, none twice) and returns head. */
uint64_t check_gapless(struct fixture *f, uint64_t log);
