/*
 * uthash for the daemon, with a keyed hash (SipHash-2-4): a peer that chooses names, addresses or ids
 * cannot choose collisions. One key per process, drawn at the first use. Include this instead of
 * <uthash.h>. Any thread.
 */
#pragma once

#include <stddef.h>

/* Hashes bytes of memory. */
unsigned hash_bytes(const void *data, size_t len);

#define HASH_FUNCTION(key, len, hash) ((hash) = hash_bytes((key), (len)))
#include <uthash.h>
