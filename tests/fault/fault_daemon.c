/* The daemon's life, clock, descriptors, certificate and settings. */
#include "fault.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "world_make.h"

enum {
	KILLS_MAX = 4,
	START_MS = 120, /* about what a start takes */
	LATE_MS = 300,
	HOURS_MAX = 72,
	SECONDS_PER_HOUR = 3600,
	SPARE_DESCRIPTORS = 12,
	DESCRIPTORS_AFTER = 65536,
};

/* ---- life ---- */

void fault_kill(struct world *w)
{
	w->away = true;
	td_kill9(w->td);
}

/* Also while an earlier life's WAL is being taken in, and before it is ready. */
void fault_kill_often(struct world *w)
{
	unsigned times = chance_between(&w->chance, 2, KILLS_MAX);

	fault_kill(w);
	for (unsigned i = 1; i < times; i++) {
		td_spawn(w->td);
		world_run(w, chance_below(&w->chance, START_MS));
		td_kill9(w->td);
	}
}

void fault_restart(struct world *w)
{
	w->away = true;
	td_terminate(w->td);
}

/* Told to end as soon as it says that it is ready, when its threads haven't begun yet. */
void fault_hurry(struct world *w)
{
	fault_restart(w);
	w->shift->late_ms = LATE_MS;
	td_spawn(w->td);
	td_wait_ready(w->td, TD_WAIT_MS);
	td_terminate(w->td);
	w->shift->late_ms = 0;
}

void fault_revive(struct world *w)
{
	world_revive(w);
}

void fault_stop(struct world *w)
{
	td_signal(w->td, SIGSTOP);
}

void fault_continue(struct world *w)
{
	td_signal(w->td, SIGCONT);
}

/* ---- the clock ---- */

const char *fault_has_no_shift(const struct world *w)
{
	return w->shift ? NULL : "a sanitizer's runtime must be loaded first";
}

void fault_shift_clock(struct world *w)
{
	int64_t hours = chance_between(&w->chance, 1, HOURS_MAX);

	w->shift->ahead_s =
		(chance_one_in(&w->chance, 2) ? hours : -hours) * (int64_t)SECONDS_PER_HOUR;
}

/* Sometimes it stays wrong for a round more. */
void fault_right_clock(struct world *w)
{
	if (!chance_one_in(&w->chance, 4))
		w->shift->ahead_s = 0;
}

/* ---- descriptors ---- */

static void limit_descriptors(struct world *w, rlim_t count)
{
	struct rlimit limit = {0};

	if (prlimit(td_pid(w->td), RLIMIT_NOFILE, NULL, &limit) < 0)
		return; /* it is down: the next life begins with its own limit */
	limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
	(void)prlimit(td_pid(w->td), RLIMIT_NOFILE, &limit, NULL);
}

static void open_idle(struct world *w)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(td_port(w->td))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 || errno == EINPROGRESS))
		w->idle[w->idle_count++] = fd;
	else
		fd_closep(&fd);
}

void fault_take_descriptors(struct world *w)
{
	if (td_pid(w->td) > 0)
		limit_descriptors(
			w, td_fd_count(w->td) + chance_below(&w->chance, SPARE_DESCRIPTORS));
	while (w->idle_count < 2 * SPARE_DESCRIPTORS)
		open_idle(w);
}

void fault_give_descriptors(struct world *w)
{
	while (w->idle_count > 0)
		fd_closep(&w->idle[--w->idle_count]);
	if (td_pid(w->td) > 0)
		limit_descriptors(w, DESCRIPTORS_AFTER);
}

/* ---- certificate and settings ---- */

static void install_pair(struct world *w, const char *suffix)
{
	char from[2 * TD_PATH_BYTES];
	char to[2 * TD_PATH_BYTES];

	(void)snprintf(from, sizeof(from), "%s%s", w->pairs[w->other_pair], suffix);
	(void)snprintf(to, sizeof(to), "%s%s", w->pair, suffix);
	world_copy_file(w, from, to);
}

/* May be refused, with the clock before the certificate's time: then the old one goes on. Either
 * is trusted. */
static void rotate_by_command(struct world *w)
{
	char command[512];

	(void)snprintf(command, sizeof(command),
		"timeout 10 %s --socket=%s cert rotate > /dev/null 2>&1", FAULT_GCHATCTL,
		td_admin_target(w->td) + strlen("unix:"));
	if (system(command) < 0)
		td_fail(w->td, "system: %s", strerror(errno));
}

void fault_rotate(struct world *w)
{
	w->other_pair = !w->other_pair;
	install_pair(w, ".key");
	install_pair(w, ".crt");
	if (w->away || td_pid(w->td) <= 0)
		return; /* taken up at the next start */
	if (chance_one_in(&w->chance, 2))
		rotate_by_command(w);
	else
		td_signal(w->td, SIGHUP);
}

void fault_reload(struct world *w)
{
	w->is_short = !w->is_short;
	world_configure(w, w->is_short);
	if (!w->away && td_pid(w->td) > 0)
		td_signal(w->td, SIGHUP);
}
