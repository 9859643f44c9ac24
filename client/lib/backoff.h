/* Delays between attempts: doubled each time, spread by chance so that not all come at once. */
#pragma once

#include <stdint.h>

enum {
	BACKOFF_MIN_MS = 200,
	BACKOFF_MAX_MS = 30 * 1000,
	BACKOFF_STABLE_MS = 10 * 1000, /* a connection this old was a good one: start over */
	BACKOFF_ASKED_MAX_MS = 10 * 60 * 1000, /* the longest wait a server may ask for */
};

struct backoff {
	uint32_t min_ms;
	uint32_t max_ms;
	uint32_t attempt; /* failures in a row */
};

/* 0 takes the defaults; max is raised to min. */
struct backoff backoff_make(uint32_t min_ms, uint32_t max_ms);

/* Counts a failure; the delay until the next attempt: between half and all of min * 2^failures,
 * never under min or over max. `chance` is any random number. */
uint32_t backoff_next_ms(struct backoff *b, uint32_t chance);
