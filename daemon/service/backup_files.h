/*
 * The files that backups without a name of their own go to: "gchat-20260131T090807Z.db", which sort by
 * the time they were made at. Other files in the folder are nobody's business here.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"

#include <stddef.h>

/* The name for a backup made at `time_s` since 1970 in `folder`, at most PATH_MAX bytes of it; for the
 * next second that has no file yet, so that two made at once don't meet. */
void backup_files_name(const char *folder, long long time_s, char *ret, size_t size);

/* Removes all but the newest `keep`; *ret_removed: how many. One that can't be stays, the others go all the
 * same: negative errno with a sentence then. Blocks on the disk. */
int backup_files_keep(const char *folder, unsigned keep, unsigned *ret_removed,
	struct err_text *err) GC_MUST_CHECK;
