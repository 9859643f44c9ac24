/*
 * 200 honest sessions in ten rooms, who talk at a fixed modest rate and check that nothing is missing.
 * Each message carries the time when it was due, so a delivery tells how long it took. Beside them,
 * someone signs in by password now and then. One thread: the parent's main loop.
 */
#pragma once

#include "support/td.h"
#include <stdint.h>

enum {
	HONEST_SESSIONS = 200,
	HONEST_ROOMS = 10,
	HONEST_RATE =
		150, /* messages a second, all together: of those in one attack, 99 of 100 must not
			    * be decided by the one that met a slow sync of the disk */
};

struct honest;

/* Milliseconds; of deliveries, or of sign-ins. */
struct honest_figures {
	size_t count;
	double p50;
	double p99;
	double max;
};

/* All are in their rooms, and quiet. Fails the test where they can't. Owned. */
struct honest *honest_new(struct td *td);
struct honest *honest_free(struct honest *h);

/* Talks for so long; fails the test when a session ends, or misses or is refused something. */
void honest_talk(struct honest *h, double secs);
/* Waits until everything said has reached everyone; who talks on begins anew. Before anything that
 * blocks this process: it would be measured. */
void honest_settle(struct honest *h);
/* From now on, deliveries are measured anew. */
void honest_measure(struct honest *h);
void honest_deliveries(struct honest *h, struct honest_figures *ret);
void honest_sign_ins(struct honest *h, struct honest_figures *ret);
/* Starts or ends signing in twice a second. */
void honest_sign_in(struct honest *h, bool on);
