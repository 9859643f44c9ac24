/* The database's file as a file: its lock, its rights, its size, the space around it. */
#pragma once

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct sqlite_file {
	char *path; /* owned */
	char *wal_path; /* owned */
	char *spare_path; /* owned; path + ".spare": space kept for vital writes on a full disk */
	int lock_fd; /* owned; path + ".lock", locked while the store is open */
	uint64_t spare_bytes; /* how much of that */
	bool spare_held; /* writer's thread: it is there */
};

enum {
	SQLITE_FILE_SPARE_MAX = 32 << 20, /* a WAL can always be written back into so much */
};

/* Locks the store and makes the database file where there is none (for its owner's eyes only).
 * 0, -EBUSY when another process has it, or the negative errno of the file, with a sentence.
 * Half of the reserve, up to SQLITE_FILE_SPARE_MAX, is to be held in the spare file.
 * sqlite_file_close only after 0. */
int sqlite_file_open(struct sqlite_file *file, const char *path, uint64_t reserve_bytes,
	struct err_text *err) GC_MUST_CHECK;
void sqlite_file_close(struct sqlite_file *file);

/* Takes hold of the spare space; false when there isn't as much. Writer's thread, as the next. */
bool sqlite_file_hold_spare(struct sqlite_file *file);
/* Lets go of it; false when it wasn't held. */
bool sqlite_file_free_spare(struct sqlite_file *file);

/* Takes the lock of the store at `path`, which need not exist: as sqlite_file_open does. *ret_fd:
 * owned, the lock goes with it. */
int sqlite_file_lock(const char *path, int *ret_fd, struct err_text *err) GC_MUST_CHECK;

/* Bytes of the WAL. Any thread. */
uint64_t sqlite_file_wal_size(const struct sqlite_file *file);
/* Bytes on disk, with the WAL. Any thread. */
uint64_t sqlite_file_size(const struct sqlite_file *file);
/* Bytes free for us on its file system; UINT64_MAX when that can't be known. Any thread. */
uint64_t sqlite_file_free(const struct sqlite_file *file);
