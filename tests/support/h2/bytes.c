/* The buffer compacts before it grows, so one that is emptied regularly stays small. */
#include "h2/bytes.h"

#include "base/macros.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	BYTES_FIRST = 512
};

void h2_bytes_deinit(struct h2_bytes *b)
{
	free(b->data);
	*b = (struct h2_bytes){0};
}

uint8_t *h2_bytes_room(struct h2_bytes *b, size_t more)
{
	if (b->size - b->end >= more)
		return b->data + b->end;
	size_t len = h2_bytes_len(b);
	if (b->start) {
		memmove(b->data, b->data + b->start, len);
		b->start = 0;
		b->end = len;
	}
	if (b->size - len < more) {
		size_t size = b->size ? b->size : BYTES_FIRST;
		while (size - len < more)
			size *= 2;
		b->data = mem_grow(b->data, size, 1);
		b->size = size;
	}
	return b->data + b->end;
}

void h2_bytes_add(struct h2_bytes *b, const void *data, size_t len)
{
	if (len == 0)
		return;
	memcpy(h2_bytes_room(b, len), data, len);
	b->end += len;
}

void h2_bytes_drop(struct h2_bytes *b, size_t len)
{
	GC_ASSERT(len <= h2_bytes_len(b));
	b->start += len;
	if (b->start == b->end)
		b->start = b->end = 0;
}
