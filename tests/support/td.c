/* The life of a daemon under test. */
#include "support/td.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Wants setjmp.h, stdarg.h, stddef.h and stdint.h before it. */
#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "support/td_priv.h"

enum {
	TD_EXIT_BY_SIGNAL = 128,
	TD_POLL_MS = 5, /* between two looks at a condition that can't wake us */
};

/* Main thread only. */
static struct td *td_alive;
static bool td_registered; /* clean_up runs at exit */

void td_fail(struct td *td, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (td)
		td_print_log(td);
	fail_msg("%s", text);
}

/* A failure outside of a cmocka test ends the process at once: leave nothing behind. */
static void clean_up(void)
{
	(void)td_teardown(NULL);
}

static void make_folder(struct td *td)
{
	(void)snprintf(td->folder, sizeof(td->folder), "/tmp/gchat-td-XXXXXX");
	if (!mkdtemp(td->folder))
		td_fail(NULL, "mkdtemp %s: %s", td->folder, strerror(errno));
	(void)td_path(td, "state", td->state);
	(void)td_path(td, "gchatd.conf", td->config_path);
	(void)td_path(td, "log", td->log_path);
	(void)td_path(td, "notify.sock", td->notify_path);
	(void)td_path(td, "admin.sock", td->admin_path);
	if (mkdir(td->state, 0750) < 0)
		td_fail(NULL, "mkdir %s: %s", td->state, strerror(errno));
}

struct td *td_prepare(const struct td_options *options)
{
	static const struct td_options defaults;
	const struct td_options *o = options ? options : &defaults;
	struct td *td = mem_new(1, sizeof(*td));

	td->pidfd = -1;
	td->notify_fd = -1;
	for (size_t i = 0; i < TD_LISTENERS_MAX; i++)
		td->listeners[i] = -1;
	td->self_listen = o->self_listen;
	td->overrides = mem_strdup(o->config);
	td->args = o->args;
	td->env = o->env;
	if (!td_registered)
		(void)atexit(clean_up);
	td_registered = true;
	make_folder(td);
	td->next = td_alive;
	td_alive = td;
	td_notify_open(td);
	td_open_sockets(td, !o->no_ipv6);
	td_write_config(td);
	return td;
}

static void td_free(struct td *td)
{
	struct td **link = &td_alive;

	while (*link && *link != td)
		link = &(*link)->next;
	if (*link)
		*link = td->next;
	td_close_sockets(td);
	fd_closep(&td->notify_fd);
	fd_closep(&td->pidfd);
	td_remove_folder(td->folder);
	free(td->overrides);
	free(td);
}

struct td *td_start(const struct td_options *options)
{
	struct td *td = td_prepare(options);

	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	return td;
}

void td_spawn(struct td *td)
{
	GC_ASSERT(td->pid == 0);
	/* What an earlier life left unread would be taken for this one's. */
	while (td_notify_read(td, clock_mono())) {
	}
	td->notify_count = 0;
	td->status[0] = '\0';
	td_exec(td);
}

/* Takes the exit status if there is one. */
static bool reap(struct td *td)
{
	int status = 0;

	if (td->pid == 0)
		return true;
	if (waitpid(td->pid, &status, WNOHANG) != td->pid)
		return false;
	td->exit_status =
		WIFEXITED(status) ? WEXITSTATUS(status) : TD_EXIT_BY_SIGNAL + WTERMSIG(status);
	td->pid = 0;
	fd_closep(&td->pidfd);
	return true;
}

bool td_is_running(struct td *td)
{
	return !reap(td);
}

void td_wait_notify(struct td *td, const char *line, int64_t timeout_ms)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), timeout_ms);

	while (td_notify_times(td, line) == 0) {
		if (td_notify_read(td, deadline))
			continue;
		if (reap(td)) {
			/* Its last words may have come between the two looks. */
			if (td_notify_read(td, clock_mono()))
				continue;
			td_fail(td, "gchatd ended with status %d before %s", td->exit_status, line);
		}
		if (clock_mono_ms_since(clock_mono(), deadline) >= 0)
			td_fail(td, "no %s from gchatd within %lld ms", line,
				(long long)timeout_ms);
	}
}

