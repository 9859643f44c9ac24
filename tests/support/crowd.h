/*
 * Very many sessions in one room, in one thread, over the small HTTP/2 client: what the real library
 * would need a thread each for. Every session checks that the room's sequence reaches it without a
 * gap. Accounts are few (signing up costs a password hash), each with many sessions. Wants
 * limits.sessions_per_account of CROWD_PER_ACCOUNT in the daemon's configuration. Main thread.
 */
#pragma once

#include "h2/h2.h"
#include "support/td.h"

enum {
	CROWD_PER_ACCOUNT = 100,
};

struct crowd;

/* Opens `count` sessions, who all are in the room; fails the test where one can't. Owned. */
struct crowd *crowd_new(struct td *td, const char *room, unsigned count);
/* Closes all. NULL is allowed and given back. */
struct crowd *crowd_free(struct crowd *c);

/* Session `index` says a text of `bytes`; crowd_turn sends it. */
void crowd_say(struct crowd *c, unsigned index, size_t bytes);
/* Sends what is queued, takes what comes, waits at most timeout_ms for it. Fails the test when a
 * session ended, missed an entry or was refused something. */
void crowd_turn(struct crowd *c, int timeout_ms);
/* Turns until everything said is acknowledged and has reached every session that isn't paused. */
void crowd_settle(struct crowd *c, int64_t timeout_ms);
/* A session that stops reading, or reads again. */
void crowd_pause(struct crowd *c, unsigned index, bool paused);

/* Figures. */
uint64_t crowd_said(const struct crowd *c);
uint64_t crowd_acked(const struct crowd *c);
/* Messages that reached a session, all sessions together. */
uint64_t crowd_deliveries(const struct crowd *c);
/* Messages that this session has received. */
uint64_t crowd_received(const struct crowd *c, unsigned index);
/* From now on, the longest time that a session got nothing is measured. */
void crowd_watch_pauses(struct crowd *c);
/* The longest so far, of any session, in microseconds. */
uint64_t crowd_longest_pause_us(struct crowd *c);
/* A token of one of its accounts. Borrowed. */
const char *crowd_token(const struct crowd *c);
