/* Shared by listen.c and listen_bind.c only. */
#pragma once

#include "net/listen.h"

/* Opens one configured address as a TLS listener into *ret. 0 or negative errno with a sentence. */
int listen_bind_tcp(const char *address, const struct listen_options *options, struct listener *ret,
	struct err_text *err) GC_MUST_CHECK;
/* Opens the admin socket at options->admin_path into *ret. As above. */
int listen_bind_admin(const struct listen_options *options, struct listener *ret,
	struct err_text *err) GC_MUST_CHECK;
/* Whether the socket listens where this machine alone can reach it. */
bool listen_is_loopback(int fd);
/* The socket's own address in words: "[::]:7443" or a path. */
void listen_print_name(int fd, char text[static LISTENER_TEXT_BYTES]);
