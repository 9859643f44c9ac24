/* A throwaway folder in /tmp. */
#include "folder.h"

#include "base/fd.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_std.h"

void folder_make(struct folder *folder)
{
	(void)snprintf(folder->path, sizeof(folder->path), "/tmp/gchat-lib.XXXXXX");
	assert_non_null(mkdtemp(folder->path));
}

const char *folder_file(const struct folder *folder, const char *name)
{
	static char paths[4][4 * FOLDER_PATH_BYTES];
	static unsigned next;
	char *path = paths[next++ % 4];
	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder->path, name);
	return path;
}

void folder_write(const struct folder *folder, const char *name, const char *text)
{
	assert_int_equal(fd_write_file(folder_file(folder, name), text, strlen(text), 0600), 0);
}

void folder_remove(const struct folder *folder)
{
	DIR *dir = opendir(folder->path);
	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	(void)rmdir(folder->path);
}
