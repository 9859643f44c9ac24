/* Every process says who its parent is. */
#include "support/children.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STAT_BYTES = 512,
};

/* -1: it is gone by now. */
static pid_t parent_of(const char *pid)
{
	char path[64];
	char text[STAT_BYTES];
	int parent = -1;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return -1;
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f); /* only read */
	text[n] = '\0';
	const char *rest = strrchr(text, ')'); /* the name may hold anything */
	if (!rest || sscanf(rest + 1, " %*c %d", &parent) != 1)
		return -1;
	return parent;
}

static int compare(const void *a, const void *b)
{
	return *(const pid_t *)a - *(const pid_t *)b;
}

size_t children_of(pid_t parent, pid_t *ret, size_t max)
{
	size_t count = 0;
	DIR *dir = parent > 0 ? opendir("/proc") : NULL;

	if (!dir)
		return 0;
	for (struct dirent *e = readdir(dir); e && count < max; e = readdir(dir))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && parent_of(e->d_name) == parent)
			ret[count++] = (pid_t)strtol(e->d_name, NULL, 10);
	(void)closedir(dir); /* only read */
	qsort(ret, count, sizeof(*ret), compare);
	return count;
}
