/*
 * Invitations: who has the code of one may make an account, where registration is by invitation. Kept
 * by the hash of the code alone. Each account made with one takes one of its places, a record of its
 * own that must be absent, in the transaction that makes the account: whatever happens at once or is
 * cut off by a crash, no place is taken twice, and none is lost.
 *
 * The list is the directory's, under its lock; places under the invitation's mu. Any thread but where
 * said.
 */
#pragma once

#include "base/hash.h"
#include "base/macros.h"
#include "proto/limits.h"
#include "proto/reason.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct directory;
struct write;

enum {
	INVITATION_USES_MAX = 1000, /* accounts by one invitation */
	INVITATION_NOTE_BYTES = 128, /* what it is for */
	INVITATIONS_MAX = 1000, /* at once */
};

struct invitation {
	atomic_uint refs;
	uint8_t hash[LIMIT_SHA256_BYTES];
	uint64_t id; /* names it without being it */
	uint32_t uses;
	uint64_t created_us;
	uint64_t expires_us; /* 0: never */
	char note[INVITATION_NOTE_BYTES + 1];
	struct { /* any thread, under mu */
		pthread_mutex_t mu;
		uint32_t taken; /* places taken, or about to be */
		uint32_t used; /* of those, by accounts that are made */
		bool places[INVITATION_USES_MAX]; /* the same, by number */
	} shared;
	UT_hash_handle hh; /* the directory's */
};

struct invitation *invitation_ref(struct invitation *invitation);
struct invitation *invitation_unref(struct invitation *invitation);

/* How many accounts were made with it. */
uint32_t invitation_used(struct invitation *invitation);
/* Nobody can use it any more. */
bool invitation_is_spent(struct invitation *invitation, uint64_t now_us);

/* The one of that hash or number, with a reference; NULL: there is none. */
struct invitation *invitation_find(
	struct directory *directory, const uint8_t hash[LIMIT_SHA256_BYTES]);
struct invitation *invitation_find_id(struct directory *directory, uint64_t id);
/* Those with a number above `after`, ascending, at most `max`, each with a reference. Owned array. */
struct invitation **invitation_page(
	struct directory *directory, uint64_t after, size_t max, size_t *ret_count);

/* For a write that makes an account: takes a place, and has it recorded with the account.
 * INVITE_INVALID where there is none. */
enum reason invitation_take_place(struct write *write, const uint8_t hash[LIMIT_SHA256_BYTES]);
/* The account is made; writer thread. */
void invitation_keep_place(struct write *write);
/* The write is done: gives the place back where it wasn't kept. */
void invitation_release(struct write *write);
/* What a failed condition of the write means: whether the invitation was the one that failed. */
bool invitation_conflicts(const struct write *write);

/* From the store, at the start. INVITATION_LEFTOVER: of an invitation that is gone. */
enum invitation_load {
	INVITATION_LOADED,
	INVITATION_LEFTOVER,
	INVITATION_UNSOUND,
};
enum invitation_load invitation_load(struct directory *directory, const uint8_t *key,
	size_t key_len, const uint8_t *value, size_t value_len);
/* Frees all; the directory closes. */
void invitation_free_all(struct directory *directory);
