/*
 * One submitter that keeps N appends of 200 bytes under way, into one log or into many at random,
 * with ids that grow with time (UUIDv7). For the programs that print figures; one at a time.
 */
#pragma once

#include "store/store.h"

enum {
	LOAD_BODY_BYTES = 200,
	LOAD_OUTSTANDING_MAX = 50000,
};

struct load {
	uint64_t logs; /* 1: all into log 1; else at random into 1..logs */
	size_t outstanding; /* up to LOAD_OUTSTANDING_MAX */
	uint64_t total; /* appends */
};

struct load_result {
	int64_t us; /* from the first submit to the last commit */
	uint64_t failed;
	double commits; /* transactions */
	uint32_t p50_us; /* from submit to on_done */
	uint32_t p99_us;
	uint32_t worst_us;
};

/* Opens the store at `path` with the load's ears on it; ends the program when that fails. */
struct store *load_open(const char *path, enum store_durability durability, size_t outstanding);
/* Runs `load` to its end. */
struct load_result load_run(struct store *store, const struct load *load);
/* xorshift64. */
uint64_t load_random(void);
