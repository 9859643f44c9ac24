/*
 * Allocation. Small, fixed-size objects abort when memory is out (gRPC core does the same, so
 * nothing is gained by limping on); whatever a peer sizes goes through mem_try and is survivable.
 * All of it is freed with free(3). Any thread.
 */
#pragma once

#include "base/macros.h"
#include <stddef.h>

/* Zeroed memory for `count` objects of `size` bytes; aborts when there is none. Owned by caller. */
void *mem_new(size_t count, size_t size) GC_NOT_NULL;
/* As realloc(3) for arrays; aborts on overflow or when there is none. */
void *mem_grow(void *p, size_t count, size_t size) GC_NOT_NULL;
/* A copy of `s` (NULL gives NULL); aborts when there is no memory. Owned by caller. */
char *mem_strdup(const char *s);
/* A copy of `len` bytes; aborts when there is no memory. Owned by caller. */
void *mem_dup(const void *p, size_t len) GC_NOT_NULL;
/* Unzeroed memory whose size a peer influences, or NULL. Owned by caller. */
void *mem_try(size_t size) GC_MUST_CHECK;

/* For GC_CLEANUP on any pointer from this module. */
void mem_freep(void *pp);
