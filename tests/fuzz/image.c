/* links: gchat_room PkgConfig::ZLIB */
/*
 * Any bytes as an avatar. What passes has the sides and the kind it says. A PNG is tried a second
 * time with its checksums mended, as no fuzzer guesses a CRC.
 */
#include "room/image.h"
#include "base/macros.h"
#include "base/mem.h"
#include "proto/limits.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	PNG_SIGNATURE_BYTES = 8,
	PNG_CHUNK_OVERHEAD = 12,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_u32(uint8_t *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(n >> (24 - 8 * i));
}

static void mend(uint8_t *data, size_t size)
{
	size_t at = PNG_SIGNATURE_BYTES;
	while (at < size && size - at >= PNG_CHUNK_OVERHEAD) {
		uint32_t len = get_u32(data + at);
		if (len > size - at - PNG_CHUNK_OVERHEAD)
			return;
		put_u32(data + at + 8 + len, (uint32_t)crc32(0, data + at + 4, 4 + len));
		at += PNG_CHUNK_OVERHEAD + (size_t)len;
	}
}

static void check(const uint8_t *data, size_t size)
{
	struct image_info info;
	if (image_check(data, size, &info) != IMAGE_OK)
		return;
	GC_ASSERT(size <= LIMIT_AVATAR_BYTES);
	GC_ASSERT(info.width >= 1 && info.width <= LIMIT_AVATAR_SIDE_MAX);
	GC_ASSERT(info.height >= 1 && info.height <= LIMIT_AVATAR_SIDE_MAX);
	GC_ASSERT(data[0] == (info.kind == IMAGE_PNG ? 0x89 : 0xff));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(data, size);
	if (size < 1 || data[0] != 0x89)
		return 0;
	uint8_t *mended = mem_dup(data, size);
	mend(mended, size);
	check(mended, size);
	free(mended);
	return 0;
}
