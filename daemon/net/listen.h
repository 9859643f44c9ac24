/*
 * The listening sockets: inherited from systemd (names "tls" and "admin", any number of each, and "metrics"), or
 * opened here from the configuration. When systemd passed anything, a "tls" socket must be among
 * it (or, beside "metrics", none of the others); the admin socket is opened here when none was passed. An inherited socket is never shut down
 * and its path never unlinked: both are systemd's. Main thread, before the accept thread starts;
 * immutable afterwards.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "net/sockopt.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	LISTENERS_MAX = 32, /* descriptors in all */
	LISTENER_TEXT_BYTES = 128, /* an address or path in words */
};

#define LISTEN_NAME_TLS     "tls" /* FileDescriptorName= in gchatd.socket */
#define LISTEN_NAME_ADMIN   "admin" /* and in gchatd-admin.socket */
#define LISTEN_NAME_METRICS "metrics" /* and in gchatd-metrics.socket, at most one */

enum listener_kind {
	LISTENER_TLS,
	LISTENER_ADMIN,
	LISTENER_METRICS, /* not among the items: HTTP, see net/scrape.h */
};

struct listener {
	int fd; /* owned, non-blocking, close-on-exec */
	enum listener_kind kind;
	bool inherited;
	char *unlink_path; /* owned: our own Unix socket's, else NULL */
	dev_t unlink_dev; /* whose path that was: not unlinked when another's by now */
	ino_t unlink_ino;
	char text[LISTENER_TEXT_BYTES]; /* "[::]:7443" with the real port, or the path */
};

struct listeners {
	struct listener items[LISTENERS_MAX];
	size_t count;
	bool inherited; /* systemd passed at least one of the items */
	int metrics_fd; /* owned: inherited, on loopback; -1: none was passed */
};

/* All borrowed for the call. */
struct listen_options {
	const char *const *addresses; /* "[::]:7443" (IPv4 too), "127.0.0.1:0" (0 picks a port) */
	size_t address_count;
	const char *admin_path; /* NULL or "": no admin socket unless systemd passes one */
	const char *admin_group; /* gets the admin socket (mode 0660) if it exists; may be NULL */
	int backlog;
	struct socket_options sockets;
};

/* 0 with *ret owned by the caller (listeners_free), or negative errno with a sentence in `err`.
 * Takes LISTEN_FDS and its companions out of the environment. */
int listeners_open(const struct listen_options *options, struct listeners **ret,
	struct err_text *err) GC_MUST_CHECK;

/* Closes all and unlinks the Unix socket that was made here. */
struct listeners *listeners_free(struct listeners *listeners);
void listeners_freep(struct listeners **listeners);

/* "[::]:7443, 127.0.0.1:7444": all of one kind; "" when there is none. */
void listeners_describe(
	const struct listeners *listeners, enum listener_kind kind, char *buf, size_t size);
