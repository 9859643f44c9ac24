/* Beats are counted here; that a thread is held is read from its line in /proc (proc(5)). */
#include "base/pulse.h"

#include "base/fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void pulse_begin(struct pulse *pulse)
{
	atomic_store(&pulse->thread, (pid_t)syscall(SYS_gettid));
}

bool pulse_moved(const struct pulse *pulse, uint64_t *seen)
{
	uint64_t beats = atomic_load_explicit(&pulse->beats, memory_order_relaxed);
	bool moved = beats != *seen;
	*seen = beats;
	return moved;
}

/* "7 (name) S ...": the name may hold anything, so the state is behind the last bracket. */
static char state_of(const char *line)
{
	const char *name_end = strrchr(line, ')');
	return name_end && name_end[1] == ' ' ? name_end[2] : '\0';
}

bool pulse_is_held(const struct pulse *pulse)
{
	enum {
		LINE_BYTES = 128 /* the state is well within it */
	};
	char path[64];
	char line[LINE_BYTES] = "";
	pid_t thread = atomic_load(&pulse->thread);
	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
	GC_FD int fd = thread > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	return fd >= 0 && read(fd, line, sizeof(line) - 1) > 0 && state_of(line) == 'D';
}
