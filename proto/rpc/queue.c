/* Running a completion queue: next, call the op, again. */
#include "rpc/queue.h"

#include <grpc/support/time.h>

static gpr_timespec to_deadline(struct mono t)
{
	return (gpr_timespec){.tv_sec = t.us / CLOCK_US_PER_S,
		.tv_nsec = (int32_t)(t.us % CLOCK_US_PER_S) * 1000,
		.clock_type = GPR_CLOCK_MONOTONIC};
}

static void on_wake(struct op *op, bool ok)
{
	(void)ok; /* an empty batch on an unstarted call always succeeds */
	struct queue *q = GC_CONTAINER_OF(op, struct queue, wake_op);
	atomic_store(&q->waking, false);
}

void queue_init(struct queue *q)
{
	*q = (struct queue){.wake_op.done = on_wake};
	q->cq = grpc_completion_queue_create_for_next(NULL);
	q->lame = grpc_lame_client_channel_create("lame:", GRPC_STATUS_UNAVAILABLE, "wake only");
	q->wake_call = grpc_channel_create_call(q->lame, NULL, GRPC_PROPAGATE_DEFAULTS, q->cq,
		grpc_slice_from_static_string("/wake"), NULL, gpr_inf_future(GPR_CLOCK_MONOTONIC),
		NULL);
}

static bool run_event(grpc_event event)
{
	if (event.type != GRPC_OP_COMPLETE)
		return false;
	struct op *op = event.tag;
	op->busy = false;
	op->done(op, event.success != 0);
	return true;
}

bool queue_run_one(struct queue *q, struct mono deadline)
{
	return run_event(grpc_completion_queue_next(q->cq, to_deadline(deadline), NULL));
}

void queue_wake(struct queue *q)
{
	if (!atomic_exchange(&q->waking, true))
		op_start(&q->wake_op, q->wake_call, NULL, 0);
}

void queue_deinit(struct queue *q)
{
	grpc_call_unref(q->wake_call);
	grpc_channel_destroy(q->lame);
	grpc_completion_queue_shutdown(q->cq);
	while (run_event(
		grpc_completion_queue_next(q->cq, gpr_inf_future(GPR_CLOCK_REALTIME), NULL)))
		continue;
	grpc_completion_queue_destroy(q->cq);
}
