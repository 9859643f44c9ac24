/*
 * Copies of a store: taken while it is in use, checked, and put in the place of one. A copy is one file,
 * for its owner's eyes only, and is the store as it was at one moment: all that was acknowledged
 * before, and nothing in part. Any thread; each call blocks for as long as it takes.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include <stdbool.h>
#include <stdint.h>

struct store;

enum {
	BACKUP_BYTES_PER_S = 64 << 20, /* so that commits find the disk */
	BACKUP_STEP_PAGES = 64, /* copied at once */
	BACKUP_WAL_MAX = 1 << 30, /* bytes that the WAL may hold for it: it is given up then */
};

struct backup_options {
	const char *path; /* of the new file */
	uint64_t bytes_per_s; /* 0: BACKUP_BYTES_PER_S */
	bool (*goes_on)(void *arg); /* asked now and then; false: give up. NULL: always */
	void *arg;
};

/* What a copy holds. */
struct backup_contents {
	uint64_t bytes;
	uint64_t logs;
	uint64_t events;
	uint64_t records;
};

/* Writes a copy of the open store and checks it. 0; or with a sentence -EEXIST (there is something
 * by that name: it is never overwritten), -ENOSPC, -ECANCELED, -ENOTSUP (the store is in memory
 * alone), -EBADMSG (the copy, so the store, is damaged) or another negative errno. What was begun is
 * deleted then. One at a time for each store. */
int store_backup(struct store *store, const struct backup_options *options,
	struct backup_contents *ret_contents, struct err_text *err) GC_MUST_CHECK;

/* Reads the whole copy: that it is a gchat store of a layout this gchatd knows, its structure, and the
 * checksum of each event and record. 0; -ENOENT, -EINVAL (something else), -ENOTSUP (a newer layout),
 * -EBADMSG (damaged), with a sentence. */
int backup_check(
	const char *path, struct backup_contents *ret_contents, struct err_text *err) GC_MUST_CHECK;

/* Checks the copy and makes it the store at `store_path`, with the owner of its folder. A store that is
 * there is kept beside it as ret_former ("": there was none). -EBUSY: a daemon has it open. */
int backup_restore(const char *path, const char *store_path, char *ret_former, size_t former_size,
	struct backup_contents *ret_contents, struct err_text *err) GC_MUST_CHECK;
