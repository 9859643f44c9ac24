/*
 * The harness of the integration tests: starts the real gchatd in a private folder, under socket
 * activation as systemd does it (the harness holds the listening sockets, so ports and waiting
 * connections survive any restart), and knows it is ready by sd_notify. Every wait has a deadline;
 * on a failure the daemon's log is printed and the cmocka test fails. Main thread only, but for
 * the readers of /proc.
 *
 *	static void a_message_arrives(void **state)
 *	{
 *		struct td *td = td_start(NULL);
 *		struct td_client *ann = td_connect(td, "ann");
 *		...
 *		td_stop(td);
 *	}
 *	cmocka_unit_test_teardown(a_message_arrives, td_teardown)
 *
 * Environment: TD_GCHATD names another gchatd, TD_KEEP=1 keeps the folders, TD_VERBOSE=1 prints the
 * daemon's log of passing tests too.
 */
#pragma once

#include "base/macros.h"
#include "support/sanitized.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	TD_PATH_BYTES = 96, /* fits a Unix socket's address */
	TD_WAIT_MS = 20000, /* the deadline of a wait that names none */
};

struct td_options {
	/* libconfig text laid over the harness's own, setting by setting:
	 * "limits: { connections = 5; }; log: { level = \"debug\"; };" */
	const char *config;
	/* The daemon opens the sockets itself, on the same addresses; no LISTEN_FDS. */
	bool self_listen;
	/* IPv4 alone, as on a machine without IPv6. */
	bool no_ipv6;
	/* More arguments and "NAME=value" settings for the daemon, each ended by NULL; may be NULL. */
	const char *const *args;
	const char *const *env;
};

struct td; /* one daemon, its folder and its sockets */

/* Starts a daemon and waits until it is ready. NULL: defaults. Owned: td_stop or td_teardown. */
struct td *td_start(const struct td_options *options);
/* Closes the clients, ends the daemon by SIGTERM, expects exit status 0 and frees all. */
void td_stop(struct td *td);
/* cmocka teardown: what is left here was left by a failed test; prints the logs, kills, frees. */
int td_teardown(void **state);

/* The parts, for tests about starting and stopping. */
struct td *td_prepare(const struct td_options *options); /* folder, sockets, configuration */
void td_spawn(struct td *td); /* forks and executes; doesn't wait */
void td_wait_ready(struct td *td, int64_t timeout_ms);
/* Waits for the daemon's end; its exit status, or 128 + the signal that ended it. */
int td_wait_exit(struct td *td, int64_t timeout_ms);
bool td_is_running(struct td *td);
void td_signal(struct td *td, int signal);
/* Ends the daemon with SIGKILL and reaps it; sockets and state stay. */
void td_kill9(struct td *td);
/* SIGTERM and its end with status 0; sockets and state stay. */
void td_terminate(struct td *td);
/* Ends a running daemon by SIGTERM, then starts one on the same sockets and state; ready. */
void td_restart(struct td *td);
/* SIGHUP; it has read its settings again. */
void td_reload(struct td *td);
/* Writes the configuration anew, with `config` in place of the options' text. */
void td_configure(struct td *td, const char *config);
/* Waits for a line like "STOPPING=1" from sd_notify, arrived since the last spawn. */
void td_wait_notify(struct td *td, const char *line, int64_t timeout_ms);
/* How often sd_notify has said the line since the last spawn (and up to 64 lines in all). */
unsigned td_notify_count(struct td *td, const char *line);
/* Takes what sd_notify has said so far. A test that waits for nothing for most of a minute calls it
 * now and then: the socket holds ten messages, and the daemon waits to send the eleventh. */
void td_hear(struct td *td);
/* The last STATUS= text, or "". Borrowed until the next wait. */
const char *td_notify_status(const struct td *td);

/* Where things are. All borrowed, as long as the td lives. */
pid_t td_pid(const struct td *td);
uint16_t td_port(const struct td *td);
const char *td_address(const struct td *td); /* "127.0.0.1:PORT" */
const char *td_address_ipv6(const struct td *td); /* "[::1]:PORT"; NULL where there is none */
const char *td_admin_target(const struct td *td); /* "unix:/tmp/.../admin.sock" */
const char *td_folder(const struct td *td); /* private, removed at the end */
const char *td_state_folder(const struct td *td); /* store.folder */
const char *td_config_path(const struct td *td);
const char *td_log_path(const struct td *td); /* stderr of all its lives */
/* `name` within the folder, formatted into `buf`; gives buf. */
const char *td_path(const struct td *td, const char *name, char buf[TD_PATH_BYTES]);
/* True when the log holds `text`; waits for it up to timeout_ms (0: looks once). */
bool td_log_has(struct td *td, const char *text, int64_t timeout_ms);

/* What the daemon uses, from /proc; the first four with the processes that hash its passwords. Any
 * thread; 0 when it is gone. */
uint64_t td_rss_bytes(const struct td *td);
uint64_t td_rss_peak_bytes(const struct td *td); /* the sum of what each took at most */
void td_reset_peak(const struct td *td); /* as from now on */
uint64_t td_cpu_us(const struct td *td); /* user and system time of this life */
unsigned td_fd_count(const struct td *td);
unsigned td_thread_count(const struct td *td);
/* The processes it has started, the oldest first, as far as `max` goes; gives their number. */
size_t td_helpers(const struct td *td, pid_t *ret, size_t max);

/* Polls `done(arg)` until it is true; at the deadline fails with `what`. `td` may be NULL. */
void td_wait_until(
	struct td *td, bool (*done)(void *arg), void *arg, int64_t timeout_ms, const char *what);
/* Prints the daemon's log and fails the test. `td` may be NULL. */
void td_fail(struct td *td, const char *fmt, ...) GC_PRINTF(2, 3);
