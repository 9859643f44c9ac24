/* stat(2) of up to four files. */
#include "net/tls_watch.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* A file that is being replaced may be gone for a moment. */
static struct tls_mark look_at(const char *path)
{
	struct stat st;
	if (!path || !path[0])
		return (struct tls_mark){0};
	if (stat(path, &st) < 0)
		return (struct tls_mark){.error = errno};
	return (struct tls_mark){.device = st.st_dev,
		.inode = st.st_ino,
		.size = st.st_size,
		.modified = st.st_mtim,
		.changed = st.st_ctim};
}

static void look_at_all(const struct tls_files *files, struct tls_mark marks[TLS_WATCH_FILES])
{
	marks[0] = look_at(files->certificate);
	marks[1] = look_at(files->key);
	marks[2] = look_at(files->client_ca);
	marks[3] = look_at(files->client_crl);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same(const struct tls_mark *a, const struct tls_mark *b)
{
	for (size_t i = 0; i < TLS_WATCH_FILES; i++)
		if (a[i].error != b[i].error || a[i].device != b[i].device ||
			a[i].inode != b[i].inode || a[i].size != b[i].size ||
			!same_time(&a[i].modified, &b[i].modified) ||
			!same_time(&a[i].changed, &b[i].changed))
			return false;
	return true;
}

void tls_watch_start(struct tls_watch *watch, const struct tls_files *files)
{
	look_at_all(files, watch->taken);
	memcpy(watch->seen, watch->taken, sizeof(watch->seen));
}

bool tls_watch_look(struct tls_watch *watch, const struct tls_files *files)
{
	struct tls_mark now[TLS_WATCH_FILES];
	look_at_all(files, now);
	bool stays = same(now, watch->seen);
	memcpy(watch->seen, now, sizeof(now));
	if (!stays || same(now, watch->taken))
		return false;
	memcpy(watch->taken, now, sizeof(now));
	return true;
}

void tls_watch_again(struct tls_watch *watch)
{
	memset(watch->taken, 0, sizeof(watch->taken));
}
