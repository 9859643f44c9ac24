/* flock(2), open(2), stat(2), statvfs(3). */
#include "store/sqlite_file.h"

#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static char *path_with(const char *path, const char *suffix)
{
	size_t size = strlen(path) + strlen(suffix) + 1;
	char *both = mem_new(size, 1);
	(void)snprintf(both, size, "%s%s", path, suffix); /* fits */
	return both;
}

static int fail(const char *path, const char *what, struct err_text *err)
{
	int e = errno;
	err_say(err, "store: %s: %s: %s", path, what, strerror(e));
	return err_raise(-e);
}

/* The lock is on a file of its own: SQLite's locks on the database stay as they are, so that a
 * reader like the sqlite3 shell may look in. */
int sqlite_file_lock(const char *path, int *ret_fd, struct err_text *err)
{
	char *lock_path GC_CLEANUP(mem_freep) = path_with(path, ".lock");
	int fd GC_FD = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(lock_path, "can't open", err);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return fail(lock_path, "can't lock", err);
		err_say(err, "store: %s: in use by another process", path);
		return err_raise(-EBUSY);
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* SQLite would make it for all to read. WAL and index take the rights of this one. */
static int make_file(const char *path, struct err_text *err)
{
	int fd GC_FD = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(path, "can't open", err);
	char *copy GC_CLEANUP(mem_freep) = mem_strdup(path);
	int folder GC_FD = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || fsync(folder) < 0)
		return fail(path, "can't sync its folder", err);
	return 0;
}

static uint64_t spare_of(uint64_t reserve_bytes)
{
	return reserve_bytes / 2 < SQLITE_FILE_SPARE_MAX ? reserve_bytes / 2
							 : SQLITE_FILE_SPARE_MAX;
}

int sqlite_file_open(
	struct sqlite_file *file, const char *path, uint64_t reserve_bytes, struct err_text *err)
{
	int lock_fd GC_FD = -1;
	int r = sqlite_file_lock(path, &lock_fd, err);
	if (r == 0)
		r = make_file(path, err);
	if (r < 0)
		return err_pass(r);
	*file = (struct sqlite_file){
		.path = mem_strdup(path),
		.wal_path = path_with(path, "-wal"),
		.spare_path = path_with(path, ".spare"),
		.spare_bytes = spare_of(reserve_bytes),
		.lock_fd = lock_fd,
	};
	lock_fd = -1;
	(void)sqlite_file_hold_spare(file); /* without it sqlite_has_space says so */
	return 0;
}

void sqlite_file_close(struct sqlite_file *file)
{
	fd_closep(&file->lock_fd);
	free(file->path);
	free(file->wal_path);
	free(file->spare_path);
	*file = (struct sqlite_file){.lock_fd = -1};
}

/* ---- the spare ---- */

bool sqlite_file_free_spare(struct sqlite_file *file)
{
	bool held = file->spare_held;
	file->spare_held = false;
	(void)unlink(file->spare_path); /* there may be none */
	return held;
}

/* An older one may be of another size. A part of the wanted space is of no use to hold. */
bool sqlite_file_hold_spare(struct sqlite_file *file)
{
	if (file->spare_held)
		return true;
	int fd GC_FD = file->spare_bytes == 0
			       ? -1
			       : open(file->spare_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	file->spare_held = fd >= 0 && ftruncate(fd, (off_t)file->spare_bytes) == 0 &&
			   posix_fallocate(fd, 0, (off_t)file->spare_bytes) == 0;
	if (!file->spare_held)
		(void)unlink(file->spare_path);
	return file->spare_held || file->spare_bytes == 0;
}

/* ---- sizes ---- */

static uint64_t size_of(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

uint64_t sqlite_file_wal_size(const struct sqlite_file *file)
{
	return size_of(file->wal_path);
}

uint64_t sqlite_file_size(const struct sqlite_file *file)
{
	return size_of(file->path) + size_of(file->wal_path);
}

uint64_t sqlite_file_free(const struct sqlite_file *file)
{
	struct statvfs fs;
	if (statvfs(file->path, &fs) < 0)
		return UINT64_MAX;
	return (uint64_t)fs.f_bavail * (uint64_t)fs.f_frsize;
}
