/* Frames as in RFC 9113, section 4.1: length (3), type, flags, stream (4), payload. */
#include "h2_client.h"

#include "folder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cmocka_std.h"

enum {
	FRAME_HEADER = 9,
	FRAME_TYPE_AT = 3,
	FRAME_FLAGS_AT = 4,
	FRAME_PING = 6,
	FLAG_ACK = 1,
	FLOOD_FRAMES = 256, /* per write */
};

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

static const unsigned char SETTINGS[] = {0, 0, 0, 4, 0, 0, 0, 0, 0};
static const unsigned char PING[] = {0, 0, 8, FRAME_PING, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
static const unsigned char WINDOW_UPDATE[] = {0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1};

static void set_deadlines(int fd)
{
	const struct timeval t = {.tv_sec = WAIT_DEADLINE_MS / CLOCK_MS_PER_S};
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)), 0);
}

static void note_peer(struct h2_client *client, int family)
{
	struct sockaddr_in6 name; /* the port is at the same place for IPv4 */
	socklen_t len = sizeof(name);
	assert_int_equal(getsockname(client->fd, (struct sockaddr *)&name, &len), 0);
	(void)snprintf(client->peer, sizeof(client->peer),
		family == AF_INET ? "ipv4:127.0.0.1:%u" : "ipv6:%%5B::1%%5D:%u",
		(unsigned)ntohs(name.sin6_port));
}

static int connect_v4(int fd, uint16_t port)
{
	const struct sockaddr_in name = {
		.sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	return connect(fd, (const struct sockaddr *)&name, sizeof(name));
}

static int connect_v6(int fd, uint16_t port)
{
	const struct sockaddr_in6 name = {
		.sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	return connect(fd, (const struct sockaddr *)&name, sizeof(name));
}

bool h2_connect(struct h2_client *client, int family, unsigned port)
{
	*client = (struct h2_client){.fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	assert_true(client->fd >= 0);
	set_deadlines(client->fd);
	uint16_t net_port = htons((uint16_t)port);
	int r = family == AF_INET ? connect_v4(client->fd, net_port)
				  : connect_v6(client->fd, net_port);
	if (r == 0)
		note_peer(client, family);
	return r == 0;
}

static bool send_all(struct h2_client *client, const void *data, size_t len)
{
	ERR_clear_error();
	return SSL_write(client->ssl, data, (int)len) == (int)len;
}

static bool read_all(struct h2_client *client, unsigned char *data, size_t len)
{
	for (size_t got = 0; got < len;) {
		ERR_clear_error();
		int n = SSL_read(client->ssl, data + got, (int)(len - got));
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

bool h2_start(struct h2_client *client)
{
	static const unsigned char alpn[] = "\x02h2";
	client->context = SSL_CTX_new(TLS_client_method());
	assert_int_equal(SSL_CTX_set_alpn_protos(client->context, alpn, sizeof(alpn) - 1), 0);
	client->ssl = SSL_new(client->context);
	assert_int_equal(SSL_set_fd(client->ssl, client->fd), 1);
	ERR_clear_error();
	return SSL_connect(client->ssl) == 1 && send_all(client, PREFACE, sizeof(PREFACE) - 1) &&
	       send_all(client, SETTINGS, sizeof(SETTINGS));
}

void h2_open(struct h2_client *client, unsigned port)
{
	assert_true(h2_connect(client, AF_INET, port));
	assert_true(h2_start(client));
}

void h2_close(struct h2_client *client)
{
	SSL_free(client->ssl);
	SSL_CTX_free(client->context);
	close(client->fd);
}

bool h2_ping(struct h2_client *client)
{
	unsigned char header[FRAME_HEADER];
	unsigned char payload[16384];
	if (!send_all(client, PING, sizeof(PING)))
		return false;
	while (read_all(client, header, sizeof(header))) {
		size_t len = (size_t)header[0] << 16 | (size_t)header[1] << 8 | header[2];
		if (len > sizeof(payload) || !read_all(client, payload, len))
			return false;
		if (header[FRAME_TYPE_AT] == FRAME_PING && header[FRAME_FLAGS_AT] & FLAG_ACK)
			return true;
	}
	return false;
}

bool h2_wait_end(struct h2_client *client)
{
	char rest[4096];
	struct mono deadline = clock_mono_add_ms(clock_mono(), WAIT_DEADLINE_MS);
	while (clock_mono_ms_since(deadline, clock_mono()) > 0) {
		ssize_t n = recv(client->fd, rest, sizeof(rest), 0);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return true;
	}
	return false;
}

uint64_t h2_flood(struct h2_client *client, uint64_t bytes)
{
	unsigned char frames[FLOOD_FRAMES * sizeof(WINDOW_UPDATE)];
	for (size_t i = 0; i < FLOOD_FRAMES; i++)
		memcpy(frames + i * sizeof(WINDOW_UPDATE), WINDOW_UPDATE, sizeof(WINDOW_UPDATE));
	uint64_t sent = 0;
	while (sent < bytes && send_all(client, frames, sizeof(frames)))
		sent += sizeof(frames);
	return sent;
}
