/* Whole files read and replaced. */
#include "base/fd.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

int fd_read_file(const char *path, size_t max, char **ret_data, size_t *ret_len)
{
	int fd GC_FD = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_raise(-errno);
	char *data GC_CLEANUP(mem_freep) = mem_try(max + 1);
	if (!data)
		return err_raise(-ENOMEM);
	size_t len = 0;
	int r = read_all(fd, data, max + 1, &len);
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
