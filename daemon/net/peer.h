/* Who is at the other end of a TCP connection, and the forms that takes in text. Any thread. */
#pragma once

#include "base/macros.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	PEER_TEXT_BYTES = 80, /* in gRPC's form: "ipv6:%5B...%252%5D:65535" */
	PEER_NET_BYTES = 9, /* family, then 4 or 8 bytes */
};

struct peer {
	bool v6;
	uint32_t scope; /* of a link-local IPv6 address, else 0 */
	uint16_t port;
	uint8_t address[16]; /* 4 bytes used for IPv4, which is also what IPv4-mapped becomes */
};

/* What limits per address count by: an IPv4 address, or the /64 of an IPv6 one. Comparable bytewise. */
struct peer_net {
	uint8_t bytes[PEER_NET_BYTES];
};

/* False for a family other than IPv4 and IPv6. */
bool peer_from_name(const struct sockaddr_storage *name, struct peer *ret);
/* Reads gRPC's form; false when it is none of a TCP connection. */
bool peer_parse(const char *text, struct peer *ret);

/* As grpc_call_get_peer prints it. */
void peer_print(const struct peer *peer, char text[static PEER_TEXT_BYTES]);
/* "127.0.0.1:46932", "[::1]:54142". */
void peer_print_address(const struct peer *peer, char text[static PEER_TEXT_BYTES]);
/* "127.0.0.1", "2001:db8::/64". */
void peer_print_net(const struct peer *peer, char text[static PEER_TEXT_BYTES]);

void peer_get_net(const struct peer *peer, struct peer_net *ret);
