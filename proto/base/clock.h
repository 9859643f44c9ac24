/*
 * Two kinds of time that cannot be mixed up: monotonic (one-field struct) for every wait and age,
 * and wall-clock microseconds since 1970 for what people read. Any thread.
 */
#pragma once

#include <stdint.h>

enum {
	CLOCK_US_PER_MS = 1000,
	CLOCK_US_PER_S = 1000000,
	CLOCK_MS_PER_S = 1000,
};

struct mono {
	int64_t us; /* CLOCK_MONOTONIC, microseconds */
};

struct mono clock_mono(void);
struct mono clock_mono_add_ms(struct mono t, int64_t ms);
/* a - b in milliseconds, rounded down; negative when a is earlier. */
int64_t clock_mono_ms_since(struct mono a, struct mono b);
/* Wall-clock time, microseconds since 1970-01-01T00:00:00Z. Clocks order nothing. */
uint64_t clock_wall_us(void);
