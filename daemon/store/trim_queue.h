/*
 * Logs that wait to be trimmed, first come first served. Writes of thousands of rooms at once come
 * as one call each, so it is a ring that grows, with a limit. Not locked: its owner does that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trim {
	uint64_t log;
	uint64_t floor; /* delete below this seq; 0: only what dropping has left */
};

/* Zeroed is empty. */
struct trim_queue {
	struct trim *items; /* owned: ring of `size` */
	size_t size;
	size_t first;
	size_t count;
};

/* Appends; false when `max` wait already. */
bool trim_queue_push(struct trim_queue *queue, struct trim trim, size_t max);
/* The oldest, or false when there is none. */
bool trim_queue_take(struct trim_queue *queue, struct trim *ret_trim);
/* Those that wait for `log` become as if never pushed: the log they meant is gone. */
void trim_queue_forget(struct trim_queue *queue, uint64_t log);
void trim_queue_deinit(struct trim_queue *queue);
