/* clock_gettime(2), typed. */
#include "base/clock.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * CLOCK_US_PER_S + ts.tv_nsec / 1000;
}

struct mono clock_mono(void)
{
	return (struct mono){.us = read_us(CLOCK_MONOTONIC)};
}

struct mono clock_mono_add_ms(struct mono t, int64_t ms)
{
	return (struct mono){.us = t.us + ms * CLOCK_US_PER_MS};
}

int64_t clock_mono_ms_since(struct mono a, struct mono b)
{
	return (a.us - b.us) / CLOCK_US_PER_MS;
}

uint64_t clock_wall_us(void)
{
	return (uint64_t)read_us(CLOCK_REALTIME);
}
