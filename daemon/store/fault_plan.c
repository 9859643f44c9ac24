/* The plan: a small table, by hand or from a file that is read again when it has changed. */
#include "store/fault_priv.h"

#include "base/clock.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
	pthread_mutex_t mu; /* of all that follows */
	struct fault faults[FAULT_MAX];
	size_t count;
	unsigned strikes[_FAULT_SITE_MAX];
	struct timespec changed; /* the file, when it was read */
	off_t size;
} plan = {.mu = PTHREAD_MUTEX_INITIALIZER};

static const char *const SITES[_FAULT_SITE_MAX] = {
	[FAULT_BEGIN] = "begin",
	[FAULT_APPLY] = "apply",
	[FAULT_COMMIT] = "commit",
	[FAULT_SPACE] = "space",
	[FAULT_READ] = "read",
};

/* ---- by hand ---- */

static void add(const struct fault *fault)
{
	GC_ASSERT(fault->status == STORE_OK || fault->status >= STORE_FULL);
	if (plan.count < FAULT_MAX)
		plan.faults[plan.count++] = *fault;
}

void fault_add(const struct fault *fault)
{
	pthread_mutex_lock(&plan.mu);
	add(fault);
	pthread_mutex_unlock(&plan.mu);
}

void fault_clear(void)
{
	pthread_mutex_lock(&plan.mu);
	plan.count = 0;
	memset(plan.strikes, 0, sizeof(plan.strikes));
	pthread_mutex_unlock(&plan.mu);
}

unsigned fault_strikes(enum fault_site site)
{
	pthread_mutex_lock(&plan.mu);
	unsigned strikes = plan.strikes[site];
	pthread_mutex_unlock(&plan.mu);
	return strikes;
}

/* ---- from a file ---- */

static bool parse_site(const char *word, enum fault_site *ret_site)
{
	for (int i = 0; i < _FAULT_SITE_MAX; i++) {
		*ret_site = (enum fault_site)i;
		if (strcmp(word, SITES[i]) == 0)
			return true;
	}
	return false;
}

static bool parse_status(const char *word, enum store_status *ret_status)
{
	for (int i = 0; i < _STORE_STATUS_MAX; i++) {
		*ret_status = (enum store_status)i;
		if (strcmp(word, store_status_text(*ret_status)) == 0)
			return i == STORE_OK || i >= STORE_FULL;
	}
	return false;
}

static bool parse_number(char *word, struct fault *fault)
{
	char *digits = strchr(word, '=');
	char *end;
	if (!digits)
		return false;
	*digits++ = '\0';
	if (!isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	unsigned long long number = strtoull(digits, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	if (strcmp(word, "log") == 0) {
		fault->log = number;
		return true;
	}
	unsigned *small = strcmp(word, "after") == 0      ? &fault->after
			  : strcmp(word, "count") == 0    ? &fault->count
			  : strcmp(word, "delay_ms") == 0 ? &fault->delay_ms
			  : strcmp(word, "held_ms") == 0  ? &fault->held_ms
							  : NULL;
	if (!small || number > UINT_MAX)
		return false;
	*small = (unsigned)number;
	return true;
}

bool fault_parse(const char *line, struct fault *ret_fault)
{
	enum {
		LINE_BYTES = 256
	};
	char text[LINE_BYTES];
	char *rest = NULL;
	struct fault fault = {0};
	(void)snprintf(text, sizeof(text), "%s", line);
	const char *site = strtok_r(text, " \t\n", &rest);
	const char *status = strtok_r(NULL, " \t\n", &rest);
	if (!site || !status || !parse_site(site, &fault.site) ||
		!parse_status(status, &fault.status))
		return false;
	for (char *word; (word = strtok_r(NULL, " \t\n", &rest));)
		if (!parse_number(word, &fault))
			return false;
	*ret_fault = fault;
	return true;
}

const char *fault_plan_file(void)
{
	const char *path = getenv("GCHAT_FAULT_PLAN");
	return path && path[0] ? path : NULL;
}

static void load(const char *path)
{
	char line[256];
	struct fault fault;
	FILE *f = fopen(path, "re");
	plan.count = 0;
	while (f && fgets(line, sizeof(line), f)) {
		if (fault_parse(line, &fault))
			add(&fault);
		else if (line[0] != '#' && line[0] != '\n')
			fprintf(stderr, "GCHAT_FAULT_PLAN: not understood: %s", line);
	}
	if (f)
		(void)fclose(f); /* only read */
}

/* Under mu. */
static void look_at_file(void)
{
	struct stat st = {0};
	const char *path = fault_plan_file();
	if (!path)
		return;
	if (stat(path, &st) < 0)
		st = (struct stat){0};
	if (st.st_size == plan.size && st.st_mtim.tv_sec == plan.changed.tv_sec &&
		st.st_mtim.tv_nsec == plan.changed.tv_nsec)
		return;
	plan.size = st.st_size;
	plan.changed = st.st_mtim;
	load(path);
}

/* ---- striking ---- */

/* Under mu. A read's `after` is not of times but of events. */
static const struct fault *choose(enum fault_site site, uint64_t log)
{
	for (size_t i = 0; i < plan.count; i++) {
		struct fault *f = &plan.faults[i];
		bool is_over = f->count == UINT32_MAX;
		if (f->site != site || is_over || (f->log != 0 && f->log != log))
			continue;
		if (site != FAULT_READ && f->after > 0) {
			f->after--;
			continue;
		}
		if (f->count > 0 && --f->count == 0)
			f->count = UINT32_MAX;
		return f;
	}
	return NULL;
}

static struct timespec time_of_ms(unsigned ms)
{
	return (struct timespec){
		.tv_sec = ms / CLOCK_MS_PER_S, .tv_nsec = (long)(ms % CLOCK_MS_PER_S) * 1000000};
}

static void wait_ms(unsigned ms)
{
	const struct timespec pause = time_of_ms(ms);
	if (ms > 0)
		(void)nanosleep(&pause, NULL); /* cut short: as good */
}

/* By the kernel's calls alone: a copy of one thread can't wait for locks of the others. */
static int wait_and_end(void *arg)
{
	(void)syscall(SYS_nanosleep, arg, NULL);
	(void)syscall(SYS_exit_group, 0);
	return 0;
}

/* Uninterruptible sleep: that of vfork(2), until the child ends, which has its own memory here. */
static void be_held_ms(unsigned ms)
{
	enum {
		STACK_BYTES = 65536
	};
	if (ms == 0)
		return;
	char *stack = mem_new(1, STACK_BYTES);
	struct timespec pause = time_of_ms(ms);
	pid_t child = clone(wait_and_end, stack + STACK_BYTES, CLONE_VFORK | SIGCHLD, &pause);
	if (child > 0)
		(void)waitpid(child, NULL, 0); /* it has ended */
	free(stack);
}

static enum store_status strike(enum fault_site site, uint64_t log, unsigned *ret_after)
{
	struct fault chosen = {.status = STORE_OK};
	pthread_mutex_lock(&plan.mu);
	look_at_file();
	const struct fault *f = choose(site, log);
	if (f) {
		chosen = *f;
		plan.strikes[site]++;
	}
	pthread_mutex_unlock(&plan.mu);
	wait_ms(chosen.delay_ms);
	be_held_ms(chosen.held_ms);
	*ret_after = chosen.after;
	return chosen.status;
}

enum store_status fault_strike(enum fault_site site, uint64_t log)
{
	unsigned after = 0;
	return strike(site, log, &after);
}

enum store_status fault_strike_read(uint64_t log, unsigned *ret_after)
{
	return strike(FAULT_READ, log, ret_after);
}
