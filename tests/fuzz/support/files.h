/* Input as a file that the code under test opens by its name. */
#pragma once

#include "base/macros.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	FILES_PATH_BYTES = 32,
};

/* A file in memory with that content, under a name of its own. Close the descriptor afterwards. */
static inline int files_open(const uint8_t *data, size_t len, char ret_path[FILES_PATH_BYTES])
{
	int fd = memfd_create("fuzz", 0);
	GC_ASSERT(fd >= 0);
	GC_ASSERT(len == 0 || write(fd, data, len) == (ssize_t)len);
	(void)snprintf(ret_path, FILES_PATH_BYTES, "/proc/self/fd/%d", fd);
	return fd;
}
