/*
 * fork and exec with the listening sockets as 3, 4, 5 and LISTEN_PID set to the child itself. The
 * test's process has gRPC's threads, so between fork and exec only async-signal-safe calls are
 * made: everything is laid out before, and the pid is written into its place by hand.
 */
#include "support/td_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	TD_PID_DIGITS = 20,
	TD_ENV_EXTRA = 8,
	TD_ARGS_FIXED = 3,
	TD_EXIT_NO_EXEC = 127,
};

static const char td_listen_pid[] = "LISTEN_PID=";

struct launch {
	const char *program;
	char **argv; /* owned array, borrowed strings */
	char **envp; /* owned array; strings of our own below, others borrowed */
	char names[64]; /* LISTEN_FDNAMES=... */
	char count[32]; /* LISTEN_FDS=... */
	char notify[TD_PATH_BYTES + 16];
	char pid[sizeof(td_listen_pid) + TD_PID_DIGITS];
	int fds[TD_LISTENERS_MAX]; /* borrowed */
	size_t fd_count;
	int log_fd;
};

static size_t strings_count(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static bool is_ours(const char *setting)
{
	static const char *const names[] = {"LISTEN_", "NOTIFY_SOCKET=", "JOURNAL_STREAM="};

	for (size_t i = 0; i < GC_LENGTH(names); i++) {
		if (strncmp(setting, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

/* argv and envp are char *const [] by tradition; exec writes to neither. */
static char *unconst(const char *s)
{
	union {
		const char *in;
		char *out;
	} u = {.in = s};

	return u.out;
}

static void lay_out_args(const struct td *td, struct launch *l)
{
	size_t extra = strings_count(td->args);
	size_t n = 0;

	l->argv = mem_new(TD_ARGS_FIXED + extra + 1, sizeof(char *));
	l->argv[n++] = unconst(l->program);
	l->argv[n++] = unconst("--config");
	l->argv[n++] = unconst(td->config_path);
	for (size_t i = 0; i < extra; i++)
		l->argv[n++] = unconst(td->args[i]);
}

static void lay_out_sockets(const struct td *td, struct launch *l)
{
	static const char *const names[TD_LISTENERS_MAX] = {"tls", "tls", "admin"};

	(void)snprintf(l->names, sizeof(l->names), "LISTEN_FDNAMES=");
	for (size_t i = 0; i < TD_LISTENERS_MAX; i++) {
		if (td->listeners[i] < 0)
			continue;
		size_t used = strlen(l->names);
		(void)snprintf(l->names + used, sizeof(l->names) - used, "%s%s",
			l->fd_count ? ":" : "", names[i]);
		l->fds[l->fd_count++] = td->listeners[i];
	}
	(void)snprintf(l->count, sizeof(l->count), "LISTEN_FDS=%zu", l->fd_count);
}

static void lay_out_env(const struct td *td, struct launch *l)
{
	size_t inherited = strings_count((const char *const *)environ);
	size_t extra = strings_count(td->env);
	size_t n = 0;

	l->envp = mem_new(inherited + extra + TD_ENV_EXTRA, sizeof(char *));
	for (size_t i = 0; i < inherited; i++) {
		if (!is_ours(environ[i]))
			l->envp[n++] = environ[i];
	}
	for (size_t i = 0; i < extra; i++)
		l->envp[n++] = unconst(td->env[i]);
	(void)snprintf(l->notify, sizeof(l->notify), "NOTIFY_SOCKET=%s", td->notify_path);
	l->envp[n++] = l->notify;
	if (l->fd_count > 0) {
		(void)snprintf(l->pid, sizeof(l->pid), "%s", td_listen_pid);
		l->envp[n++] = l->count;
		l->envp[n++] = l->names;
		l->envp[n++] = l->pid;
	}
}

/* In the child: appends the decimal pid to "LISTEN_PID=". */
static void write_pid(char *text, pid_t pid)
{
	char digits[TD_PID_DIGITS];
	size_t n = 0;
	char *out = text + sizeof(td_listen_pid) - 1;

	for (; pid > 0; pid /= 10)
		digits[n++] = (char)('0' + pid % 10);
	while (n > 0)
		*out++ = digits[--n];
	*out = '\0';
}

/* In the child: async-signal-safe calls only. */
static _Noreturn void child(struct launch *l, pid_t parent)
{
	/* The daemon must not outlive a test that crashed. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(TD_EXIT_NO_EXEC);
	/* First, since it may stand where a listener goes. */
	if (dup2(l->log_fd, STDERR_FILENO) < 0 || dup2(l->log_fd, STDOUT_FILENO) < 0)
		_exit(TD_EXIT_NO_EXEC);
	for (size_t i = 0; i < l->fd_count; i++) {
		if (dup2(l->fds[i], TD_FIRST_FD + (int)i) < 0)
			_exit(TD_EXIT_NO_EXEC);
	}
	/* Whatever the test's own libraries left inheritable stays out of the daemon. */
	(void)syscall(SYS_close_range, TD_FIRST_FD + (unsigned)l->fd_count, ~0U, 0U);
	write_pid(l->pid, getpid());
	(void)execve(l->program, l->argv, l->envp);
	_exit(TD_EXIT_NO_EXEC);
}

void td_exec(struct td *td)
{
	struct launch l = {.program = getenv("TD_GCHATD")};
	pid_t parent = getpid();

	if (!l.program)
		l.program = TD_GCHATD;
	lay_out_args(td, &l);
	lay_out_sockets(td, &l);
	lay_out_env(td, &l);
	l.log_fd = open(td->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (l.log_fd < 0)
		td_fail(NULL, "%s: %s", td->log_path, strerror(errno));
	td->pid = fork();
	if (td->pid == 0)
		child(&l, parent);
	(void)close(l.log_fd);
	free(l.argv);
	free(l.envp);
	if (td->pid < 0)
		td_fail(NULL, "fork: %s", strerror(errno));
	td->pidfd = (int)syscall(SYS_pidfd_open, td->pid, 0U);
	if (td->pidfd < 0)
		td_fail(td, "pidfd_open: %s", strerror(errno));
}
