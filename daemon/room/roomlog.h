/*
 * The tail of a room's log in memory: the newest events, contiguous, shared with whoever reads. What
 * is older is read from the store. Locked by its owner (the room's mu).
 *
 *   store: 1 ............................ head
 *   tail:                  [first ...... head]      empty: first == head + 1
 */
#pragma once

#include "room/event.h"
#include <stdbool.h>

struct roomlog {
	struct event **slots; /* owned ring of references; seq s is at slots[s & (capacity - 1)] */
	size_t capacity; /* a power of two, or 0 */
	uint64_t first; /* oldest seq in the tail; head + 1 when it is empty */
	uint64_t head; /* last seq of the log; 0: none */
	size_t bytes; /* wire bytes in the tail */
};

/* How much of a log stays in memory; at least the newest event does. */
struct roomlog_limits {
	size_t events;
	size_t bytes;
};

/* A log whose last seq is `head`, with nothing in memory. */
void roomlog_init(struct roomlog *log, uint64_t head);
void roomlog_deinit(struct roomlog *log);

/* Appends a sealed event with seq head + 1, taking the reference; drops the oldest over limits. */
void roomlog_append(struct roomlog *log, struct event *event, const struct roomlog_limits *limits);

/* The event in the tail, or NULL. Borrowed while the lock is held. */
struct event *roomlog_find(const struct roomlog *log, uint64_t seq);

/* Puts tombstones in place of `target` and of what refers to it, as far as it is in the tail. Before
 * the deletion itself is appended: it refers to the target too. */
void roomlog_erase(struct roomlog *log, uint64_t target);

/* The last seq of the run from `from` (in the tail) that fits into max_bytes and max_events, but at
 * least `from` itself; *ret_bytes: its wire bytes. */
uint64_t roomlog_run(const struct roomlog *log, uint64_t from, size_t max_bytes, size_t max_events,
	size_t *ret_bytes);

/* Copies the wire bytes of from..to into out. */
void roomlog_copy(const struct roomlog *log, uint64_t from, uint64_t to, uint8_t *out);
