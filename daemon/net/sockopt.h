/* The options of our sockets, set on listeners and again on every accepted connection: whoever was
 * queued before a listener got its options did not inherit them. Any thread. */
#pragma once

#include "base/macros.h"

struct socket_options {
	int receive_bytes; /* SO_RCVBUF: bounds a burst of a hostile peer; 0: the system's */
	int send_bytes; /* SO_SNDBUF: bounds what a slow reader holds; 0: the system's */
	int user_timeout_ms; /* TCP_USER_TIMEOUT: unacknowledged for so long is dead; 0: system's */
};

enum {
	SOCKET_RECEIVE_BYTES = 65536, /* default of receive_bytes */
};

/* TCP_NODELAY and the above. 0 or the negative errno of the first that failed. */
int socket_options_set_tcp(int fd, const struct socket_options *options) GC_MUST_CHECK;
/* O_NONBLOCK and FD_CLOEXEC. 0 or negative errno. */
int socket_set_flags(int fd) GC_MUST_CHECK;
