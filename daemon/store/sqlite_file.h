/* The database's file as a file: its lock, its rights, its size, the space around it. */
#pragma once

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct sqlite_file {
	char *path; /* owned */
	char *wal_path; /* owned */
	int lock_fd; /* owned; path + ".lock", locked while the store is open */
};

/* Locks the store and makes the database file where there is none (for its owner's eyes only).
 * 0, -EBUSY when another process has it, or the negative errno of the file, with a sentence.
 * sqlite_file_close only after 0. */
int sqlite_file_open(
	struct sqlite_file *file, const char *path, struct err_text *err) GC_MUST_CHECK;
void sqlite_file_close(struct sqlite_file *file);

/* Bytes on disk, with the WAL. Any thread. */
uint64_t sqlite_file_size(const struct sqlite_file *file);
/* Bytes free for us on its file system; UINT64_MAX when that can't be known. Any thread. */
uint64_t sqlite_file_free(const struct sqlite_file *file);
