/* Aborting and checked allocation over malloc(3). */
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gc_assert_failed(const char *cond, const char *file, int line)
{
	fprintf(stderr, "<2>assertion failed: %s at %s:%d\n", cond, file, line);
	abort();
}

static void *or_abort(void *p, size_t size)
{
	if (!p) {
		fprintf(stderr, "<2>out of memory for %zu bytes\n", size);
		abort();
	}
	return p;
}

void *mem_new(size_t count, size_t size)
{
	return or_abort(calloc(count ? count : 1, size), count * size);
}

void *mem_grow(void *p, size_t count, size_t size)
{
	return or_abort(reallocarray(p, count ? count : 1, size), count * size);
}

char *mem_strdup(const char *s)
{
	return s ? mem_dup(s, strlen(s) + 1) : NULL;
}

void *mem_dup(const void *p, size_t len)
{
	void *copy = or_abort(malloc(len ? len : 1), len);
	if (len)
		memcpy(copy, p, len);
	return copy;
}

void *mem_try(size_t size)
{
	return malloc(size ? size : 1);
}

void mem_freep(void *pp)
{
	void **p = pp;
	free(*p);
	*p = NULL;
}
