/*
 * The online copy. Its source is a connection that stands at one state of the store (a read
 * transaction), so the writer goes on and the copy never begins anew; the price is that the WAL can't
 * be begun anew meanwhile, so the writer is told not to try, and the WAL has a bound.
 */
#include "store/sqlite_priv.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	NICE = 10, /* of this thread: commits go first */
};

struct copying {
	struct sqlite_store *store; /* borrowed */
	const struct backup_options *options;
	struct err_text *err;
	struct conn source;
	sqlite3 *to; /* owned */
	struct mono start;
	uint64_t copied; /* bytes */
};

static int say(struct copying *c, int error, const char *why)
{
	err_say(c->err, "%s: %s", c->options->path, why);
	return err_raise(error);
}

static int say_sqlite(struct copying *c, sqlite3 *db, int rc)
{
	enum store_status status = conn_status(&(struct conn){.db = db}, rc);
	return say(c,
		status == STORE_FULL      ? -ENOSPC
		: status == STORE_DAMAGED ? -EBADMSG
					  : -EIO,
		status == STORE_FULL ? "no space is left for it" : sqlite3_errmsg(db));
}

/* ---- the two files ---- */

static int make_file(struct copying *c)
{
	int fd GC_FD = open(c->options->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		return 0;
	return say(c, -errno,
		errno == EEXIST ? "there is a file of that name, and it stays" : strerror(errno));
}

/* It is synced by us at the end, and deleted after a failure: SQLite need not take care. */
static int open_target(struct copying *c)
{
	int rc = sqlite3_open_v2(
		c->options->path, &c->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(c->to,
			"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
			"PRAGMA locking_mode = EXCLUSIVE;",
			NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : say_sqlite(c, c->to, rc);
}

/* A transaction begins with its first read. */
static int open_source(struct copying *c)
{
	int r = conn_open(
		&c->source, c->store->file.path, CONN_READER, c->store->durability, c->err);
	if (r < 0)
		return err_pass(r);
	int rc = sqlite3_exec(
		c->source.db, "BEGIN; SELECT count(*) FROM sqlite_schema;", NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : say_sqlite(c, c->source.db, rc);
}

/* ---- copying ---- */

static void slow_down(struct copying *c)
{
	uint64_t rate = c->options->bytes_per_s ? c->options->bytes_per_s : BACKUP_BYTES_PER_S;
	int64_t due_us = (int64_t)(c->copied * CLOCK_US_PER_S / rate);
	int64_t early_us = due_us - (clock_mono().us - c->start.us);
	if (early_us <= 0)
		return;
	const struct timespec pause = {
		.tv_sec = early_us / CLOCK_US_PER_S, .tv_nsec = early_us % CLOCK_US_PER_S * 1000};
	(void)nanosleep(&pause, NULL); /* interrupted: a little faster */
}

/* Why it must end here; 0: it need not. */
static int look_around(struct copying *c)
{
	if (c->options->goes_on && !c->options->goes_on(c->options->arg))
		return say(c, -ECANCELED, "given up, the daemon stops");
	if (sqlite_file_wal_size(&c->store->file) > BACKUP_WAL_MAX)
		return say(c, -ENOSPC, "given up, too much was written meanwhile");
	if (sqlite_file_free(&c->store->file) < CONN_WAL_KEEP_BYTES)
		return say(c, -ENOSPC, "given up, the store's own disk is nearly full");
	return 0;
}

static int copy_all(struct copying *c)
{
	sqlite3_backup *backup = sqlite3_backup_init(c->to, "main", c->source.db, "main");
	int r = 0;
	int rc = backup ? SQLITE_OK : sqlite3_errcode(c->to);
	while (r == 0 && rc == SQLITE_OK) {
		rc = sqlite3_backup_step(backup, BACKUP_STEP_PAGES);
		c->copied += (uint64_t)BACKUP_STEP_PAGES * CONN_PAGE_BYTES;
		slow_down(c);
		r = look_around(c);
	}
	(void)sqlite3_backup_finish(backup); /* repeats the step's result */
	if (r == 0 && rc != SQLITE_DONE)
		return say_sqlite(c, c->to, rc);
	return r;
}

static int sync_all(struct copying *c)
{
	int fd GC_FD = open(c->options->path, O_RDWR | O_CLOEXEC);
	char *copy GC_CLEANUP(mem_freep) = mem_strdup(c->options->path);
	int folder GC_FD = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || folder < 0 || fsync(fd) < 0 || fsync(folder) < 0)
		return say(c, -errno, strerror(errno));
	return 0;
}

static int copy_between(struct copying *c)
{
	int r = open_target(c);
	if (r == 0)
		r = open_source(c);
	if (r == 0)
		r = copy_all(c);
	conn_close(&c->source);
	if (sqlite3_close(c->to) != SQLITE_OK && r == 0)
		r = say(c, -EIO, "can't be closed");
	return r < 0 ? err_pass(r) : 0;
}

int sqlite_backup(void *impl, const struct backup_options *options,
	struct backup_contents *ret_contents, struct err_text *err)
{
	struct sqlite_store *s = impl;
	struct copying c = {.store = s, .options = options, .err = err, .start = clock_mono()};
	int r = make_file(&c);
	if (r < 0)
		return err_pass(r);
	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE); /* less kind, as right */
	checkpointer_hold(&s->checkpointer, true);
	r = copy_between(&c);
	checkpointer_hold(&s->checkpointer, false);
	if (r == 0)
		r = sync_all(&c);
	if (r == 0)
		r = backup_check(options->path, ret_contents, err);
	if (r < 0)
		(void)unlink(options->path); /* ours, and of no use */
	return r < 0 ? err_pass(r) : 0;
}
