/* Socket options: the first that fails ends it. */
#include "net/sockopt.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? err_raise(-errno) : 0;
}

int socket_options_set_tcp(int fd, const struct socket_options *o)
{
	int r = set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (r == 0 && o->user_timeout_ms > 0)
		r = set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, o->user_timeout_ms);
	if (r == 0 && o->receive_bytes > 0)
		r = set_int(fd, SOL_SOCKET, SO_RCVBUF, o->receive_bytes);
	if (r == 0 && o->send_bytes > 0)
		r = set_int(fd, SOL_SOCKET, SO_SNDBUF, o->send_bytes);
	return r < 0 ? err_pass(r) : 0;
}

int socket_set_flags(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_raise(-errno);
	return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? err_raise(-errno) : 0;
}
