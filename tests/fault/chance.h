/* Numbers by chance that a seed repeats: xorshift64. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct chance {
	uint64_t state; /* never 0 */
};

/* Two seeds that differ little give numbers that have nothing to do with each other. */
static inline struct chance chance_make(uint64_t seed)
{
	uint64_t x = seed + UINT64_C(0x9e3779b97f4a7c15); /* splitmix64's first step */

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (struct chance){.state = (x ^ (x >> 31)) | 1};
}

static inline uint64_t chance_next(struct chance *c)
{
	c->state ^= c->state << 13;
	c->state ^= c->state >> 7;
	c->state ^= c->state << 17;
	return c->state;
}

/* 0 to limit - 1. */
static inline unsigned chance_below(struct chance *c, unsigned limit)
{
	return (unsigned)((chance_next(c) >> 11) % limit);
}

static inline unsigned chance_between(struct chance *c, unsigned low, unsigned high)
{
	return low + chance_below(c, high - low + 1);
}

static inline bool chance_one_in(struct chance *c, unsigned n)
{
	return chance_below(c, n) == 0;
}
