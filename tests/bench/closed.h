/*
 * A closed loop: one publisher keeps a window of messages in flight. A message is in flight until
 * the subscriber that joined last has it, or (W6) until it is acknowledged. One thread.
 */
#pragma once

#include "bench.h"

struct closed_loop {
	struct bench *bench; /* borrowed */
	struct session *publisher; /* borrowed */
	const struct session *last; /* borrowed: the subscriber that counts */
	uint64_t sent; /* the counters at the start */
	uint64_t delivered;
	uint64_t acked;
	uint64_t received; /* by `last` */
};

void closed_start(struct closed_loop *c, struct bench *b);
/* Publishes what the window allows and turns the loop once. False on trouble, which is then the
 * bench's status. */
bool closed_step(struct closed_loop *c) GC_MUST_CHECK;
/* Steps for so long, or until trouble. */
void closed_run(struct closed_loop *c, double secs);
