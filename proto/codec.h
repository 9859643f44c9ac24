/*
 * The only place that packs and unpacks protobuf messages. What comes from a peer is first checked
 * as bytes against its descriptor (well formed, every string valid UTF-8 without NUL), then
 * unpacked into a bump arena with a cap, so that no input costs more than LIMIT_DECODE_BYTES.
 * Unknown fields are accepted and ignored.
 */
#pragma once

#include "base/macros.h"
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec_status {
	CODEC_OK,
	CODEC_TOO_LARGE, /* over LIMIT_MESSAGE_BYTES, or decoding would take over LIMIT_DECODE_BYTES */
	CODEC_MALFORMED, /* not a message of this type */
	CODEC_BAD_TEXT, /* a string isn't UTF-8 or holds a NUL */
};

/* Scratch memory for decoding; one thread at a time. */
struct codec_arena {
	ProtobufCAllocator allocator;
	uint8_t *block; /* owned: LIMIT_DECODE_BYTES, touched as far as used */
	size_t used;
	bool overflowed;
};

void codec_arena_init(struct codec_arena *arena);
void codec_arena_deinit(struct codec_arena *arena);

/* Decodes what a peer sent. *ret_msg lives in the arena until its next use here; nothing to free.
 * The arena is emptied first. */
enum codec_status codec_decode(struct codec_arena *arena, const ProtobufCMessageDescriptor *type,
	const uint8_t *data, size_t len, ProtobufCMessage **ret_msg);

/* Decodes bytes of our own (records, events read back, replies on the client side) up to `len`,
 * on the heap, with the same checks. NULL when malformed. Owned: codec_free. */
ProtobufCMessage *codec_load(
	const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len);
void codec_free(ProtobufCMessage *msg);

/* Size of the encoding, bytes. */
size_t codec_size(const ProtobufCMessage *msg);
/* Encodes into `out`, which has room for codec_size bytes. */
void codec_encode(const ProtobufCMessage *msg, uint8_t *out);
/* Encodes into memory of its own. Owned by the caller. */
uint8_t *codec_encode_new(const ProtobufCMessage *msg, size_t *ret_len);

/* True for valid UTF-8 without NUL. */
bool codec_text_valid(const uint8_t *text, size_t len);

/* Writes `value` as a varint; returns its length, at most 10. */
size_t codec_put_varint(uint8_t *out, uint64_t value);
