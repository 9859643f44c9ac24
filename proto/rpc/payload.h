/* Bytes <-> grpc_byte_buffer, without copying where gRPC allows it. Any thread. */
#pragma once

#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <stddef.h>
#include <stdint.h>

/* The content of `buffer` in one piece; a single slice is shared, not copied. Owned: unref it. */
grpc_slice payload_flatten(grpc_byte_buffer *buffer);

/* A buffer of one slice, taken over (its reference moves). Owned. */
grpc_byte_buffer *payload_take_slice(grpc_slice slice);

/* An empty buffer to which payload_append adds slices. Owned. */
grpc_byte_buffer *payload_new(void);
/* Adds a slice, taken over. */
void payload_append(grpc_byte_buffer *buffer, grpc_slice slice);

/* Destroys *buffer and leaves NULL; NULL is allowed. */
void payload_freep(grpc_byte_buffer **buffer);
