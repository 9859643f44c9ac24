/* Dated names; the oldest go first. */
#include "service/backup_files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

/* A '0' stands for any digit. */
static const char form[] = "gchat-00000000T000000Z.db";

enum {
	TRIES = 60, /* seconds that may be taken */
};

static bool is_dated(const char *name)
{
	size_t i = 0;
	for (; form[i] && name[i]; i++) {
		if (form[i] == '0' ? !isdigit((unsigned char)name[i]) : name[i] != form[i])
			return false;
	}
	return form[i] == name[i];
}

static int choose(const struct dirent *entry)
{
	return is_dated(entry->d_name);
}

static int compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

void backup_files_name(const char *folder, long long time_s, char *ret, size_t size)
{
	char name[sizeof(form)];
	for (int i = 0; i < TRIES; i++) {
		time_t when = (time_t)(time_s + i);
		struct tm tm;
		(void)gmtime_r(&when, &tm);
		(void)strftime(name, sizeof(name), "gchat-%Y%m%dT%H%M%SZ.db", &tm); /* fits */
		(void)snprintf(ret, size, "%s/%s", folder, name);
		if (access(ret, F_OK) < 0)
			return;
	}
}

static int say(const char *name, int e, struct err_text *err)
{
	err_say(err, "%s can't be removed: %s", name, strerror(e));
	return err_raise(-e);
}

int backup_files_keep(
	const char *folder, unsigned keep, unsigned *ret_removed, struct err_text *err)
{
	struct dirent **list = NULL;
	int r = 0;
	int fd GC_FD = open(folder, O_DIRECTORY | O_CLOEXEC);
	int count = fd < 0 ? -1 : scandirat(fd, ".", &list, choose, compare);
	*ret_removed = 0;
	if (count < 0)
		return err_pass(say(folder, errno, err));
	for (int i = 0; i < count; i++) {
		if ((unsigned)(count - i) > keep) {
			if (unlinkat(fd, list[i]->d_name, 0) == 0)
				++*ret_removed;
			else
				r = say(list[i]->d_name, errno, err);
		}
		free(list[i]);
	}
	free(list);
	return r;
}
