/* The listening sockets, opened by the harness as systemd would and kept over the daemon's lives. */
#include "support/td_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

enum {
	TD_BACKLOG = 4096,
	TD_PORT_TRIES = 50,
	TD_HIGH_FD = 100, /* out of the way of the child's 3, 4, 5 */
};

static int move_high(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, TD_HIGH_FD);

	(void)close(fd);
	return high;
}

static int listen_at(const void *address, socklen_t len, int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (family != AF_UNIX)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, address, len) < 0 || listen(fd, TD_BACKLOG) < 0) {
		(void)close(fd);
		return -1;
	}
	return move_high(fd);
}

static int listen_ipv4(uint16_t *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = listen_at(&a, sizeof(a), AF_INET);
	if (fd >= 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0)
		*ret_port = ntohs(a.sin_port);
	return fd;
}

static int listen_ipv6(uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

	a.sin6_port = htons(port);
	return listen_at(&a, sizeof(a), AF_INET6);
}

static int listen_admin(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	return listen_at(&a, sizeof(a), AF_UNIX);
}

/* One port that is free on both families; a machine without IPv6 gives IPv4 alone. */
static void open_tls(struct td *td, bool with_ipv6)
{
	for (int i = 0; i < TD_PORT_TRIES; i++) {
		td->listeners[0] = listen_ipv4(&td->port);
		if (td->listeners[0] < 0)
			td_fail(NULL, "no free port on 127.0.0.1: %s", strerror(errno));
		if (!with_ipv6)
			return;
		td->listeners[1] = listen_ipv6(td->port);
		if (td->listeners[1] >= 0 || errno != EADDRINUSE)
			return;
		fd_closep(&td->listeners[0]);
	}
	td_fail(NULL, "no port is free on both 127.0.0.1 and ::1");
}

void td_open_sockets(struct td *td, bool with_ipv6)
{
	open_tls(td, with_ipv6);
	(void)snprintf(td->address, sizeof(td->address), "127.0.0.1:%u", td->port);
	if (td->listeners[1] >= 0)
		(void)snprintf(td->address_ipv6, sizeof(td->address_ipv6), "[::1]:%u", td->port);
	if (snprintf(td->admin_target, sizeof(td->admin_target), "unix:%s", td->admin_path) >=
		(int)sizeof(td->admin_target))
		td_fail(NULL, "path too long: %s", td->admin_path);
	if (td->self_listen) {
		td_close_sockets(td);
		return;
	}
	td->listeners[2] = listen_admin(td->admin_path);
	if (td->listeners[2] < 0)
		td_fail(NULL, "%s: %s", td->admin_path, strerror(errno));
}

void td_close_sockets(struct td *td)
{
	for (size_t i = 0; i < TD_LISTENERS_MAX; i++)
		fd_closep(&td->listeners[i]);
}
