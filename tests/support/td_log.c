/* The daemon's log, and the end of its folder. */
#include "support/td_priv.h"

#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

enum {
	TD_LOG_BYTES_MAX = 256 * 1024 * 1024,
	TD_LOG_POLL_MS = 10,
	TD_FTW_FDS = 16,
};

void td_print_log(struct td *td)
{
	char *log = NULL;
	size_t len = 0;

	if (td->log_printed || fd_read_file(td->log_path, TD_LOG_BYTES_MAX, &log, &len) < 0)
		return;
	td->log_printed = true;
	size_t from = len > TD_LOG_TAIL_BYTES ? len - TD_LOG_TAIL_BYTES : 0;
	(void)fprintf(
		stderr, "---- gchatd's log%s, %s ----\n", from ? " (its end)" : "", td->log_path);
	(void)fwrite(log + from, 1, len - from, stderr);
	(void)fprintf(stderr, "---- end of the log ----\n");
	free(log);
}

static bool log_has_now(const struct td *td, const char *text)
{
	char *log = NULL;
	size_t len = 0;

	if (fd_read_file(td->log_path, TD_LOG_BYTES_MAX, &log, &len) < 0)
		return false;
	bool found = memmem(log, len, text, strlen(text)) != NULL;
	free(log);
	return found;
}

bool td_log_has(struct td *td, const char *text, int64_t timeout_ms)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), timeout_ms);

	while (!log_has_now(td, text)) {
		if (clock_mono_ms_since(clock_mono(), deadline) >= 0)
			return false;
		(void)poll(NULL, 0, TD_LOG_POLL_MS);
	}
	return true;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void td_remove_folder(const char *path)
{
	if (getenv("TD_KEEP"))
		(void)fprintf(stderr, "kept: %s\n", path);
	else
		(void)nftw(path, remove_one, TD_FTW_FDS, FTW_DEPTH | FTW_PHYS);
}
