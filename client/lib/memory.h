/*
 * Results and events: a struct and everything it points to, freed at once with gchat_free. The
 * struct comes first; what is added later hangs on it. One thread at a time.
 */
#pragma once

#include "base/macros.h"
#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

/* A zeroed struct of `size` bytes that more can be added to. Owned: gchat_free. */
void *memory_new(size_t size);
/* More zeroed memory that goes with `owner`, from memory_new. */
void *memory_add(void *owner, size_t count, size_t size);
/* A copy of `text` that goes with `owner`; NULL gives "". */
const char *memory_text(void *owner, const char *text);
/* A copy of the bytes that goes with `owner`. */
const uint8_t *memory_bytes(void *owner, ProtobufCBinaryData bytes);
/* All the bytes of `owner`. */
size_t memory_size(const void *owner);

/* For GC_CLEANUP on results. */
void memory_freep(void *pp);
