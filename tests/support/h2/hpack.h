/*
 * As much of HPACK (RFC 7541) as a client needs that announces a header table of size 0: writing
 * literals without indexing, and reading back the few response headers that gRPC cares for.
 * Values in Huffman code are passed over as empty; gRPC core writes none in these headers.
 */
#pragma once

#include "h2/bytes.h"

/* One header of a response; name and value are not terminated and live during the call. */
struct hpack_header {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

/* Appends `name: value` as a literal without indexing. */
void hpack_put(struct h2_bytes *out, const char *name, const char *value);

/* Appends a number with a prefix of `bits` bits under the flags in `first`. */
void hpack_put_int(struct h2_bytes *out, uint8_t first, unsigned bits, size_t value);

/* Calls fn for each header that can be read. 0, or -EBADMSG where the block isn't well formed. */
int hpack_read(const uint8_t *block, size_t len,
	void (*fn)(void *arg, const struct hpack_header *header), void *arg);
