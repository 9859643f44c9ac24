/* Byte buffers made from and turned into slices. */
#include "rpc/payload.h"

#include "base/macros.h"
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/slice_buffer.h>

grpc_slice payload_flatten(grpc_byte_buffer *buffer)
{
	if (buffer->type == GRPC_BB_RAW && buffer->data.raw.slice_buffer.count == 1 &&
		buffer->data.raw.compression == GRPC_COMPRESS_NONE)
		return grpc_slice_ref(buffer->data.raw.slice_buffer.slices[0]);
	grpc_byte_buffer_reader reader;
	GC_ASSERT(grpc_byte_buffer_reader_init(&reader, buffer));
	grpc_slice all = grpc_byte_buffer_reader_readall(&reader);
	grpc_byte_buffer_reader_destroy(&reader);
	return all;
}

grpc_byte_buffer *payload_take_slice(grpc_slice slice)
{
	grpc_byte_buffer *buffer = payload_new();
	payload_append(buffer, slice);
	return buffer;
}

grpc_byte_buffer *payload_new(void)
{
	return grpc_raw_byte_buffer_create(NULL, 0);
}

void payload_append(grpc_byte_buffer *buffer, grpc_slice slice)
{
	grpc_slice_buffer_add(&buffer->data.raw.slice_buffer, slice);
}

void payload_freep(grpc_byte_buffer **buffer)
{
	if (*buffer)
		grpc_byte_buffer_destroy(*buffer);
	*buffer = NULL;
}
