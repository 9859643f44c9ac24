/*
 * Everything of one run: a daemon on a state folder of its own file system, actors each on a wire of
 * its own, the witness and the ledger. A round is: they talk, faults are injected and healed, all
 * fall quiet, and what must hold is checked. Main thread only.
 */
#pragma once

#include "actor.h"
#include "chance.h"
#include "ledger.h"
#include "shift.h"
#include "support/td.h"
#include "witness.h"

struct fault;

enum {
	WORLD_FAULTS_MAX = 4, /* in one round */
	WORLD_IDLE_MAX = 256,
};

struct world {
	struct td *td; /* owned */
	struct ledger *ledger; /* owned */
	struct witness *witness; /* owned */
	struct actor actors[ACTORS_MAX];
	unsigned actor_count;
	uint64_t rooms[_STAGE_MAX];
	struct chance chance;
	unsigned serial; /* of the last order to be quiet */
	const char *no_disk; /* why the state has no file system of its own; NULL: it has */
	bool away; /* the daemon is down on purpose */
	/* What faults remember between inject and heal. */
	struct shift *shift; /* mapped: the daemon's clock; NULL: can't be had */
	int idle[WORLD_IDLE_MAX]; /* owned: connections that say nothing */
	unsigned idle_count;
	bool other_pair; /* which certificate is in force */
	char pairs[2][TD_PATH_BYTES]; /* their files, without .crt and .key */
	char pair[TD_PATH_BYTES]; /* the one configured */
	char ca[TD_PATH_BYTES]; /* both certificates */
	char store_plan[TD_PATH_BYTES]; /* what gchatd-fault's store is to do */
	char real_daemon[2 * TD_PATH_BYTES]; /* TD_GCHATD as it was given; "": it wasn't */
	bool is_short; /* the reload changed a setting */
};

/* Makes and starts all; `seed` decides everything that is left to chance. */
void world_start(struct world *w, uint64_t seed, unsigned actor_count);
/* Checks the whole log once more, ends all. */
void world_end(struct world *w);
/* Removes what the process's end would leave behind. Any number of times. */
void world_abandon(struct world *w);

/* Lets time go by, hearing everyone. Fails the run when an invariant is broken, or the daemon or an
 * actor has ended by itself. */
void world_run(struct world *w, unsigned ms);
/* All fall quiet; what must hold is checked; all talk again. */
void world_settle(struct world *w);
/* Starts the daemon after it was brought down on purpose; world_settle waits for it. */
void world_revive(struct world *w);
