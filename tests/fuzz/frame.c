/* links: gchat_proto */
/* Any bytes as a ClientFrame, the way a shard decodes what a client sent. */
#include "again.h"
#include "gchat/v1/chat.pb-c.h"
#include "proto/limits.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct codec_arena arena;
	ProtobufCMessage *msg;
	if (!arena.block)
		codec_arena_init(&arena);
	enum codec_status status =
		codec_decode(&arena, &gchat__v1__client_frame__descriptor, data, size, &msg);
	GC_ASSERT(arena.used <= LIMIT_DECODE_BYTES);
	GC_ASSERT(size <= LIMIT_MESSAGE_BYTES || status == CODEC_TOO_LARGE);
	if (status == CODEC_OK)
		again_check(msg);
	return 0;
}
