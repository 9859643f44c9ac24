/*
 * What is left in the store of what was deleted: records and logs that nothing refers to any more.
 * They are deleted in slices, one under way at a time, so that others' writes go in between. What a
 * stop or a crash leaves undone is found again when the directory is loaded. Any thread.
 */
#pragma once

#include "room/record.h"
#include <stddef.h>
#include <stdint.h>

struct cleanup;
struct store;

enum {
	CLEANUP_SLICE = 256, /* records in one write */
};

struct cleanup *cleanup_new(struct store *store);
/* Waits for the slice under way; no other one begins. Before the store is closed. */
void cleanup_stop(struct cleanup *cleanup);
/* Stops; NULL is allowed. Returns NULL. */
struct cleanup *cleanup_free(struct cleanup *cleanup);

/* Takes note of a record, of a log. They must be of no use to anyone from here on. */
void cleanup_add(struct cleanup *cleanup, enum record_kind kind, struct record_key key);
void cleanup_add_log(struct cleanup *cleanup, uint64_t log);
/* Deletes what was noted. */
void cleanup_start(struct cleanup *cleanup);
