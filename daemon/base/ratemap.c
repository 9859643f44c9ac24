/* uthash for the lookup, a tail queue for the age: the head is the least recently used. */
#include "base/ratemap.h"

#include "base/hash.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* One process, one key: uthash passes no context to its hash function. */
struct entry {
	char key[RATEMAP_KEY_BYTES];
	struct bucket_state state;
	UT_hash_handle hh;
	TAILQ_ENTRY(entry) age;
};

struct ratemap {
	pthread_mutex_t mu;
	size_t max;
	struct bucket_rate rate; /* under mu, as the rest */
	struct entry *entries; /* owned */
	TAILQ_HEAD(, entry) ages;
};

struct ratemap *ratemap_new(size_t entries_max, int64_t per_minute, int64_t burst)
{
	struct ratemap *map = mem_new(1, sizeof(*map));
	(void)pthread_mutex_init(&map->mu, NULL); /* cannot fail with default attributes */
	map->max = entries_max ? entries_max : 1;
	map->rate = (struct bucket_rate){.per_minute = per_minute, .burst = burst};
	TAILQ_INIT(&map->ages);
	return map;
}

static void entry_remove(struct ratemap *map, struct entry *entry)
{
	HASH_DEL(map->entries, entry);
	TAILQ_REMOVE(&map->ages, entry, age);
	free(entry);
}

struct ratemap *ratemap_free(struct ratemap *map)
{
	if (!map)
		return NULL;
	while (!TAILQ_EMPTY(&map->ages))
		entry_remove(map, TAILQ_FIRST(&map->ages));
	(void)pthread_mutex_destroy(&map->mu);
	free(map);
	return NULL;
}

void ratemap_freep(struct ratemap **map)
{
	*map = ratemap_free(*map);
}

void ratemap_reconfigure(struct ratemap *map, int64_t per_minute, int64_t burst)
{
	(void)pthread_mutex_lock(&map->mu);
	if (map->rate.per_minute <= 0) /* nothing was counted: all start full */
		while (!TAILQ_EMPTY(&map->ages))
			entry_remove(map, TAILQ_FIRST(&map->ages));
	map->rate = (struct bucket_rate){.per_minute = per_minute, .burst = burst};
	(void)pthread_mutex_unlock(&map->mu);
}

static struct entry *entry_find(struct ratemap *map, const char *key)
{
	struct entry *entry = NULL;
	HASH_FIND(hh, map->entries, key, strnlen(key, RATEMAP_KEY_BYTES), entry);
	return entry;
}

static struct entry *entry_add(struct ratemap *map, const char *key, struct mono now)
{
	if (HASH_COUNT(map->entries) >= map->max)
		entry_remove(map, TAILQ_FIRST(&map->ages));
	struct entry *entry = mem_new(1, sizeof(*entry));
	size_t len = strnlen(key, RATEMAP_KEY_BYTES);
	memcpy(entry->key, key, len);
	bucket_state_fill(&entry->state, map->rate, now);
	HASH_ADD_KEYPTR(hh, map->entries, entry->key, len, entry);
	TAILQ_INSERT_TAIL(&map->ages, entry, age);
	return entry;
}

/* The key's entry, now the youngest. The caller holds mu. */
static struct entry *entry_touch(struct ratemap *map, const char *key, struct mono now)
{
	struct entry *entry = entry_find(map, key);
	if (!entry)
		return entry_add(map, key, now);
	TAILQ_REMOVE(&map->ages, entry, age);
	TAILQ_INSERT_TAIL(&map->ages, entry, age);
	return entry;
}

bool ratemap_take(struct ratemap *map, const char *key, struct mono now, uint32_t *ret_wait_ms)
{
	return ratemap_take_many(map, key, 1, now, ret_wait_ms);
}

bool ratemap_take_many(struct ratemap *map, const char *key, uint64_t amount, struct mono now,
	uint32_t *ret_wait_ms)
{
	(void)pthread_mutex_lock(&map->mu);
	struct entry *entry = entry_touch(map, key, now);
	bool taken = bucket_state_take(&entry->state, map->rate, amount, now, ret_wait_ms);
	(void)pthread_mutex_unlock(&map->mu);
	return taken;
}

void ratemap_charge(struct ratemap *map, const char *key, uint64_t amount, struct mono now)
{
	(void)pthread_mutex_lock(&map->mu);
	bucket_state_charge(&entry_touch(map, key, now)->state, map->rate, amount, now);
	(void)pthread_mutex_unlock(&map->mu);
}

void ratemap_forget(struct ratemap *map, const char *key)
{
	(void)pthread_mutex_lock(&map->mu);
	struct entry *entry = entry_find(map, key);
	if (entry)
		entry_remove(map, entry);
	(void)pthread_mutex_unlock(&map->mu);
}

bool ratemap_knows(struct ratemap *map, const char *key)
{
	(void)pthread_mutex_lock(&map->mu);
	bool known = entry_find(map, key) != NULL;
	(void)pthread_mutex_unlock(&map->mu);
	return known;
}

size_t ratemap_count(struct ratemap *map)
{
	(void)pthread_mutex_lock(&map->mu);
	size_t count = HASH_COUNT(map->entries);
	(void)pthread_mutex_unlock(&map->mu);
	return count;
}
