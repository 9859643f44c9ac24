/*
 * TLS as in the peers' measurements: 1.3 with AES-128-GCM, no resumption, no certificate check. The
 * first key share is P-256, because gRPC core accepts no other and would ask for a second hello.
 */
#include "h2/h2_priv.h"

#include "base/macros.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

SSL_CTX *h2_tls_new(void)
{
	static const unsigned char alpn[] = {2, 'h', '2'};
	char groups[] = "P-256:X25519"; /* the macro below takes away const */
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	bool ok = ctx && SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
		  SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") == 1 &&
		  SSL_CTX_set1_groups_list(ctx, groups) == 1 &&
		  SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn)) == 0;
	GC_ASSERT(ok);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ctx, 1); /* one recv per record instead of two */
	return ctx;
}

static struct addrinfo *resolve(const char *host, uint16_t port)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char service[8];
	(void)snprintf(service, sizeof(service), "%u", port); /* five digits always fit */
	if (getaddrinfo(host, service, &hints, &found) != 0) {
		errno = EINVAL;
		return NULL;
	}
	return found;
}

static int bind_to(int fd, const char *source)
{
	struct addrinfo *from = resolve(source, 0);
	if (!from)
		return -1;
	int on = 1;
	int r = setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (r == 0)
		r = bind(fd, from->ai_addr, from->ai_addrlen);
	freeaddrinfo(from);
	return r;
}

int h2_tls_connect(const struct h2_target *to)
{
	struct addrinfo *at = resolve(to->host, to->port);
	if (!at)
		return -1;
	int on = 1;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r = fd < 0 ? -1 : setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (r == 0 && to->receive_buffer_bytes)
		r = setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &to->receive_buffer_bytes,
			sizeof(to->receive_buffer_bytes));
	if (r == 0 && to->source)
		r = bind_to(fd, to->source);
	if (r == 0 && connect(fd, at->ai_addr, at->ai_addrlen) < 0 && errno != EINPROGRESS)
		r = -1;
	freeaddrinfo(at);
	if (r == 0)
		return fd;
	int e = errno;
	if (fd >= 0)
		close(fd);
	errno = e;
	return -1;
}
