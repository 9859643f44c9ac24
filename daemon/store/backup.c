/* Checking a copy, and putting it in the place of a store. */
#include "store/backup.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "store/sqlite_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	SUFFIX_BYTES = 40,
	COPY_BYTES = 1 << 20, /* at once */
};

static int fail(const char *path, int error, const char *why, struct err_text *err)
{
	err_say(err, "%s: %s", path, why);
	return err_raise(error);
}

static int fail_errno(const char *path, struct err_text *err)
{
	int e = errno;
	return fail(path, -e, strerror(e), err);
}

/* Owned. */
static char *path_with(const char *path, const char *suffix)
{
	size_t size = strlen(path) + strlen(suffix) + 1;
	char *both = mem_new(size, 1);
	(void)snprintf(both, size, "%s%s", path, suffix); /* fits */
	return both;
}

/* ---- checking ---- */

struct checking {
	struct sqlite_reader reader;
	struct backup_contents contents;
	uint64_t expected; /* the seq that comes next */
	bool damaged;
};

/* A URI that leaves WAL and locks alone: nobody writes a copy. Owned. */
static char *uri_of(const char *path)
{
	static const char hex[] = "0123456789abcdef";
	char *uri = mem_new(strlen(path) * 3 + sizeof("file:?immutable=1"), 1);
	char *out = stpcpy(uri, "file:");
	for (const unsigned char *c = (const unsigned char *)path; *c; c++) {
		if (*c > ' ' && *c < 0x7f && *c != '%' && *c != '?' && *c != '#') {
			*out++ = (char)*c;
			continue;
		}
		*out++ = '%';
		*out++ = hex[*c >> 4];
		*out++ = hex[*c & 0xf];
	}
	(void)strcpy(out, "?immutable=1"); /* fits */
	return uri;
}

/* What is in a WAL beside it would be missing. */
static int check_alone(const char *path, struct err_text *err)
{
	char *wal GC_CLEANUP(mem_freep) = path_with(path, "-wal");
	struct stat st;
	if (stat(path, &st) < 0)
		return fail_errno(path, err);
	if (!S_ISREG(st.st_mode))
		return fail(path, -EINVAL, "not a file", err);
	if (stat(wal, &st) == 0 && st.st_size > 0)
		return fail(path, -EINVAL,
			"a -wal file lies beside it: this is a store in use, not a backup", err);
	return 0;
}

static int ask(sqlite3 *db, const char *sql, int64_t *ret_value)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*ret_value = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt); /* repeats the step's result */
	return rc == SQLITE_ROW ? 0 : -EINVAL;
}

static int check_layout(sqlite3 *db, const char *path, struct err_text *err)
{
	int64_t id = 0;
	int64_t version = 0;
	if (ask(db, "PRAGMA application_id", &id) < 0 || id != CONN_APPLICATION_ID)
		return fail(path, -EINVAL, "not a gchat store", err);
	if (ask(db, "PRAGMA user_version", &version) < 0 || version > CONN_SCHEMA_VERSION)
		return fail(path, -ENOTSUP, "written by a newer gchatd", err);
	return 0;
}

static int check_structure(sqlite3 *db, const char *path, struct err_text *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	bool sound = text && strcmp(text, "ok") == 0;
	if (!sound)
		err_say(err, "%s: damaged: %s", path, text ? text : sqlite3_errmsg(db));
	(void)sqlite3_finalize(stmt); /* the same again */
	return sound ? 0 : err_raise(-EBADMSG);
}

static bool on_event(void *arg, const struct store_event *event)
{
	struct checking *c = arg;
	if (event->seq != c->expected)
		return false;
	c->expected++;
	c->contents.events++;
	return true;
}

/* All its events are there, in order, each as it was written. */
static bool check_log(struct checking *c, const struct store_head *head)
{
	enum store_status status = STORE_OK;
	c->expected = head->first;
	while (status == STORE_OK && c->expected <= head->head) {
		uint64_t before = c->expected;
		struct store_range range = {
			.log = head->log, .from = before, .to = head->head, .max = STORE_PAGE_MAX};
		status = sqlite_read(&c->reader.base, &range, on_event, c);
		if (c->expected == before)
			return false;
	}
	return status == STORE_OK;
}

static bool on_head(void *arg, const struct store_head *head)
{
	struct checking *c = arg;
	c->contents.logs++;
	c->damaged = !check_log(c, head);
	return !c->damaged;
}

static bool on_record(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	(void)key;
	(void)key_len;
	(void)value;
	(void)value_len;
	((struct checking *)arg)->contents.records++;
	return true;
}

