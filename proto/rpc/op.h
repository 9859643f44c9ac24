/*
 * The tag of every completion: a function and nothing else, embedded by value in what it belongs
 * to, which is found again with GC_CONTAINER_OF. An op owns what its batch points at from op_start
 * to done. Thread: the one that runs the queue, but for op_start, which may be called by any.
 */
#pragma once

#include "base/macros.h"
#include <grpc/grpc.h>
#include <stdbool.h>
#include <stddef.h>

struct op {
	void (*done)(struct op *op, bool ok); /* on the queue's thread */
	bool busy; /* between start and done */
};

/* Starts a batch with `op` as its tag; the op must be idle. */
void op_start(struct op *op, grpc_call *call, const grpc_op *ops, size_t count);

/* Marks an op as under way for calls other than grpc_call_start_batch; gives the tag. */
void *op_arm(struct op *op);
