/* Starting, killing and hearing an actor's process. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

enum {
	REPORTS_PIPE_BYTES = 1024 * 1024, /* what may be said while nobody listens */
	REPORTS_AT_ONCE = 64,
	EXIT_NO_EXEC = 127,
};

/* Only async-signal-safe calls: the harness has threads. */
static _Noreturn void become_actor(int orders, int reports, pid_t parent)
{
	static char program[] = "/proc/self/exe";
	static char option[] = "--actor";
	char *argv[] = {program, option, NULL};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(orders, STDIN_FILENO) < 0 ||
		dup2(reports, ACTOR_REPORTS_FD) < 0)
		_exit(EXIT_NO_EXEC);
	(void)syscall(SYS_close_range, ACTOR_REPORTS_FD + 1U, ~0U, 0U);
	(void)execv(program, argv);
	_exit(EXIT_NO_EXEC);
}

static void say(struct actor *a, const void *data, size_t len)
{
	if (write(a->orders, data, len) != (ssize_t)len && errno != EPIPE)
		td_fail(a->td, "actor %u can't be told: %s", a->plan.index, strerror(errno));
}

void actor_start(struct actor *a, uint64_t seed)
{
	int orders[2];
	int reports[2];
	pid_t parent = getpid();

	if (pipe2(orders, O_CLOEXEC) < 0 || pipe2(reports, O_CLOEXEC) < 0)
		td_fail(a->td, "pipe: %s", strerror(errno));
	(void)fcntl(reports[0], F_SETPIPE_SZ, REPORTS_PIPE_BYTES); /* less will do */
	(void)fcntl(reports[0], F_SETFL, O_NONBLOCK);
	a->pid = fork();
	if (a->pid == 0)
		become_actor(orders[0], reports[1], parent);
	(void)close(orders[0]);
	(void)close(reports[1]);
	if (a->pid < 0)
		td_fail(a->td, "fork: %s", strerror(errno));
	a->orders = orders[1];
	a->reports = reports[0];
	a->plan.seed = seed;
	a->plan.first_number = ledger_last_number(a->ledger, a->plan.index) + 1;
	for (enum stage stage = STAGE_TALK; stage < _STAGE_MAX; stage++)
		a->plan.places[stage] = ledger_place(a->ledger, a->plan.index, stage);
	say(a, &a->plan, sizeof(a->plan));
}

void actor_order(struct actor *a, bool quiet, unsigned serial)
{
	struct actor_order order = {.quiet = quiet, .serial = serial};

	if (a->pid)
		say(a, &order, sizeof(order));
}

bool actor_listen(struct actor *a)
{
	struct report reports[REPORTS_AT_ONCE];
	ssize_t n = 0;

	while (a->pid && (n = read(a->reports, reports, sizeof(reports))) > 0) {
		for (size_t i = 0; i < (size_t)n / sizeof(reports[0]); i++) {
			if (reports[i].kind == REPORT_QUIET)
				a->quiet_serial = reports[i].number;
			ledger_take(a->ledger, a->plan.index, &reports[i]);
		}
	}
	return !a->pid || (n < 0 && errno == EAGAIN);
}

void actor_kill(struct actor *a)
{
	if (!a->pid)
		return;
	(void)kill(a->pid, SIGKILL);
	(void)waitpid(a->pid, NULL, 0);
	(void)actor_listen(a); /* to the end: nobody else holds the pipe */
	a->pid = 0;
	fd_closep(&a->orders);
	fd_closep(&a->reports);
	ledger_bury(a->ledger, a->plan.index);
}
