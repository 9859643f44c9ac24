/* What the daemon says of an attack: its counters, by gchatctl, and its log. Parent process. */
#pragma once

#include "support/td.h"
#include <stdint.h>

enum {
	WATCH_BYTES = 16384,
};

struct watch {
	char status[WATCH_BYTES]; /* gchatctl's, as JSON */
	long log_offset; /* of the log as long as it was */
	uint64_t cpu_us;
};

/* Looks now. */
void watch_take(struct watch *watch, struct td *td);
/* The value of a counter; 0 while it has counted nothing. */
uint64_t watch_counter(const struct watch *watch, const char *name);
/* Warnings and notices with `text` in the log since then. */
unsigned watch_lines(const struct watch *since, struct td *td, const char *text);
