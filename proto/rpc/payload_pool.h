/*
 * Byte buffers that one thread sends again and again: a message to each of thousands of sessions
 * takes none from the heap. One thread's; the bytes in them belong to their slices.
 */
#pragma once

#include <grpc/byte_buffer.h>

enum {
	PAYLOAD_POOL_MAX = 1024, /* kept at most, about 350 bytes each */
};

struct payload_pool {
	unsigned count;
	grpc_byte_buffer *kept[PAYLOAD_POOL_MAX]; /* owned */
};

/* An empty buffer, owned by the caller: payload_pool_return or payload_freep. Hot path. */
grpc_byte_buffer *payload_pool_take(struct payload_pool *pool);
/* Drops what *buffer holds, keeps it for the next and leaves NULL; NULL is allowed. Hot path. */
void payload_pool_return(struct payload_pool *pool, grpc_byte_buffer **buffer);
/* A zeroed pool is empty; this empties it again. */
void payload_pool_deinit(struct payload_pool *pool);
