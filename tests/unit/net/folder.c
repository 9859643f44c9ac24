/* A throwaway folder under TMPDIR or /tmp. */
#include "folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmocka_std.h"

void folder_make(struct folder *folder)
{
	(void)snprintf(folder->path, sizeof(folder->path), "/tmp/gchat-net.XXXXXX");
	assert_non_null(mkdtemp(folder->path));
}

const char *folder_file(const struct folder *folder, const char *name)
{
	static char paths[4][2 * FOLDER_PATH_BYTES];
	static unsigned next;
	char *path = paths[next++ % 4];
	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder->path, name);
	return path;
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
