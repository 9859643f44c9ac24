/* A chain of allocations behind one pointer: the first holds the struct, the rest what it needs. */
#include "lib/memory.h"

#include "base/mem.h"
#include "lib/gchat.h"

#include <stdlib.h>
#include <string.h>

struct chunk {
	struct chunk *next; /* owned */
	size_t total_bytes; /* of the whole chain; only in the first one */
	max_align_t data[];
};

static struct chunk *chunk_of(void *owner)
{
	return GC_CONTAINER_OF(owner, struct chunk, data);
}

static struct chunk *chunk_new(size_t size)
{
	struct chunk *chunk = mem_new(1, sizeof(*chunk) + size);
	chunk->total_bytes = sizeof(*chunk) + size;
	return chunk;
}

void *memory_new(size_t size)
{
	return chunk_new(size)->data;
}

void *memory_add(void *owner, size_t count, size_t size)
{
	GC_ASSERT(size == 0 || count < SIZE_MAX / 2 / size);
	struct chunk *first = chunk_of(owner);
	struct chunk *chunk = chunk_new(count * size);
	chunk->next = first->next;
	first->next = chunk;
	first->total_bytes += chunk->total_bytes;
	return chunk->data;
}

const char *memory_text(void *owner, const char *text)
{
	if (!text || !*text)
		return "";
	size_t len = strlen(text);
	char *copy = memory_add(owner, len + 1, 1);
	memcpy(copy, text, len + 1);
	return copy;
}

const uint8_t *memory_bytes(void *owner, ProtobufCBinaryData bytes)
{
	uint8_t *copy = memory_add(owner, bytes.len, 1);
	if (bytes.len)
		memcpy(copy, bytes.data, bytes.len);
	return copy;
}

size_t memory_size(const void *owner)
{
	const char *at = owner;
	const struct chunk *first = (const void *)(at - offsetof(struct chunk, data));
	return first->total_bytes;
}

void gchat_free(void *result)
{
	struct chunk *chunk = result ? chunk_of(result) : NULL;
	while (chunk) {
		struct chunk *next = chunk->next;
		free(chunk);
		chunk = next;
	}
}

void memory_freep(void *pp)
{
	void **p = pp;
	gchat_free(*p);
	*p = NULL;
}
