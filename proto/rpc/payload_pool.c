/* Byte buffers kept for the next message. */
#include "rpc/payload_pool.h"

#include "rpc/payload.h"

#include <grpc/slice_buffer.h>

grpc_byte_buffer *payload_pool_take(struct payload_pool *pool)
{
	return pool->count > 0 ? pool->kept[--pool->count] : payload_new();
}

void payload_pool_return(struct payload_pool *pool, grpc_byte_buffer **buffer)
{
	if (!*buffer || pool->count == PAYLOAD_POOL_MAX) {
		payload_freep(buffer);
		return;
	}
	/* Core took the slices when the write started: as a rule there is nothing to drop. */
	if ((*buffer)->data.raw.slice_buffer.count > 0)
		grpc_slice_buffer_reset_and_unref(&(*buffer)->data.raw.slice_buffer);
	pool->kept[pool->count++] = *buffer;
	*buffer = NULL;
}

void payload_pool_deinit(struct payload_pool *pool)
{
	while (pool->count > 0)
		payload_freep(&pool->kept[--pool->count]);
}
