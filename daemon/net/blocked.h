/*
 * Networks that may not connect, each until a moment of the wall clock. Asked for every new
 * connection: one look for each length of prefix in use, however many networks there are. Any thread.
 */
#pragma once

#include "base/macros.h"
#include "base/network.h"
#include <stdbool.h>
#include <stdint.h>

struct blocked;

#define BLOCKED_FOR_EVER UINT64_MAX

struct blocked *blocked_new(void);
struct blocked *blocked_free(struct blocked *blocked);

/* Until then (microseconds since 1970), in place of what held for the same network. Those that have
 * run out leave on the way. */
void blocked_add(struct blocked *blocked, const struct network *network, uint64_t until_us);
void blocked_remove(struct blocked *blocked, const struct network *network);
/* Whether the address (in the form of network_map) is in one of them now. */
bool blocked_contains(struct blocked *blocked, const uint8_t address[static NETWORK_ADDRESS_BYTES]);
