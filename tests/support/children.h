/* The processes that another one has started and not waited for. Any thread. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Those of `parent`, the oldest first, as far as `max` goes; gives their number. */
size_t children_of(pid_t parent, pid_t *ret, size_t max);
