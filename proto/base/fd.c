/* Whole files read and replaced. */
#include "base/fd.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	READ_BYTES_MIN = 4096 /* for files that don't tell their size */
};

void fd_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int fd_take(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

static int read_all(int fd, char *data, size_t size, size_t *ret_len)
{
	size_t len = 0;
	while (len < size) {
		ssize_t n = read(fd, data + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_raise(-errno);
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

/* What is likely to hold the file and one byte more, in which its end is seen. */
static size_t first_size(int fd, size_t most)
{
	struct stat st;
	if (fstat(fd, &st) < 0 || st.st_size < READ_BYTES_MIN)
		return most < READ_BYTES_MIN ? most : READ_BYTES_MIN;
	return (uint64_t)st.st_size < most ? (size_t)st.st_size + 1 : most;
}

/* Reads to the end, or until `most` bytes are full. A file may grow meanwhile, or not know its size. */
static int read_growing(int fd, size_t most, char **data, size_t *ret_len)
{
	size_t size = first_size(fd, most);
	size_t len = 0;
	for (;;) {
		size_t more = 0;
		char *grown = realloc(*data, size);
		if (!grown)
			return err_raise(-ENOMEM);
		*data = grown;
		int r = read_all(fd, grown + len, size - len, &more);
		if (r < 0)
			return err_pass(r);
		len += more;
		if (len < size || size == most)
			break;
		size = size < most / 2 ? 2 * size : most;
	}
	*ret_len = len;
	return 0;
}

int fd_read_file(const char *path, size_t max, char **ret_data, size_t *ret_len)
{
	int fd GC_FD = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_raise(-errno);
	char *data GC_CLEANUP(mem_freep) = NULL;
	size_t len = 0;
	int r = read_growing(fd, max + 1, &data, &len);
	if (r < 0)
		return err_pass(r);
	if (len > max)
		return err_raise(-EFBIG);
	data[len] = '\0';
	*ret_data = GC_TAKE(data);
	if (ret_len)
		*ret_len = len;
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_raise(-errno);
		data += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? err_raise(-errno) : 0;
}

static int sync_folder_of(const char *path)
{
	char copy[PATH_MAX];
	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return err_raise(-ENAMETOOLONG);
	int fd GC_FD = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_raise(-errno);
	return 0;
}

int fd_write_file(const char *path, const void *data, size_t len, mode_t mode)
{
	char tmp[PATH_MAX];
	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= (int)sizeof(tmp))
		return err_raise(-ENAMETOOLONG);
	int fd GC_FD = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return err_raise(-errno);
	int r = fchmod(fd, mode) < 0 ? err_raise(-errno) : write_all(fd, data, len);
	if (r == 0 && rename(tmp, path) < 0)
		r = err_raise(-errno);
	if (r < 0) {
		(void)unlink(tmp); /* best effort: the failure is already being reported */
		return err_pass(r);
	}
	return sync_folder_of(path);
}
