/*
 * One completion queue, run by one thread, and the means to wake that thread from another: an empty
 * batch on a call that never starts, on a channel that never connects. Waking costs about 0.2 us to
 * post, and a thread switch where the queue's thread sleeps.
 */
#pragma once

#include "base/clock.h"
#include "rpc/op.h"
#include <stdatomic.h>

struct queue {
	grpc_completion_queue *cq; /* owned */
	grpc_channel *lame; /* owned: carries the call below */
	grpc_call *wake_call; /* owned: never started */
	struct op wake_op;
	atomic_bool waking; /* a wake is posted and not yet seen */
};

/* grpc_init must have been called. Any thread, before the queue runs. */
void queue_init(struct queue *q);

/* Runs one completion or waits for one until `deadline`. False: none came. Queue's thread. */
bool queue_run_one(struct queue *q, struct mono deadline);

/* Makes a queue_run_one that waits return. Any thread; cheap when already posted. */
void queue_wake(struct queue *q);

/* Ends the queue: runs what is left to its end, then frees. Nothing may start ops any more. */
void queue_deinit(struct queue *q);
