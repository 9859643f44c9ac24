/*
 * Listeners opened by ourselves, for whoever runs without socket activation. The Unix socket takes
 * care of a stale one: a path is removed only when it is a socket and nobody answers on it.
 */
#include "net/listen_priv.h"

#include "base/fd.h"
#include "base/mem.h"
#include "net/peercred.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	HOST_BYTES = 128,
	PORT_DIGITS_MAX = 5,
	ADMIN_MODE = 0660,
	ADMIN_FOLDER_MODE = 0755,
};

/* getaddrinfo(3) takes an empty port as 0 and one above 65535 modulo that. */
static bool is_port(const char *port)
{
	size_t len = strspn(port, "0123456789");
	return len > 0 && len <= PORT_DIGITS_MAX && port[len] == '\0' &&
	       strtol(port, NULL, 10) <= UINT16_MAX;
}

/* "[HOST]:PORT" or "HOST:PORT" into its two parts; an IPv6 address must stand in brackets. */
static int split_address(const char *address, char host[static HOST_BYTES], const char **ret_port)
{
	const char *colon = strrchr(address, ':');
	if (!colon || colon == address || !is_port(colon + 1))
		return err_raise(-EINVAL);
	size_t len = (size_t)(colon - address);
	bool bracketed = address[0] == '[' && colon[-1] == ']';
	if (bracketed) {
		address++;
		len -= 2;
	}
	if (len == 0 || len >= HOST_BYTES || bracketed != (memchr(address, ':', len) != NULL))
		return err_raise(-EINVAL);
	memcpy(host, address, len);
	host[len] = '\0';
	*ret_port = colon + 1;
	return 0;
}

static int resolve(const char *address, struct addrinfo **ret)
{
	char host[HOST_BYTES];
	const char *port = NULL;
	int r = split_address(address, host, &port);
	if (r < 0)
		return err_pass(r);
	/* Numbers only: a name could mean another machine tomorrow, and the look-up may hang. */
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	return getaddrinfo(host, port, &hints, ret) == 0 ? 0 : err_raise(-EINVAL);
}

static void print_unix(
	const struct sockaddr_un *un, socklen_t len, char text[static LISTENER_TEXT_BYTES])
{
	size_t path_len = len > offsetof(struct sockaddr_un, sun_path)
				  ? len - offsetof(struct sockaddr_un, sun_path)
				  : 0;
	if (path_len > 0 && un->sun_path[0] == '\0')
		(void)snprintf(
			text, LISTENER_TEXT_BYTES, "@%.*s", (int)path_len - 1, un->sun_path + 1);
	else
		(void)snprintf(text, LISTENER_TEXT_BYTES, "%.*s", (int)path_len, un->sun_path);
}

void listen_print_name(int fd, char text[static LISTENER_TEXT_BYTES])
{
	struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(name);
	char host[HOST_BYTES];
	char port[8];
	text[0] = '\0';
	if (getsockname(fd, (struct sockaddr *)&name, &len) < 0)
		return;
	if (name.ss_family == AF_UNIX) {
		print_unix((const struct sockaddr_un *)&name, len, text);
		return;
	}
	if (getnameinfo((struct sockaddr *)&name, len, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	(void)snprintf(text, LISTENER_TEXT_BYTES, name.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
		host, port);
}

bool listen_is_loopback(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} name = {.any.sa_family = AF_UNSPEC};
	socklen_t len = sizeof(name);
	enum {
		LOOPBACK_NET = 127,
		NET_SHIFT = 24
	};
	if (getsockname(fd, &name.any, &len) < 0)
		return false;
	if (name.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&name.in6.sin6_addr);
	return name.any.sa_family == AF_INET &&
	       ntohl(name.in.sin_addr.s_addr) >> NET_SHIFT == LOOPBACK_NET;
}

static int say_cannot_listen(const char *where, int e, struct err_text *err)
{
	err_say(err, "cannot listen on %s: %s", where, strerror(-e));
	return e;
}

static int open_tcp(const struct addrinfo *a, const struct listen_options *o, int *ret_fd)
{
	int fd GC_FD = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_raise(-errno);
	int on = 1;
	int off = 0; /* [::] takes IPv4 as well, whatever net.ipv6.bindv6only says */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return err_raise(-errno);
	if (a->ai_family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
		return err_raise(-errno);
	/* Before listen(2): the receive buffer decides the window scale of the handshake. */
	int r = socket_options_set_tcp(fd, &o->sockets);
	if (r < 0)
		return err_pass(r);
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, o->backlog) < 0)
		return err_raise(-errno);
	*ret_fd = fd_take(&fd);
	return 0;
}

static bool is_any6(const struct addrinfo *a)
{
	const void *name = a->ai_addr;
	const struct sockaddr_in6 *in6 = name;
	return a->ai_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
}

