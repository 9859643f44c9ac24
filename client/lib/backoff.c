/* Exponential backoff with jitter. */
#include "lib/backoff.h"

struct backoff backoff_make(uint32_t min_ms, uint32_t max_ms)
{
	struct backoff b = {.min_ms = min_ms ? min_ms : BACKOFF_MIN_MS,
		.max_ms = max_ms ? max_ms : BACKOFF_MAX_MS};
	if (b.max_ms < b.min_ms)
		b.max_ms = b.min_ms;
	return b;
}

uint32_t backoff_next_ms(struct backoff *b, uint32_t chance)
{
	uint64_t whole = (uint64_t)b->min_ms << 1;
	for (uint32_t i = 0; i < b->attempt && whole < b->max_ms; i++)
		whole <<= 1;
	if (whole > b->max_ms)
		whole = b->max_ms;
	if (b->attempt < UINT32_MAX)
		b->attempt++;
	uint64_t least = whole / 2 < b->min_ms ? b->min_ms : whole / 2;
	return (uint32_t)(least + chance % (whole - least + 1));
}
