/* File descriptors with cleanup, and whole files. Any thread. */
#pragma once

#include "base/macros.h"
#include <stddef.h>
#include <sys/types.h>

/* Closes *fd unless negative, leaves -1. For GC_CLEANUP. */
void fd_closep(int *fd);
#define GC_FD GC_CLEANUP(fd_closep)
/* Hands an owned descriptor over: returns it and leaves -1 behind. */
int fd_take(int *fd);

/* Reads a whole file of at most `max` bytes; *ret_data is NUL-terminated and owned by the caller, in
 * about as much memory as the file is long. 0, -EFBIG when larger, or the negative errno of open or
 * read. */
int fd_read_file(const char *path, size_t max, char **ret_data, size_t *ret_len) GC_MUST_CHECK;

/* Replaces `path` at once: temporary file beside it, written, synced, renamed, folder synced.
 * 0 or negative errno; on failure the old content stays. */
int fd_write_file(const char *path, const void *data, size_t len, mode_t mode) GC_MUST_CHECK;
