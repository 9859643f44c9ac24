/* Seeds that once found a bug, and what it was: they are run again in every test run. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct found {
	uint64_t seed;
	unsigned rounds;
	unsigned clients;
	const char *faults; /* NULL: all */
	const char *what; /* what was wrong */
};

/* The table; *ret_count rows. */
const struct found *found_table(size_t *ret_count);
