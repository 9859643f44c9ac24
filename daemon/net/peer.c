/* gRPC core percent-encodes the brackets and the scope's '%' of an IPv6 peer, and prints an
 * IPv4-mapped one as IPv4 (grpc_sockaddr_to_uri); here it is undone and done again. */
#include "net/peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEER_SCHEME_V4 "ipv4:"
#define PEER_SCHEME_V6 "ipv6:"
#define PEER_OPEN      "%5B"
#define PEER_CLOSE     "%5D"
#define PEER_PERCENT   "%25"

enum {
	PEER_V4_BYTES = 4,
	PEER_V6_NET_BYTES = 8,
};

bool peer_from_name(const struct sockaddr_storage *name, struct peer *ret)
{
	const void *any = name;
	if (name->ss_family == AF_INET) {
		const struct sockaddr_in *in = any;
		*ret = (struct peer){.port = ntohs(in->sin_port)};
		memcpy(ret->address, &in->sin_addr, PEER_V4_BYTES);
		return true;
	}
	if (name->ss_family != AF_INET6)
		return false;
	const struct sockaddr_in6 *in6 = any;
	*ret = (struct peer){.port = ntohs(in6->sin6_port)};
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memcpy(ret->address, &in6->sin6_addr.s6_addr[12], PEER_V4_BYTES);
		return true;
	}
	ret->v6 = true;
	ret->scope = in6->sin6_scope_id;
	memcpy(ret->address, &in6->sin6_addr, sizeof(ret->address));
	return true;
}

static void print_bare(const struct peer *peer, char text[static INET6_ADDRSTRLEN])
{
	if (!inet_ntop(peer->v6 ? AF_INET6 : AF_INET, peer->address, text, INET6_ADDRSTRLEN))
		text[0] = '\0'; /* only for a buffer too small, which it is not */
}

static void print_with(const struct peer *peer, char text[static PEER_TEXT_BYTES], const char *open,
	const char *percent, const char *close)
{
	char bare[INET6_ADDRSTRLEN];
	char scope[16] = "";
	print_bare(peer, bare);
	if (peer->scope)
		(void)snprintf(scope, sizeof(scope), "%s%u", percent, (unsigned)peer->scope);
	(void)snprintf(text, PEER_TEXT_BYTES, "%s%s%s%s:%u", open, bare, scope, close,
		(unsigned)peer->port);
}

void peer_print(const struct peer *peer, char text[static PEER_TEXT_BYTES])
{
	if (peer->v6)
		print_with(peer, text, PEER_SCHEME_V6 PEER_OPEN, PEER_PERCENT, PEER_CLOSE);
	else
		print_with(peer, text, PEER_SCHEME_V4, "", "");
}

void peer_print_address(const struct peer *peer, char text[static PEER_TEXT_BYTES])
{
	if (peer->v6)
		print_with(peer, text, "[", "%", "]");
	else
		print_with(peer, text, "", "", "");
}

void peer_print_net(const struct peer *peer, char text[static PEER_TEXT_BYTES])
{
	struct peer net = *peer;
	if (peer->v6)
		memset(net.address + PEER_V6_NET_BYTES, 0, PEER_V6_NET_BYTES);
	char bare[INET6_ADDRSTRLEN];
	print_bare(&net, bare);
	(void)snprintf(text, PEER_TEXT_BYTES, peer->v6 ? "%s/64" : "%s", bare);
}

void peer_get_net(const struct peer *peer, struct peer_net *ret)
{
	*ret = (struct peer_net){.bytes = {peer->v6 ? 6 : 4}};
	memcpy(ret->bytes + 1, peer->address, peer->v6 ? PEER_V6_NET_BYTES : PEER_V4_BYTES);
}

/* Copies up to `end` into a string. */
static bool copy_span(const char *start, const char *end, char *buf, size_t size)
{
	if (end < start || (size_t)(end - start) >= size)
		return false;
	memcpy(buf, start, (size_t)(end - start));
	buf[end - start] = '\0';
	return true;
}

static bool parse_number(const char *text, unsigned long max, unsigned long *ret)
{
	if (text[0] < '0' || text[0] > '9')
		return false;
	char *end = NULL;
	unsigned long value = strtoul(text, &end, 10);
	if (*end || value > max)
		return false;
	*ret = value;
	return true;
}

static bool parse_v6(const char *host, const char *end, struct peer *ret)
{
	char bare[PEER_TEXT_BYTES];
	unsigned long scope = 0;
	if (strncmp(host, PEER_OPEN, strlen(PEER_OPEN)) != 0 || end - host < 6 ||
		strncmp(end - 3, PEER_CLOSE, 3) != 0)
		return false;
	if (!copy_span(host + 3, end - 3, bare, sizeof(bare)))
		return false;
	char *percent = strstr(bare, PEER_PERCENT);
	if (percent) {
		if (!parse_number(percent + strlen(PEER_PERCENT), UINT32_MAX, &scope))
			return false;
		*percent = '\0';
	}
	ret->v6 = true;
	ret->scope = (uint32_t)scope;
	return inet_pton(AF_INET6, bare, ret->address) == 1;
}

bool peer_parse(const char *text, struct peer *ret)
{
	struct peer peer = {0};
	char bare[PEER_TEXT_BYTES];
	unsigned long port = 0;
	const char *colon = strrchr(text, ':');
	const char *host = text + strlen(PEER_SCHEME_V4); /* both are of one length */
	if (!colon || colon < host || !parse_number(colon + 1, UINT16_MAX, &port))
		return false;
	if (strncmp(text, PEER_SCHEME_V6, strlen(PEER_SCHEME_V6)) == 0) {
		if (!parse_v6(host, colon, &peer))
			return false;
	} else if (strncmp(text, PEER_SCHEME_V4, strlen(PEER_SCHEME_V4)) != 0 ||
		   !copy_span(host, colon, bare, sizeof(bare)) ||
		   inet_pton(AF_INET, bare, peer.address) != 1) {
		return false;
	}
	peer.port = (uint16_t)port;
	*ret = peer;
	return true;
}
