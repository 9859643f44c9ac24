/*
 * Who looks at the server with fresh eyes: makes the accounts and the rooms before anything is
 * broken, and afterwards reads the history into the ledger and compares what a new client is told
 * with what the log says. Straight to the daemon, not over an actor's wire. Main thread only.
 */
#pragma once

#include "ledger.h"

struct witness;

/* Owned: witness_close. Every call is repeated while the daemon is away, for at most
 * TD_WAIT_MS; any other failure fails the run. */
struct witness *witness_open(struct td *td, const char *ca);
void witness_close(struct witness *w);

/* A new account, or where it exists, a log-in; its id. */
uint64_t witness_sign_up(struct witness *w, const char *user, char ret_token[ACTOR_TOKEN_BYTES]);
/* The token for all calls from now on. */
void witness_be(struct witness *w, const char *token);
uint64_t witness_make_room(struct witness *w, const char *name);

/* Reads what it hasn't read yet of a room into the ledger; the head it came to. */
uint64_t witness_read(struct witness *w, struct ledger *l, enum stage stage, uint64_t room_id);
/* Forgets how far it has read: the next time reads all. */
void witness_forget(struct witness *w);
/* What a new client is told about the room's members is what the log's fold says. */
void witness_compare_members(
	struct witness *w, struct ledger *l, enum stage stage, uint64_t room_id);
/* What a new session of an actor is told to have unread is what the log says. */
void witness_compare_unread(struct witness *w, struct ledger *l, const struct actor_plan *plan);
