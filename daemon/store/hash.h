/* uthash with a hash function that clang's warnings pass, and that sequences spread well under. */
#pragma once

#include "store/crc32c.h"

#define HASH_FUNCTION(key, len, hash) ((hash) = crc32c(0, (key), (len)))
#include <uthash.h>
