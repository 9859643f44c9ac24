/* One hash table of networks, and how many there are of each length. */
#include "net/blocked.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct network network;
	uint64_t until_us;
	UT_hash_handle hh;
};

struct blocked {
	pthread_mutex_t mu; /* guards what follows */
	struct entry *entries; /* owned: uthash by network */
	unsigned by_bits[NETWORK_BITS_MAX + 1];
};

struct blocked *blocked_new(void)
{
	struct blocked *b = mem_new(1, sizeof(*b));
	(void)pthread_mutex_init(&b->mu, NULL); /* cannot fail with default attributes */
	return b;
}

/* Under mu. */
static void drop(struct blocked *b, struct entry *entry)
{
	b->by_bits[entry->network.bits]--;
	HASH_DELETE(hh, b->entries, entry);
	free(entry);
}

struct blocked *blocked_free(struct blocked *b)
{
	struct entry *entry;
	struct entry *tmp;
	if (!b)
		return NULL;
	HASH_ITER (hh, b->entries, entry, tmp)
		drop(b, entry);
	(void)pthread_mutex_destroy(&b->mu);
	free(b);
	return NULL;
}

/* Under mu. */
static struct entry *find(struct blocked *b, const struct network *network)
{
	struct entry *entry;
	HASH_FIND(hh, b->entries, network, sizeof(*network), entry);
	return entry;
}

/* Under mu. */
static void drop_run_out(struct blocked *b, uint64_t now_us)
{
	struct entry *entry;
	struct entry *tmp;
	HASH_ITER (hh, b->entries, entry, tmp)
		if (entry->until_us <= now_us)
			drop(b, entry);
}

void blocked_add(struct blocked *b, const struct network *network, uint64_t until_us)
{
	struct entry *entry = mem_new(1, sizeof(*entry));
	*entry = (struct entry){.network = *network, .until_us = until_us};
	pthread_mutex_lock(&b->mu);
	drop_run_out(b, clock_wall_us());
	struct entry *former = find(b, network);
	if (former)
		drop(b, former);
	HASH_ADD(hh, b->entries, network, sizeof(entry->network), entry);
	b->by_bits[network->bits]++;
	pthread_mutex_unlock(&b->mu);
}

void blocked_remove(struct blocked *b, const struct network *network)
{
	pthread_mutex_lock(&b->mu);
	struct entry *entry = find(b, network);
	if (entry)
		drop(b, entry);
	pthread_mutex_unlock(&b->mu);
}

/* Under mu. The network of that length that the address is in. */
static bool holds(struct blocked *b, const uint8_t *address, unsigned bits, uint64_t now_us)
{
	struct network network = {.bits = (uint8_t)bits};
	memcpy(network.address, address, sizeof(network.address));
	network_mask(network.address, bits);
	const struct entry *entry = find(b, &network);
	return entry && entry->until_us > now_us && network_contains(&entry->network, address);
}

bool blocked_contains(struct blocked *b, const uint8_t address[static NETWORK_ADDRESS_BYTES])
{
	bool found = false;
	pthread_mutex_lock(&b->mu);
	uint64_t now_us = b->entries ? clock_wall_us() : 0;
	for (unsigned bits = 1; bits <= NETWORK_BITS_MAX && b->entries && !found; bits++)
		found = b->by_bits[bits] > 0 && holds(b, address, bits, now_us);
	pthread_mutex_unlock(&b->mu);
	return found;
}
