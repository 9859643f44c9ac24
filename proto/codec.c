/* Checked decoding into a capped arena; encoding. */
#include "proto/codec.h"

#include "base/mem.h"
#include "proto/limits.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum {
	ARENA_ALIGN = 16,
	WIRE_VARINT = 0,
	WIRE_64BIT = 1,
	WIRE_BYTES = 2,
	WIRE_32BIT = 5,
	DEPTH_MAX = 8, /* deeper than any message of the contract */
	FIELD_MAX = (1 << 29) - 1, /* the largest field number there can be */
};

/* What is left of the bytes under check. */
struct span {
	const uint8_t *at;
	size_t len;
};

static void *arena_alloc(void *data, size_t size)
{
	struct codec_arena *arena = data;
	size_t start = (arena->used + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (size > LIMIT_DECODE_BYTES || start > LIMIT_DECODE_BYTES - size) {
		arena->overflowed = true;
		return NULL;
	}
	arena->used = start + size;
	return arena->block + start;
}

static void arena_free(void *data, void *p)
{
	(void)data;
	(void)p; /* the whole arena is emptied at once */
}

void codec_arena_init(struct codec_arena *arena)
{
	*arena = (struct codec_arena){.block = mem_new(1, LIMIT_DECODE_BYTES)};
	arena->allocator = (ProtobufCAllocator){
		.alloc = arena_alloc, .free = arena_free, .allocator_data = arena};
}

void codec_arena_deinit(struct codec_arena *arena)
{
	free(arena->block);
	*arena = (struct codec_arena){0};
}

bool codec_text_valid(const uint8_t *text, size_t len)
{
	while (len > 0) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate(text, (utf8proc_ssize_t)len, &c);
		if (n <= 0 || c == 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static bool take_varint(struct span *s, uint64_t *ret)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < 10 && i < s->len; i++) {
		value |= (uint64_t)(s->at[i] & 0x7f) << (7 * i);
		if (!(s->at[i] & 0x80)) {
			s->at += i + 1;
			s->len -= i + 1;
			*ret = value;
			return true;
		}
	}
	return false;
}

static bool take_bytes(struct span *s, uint64_t count, struct span *ret)
{
	if (count > s->len)
		return false;
	*ret = (struct span){.at = s->at, .len = (size_t)count};
	s->at += count;
	s->len -= (size_t)count;
	return true;
}

/* Takes one field's value; only length-delimited ones leave something in *ret_value. */
static bool take_value(struct span *s, unsigned wire, struct span *ret_value)
{
	uint64_t n;
	*ret_value = (struct span){0};
	switch (wire) {
	case WIRE_VARINT:
		return take_varint(s, &n);
	case WIRE_64BIT:
		return take_bytes(s, 8, &(struct span){0});
	case WIRE_32BIT:
		return take_bytes(s, 4, &(struct span){0});
	case WIRE_BYTES:
		return take_varint(s, &n) && take_bytes(s, n, ret_value);
	default:
		return false; /* groups are not part of proto3 */
	}
}

static enum codec_status check_message(
	const ProtobufCMessageDescriptor *type, struct span s, unsigned depth);

static enum codec_status check_value(
	const ProtobufCFieldDescriptor *field, struct span value, unsigned depth)
{
	if (field->type == PROTOBUF_C_TYPE_STRING)
		return codec_text_valid(value.at, value.len) ? CODEC_OK : CODEC_BAD_TEXT;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return check_message(field->descriptor, value, depth + 1);
	return CODEC_OK;
}

static enum codec_status check_message(
	const ProtobufCMessageDescriptor *type, struct span s, unsigned depth)
{
	if (depth > DEPTH_MAX)
		return CODEC_MALFORMED;
	while (s.len > 0) {
		uint64_t tag;
		struct span value;
		if (!take_varint(&s, &tag) || tag >> 3 == 0 || tag >> 3 > FIELD_MAX)
			return CODEC_MALFORMED;
		unsigned wire = (unsigned)(tag & 7);
		if (!take_value(&s, wire, &value))
			return CODEC_MALFORMED;
		const ProtobufCFieldDescriptor *field =
			protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3));
		if (!field || wire != WIRE_BYTES)
			continue;
		enum codec_status status = check_value(field, value, depth);
		if (status != CODEC_OK)
			return status;
	}
	return CODEC_OK;
}

enum codec_status codec_decode(struct codec_arena *arena, const ProtobufCMessageDescriptor *type,
	const uint8_t *data, size_t len, ProtobufCMessage **ret_msg)
{
	if (len > LIMIT_MESSAGE_BYTES)
		return CODEC_TOO_LARGE;
	enum codec_status status = check_message(type, (struct span){.at = data, .len = len}, 0);
	if (status != CODEC_OK)
		return status;
	arena->used = 0;
	arena->overflowed = false;
	ProtobufCMessage *msg = protobuf_c_message_unpack(type, &arena->allocator, len, data);
	if (!msg)
		return arena->overflowed ? CODEC_TOO_LARGE : CODEC_MALFORMED;
	*ret_msg = msg;
	return CODEC_OK;
}

ProtobufCMessage *codec_load(
	const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len)
{
	if (check_message(type, (struct span){.at = data, .len = len}, 0) != CODEC_OK)
		return NULL;
	return protobuf_c_message_unpack(type, NULL, len, data);
}

void codec_free(ProtobufCMessage *msg)
{
	if (msg)
		protobuf_c_message_free_unpacked(msg, NULL);
}

size_t codec_size(const ProtobufCMessage *msg)
{
	return protobuf_c_message_get_packed_size(msg);
}

void codec_encode(const ProtobufCMessage *msg, uint8_t *out)
{
	(void)protobuf_c_message_pack(msg, out); /* the size is known to the caller */
}

uint8_t *codec_encode_new(const ProtobufCMessage *msg, size_t *ret_len)
{
	size_t len = codec_size(msg);
	uint8_t *out = mem_new(1, len);
	codec_encode(msg, out);
	*ret_len = len;
	return out;
}

size_t codec_put_varint(uint8_t *out, uint64_t value)
{
	size_t n = 0;
	while (value >= 0x80) {
		out[n++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	out[n++] = (uint8_t)value;
	return n;
}
