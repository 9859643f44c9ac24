/* What the daemon and its processes use, from /proc and their CPU clocks. */
#include "support/children.h"
#include "support/td_priv.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	TD_NS_PER_US = 1000,
	TD_BYTES_PER_KB = 1024,
	TD_PROCESSES_MAX = 65, /* the daemon, and one for each worker */
};

/* A "Name:  123 kB" line of /proc/PID/status; 0 when absent. */
static uint64_t status_value(pid_t pid, const char *name)
{
	char path[64];
	char line[256];
	uint64_t value = 0;
	size_t len = strlen(name);

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = pid > 0 ? fopen(path, "re") : NULL;
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, name, len) == 0 && line[len] == ':') {
			(void)sscanf(line + len + 1, "%" SCNu64, &value);
			break;
		}
	}
	(void)fclose(f);
	return value;
}

/* The daemon and those that it has started. */
static size_t list_processes(const struct td *td, pid_t ret[TD_PROCESSES_MAX])
{
	if (td->pid <= 0)
		return 0;
	ret[0] = td->pid;
	return 1 + children_of(td->pid, ret + 1, TD_PROCESSES_MAX - 1);
}

static uint64_t sum_of(const struct td *td, uint64_t (*value)(pid_t pid))
{
	pid_t pids[TD_PROCESSES_MAX];
	uint64_t sum = 0;
	size_t count = list_processes(td, pids);

	for (size_t i = 0; i < count; i++)
		sum += value(pids[i]);
	return sum;
}

static uint64_t rss_of(pid_t pid)
{
	return status_value(pid, "VmRSS") * TD_BYTES_PER_KB;
}

static uint64_t rss_peak_of(pid_t pid)
{
	return status_value(pid, "VmHWM") * TD_BYTES_PER_KB;
}

static uint64_t cpu_of(pid_t pid)
{
	clockid_t clock = 0;
	struct timespec t = {0};

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * CLOCK_US_PER_S + (uint64_t)t.tv_nsec / TD_NS_PER_US;
}

uint64_t td_rss_bytes(const struct td *td)
{
	return sum_of(td, rss_of);
}

uint64_t td_rss_peak_bytes(const struct td *td)
{
	return sum_of(td, rss_peak_of);
}

void td_reset_peak(const struct td *td)
{
	pid_t pids[TD_PROCESSES_MAX];
	size_t count = list_processes(td, pids);
	char path[64];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)pids[i]);
		FILE *out = fopen(path, "we");
		if (!out)
			continue; /* the peak of all that came before is then what is shown */
		(void)fputs("5", out);
		(void)fclose(out); /* as above */
	}
}

unsigned td_thread_count(const struct td *td)
{
	return (unsigned)status_value(td->pid, "Threads");
}

uint64_t td_cpu_us(const struct td *td)
{
	return sum_of(td, cpu_of);
}

size_t td_helpers(const struct td *td, pid_t *ret, size_t max)
{
	return children_of(td->pid, ret, max);
}

unsigned td_fd_count(const struct td *td)
{
	char path[64];
	unsigned count = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)td->pid);
	DIR *dir = td->pid > 0 ? opendir(path) : NULL;
	if (!dir)
		return 0;
	for (struct dirent *e = readdir(dir); e; e = readdir(dir))
		count += e->d_name[0] != '.';
	(void)closedir(dir);
	return count;
}