void td_wait_ready(struct td *td, int64_t timeout_ms)
{
	td_wait_notify(td, "READY=1", timeout_ms);
}

int td_wait_exit(struct td *td, int64_t timeout_ms)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), timeout_ms);

	while (!reap(td)) {
		int64_t left = clock_mono_ms_since(deadline, clock_mono());
		struct pollfd p = {.fd = td->pidfd, .events = POLLIN};
		if (left <= 0)
			td_fail(td, "gchatd still runs after %lld ms", (long long)timeout_ms);
		(void)poll(&p, 1, (int)left);
	}
	return td->exit_status;
}

void td_signal(struct td *td, int signal)
{
	if (td->pid <= 0 || kill(td->pid, signal) < 0)
		td_fail(td, "gchatd isn't running, signal %d can't be sent", signal);
}

void td_kill9(struct td *td)
{
	if (reap(td))
		td_fail(td, "gchatd had ended by itself with status %d", td->exit_status);
	td_signal(td, SIGKILL);
	(void)td_wait_exit(td, TD_WAIT_MS);
}

void td_terminate(struct td *td)
{
	if (reap(td))
		td_fail(td, "gchatd had ended by itself with status %d", td->exit_status);
	td_signal(td, SIGTERM);
	int status = td_wait_exit(td, TD_WAIT_MS);
	if (status != 0)
		td_fail(td, "gchatd ended with status %d on SIGTERM", status);
}

void td_restart(struct td *td)
{
	if (td_is_running(td))
		td_terminate(td);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
}

void td_reload(struct td *td)
{
	td_hear(td);
	td->notify_count = 0; /* it has said before that it's ready */
	td_signal(td, SIGHUP);
	td_wait_ready(td, TD_WAIT_MS);
}

void td_configure(struct td *td, const char *config)
{
	free(td->overrides);
	td->overrides = mem_strdup(config);
	td_write_config(td);
}

void td_stop(struct td *td)
{
	td_close_clients(td);
	if (td->pid != 0)
		td_terminate(td);
	if (getenv("TD_VERBOSE"))
		td_print_log(td);
	td_free(td);
}

int td_teardown(void **state)
{
	(void)state;
	while (td_alive) {
		struct td *td = td_alive;
		td_close_clients(td);
		td_print_log(td);
		if (!reap(td)) {
			(void)kill(td->pid, SIGKILL);
			(void)waitpid(td->pid, NULL, 0);
		}
		td_free(td);
	}
	return 0;
}

void td_wait_until(
	struct td *td, bool (*done)(void *arg), void *arg, int64_t timeout_ms, const char *what)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), timeout_ms);

	while (!done(arg)) {
		if (clock_mono_ms_since(clock_mono(), deadline) >= 0)
			td_fail(td, "waited %lld ms in vain: %s", (long long)timeout_ms, what);
		(void)poll(NULL, 0, TD_POLL_MS);
	}
}

pid_t td_pid(const struct td *td)
{
	return td->pid;
}

uint16_t td_port(const struct td *td)
{
	return td->port;
}

const char *td_address(const struct td *td)
{
	return td->address;
}

const char *td_address_ipv6(const struct td *td)
{
	return td->address_ipv6[0] ? td->address_ipv6 : NULL;
}

const char *td_admin_target(const struct td *td)
{
	return td->admin_target;
}

const char *td_folder(const struct td *td)
{
	return td->folder;
}

const char *td_state_folder(const struct td *td)
{
	return td->state;
}

const char *td_config_path(const struct td *td)
{
	return td->config_path;
}

const char *td_log_path(const struct td *td)
{
	return td->log_path;
}

const char *td_notify_status(const struct td *td)
{
	return td->status;
}

const char *td_path(const struct td *td, const char *name, char buf[TD_PATH_BYTES])
{
	if (snprintf(buf, TD_PATH_BYTES, "%s/%s", td->folder, name) >= TD_PATH_BYTES)
		td_fail(NULL, "path too long: %s/%s", td->folder, name);
	return buf;
}
