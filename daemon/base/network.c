/* inet_pton(3) reads the address, the rest is arithmetic on 128 bits. */
#include "base/network.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAPPED_BITS = 96, /* of ::ffff:0:0, before an IPv4 address */
	MAPPED_BYTES = MAPPED_BITS / 8,
	HOME_BITS = 64, /* of IPv6: what one subscriber has */
	BITS_PER_BYTE = 8,
};

static const uint8_t mapped[MAPPED_BYTES] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const uint8_t *address)
{
	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

void network_map(bool v6, const uint8_t *address, uint8_t ret[static NETWORK_ADDRESS_BYTES])
{
	if (v6) {
		memcpy(ret, address, NETWORK_ADDRESS_BYTES);
		return;
	}
	memcpy(ret, mapped, sizeof(mapped));
	memcpy(ret + sizeof(mapped), address, NETWORK_ADDRESS_BYTES - sizeof(mapped));
}

void network_mask(uint8_t address[static NETWORK_ADDRESS_BYTES], unsigned bits)
{
	for (unsigned i = 0; i < NETWORK_ADDRESS_BYTES; i++) {
		unsigned kept = bits > i * BITS_PER_BYTE ? bits - i * BITS_PER_BYTE : 0;
		if (kept < BITS_PER_BYTE)
			address[i] &= (uint8_t)(0xff00U >> kept);
	}
}

bool network_contains(
	const struct network *network, const uint8_t address[static NETWORK_ADDRESS_BYTES])
{
	uint8_t own[NETWORK_ADDRESS_BYTES];
	if (is_v4(network->address) != is_v4(address))
		return false; /* ::/64, which is where ::1 is, holds no IPv4 address */
	memcpy(own, address, sizeof(own));
	network_mask(own, network->bits);
	return memcmp(own, network->address, sizeof(own)) == 0;
}

/* Splits "address/length"; *ret_length stays -1 where there is none. */
static bool split(const char *text, char address[static INET6_ADDRSTRLEN], int *ret_length)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	if (len >= INET6_ADDRSTRLEN)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (!slash)
		return true;
	char *end = NULL;
	long length = isdigit((unsigned char)slash[1]) ? strtol(slash + 1, &end, 10) : -1;
	if (!end || *end || length < 1 || length > NETWORK_BITS_MAX)
		return false;
	*ret_length = (int)length;
	return true;
}

bool network_parse(const char *text, struct network *ret)
{
	char address[INET6_ADDRSTRLEN];
	uint8_t bytes[NETWORK_ADDRESS_BYTES];
	struct network network = {0};
	int length = -1;
	if (!split(text, address, &length))
		return false;
	if (inet_pton(AF_INET, address, bytes) == 1) {
		if (length > NETWORK_BITS_MAX - MAPPED_BITS)
			return false;
		network_map(false, bytes, network.address);
		length = length < 0 ? NETWORK_BITS_MAX : length + MAPPED_BITS;
	} else if (inet_pton(AF_INET6, address, network.address) == 1) {
		int own = is_v4(network.address) ? NETWORK_BITS_MAX : HOME_BITS;
		length = length < 0 ? own : length;
		if (is_v4(network.address) && length <= MAPPED_BITS)
			return false;
	} else {
		return false;
	}
	network.bits = (uint8_t)length;
	network_mask(network.address, network.bits);
	*ret = network;
	return true;
}

void network_print(const struct network *network, char text[static NETWORK_TEXT_BYTES])
{
	char address[INET6_ADDRSTRLEN] = "";
	bool v4 = is_v4(network->address);
	unsigned bits = network->bits;
	/* fails only for a buffer too small, which it is not */
	(void)inet_ntop(v4 ? AF_INET : AF_INET6, network->address + (v4 ? MAPPED_BYTES : 0),
		address, sizeof(address));
	if (v4 && bits == NETWORK_BITS_MAX)
		(void)snprintf(text, NETWORK_TEXT_BYTES, "%s", address);
	else
		(void)snprintf(
			text, NETWORK_TEXT_BYTES, "%s/%u", address, v4 ? bits - MAPPED_BITS : bits);
}
