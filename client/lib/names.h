/* The names of rooms as far as the session heard of them. One thread at a time. */
#pragma once

#include "proto/limits.h"
#include <stddef.h>
#include <stdint.h>

enum {
	NAMES_MAX = 4096, /* beyond it further rooms stay nameless */
};

struct name {
	uint64_t room_id;
	char name[LIMIT_ROOM_NAME_BYTES + 1];
};

struct names {
	struct name *items; /* owned, sorted by room */
	size_t count;
	size_t size;
};

void names_deinit(struct names *n);
/* Remembers a room's name; "" is not one. */
void names_set(struct names *n, uint64_t room_id, const char *name);
/* "" where unknown. Borrowed until the next change. */
const char *names_get(const struct names *n, uint64_t room_id);
