/*
 * Addresses and networks, IPv4 and IPv6 alike: an IPv4 address is kept as the IPv6 one that it maps to
 * (::ffff:a.b.c.d), so that one comparison serves both, and a mapped address on the wire is the IPv4
 * one. Whoever has an IPv6 address has at least its /64: that is what one without a length means.
 */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NETWORK_ADDRESS_BYTES = 16,
	NETWORK_BITS_MAX = 8 * NETWORK_ADDRESS_BYTES,
	NETWORK_TEXT_BYTES = 50, /* the longest address with "/128" and a NUL */
};

/* No padding: comparable bytewise. */
struct network {
	uint8_t address[NETWORK_ADDRESS_BYTES]; /* what is beyond `bits` is zero */
	uint8_t bits; /* 1 to 128, of the IPv6 form */
};

/* Reads "192.0.2.1", "192.0.2.0/24", "2001:db8::1" (its /64) or "2001:db8::/32"; what is beyond the
 * length is cleared. False: no such text, or a length of 0, which would mean everyone. */
bool network_parse(const char *text, struct network *ret) GC_MUST_CHECK;
/* As network_parse reads it: "192.0.2.1", "192.0.2.0/24", "2001:db8::/64". */
void network_print(const struct network *network, char text[static NETWORK_TEXT_BYTES]);

/* The address of a peer in the form that network_contains takes: 4 bytes, or 16 for IPv6. */
void network_map(bool v6, const uint8_t *address, uint8_t ret[static NETWORK_ADDRESS_BYTES]);
bool network_contains(
	const struct network *network, const uint8_t address[static NETWORK_ADDRESS_BYTES]);
/* Clears what is beyond `bits`. */
void network_mask(uint8_t address[static NETWORK_ADDRESS_BYTES], unsigned bits);
