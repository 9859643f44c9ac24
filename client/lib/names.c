/* A sorted array of names. */
#include "lib/names.h"

#include "base/macros.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAMES_FIRST = 16,
};

void names_deinit(struct names *n)
{
	free(n->items);
	*n = (struct names){0};
}

/* Index of the first room that isn't before `room_id`. */
static size_t place_of(const struct names *n, uint64_t room_id)
{
	size_t low = 0;
	size_t high = n->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (n->items[middle].room_id < room_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct names *n, size_t at)
{
	if (n->count == n->size) {
		n->size = n->size ? 2 * n->size : NAMES_FIRST;
		n->items = mem_grow(n->items, n->size, sizeof(*n->items));
	}
	memmove(&n->items[at + 1], &n->items[at], (n->count - at) * sizeof(*n->items));
	n->count++;
}

void names_set(struct names *n, uint64_t room_id, const char *name)
{
	if (!name || !*name)
		return;
	size_t at = place_of(n, room_id);
	if (at == n->count || n->items[at].room_id != room_id) {
		if (n->count >= NAMES_MAX)
			return;
		insert(n, at);
	}
	n->items[at].room_id = room_id;
	(void)snprintf(n->items[at].name, sizeof(n->items[at].name), "%s", name);
}

const char *names_get(const struct names *n, uint64_t room_id)
{
	size_t at = place_of(n, room_id);
	return at < n->count && n->items[at].room_id == room_id ? n->items[at].name : "";
}
