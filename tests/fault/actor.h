/*
 * A client in a process of its own, so that it can be killed: the real library, with its outbox on
 * disk, doing things by chance and saying all it hears. actor.c is the harness's side, actor_life.c
 * the process's.
 */
#pragma once

#include "chance.h"
#include "ledger.h"
#include "report.h"
#include "support/wire.h"

struct actor {
	struct actor_plan plan;
	struct wire *wire; /* owned: its network */
	struct td *td; /* borrowed */
	struct ledger *ledger; /* borrowed */
	pid_t pid; /* 0: dead */
	int orders; /* owned, or -1 */
	int reports; /* owned, or -1 */
	unsigned quiet_serial; /* of its last REPORT_QUIET */
};

/* Starts its process, with the places and numbers that the ledger knows. */
void actor_start(struct actor *a, uint64_t seed);
/* kill -9; what it said before still counts. */
void actor_kill(struct actor *a);
void actor_order(struct actor *a, bool quiet, unsigned serial);
/* Takes the reports that are there. False: it has ended by itself. */
bool actor_listen(struct actor *a);

/* ---- the process ---- */

/* main of an actor: the plan comes on stdin. */
int actor_main(void);
