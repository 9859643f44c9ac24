/* What every codec target checks of a message that was accepted: its encoding is accepted too, and
 * is then stable. */
#pragma once

#include "base/macros.h"
#include "proto/codec.h"

#include <stdlib.h>
#include <string.h>

static inline void again_check(const ProtobufCMessage *msg)
{
	size_t len, second_len;
	uint8_t *bytes = codec_encode_new(msg, &len);
	GC_ASSERT(len == codec_size(msg));
	ProtobufCMessage *second = codec_load(msg->descriptor, bytes, len);
	GC_ASSERT(second);
	uint8_t *second_bytes = codec_encode_new(second, &second_len);
	GC_ASSERT(second_len == len && memcmp(second_bytes, bytes, len) == 0);
	free(second_bytes);
	codec_free(second);
	free(bytes);
}
