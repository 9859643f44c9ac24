/*
 * Erasing what deleted accounts have said: messages, edits and reactions, in all rooms, also those the
 * account had left before. Each becomes a tombstone, with what refers to it; the log has no gap.
 *
 * That an erasure is wanted is a record, written in the transaction that deletes the account, so a
 * crash or a stop loses nothing: it is gone on with at the next start, from where the record says. It
 * goes in steps, one under way at a time: a reader thread looks at a piece of a log, one write erases
 * what it found and notes the place. Others' writes go in between. A step that fails (a full disk) is
 * tried again when erase_tend comes round. Any thread but where said.
 */
#pragma once

#include "proto/limits.h"
#include "room/write.h"
#include <stddef.h>

struct eraser;

enum {
	ERASE_WINDOW = 4096, /* events looked at by one read */
};

struct eraser *eraser_new(struct directory *directory);
/* Waits for the step under way; no other one begins. Before the store is closed. */
void eraser_stop(struct eraser *eraser);
/* Stops; NULL is allowed. Returns NULL. */
struct eraser *eraser_free(struct eraser *eraser);

/* Adds the record of a wanted erasure to a write that deletes its actor. */
void erase_put(struct write *write);
/* The write is committed; writer thread. It waits for erase_release: someone may still be saying
 * something for the account that was checked before it went. */
void erase_note(struct eraser *eraser, const struct account *account);
/* Nothing more can come from the account. */
void erase_release(struct eraser *eraser, uint64_t account_id);
/* From the store, at the start: 0 or -EBADMSG where it isn't sound. */
int erase_load(struct eraser *eraser, const uint8_t *key, size_t key_len, const uint8_t *value,
	size_t value_len) GC_MUST_CHECK;

/* Goes on where nothing is under way. */
void erase_tend(struct eraser *eraser);

/* Erasures that aren't done. */
size_t erase_count(struct eraser *eraser);

/* What was erased, once. */
struct erase_news {
	char user[LIMIT_USER_NAME_BYTES + 1]; /* the name when it was deleted */
	uint64_t events;
	uint64_t unreadable; /* damaged events that were passed over */
};
/* An erasure that is done since the last look. False: none. */
bool erase_take_news(struct eraser *eraser, struct erase_news *ret_news);
