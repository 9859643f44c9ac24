/*
 * Fresh connections all the time: some by the real library up to the welcome, as newcomers make
 * them, and between them plain TCP connects, which nobody may refuse. They have a thread of their own:
 * closing a client blocks. The functions may be called from any one other.
 */
#pragma once

#include "lib/gchat.h"
#include "place.h"
#include <pthread.h>

enum {
	CALLERS_MAX = 64, /* at a time */
	CALLS_KEPT = 20000, /* durations of one disturbance */
};

struct caller {
	struct gchat *g; /* owned; NULL: free */
	int64_t since_us;
	unsigned failures;
	bool leaving;
};

struct callers {
	struct place *place; /* borrowed; its tokens are taken in turn */
	int64_t every_us;
	pthread_t thread;
	/* The thread's own. */
	struct caller items[CALLERS_MAX];
	unsigned token_turn;
	int64_t next_us;
	int knock; /* a connect under way, or -1 */
	/* Under mu. */
	pthread_mutex_t mu;
	bool quitting;
	struct steady_totals totals; /* what is wrong */
	double *ms; /* owned: CALLS_KEPT, of the calls since the disturbance began */
	unsigned calls;
	unsigned again;
	unsigned refused;
	unsigned waiting; /* have no welcome yet */
};

void callers_start(struct callers *c, const struct steady_options *options, struct place *place);
/* Ends the thread, and adds what was wrong to *totals. */
void callers_stop(struct callers *c, struct steady_totals *totals);
/* A disturbance begins. */
void callers_begin(struct callers *c);
/* Whether one still waits for its welcome. */
bool callers_wait(struct callers *c);
/* Since it began: fills in what the figures say of callers. */
void callers_measure(struct callers *c, struct steady_figures *ret);
