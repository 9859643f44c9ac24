/* memfd and dup2. */
#include "unit/client/capture.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int kept = -1, replaced, file = -1;

void capture_start(int fd)
{
	fflush(NULL);
	kept = dup(fd);
	replaced = fd;
	file = memfd_create("capture", MFD_CLOEXEC);
	assert_true(kept >= 0 && file >= 0);
	assert_int_equal(dup2(file, fd), fd);
}

char *capture_stop(void)
{
	fflush(NULL);
	assert_int_equal(dup2(kept, replaced), replaced);
	off_t len = lseek(file, 0, SEEK_END);
	char *text = calloc(1, (size_t)len + 1);
	assert_non_null(text);
	assert_int_equal(pread(file, text, (size_t)len, 0), len);
	close(kept);
	close(file);
	return text;
}

char *scratch_make(void)
{
	char path[] = "/tmp/gchat-client-XXXXXX";
	assert_non_null(mkdtemp(path));
	return strdup(path);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
	(void)info;
	(void)kind;
	(void)place;
	return remove(path);
}

void scratch_remove(char *path)
{
	assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(path);
}

void feed_input(const char *text)
{
	int ends[2];
	size_t len = strlen(text);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, len), len);
	close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
}
