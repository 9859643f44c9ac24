/* What the files of the harness share; only this folder may include it. */
#pragma once

#include "base/clock.h"
#include "support/td.h"

enum {
	TD_LISTENERS_MAX = 3, /* tls on IPv4, tls on IPv6, admin */
	TD_STATUS_BYTES = 256,
	TD_NOTIFY_MAX = 64, /* different notify lines of a life */
	TD_NOTIFY_LINE_BYTES = 96,
	TD_FIRST_FD = 3, /* SD_LISTEN_FDS_START */
	TD_LOG_TAIL_BYTES = 24 * 1024,
};

struct td_client;

struct td {
	struct td *next; /* the list of those alive, in td.c */
	char folder[TD_PATH_BYTES];
	char state[TD_PATH_BYTES];
	char config_path[TD_PATH_BYTES];
	char log_path[TD_PATH_BYTES];
	char notify_path[TD_PATH_BYTES];
	char admin_path[TD_PATH_BYTES];
	char admin_target[TD_PATH_BYTES];
	char address[TD_PATH_BYTES];
	char address_ipv6[TD_PATH_BYTES]; /* "": none */
	uint16_t port;
	bool self_listen;
	char *overrides; /* owned: libconfig text or NULL */
	const char *const *args; /* borrowed from the options */
	const char *const *env; /* borrowed from the options */
	int listeners[TD_LISTENERS_MAX]; /* owned, or -1 */
	int notify_fd; /* owned: datagrams of sd_notify */
	pid_t pid; /* 0: not running */
	int pidfd; /* owned, or -1 */
	int exit_status; /* of the last life */
	struct td_notify {
		char line[TD_NOTIFY_LINE_BYTES];
		unsigned times; /* that it was said */
	} notify[TD_NOTIFY_MAX];
	size_t notify_count;
	char status[TD_STATUS_BYTES];
	bool log_printed;
	struct td_client *clients; /* owned list, td_client.c */
};

/* td_socket.c: opens the listening sockets and fills in the addresses. */
void td_open_sockets(struct td *td, bool with_ipv6);
void td_close_sockets(struct td *td);
/* td_config.c: writes the configuration: the template with `overrides` laid over it. */
void td_write_config(struct td *td);
/* td_spawn.c: forks and executes; sets pid and pidfd. */
void td_exec(struct td *td);
/* td_notify.c: reads what has arrived; waits up to `deadline` for more. False: nothing came. */
void td_notify_open(struct td *td);
/* How often the line was said, as far as it was read. */
unsigned td_notify_times(const struct td *td, const char *line);
bool td_notify_read(struct td *td, struct mono deadline);
/* td_client.c: closes every client of this daemon. */
void td_close_clients(struct td *td);
/* td_log.c: the end of the log to stderr, once. */
void td_print_log(struct td *td);
/* td_log.c: removes the folder and all in it, unless TD_KEEP is set. */
void td_remove_folder(const char *path);
