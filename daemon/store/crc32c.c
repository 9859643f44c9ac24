/* One table of 256 remainders, made on first use, or SSE 4.2 eight bytes at a time. */
#include "store/crc32c.h"

#include <pthread.h>
#include <string.h>

static const uint32_t POLYNOMIAL = 0x82f63b78; /* bits reversed */

static uint32_t table[256];

static void make_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
		table[i] = crc;
	}
}

uint32_t crc32c_by_table(uint32_t crc, const void *data, size_t len)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const uint8_t *p = data;
	(void)pthread_once(&once, make_table); /* cannot fail */
	crc = ~crc;
	while (len-- > 0)
		crc = (crc >> 8) ^ table[(crc ^ *p++) & 0xff];
	return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t by_sse42(
	uint32_t start, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t crc = ~start;
	for (; len >= sizeof(uint64_t); len -= sizeof(uint64_t), p += sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, p, sizeof(word));
		crc = __builtin_ia32_crc32di(crc, word);
	}
	uint32_t rest = (uint32_t)crc;
	while (len-- > 0)
		rest = __builtin_ia32_crc32qi(rest, *p++);
	return ~rest;
}

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
	if (__builtin_cpu_supports("sse4.2"))
		return by_sse42(crc, data, len);
	return crc32c_by_table(crc, data, len);
}

#else

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
	return crc32c_by_table(crc, data, len);
}

#endif
