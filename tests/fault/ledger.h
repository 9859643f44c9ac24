/*
 * The checker: knows every op that an actor ever asked for, what the server said about it, and what
 * stands at each seq of each room, and so what must hold:
 *
 *  - what was acknowledged stands where the acknowledgement said, and only there;
 *  - no entry and no client's id stands in a log twice; nothing stands there that no one asked for;
 *  - everyone reads the same at the same seq, without a gap, also over breaks and deaths;
 *  - everyone comes to the same texts, reactions and deletions;
 *  - times never go back within a log.
 *
 * An entry may be found erased by one and whole by another: then a deletion must say so. The first
 * fault is kept. One thread at a time.
 */
#pragma once

#include "base/macros.h"
#include "fold.h"
#include "report.h"

struct ledger;

struct ledger_counts {
	uint64_t asked; /* ops given to the library */
	uint64_t committed; /* acknowledged */
	uint64_t refused;
	uint64_t lost; /* their asker was killed: may have happened or not, once */
	uint64_t entries; /* read by all readers together */
	uint64_t after_exit; /* of those entries: read by someone who had left or was removed */
	uint64_t heads; /* of all rooms, added */
};

/* Owned: ledger_free. */
struct ledger *ledger_new(const uint64_t rooms[_STAGE_MAX], const uint64_t accounts[ACTORS_MAX]);
void ledger_free(struct ledger *l);

/* What an actor said. */
void ledger_take(struct ledger *l, unsigned actor, const struct report *report);
/* An actor was killed: what it had not heard of may have happened or not. */
void ledger_bury(struct ledger *l, unsigned actor);
/* An entry that was read from the history; `text` as in the entry. */
void ledger_learn(struct ledger *l, enum stage stage, const struct line *line, const char *text);

/* The last seq an actor has read; 0: it has no place in the room. */
uint64_t ledger_place(const struct ledger *l, unsigned actor, enum stage stage);
/* The highest number of an actor's ops. */
unsigned ledger_last_number(const struct ledger *l, unsigned actor);
/* The highest seq the server said it has marked as read, since the actor's last joining. */
uint64_t ledger_marked(const struct ledger *l, unsigned actor, enum stage stage);

/* When nothing is under way and the log was read up to the heads: what must hold, holds. */
void ledger_check(struct ledger *l, const uint64_t heads[_STAGE_MAX]);
/* What the log of a room comes to; after ledger_check. Borrowed. */
const struct fold *ledger_fold(const struct ledger *l, enum stage stage);
/* Messages of others in the log after `seq` that aren't deleted. */
unsigned ledger_unread(
	const struct ledger *l, enum stage stage, uint64_t seq, uint64_t but_account);

/* Says on stderr what stands in a room after `seq`, a line each: for a run that has failed. */
void ledger_show(const struct ledger *l, enum stage stage, uint64_t seq);
void ledger_blame(struct ledger *l, const char *fmt, ...) GC_PRINTF(2, 3);
/* The first fault, or NULL. Borrowed. */
const char *ledger_fault(const struct ledger *l);
struct ledger_counts ledger_counts_now(const struct ledger *l);
