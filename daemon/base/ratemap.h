/*
 * Token buckets by key, for limits per address or per account name: at most `entries_max` of them,
 * the least recently used is forgotten first. What is forgotten starts full again, so the maximum
 * must be well above the number of keys that are busy at once. Hashing is keyed (SipHash): a peer
 * who chooses its addresses cannot choose collisions. Any thread.
 */
#pragma once

#include "base/macros.h"
#include "base/quota.h"
#include <stddef.h>

enum {
	RATEMAP_KEY_BYTES = 64, /* a longer key is cut; an IPv6 /64 or a user name fits */
};

struct ratemap;

/* Owned by the caller, ended by ratemap_free. */
struct ratemap *ratemap_new(size_t entries_max, int64_t per_minute, int64_t burst);
struct ratemap *ratemap_free(struct ratemap *map);
void ratemap_freep(struct ratemap **map);
/* A new rate for all, from now on. */
void ratemap_reconfigure(struct ratemap *map, int64_t per_minute, int64_t burst);
/* Takes one from the key's bucket, or nothing and *ret_wait_ms. `key` is borrowed for the call. */
bool ratemap_take(struct ratemap *map, const char *key, struct mono now, uint32_t *ret_wait_ms);
/* Takes `amount`. A limit of n per hour is a map of n per minute with a burst of n x 60, from which
 * each attempt takes 60. */
bool ratemap_take_many(struct ratemap *map, const char *key, uint64_t amount, struct mono now,
	uint32_t *ret_wait_ms);
/* Takes `amount` for what has happened already: the key may be in debt then, of the burst at most. */
void ratemap_charge(struct ratemap *map, const char *key, uint64_t amount, struct mono now);
/* The key starts full again, as after the right password. */
void ratemap_forget(struct ratemap *map, const char *key);
/* Whether the key is remembered; it doesn't become younger by that. */
bool ratemap_knows(struct ratemap *map, const char *key);
size_t ratemap_count(struct ratemap *map);
