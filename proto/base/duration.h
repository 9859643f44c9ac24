/* Lengths of time as people write them: "30m", "2h", "7d", "1h30m", "90" (seconds). Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	DURATION_BYTES = 32,
};

#define DURATION_MAX_S (100ULL * 365 * 86400)

/* Units: s, m, h, d, w (week), y (365 days); several add up; a number alone is seconds. False: not a
 * length of time, or more than DURATION_MAX_S. */
bool duration_parse(const char *text, uint64_t *ret_seconds);
/* "2 h", "1 h 30 min", "7 days", "0 s" into `buf`: the two largest units; gives buf. */
const char *duration_print(uint64_t seconds, char buf[DURATION_BYTES]);
