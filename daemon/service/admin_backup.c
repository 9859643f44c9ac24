/*
 * Backup: a thread of its own for each, since it takes as long as the disk needs and more, and readers
 * and workers have people waiting. One at a time.
 */
#include "service/admin_backup.h"

#include "base/log.h"
#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "service/backup_files.h"
#include "service/call.h"
#include "store/backup.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define BACKUP_FOLDER "backups"

struct backup {
	struct call *call;
	char path[PATH_MAX];
	struct backup_contents contents;
	struct err_text err;
	unsigned keep; /* of those like this one; 0: all */
	unsigned removed;
	bool made;
	int result;
	int64_t duration_us;
};

static void wipe(void *data)
{
	atomic_store(&((struct backup *)data)->call->service->backup.busy, false);
}

/* ---- the thread ---- */

static bool goes_on(void *arg)
{
	const struct backup *b = arg;
	return !atomic_load(&b->call->service->stopping);
}

/* Only after one more is there, so that there are never fewer than are to be kept. */
static void remove_old(struct backup *b)
{
	char folder[PATH_MAX];
	(void)snprintf(folder, sizeof(folder), "%s", b->path);
	*strrchr(folder, '/') = '\0'; /* the path is absolute */
	b->result = backup_files_keep(folder, b->keep, &b->removed, &b->err);
}

static void *run(void *arg)
{
	struct backup *b = arg;
	struct call *call = b->call;
	const struct backup_options options = {.path = b->path, .goes_on = goes_on, .arg = b};
	struct mono start = clock_mono();
	b->result = store_backup(call->service->store, &options, &b->contents, &b->err);
	b->duration_us = clock_mono().us - start.us;
	b->made = b->result == 0;
	if (b->made && b->keep > 0)
		remove_old(b);
	shard_post(call->shard, &call->mail);
	return NULL;
}

void admin_backup_join(struct service *service)
{
	if (service->backup.started)
		(void)pthread_join(service->backup.thread, NULL); /* it is joined once */
	service->backup.started = false;
}

/* ---- the answer ---- */

static enum reason reason_of(int error)
{
	switch (-error) {
	case EEXIST:
		return REASON_FILE_EXISTS;
	case ENOSPC:
	case EDQUOT:
		return REASON_DISK_FULL;
	case ECANCELED:
		return REASON_SHUTDOWN;
	case EBADMSG:
		return REASON_DAMAGED;
	case ENOENT:
	case ENOTDIR:
		return REASON_NOT_FOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return REASON_NOT_PERMITTED;
	default:
		return REASON_BACKUP_FAILED;
	}
}

static void reply(struct call *call)
{
	struct backup *b = call->data;
	if (b->result < 0) {
		call_fail_text(call, reason_of(b->result), "%s: %s",
			b->made ? "the backup is made, but an old one stays" : "no backup",
			b->err.text);
		return;
	}
	log_with(LOG_LEVEL_NOTICE, NULL, LOG_ID_BACKUP,
		"backup made path=%s bytes=%llu events=%llu ms=%lld removed=%u", b->path,
		(unsigned long long)b->contents.bytes, (unsigned long long)b->contents.events,
		(long long)(b->duration_us / CLOCK_US_PER_MS), b->removed);
	Gchat__V1__BackupResponse response;
	gchat__v1__backup_response__init(&response);
	response.bytes = b->contents.bytes;
	response.path = b->path;
	response.logs = b->contents.logs;
	response.events = b->contents.events;
	response.records = b->contents.records;
	response.duration_us = (uint64_t)b->duration_us;
	response.removed = b->removed;
	call_reply(call, &response.base);
}

/* ---- the beginning ---- */

/* Where the daemon may write under systemd's hardening, whatever else it may not. */
static void default_path(const struct config *config, char ret[PATH_MAX])
{
	char folder[PATH_MAX];
	(void)snprintf(folder, sizeof(folder), "%s/" BACKUP_FOLDER, config->store.folder);
	(void)mkdir(folder, 0700); /* what is wrong with it shows when the file is made */
	backup_files_name(folder, time(NULL), ret, PATH_MAX);
}

/* False: answered. */
static bool take_path(struct call *call, const char *path)
{
	struct backup *b = call->data;
	if (path[0] && b->keep > 0) {
		call_fail_text(call, REASON_INVALID_ARGUMENT,
			"old ones are removed only beside a backup without a file of its own");
		return false;
	}
	if (!path[0]) {
		default_path(service_config(call->service), b->path);
		return true;
	}
	if (path[0] != '/' || strlen(path) >= sizeof(b->path)) {
		call_fail_text(call, REASON_INVALID_ARGUMENT, "the path must be absolute");
		return false;
	}
	(void)snprintf(b->path, sizeof(b->path), "%s", path);
	return true;
}

void admin_backup(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__BackupRequest *r = CALL_REQUEST(Gchat__V1__BackupRequest, msg);
	struct service *service = call->service;
	struct backup *b = call_data(call, sizeof(*b));
	b->call = call;
	b->keep = r->keep;
	if (!take_path(call, r->path))
		return;
	if (atomic_exchange(&service->backup.busy, true)) {
		call_fail_text(call, REASON_BACKUP_FAILED, "another backup is being made");
		return;
	}
	call->wipe = wipe;
	admin_backup_join(service); /* it has answered: it is about to end */
	call_wait(call, reply);
	service->backup.started = pthread_create(&service->backup.thread, NULL, run, b) == 0;
	if (service->backup.started)
		return;
	err_say(&b->err, "there is no thread for it");
	b->result = -EAGAIN;
	shard_post(call->shard, &call->mail);
}
