/*
 * One reader's place in one room's log: the next seq it is to get. All of delivery is moving this
 * towards the head. What has to be done next follows from four numbers and nothing else, so it is
 * one pure function.
 *
 *      1 ... first_seq ............ tail_first ............ head
 *        gone       kept in the store      in memory too
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cursor {
	uint64_t next; /* seq to deliver next, >= 1 */
	uint64_t end; /* last seq to deliver, after which the reader is out of the room; 0: none */
};

/* The state of a room's log at one moment. */
struct log_span {
	uint64_t first_seq; /* oldest event kept */
	uint64_t tail_first; /* oldest event in memory; head + 1: none */
	uint64_t head; /* last event; 0: none */
};

enum cursor_step {
	CURSOR_LEVEL, /* nothing to deliver */
	CURSOR_GAP, /* next .. *ret_to are past retention: say so and skip them */
	CURSOR_CATCH_UP, /* read next .. *ret_to from the store */
	CURSOR_TAIL, /* take next .. *ret_to from memory */
	CURSOR_FINISHED, /* everything up to end was delivered */
};

/* What to do next, and up to which seq (inclusive) it may go. */
enum cursor_step cursor_plan(
	const struct cursor *cursor, const struct log_span *span, uint64_t *ret_to);

/* Everything up to and including seq was delivered or announced as missing. */
void cursor_advance(struct cursor *cursor, uint64_t seq);

/* Events between the cursor and the head. */
uint64_t cursor_lag(const struct cursor *cursor, uint64_t head);
