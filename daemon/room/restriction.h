/*
 * Bans and mutes in force: of an account in a room, of an account on the whole server, and (bans only)
 * of a network. Each is a record; all are in memory, found by whom they concern. What decides often
 * (rights.c) doesn't look here: an account and a room have a note of their own of until when.
 *
 * One that has run out holds no more at once; its record goes with the next sweep. Changed by the
 * writer thread after the commit, and by the loader; read by any thread. Its mutex is taken by itself:
 * no other lock is held then, and none is taken inside it.
 */
#pragma once

#include "base/hash.h"
#include "base/macros.h"
#include "base/network.h"
#include "proto/limits.h"
#include "proto/reason.h"
#include "room/record.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct directory;
struct restrictions; /* the book, one in each directory */
struct room;

enum {
	RESTRICTION_AUTHOR_BYTES = LIMIT_USER_NAME_BYTES + 1, /* "uid 4294967295" fits, too */
	RESTRICTION_WHEN_BYTES = LIMIT_REASON_BYTES + 40, /* until when, and why */
	RESTRICTION_TEXT_BYTES = RESTRICTION_WHEN_BYTES + 40, /* a sentence on one */
};

#define RESTRICTION_FOR_EVER UINT64_MAX /* a moment that never comes */

enum restriction_kind {
	RESTRICTION_BAN,
	RESTRICTION_MUTE,
	_RESTRICTION_KIND_MAX,
};

/* Whom it concerns, and where. */
struct restriction_target {
	uint64_t room_id; /* 0: the whole server */
	uint64_t account_id; /* 0: the network */
	struct network network;
};

struct restriction {
	enum restriction_kind kind;
	uint64_t id; /* new with each one */
	struct restriction_target target;
	char reason[LIMIT_REASON_BYTES + 1];
	char author[RESTRICTION_AUTHOR_BYTES]; /* a user name, or "uid N" */
	uint64_t created_us;
	uint64_t expires_us; /* 0: never */
};

/* A room's note of one account in it, under the room's mu; absent where nothing is in force. */
struct room_restriction {
	uint64_t account_id;
	uint64_t until_us[_RESTRICTION_KIND_MAX]; /* 0: none, RESTRICTION_FOR_EVER */
	UT_hash_handle hh;
};

struct restrictions *restrictions_new(void);
struct restrictions *restrictions_free(struct restrictions *book);

/* The kind of its records, and the key of the one for that target. */
enum record_kind restriction_record_kind(enum restriction_kind kind);
struct record_key restriction_key(const struct restriction_target *target);
struct record_value restriction_encode(const struct restriction *restriction);
/* False: the record doesn't say what it should under that key. */
bool restriction_decode(enum restriction_kind kind, const uint8_t *key, size_t key_len,
	const uint8_t *value, size_t value_len, struct restriction *ret) GC_MUST_CHECK;

/* Puts it into force, in place of an earlier one for the same target. Its account and its room are in
 * the directory; else nothing happens, and false. Writer thread and loader. */
bool restriction_put(struct directory *directory, const struct restriction *restriction);
/* Takes it out of force. `id` 0, or the one that it must be. Writer thread. */
void restriction_remove(struct directory *directory, enum restriction_kind kind,
	const struct restriction_target *target, uint64_t id);

/* The one for that target that is in force now. */
bool restriction_find(struct directory *directory, enum restriction_kind kind,
	const struct restriction_target *target, struct restriction *ret);
/* Whether there is one for it, in force or run out: it has a record. */
bool restriction_is_recorded(struct directory *directory, enum restriction_kind kind,
	const struct restriction_target *target);
/* How many there are in that room (0: of networks). */
size_t restriction_count(struct directory *directory, uint64_t room_id);

/* Those in force above `after`, by id; of one room where `room_id` isn't 0. */
struct restriction_page {
	struct restriction *items; /* owned: free */
	size_t count;
	bool more;
};
void restriction_list(struct directory *directory, enum restriction_kind kind, uint64_t room_id,
	uint64_t after, size_t size, struct restriction_page *ret_page);

/* Bans of networks in force, all of them. */
void restriction_list_networks(struct directory *directory, struct restriction_page *ret_page);

/* Up to `max` that ran out before now. */
size_t restriction_list_expired(
	struct directory *directory, uint64_t now_us, struct restriction *ret, size_t max);

/* Those of a room or an account that goes leave memory, and their records are queued for removal
 * (directory_clean_*). The other one is 0. */
void restriction_forget(struct directory *directory, uint64_t room_id, uint64_t account_id);

/* A record is about to be written (begin), or the write is done (end). While any is under way nothing
 * is swept, and none begins while the sweep submits: a record that the sweep takes for run out can't be
 * a new one of the same target. */
void restriction_begin(struct directory *directory);
void restriction_end(struct directory *directory);
/* Nothing is swept from now on: before the store is closed. */
void restriction_stop_sweep(struct directory *directory);
/* Runs `submit` unless a write is under way. */
void restriction_submit_sweep(struct directory *directory, void (*submit)(void *arg), void *arg);

/* Under the room's mu: until when, for that account; 0: not at all. */
uint64_t restriction_until_in(
	const struct room *room, uint64_t account_id, enum restriction_kind kind);

/* Where the reason is BANNED or MUTED: the sentence to that, with until when and why; else NULL. The
 * room may be NULL. */
const char *restriction_explain(struct directory *directory, const struct room *room,
	const struct account *account, enum reason reason,
	char text[static RESTRICTION_TEXT_BYTES]);

/* "until 2026-12-01 10:00 UTC: spam", "for ever". */
void restriction_print(
	const struct restriction *restriction, char text[static RESTRICTION_WHEN_BYTES]);