/* A kernel without IPv6: [::] then means all of IPv4. */
static int open_tcp4_instead(const struct addrinfo *a, const struct listen_options *o, int *ret_fd)
{
	const void *name = a->ai_addr;
	const struct sockaddr_in6 *in6 = name;
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = in6->sin6_port};
	struct addrinfo any4 = {
		.ai_family = AF_INET, .ai_addr = (struct sockaddr *)&in, .ai_addrlen = sizeof(in)};
	return open_tcp(&any4, o, ret_fd);
}

int listen_bind_tcp(const char *address, const struct listen_options *o, struct listener *ret,
	struct err_text *err)
{
	struct addrinfo *a = NULL;
	int r = resolve(address, &a);
	if (r < 0) {
		err_say(err, "%s is no address to listen on (allowed: [::]:7443, 127.0.0.1:7443)",
			address);
		return err_pass(r);
	}
	int fd = -1;
	r = open_tcp(a, o, &fd);
	if (r == -EAFNOSUPPORT && is_any6(a))
		r = open_tcp4_instead(a, o, &fd);
	freeaddrinfo(a);
	if (r < 0)
		return err_pass(say_cannot_listen(address, r, err));
	*ret = (struct listener){.fd = fd, .kind = LISTENER_TLS};
	listen_print_name(fd, ret->text);
	return 0;
}

/* 0: the path is free (a stale socket was removed). */
static int make_path_free(const struct sockaddr_un *name, struct err_text *err)
{
	struct stat st;
	if (lstat(name->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : say_cannot_listen(name->sun_path, -errno, err);
	if (!S_ISSOCK(st.st_mode)) {
		err_say(err, "cannot listen on %s: it exists and is no socket", name->sun_path);
		return err_raise(-EEXIST);
	}
	int fd GC_FD = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return say_cannot_listen(name->sun_path, err_raise(-errno), err);
	if (connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0 || errno == EAGAIN) {
		err_say(err, "cannot listen on %s: another process answers there", name->sun_path);
		return err_raise(-EADDRINUSE);
	}
	if (errno != ECONNREFUSED || (unlink(name->sun_path) < 0 && errno != ENOENT))
		return say_cannot_listen(name->sun_path, err_raise(-errno), err);
	return 0;
}

/* Best effort: who may not give the socket to the group keeps it for itself and root. */
static int share_with_group(const char *path, const char *group)
{
	gid_t gid = peercred_find_group(group);
	if (gid != PEERCRED_NO_GROUP)
		(void)!lchown(path, (uid_t)-1, gid);
	return chmod(path, ADMIN_MODE) < 0 ? err_raise(-errno) : 0;
}

static void make_folder_of(const char *path)
{
	char copy[PATH_MAX];
	if (snprintf(copy, sizeof(copy), "%s", path) < (int)sizeof(copy))
		(void)mkdir(dirname(copy), ADMIN_FOLDER_MODE); /* bind(2) tells what is wrong */
}

static int open_unix(const struct sockaddr_un *name, const struct listen_options *o, int *ret_fd)
{
	int fd GC_FD = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* On Linux the socket's own mode is what bind(2) gives the path: never open for a moment. */
	if (fd < 0 || fchmod(fd, S_IRUSR | S_IWUSR) < 0)
		return err_raise(-errno);
	if (bind(fd, (const struct sockaddr *)name, sizeof(*name)) < 0)
		return err_raise(-errno);
	int r = share_with_group(name->sun_path, o->admin_group);
	if (r == 0 && listen(fd, o->backlog) < 0)
		r = err_raise(-errno);
	if (r < 0) {
		(void)unlink(name->sun_path); /* ours, made two lines above */
		return err_pass(r);
	}
	*ret_fd = fd_take(&fd);
	return 0;
}

int listen_bind_admin(const struct listen_options *o, struct listener *ret, struct err_text *err)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	if (strlen(o->admin_path) >= sizeof(name.sun_path)) {
		err_say(err, "cannot listen on %s: longer than %zu bytes", o->admin_path,
			sizeof(name.sun_path) - 1);
		return err_raise(-ENAMETOOLONG);
	}
	memcpy(name.sun_path, o->admin_path, strlen(o->admin_path));
	make_folder_of(o->admin_path);
	int r = make_path_free(&name, err);
	if (r < 0)
		return err_pass(r);
	int fd = -1;
	r = open_unix(&name, o, &fd);
	if (r < 0)
		return err_pass(say_cannot_listen(o->admin_path, r, err));
	struct stat st = {0};
	(void)lstat(o->admin_path, &st); /* all zero then: nothing will be unlinked */
	*ret = (struct listener){.fd = fd,
		.kind = LISTENER_ADMIN,
		.unlink_path = mem_strdup(o->admin_path),
		.unlink_dev = st.st_dev,
		.unlink_ino = st.st_ino};
	listen_print_name(fd, ret->text);
	return 0;
}
