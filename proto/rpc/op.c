/* Starting a batch with an op as its tag. */
#include "rpc/op.h"

void *op_arm(struct op *op)
{
	GC_ASSERT(!op->busy && op->done);
	op->busy = true;
	return op;
}

void op_start(struct op *op, grpc_call *call, const grpc_op *ops, size_t count)
{
	grpc_call_error e = grpc_call_start_batch(call, ops, count, op_arm(op), NULL);
	GC_ASSERT(e == GRPC_CALL_OK); /* anything else is a wrong batch, our own mistake */
}