static int check_contents(struct checking *c, const char *path, struct err_text *err)
{
	int64_t logs = 0;
	int64_t kinds = 0;
	if (ask(c->reader.conn.db, "SELECT count(*) FROM log WHERE dropped = 0", &logs) < 0 ||
		ask(c->reader.conn.db, "SELECT coalesce(max(kind), 0) FROM rec", &kinds) < 0)
		return fail(path, -EBADMSG, "damaged: its tables can't be read", err);
	if (sqlite_heads(&c->reader.base, on_head, c) != STORE_OK || c->damaged ||
		c->contents.logs != (uint64_t)logs)
		return fail(path, -EBADMSG, "damaged: events are missing or not as written", err);
	for (int64_t kind = 0; kind <= kinds; kind++) {
		struct store_search search = {
			.kind = (uint32_t)kind, .key = (const uint8_t *)"", .key_len = 0};
		if (sqlite_scan(&c->reader.base, &search, on_record, c) != STORE_OK)
			return fail(path, -EBADMSG, "damaged: a record is not as written", err);
	}
	return 0;
}

static int check_open(struct checking *c, const char *path, struct err_text *err)
{
	char *uri GC_CLEANUP(mem_freep) = uri_of(path);
	sqlite3 **db = &c->reader.conn.db;
	int rc = sqlite3_open_v2(
		uri, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
	if (rc != SQLITE_OK)
		return fail(path, -EINVAL, sqlite3_errmsg(*db), err);
	(void)sqlite3_extended_result_codes(*db, 1); /* fails only without a connection */
	int r = check_layout(*db, path, err);
	if (r == 0)
		r = check_structure(*db, path, err);
	return r == 0 ? check_contents(c, path, err) : err_pass(r);
}

int backup_check(const char *path, struct backup_contents *ret, struct err_text *err)
{
	struct checking c = {.reader.base.engine = &store_engine_sqlite};
	struct stat st;
	int r = check_alone(path, err);
	if (r < 0)
		return err_pass(r);
	r = check_open(&c, path, err);
	conn_close(&c.reader.conn);
	if (r < 0)
		return err_pass(r);
	c.contents.bytes = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
	*ret = c.contents;
	return 0;
}

/* ---- restoring ---- */

/* As the daemon will want to find it: of its folder's owner. */
static int own_like_folder(int fd, const char *store_path, struct err_text *err)
{
	char *copy GC_CLEANUP(mem_freep) = mem_strdup(store_path);
	struct stat st;
	if (stat(dirname(copy), &st) < 0)
		return fail_errno(store_path, err);
	if (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) < 0)
		return fail_errno(store_path, err);
	return 0;
}

static int copy_file(const char *from, const char *to, struct err_text *err)
{
	int in GC_FD = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return fail_errno(from, err);
	int out GC_FD = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		return fail_errno(to, err);
	ssize_t n = 0;
	do
		n = sendfile(out, in, NULL, COPY_BYTES);
	while (n > 0);
	if (n < 0 || fsync(out) < 0)
		return fail_errno(to, err);
	return own_like_folder(out, to, err);
}

/* Renames the former store, with what belongs to it. */
static int put_aside(
	const char *store_path, char *ret_former, size_t former_size, struct err_text *err)
{
	static const char *const parts[] = {"-wal", "-shm", ""};
	char suffix[SUFFIX_BYTES];
	time_t now = time(NULL);
	struct tm tm;
	ret_former[0] = '\0';
	if (access(store_path, F_OK) < 0)
		return 0;
	(void)gmtime_r(&now, &tm);
	(void)strftime(suffix, sizeof(suffix), ".before-%Y%m%dT%H%M%SZ", &tm); /* fits */
	(void)snprintf(ret_former, former_size, "%s%s", store_path, suffix);
	for (size_t i = 0; i < GC_LENGTH(parts); i++) {
		char *old GC_CLEANUP(mem_freep) = path_with(store_path, parts[i]);
		char *new GC_CLEANUP(mem_freep) = path_with(ret_former, parts[i]);
		if (rename(old, new) < 0 && errno != ENOENT)
			return fail_errno(old, err);
	}
	return 0;
}

static int sync_folder(const char *path, struct err_text *err)
{
	char *copy GC_CLEANUP(mem_freep) = mem_strdup(path);
	int folder GC_FD = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder >= 0 && fsync(folder) == 0 ? 0 : fail_errno(path, err);
}

int backup_restore(const char *path, const char *store_path, char *ret_former, size_t former_size,
	struct backup_contents *ret_contents, struct err_text *err)
{
	char *new_path GC_CLEANUP(mem_freep) = path_with(store_path, ".restored");
	int lock GC_FD = -1;
	int r = backup_check(path, ret_contents, err);
	if (r == 0)
		r = sqlite_file_lock(store_path, &lock, err);
	if (r == 0)
		r = own_like_folder(lock, store_path, err);
	if (r < 0)
		return err_pass(r);
	(void)unlink(new_path); /* of one that was interrupted */
	r = copy_file(path, new_path, err);
	if (r == 0)
		r = put_aside(store_path, ret_former, former_size, err);
	if (r == 0 && rename(new_path, store_path) < 0)
		r = fail_errno(store_path, err);
	if (r == 0)
		r = sync_folder(store_path, err);
	if (r < 0)
		(void)unlink(new_path); /* it may be gone already */
	return r < 0 ? err_pass(r) : 0;
}
