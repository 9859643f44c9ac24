/* UUIDv7 (RFC 9562): ids that grow with time. Any thread. */
#pragma once

#include <stdint.h>

enum {
	UUID_BYTES = 16,
};

/* A new id, greater than any this process made before. */
void uuid_make(uint8_t ret[UUID_BYTES]);
