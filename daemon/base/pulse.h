/*
 * The pulse of a thread that must not stand still: it beats at each turn, and a watcher on another
 * thread sees whether it has since the last look. A thread that the kernel holds in uninterruptible
 * sleep waits for a disk. It is not stuck: an end by force would have to wait for the same disk, and
 * then take what was just about to go on.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pulse { /* zeroed: the thread has not begun, and is not held */
	_Atomic uint64_t beats;
	_Atomic pid_t thread;
};

/* By the thread itself, before its first beat. */
void pulse_begin(struct pulse *pulse);

/* By the thread itself, which alone writes: no locked instruction on a hot path. */
static inline void pulse_beat(struct pulse *pulse)
{
	atomic_store_explicit(&pulse->beats,
		atomic_load_explicit(&pulse->beats, memory_order_relaxed) + 1,
		memory_order_relaxed);
}

/* Whether it has beaten since `*seen` was set by this, which is set anew. Any thread, as the next. */
bool pulse_moved(const struct pulse *pulse, uint64_t *seen);
/* Whether the kernel holds the thread just now. Reads a file of /proc. */
bool pulse_is_held(const struct pulse *pulse);
