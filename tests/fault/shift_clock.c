/*
 * Loaded into the daemon before all else: its wall clock is ahead by as many seconds as stand in the
 * file that GCHAT_FAULT_CLOCK names, which may change at any time. Monotonic clocks stay true, as
 * they do when a machine's clock is set.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

typedef int (*clock_fn)(clockid_t clock, struct timespec *ret);

static clock_fn real_clock;
static const volatile int64_t *offset_s; /* NULL: no file */

static __attribute__((constructor)) void begin(void)
{
	const char *path = getenv("GCHAT_FAULT_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	union {
		void *symbol;
		clock_fn function;
	} next = {.symbol = dlsym(RTLD_NEXT, "clock_gettime")};

	real_clock = next.function;
	if (fd < 0)
		return;
	void *at = mmap(NULL, sizeof(*offset_s), PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (at != MAP_FAILED)
		offset_s = at;
}

/* Others' constructors may ask for the time before ours has run. */
static int ask(clockid_t clock, struct timespec *ret)
{
	return real_clock ? real_clock(clock, ret) : (int)syscall(SYS_clock_gettime, clock, ret);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int r = ask(clock, ret);

	if (r == 0 && offset_s && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ret->tv_sec += *offset_s;
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
