/*
 * A growing byte buffer that is filled at its end and emptied from its front, and the big-endian
 * numbers of HTTP/2. Owned by one thread; running out of memory aborts.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct h2_bytes {
	uint8_t *data; /* owned */
	size_t start; /* first byte not yet dropped */
	size_t end; /* one past the last byte */
	size_t size; /* allocated */
};

void h2_bytes_deinit(struct h2_bytes *b);
/* Where the next `more` bytes may be written; valid until the next call. */
uint8_t *h2_bytes_room(struct h2_bytes *b, size_t more);
/* Appends a copy. */
void h2_bytes_add(struct h2_bytes *b, const void *data, size_t len);
/* Forgets `len` bytes at the front; there are as many. */
void h2_bytes_drop(struct h2_bytes *b, size_t len);

static inline size_t h2_bytes_len(const struct h2_bytes *b)
{
	return b->end - b->start;
}

static inline const uint8_t *h2_bytes_front(const struct h2_bytes *b)
{
	return b->data + b->start;
}

static inline uint32_t h2_get_u24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t h2_get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | h2_get_u24(p + 1);
}

static inline void h2_put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}
