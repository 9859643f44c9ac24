/*
 * Loaded into the daemon before all else: its wall clock is ahead, and its shards begin late,
 * by what stands in the file that GCHAT_FAULT_TIME names (struct shift), which may change
 * at any time. Monotonic clocks stay true, as they do when a machine's clock is set.
 */
#include "shift.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

typedef int (*clock_fn)(clockid_t clock, struct timespec *ret);

typedef int (*name_fn)(pthread_t thread, const char *name);

static clock_fn real_clock;
static name_fn real_name;
static const volatile struct shift *shift; /* NULL: no file */

static __attribute__((constructor)) void begin(void)
{
	const char *path = getenv("GCHAT_FAULT_TIME");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	union {
		void *symbol;
		clock_fn clock;
		name_fn name;
	} next = {.symbol = dlsym(RTLD_NEXT, "clock_gettime")};

	real_clock = next.clock;
	next.symbol = dlsym(RTLD_NEXT, "pthread_setname_np");
	real_name = next.name;
	if (fd < 0)
		return;
	void *at = mmap(NULL, sizeof(*shift), PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (at != MAP_FAILED)
		shift = at;
}

/* The first thing that a thread of the daemon does. Only shards are late: who ends the daemon waits
 * for others of its threads. */
EXPORT int pthread_setname_np(pthread_t thread, const char *name)
{
	if (shift && shift->late_ms > 0 && strncmp(name, "shard", strlen("shard")) == 0)
		(void)poll(NULL, 0, (int)shift->late_ms);
	return real_name ? real_name(thread, name) : 0;
}

/* Others' constructors may ask for the time before ours has run. */
static int ask(clockid_t clock, struct timespec *ret)
{
	return real_clock ? real_clock(clock, ret) : (int)syscall(SYS_clock_gettime, clock, ret);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int r = ask(clock, ret);

	if (r == 0 && shift && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ret->tv_sec += shift->ahead_s;
	return r;
}

EXPORT time_t time(time_t *ret)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}
