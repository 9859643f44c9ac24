/* What the daemon uses, from /proc and its CPU clock. */
#include "support/td_priv.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	TD_NS_PER_US = 1000,
	TD_BYTES_PER_KB = 1024,
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

uint64_t td_rss_bytes(const struct td *td)
{
	return status_value(td->pid, "VmRSS") * TD_BYTES_PER_KB;
}

uint64_t td_rss_peak_bytes(const struct td *td)
{
	return status_value(td->pid, "VmHWM") * TD_BYTES_PER_KB;
}

unsigned td_thread_count(const struct td *td)
{
	return (unsigned)status_value(td->pid, "Threads");
}

uint64_t td_cpu_us(const struct td *td)
{
	clockid_t clock = 0;
	struct timespec t = {0};

	if (td->pid <= 0 || clock_getcpuclockid(td->pid, &clock) != 0 ||
		clock_gettime(clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * CLOCK_US_PER_S + (uint64_t)t.tv_nsec / TD_NS_PER_US;
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
