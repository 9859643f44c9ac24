/* Keys and values of records. */
#include "room/record.h"

#include "base/macros.h"
#include "base/mem.h"
#include "proto/codec.h"

#include <endian.h>
#include <string.h>

static void add_number(struct record_key *key, uint64_t number)
{
	uint64_t big = htobe64(number);
	memcpy(key->bytes + key->len, &big, sizeof(big));
	key->len += sizeof(big);
}

struct record_key record_key_id(uint64_t id)
{
	struct record_key key = {.len = 0};
	add_number(&key, id);
	return key;
}

struct record_key record_key_pair(uint64_t first, uint64_t second)
{
	struct record_key key = record_key_id(first);
	add_number(&key, second);
	return key;
}

struct record_key record_key_bytes(const void *bytes, size_t len)
{
	GC_ASSERT(len <= RECORD_KEY_BYTES_MAX);
	struct record_key key = {.len = len};
	memcpy(key.bytes, bytes, len);
	return key;
}

struct record_value record_encode(const ProtobufCMessage *msg)
{
	struct record_value value;
	value.data = codec_encode_new(msg, &value.len);
	return value;
}

struct record_value record_number(uint64_t number)
{
	struct record_key key = record_key_id(number);
	return (struct record_value){.data = mem_dup(key.bytes, key.len), .len = key.len};
}
