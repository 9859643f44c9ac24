/* Points in time as text. Wall-clock microseconds since 1970. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	WHEN_BYTES = 40,
};

/* "2026-01-31T09:08:07Z" into `buf`; gives buf. */
const char *when_rfc3339(uint64_t time_us, char buf[WHEN_BYTES]);
/* "09:08:07" in the local time zone; gives buf. */
const char *when_clock(uint64_t time_us, char buf[WHEN_BYTES]);
/* "3 min ago", "in 89 days" or "now" into `buf`; gives buf. */
const char *when_relative(uint64_t time_us, uint64_t now_us, char buf[WHEN_BYTES]);
/* "2026-01-31" (at 00:00), "2026-01-31T09:08" or "2026-01-31T09:08:07", with a "Z" if wanted; in UTC.
 * False: none of these. */
bool when_parse(const char *text, uint64_t *ret_time_us);
/* The same, or "2h" or "7d": so long before now. */
bool when_parse_past(const char *text, uint64_t now_us, uint64_t *ret_time_us);
