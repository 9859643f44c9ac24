/* /proc/self, getrusage(2), getrlimit(2). */
#include "base/procstat.h"

#include "base/clock.h"
#include "base/exposition.h"
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static bool read_pages(unsigned long long *ret_virtual, unsigned long long *ret_resident)
{
	FILE *f = fopen("/proc/self/statm", "re");
	*ret_virtual = *ret_resident = 0;
	if (!f)
		return false;
	bool whole = fscanf(f, "%llu %llu", ret_virtual, ret_resident) == 2;
	(void)fclose(f); /* only read */
	return whole;
}

uint64_t procstat_resident_bytes(void)
{
	unsigned long long all;
	unsigned long long resident;
	(void)read_pages(&all, &resident); /* 0 then, as the header says */
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static double cpu_seconds(void)
{
	struct rusage usage;
	if (getrusage(RUSAGE_SELF, &usage) < 0)
		return 0;
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / CLOCK_US_PER_S;
}

/* One entry for each, besides ".", ".." and the folder's own. */
static unsigned open_descriptors(void)
{
	enum {
		OTHERS = 3
	};
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;
	if (!folder)
		return 0;
	while (readdir(folder))
		count++;
	(void)closedir(folder); /* only read */
	return count - OTHERS;
}

void procstat_emit(const struct metric_sink *sink, uint64_t started_us)
{
	unsigned long long all;
	unsigned long long resident;
	struct rlimit limit = {0};
	double page = (double)sysconf(_SC_PAGESIZE);
	(void)read_pages(&all, &resident);
	(void)getrlimit(RLIMIT_NOFILE, &limit); /* 0 then */
	metric_sink_counter(sink, "process_cpu_seconds", "seconds",
		"user and system processor time", cpu_seconds());
	metric_sink_gauge(
		sink, "process_open_fds", "", "open file descriptors", (double)open_descriptors());
	metric_sink_gauge(
		sink, "process_max_fds", "", "file descriptors allowed", (double)limit.rlim_cur);
	metric_sink_gauge(sink, "process_resident_memory_bytes", "bytes", "resident memory",
		(double)resident * page);
	metric_sink_gauge(sink, "process_virtual_memory_bytes", "bytes", "virtual memory",
		(double)all * page);
	metric_sink_gauge(sink, "process_start_time_seconds", "seconds",
		"when the process started, since 1970", (double)started_us / CLOCK_US_PER_S);
}
