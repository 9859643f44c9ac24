/* An input taken apart: pieces with a length before each, so that a fuzzer can move them about. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct parts {
	const uint8_t *data;
	size_t len;
};

/* The next piece: two bytes of length (little endian), cut to what there is. False: none left. */
static inline bool parts_take(struct parts *parts, const uint8_t **ret_data, size_t *ret_len)
{
	if (parts->len < 2)
		return false;
	size_t len = parts->data[0] | (size_t)parts->data[1] << 8;
	parts->data += 2;
	parts->len -= 2;
	if (len > parts->len)
		len = parts->len;
	*ret_data = parts->data;
	*ret_len = len;
	parts->data += len;
	parts->len -= len;
	return true;
}

/* One byte; 0 when there is none. */
static inline uint8_t parts_take_byte(struct parts *parts)
{
	if (parts->len == 0)
		return 0;
	parts->len--;
	return *parts->data++;
}
