/* A disk without space; a store that fails; a WAL that ends in garbage; a copy whose WAL ends early. */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"

enum {
	LEAVE_BYTES = 1024 * 1024, /* below the reserve */
	STORE_FAULTS_MAX = 4, /* in one plan */
	GARBAGE_BYTES_MAX = 20000,
	DB_BYTES_MAX = 256 * 1024 * 1024,
	/* SQLite's WAL: a header, then frames of a header and a page (file format, section 4). */
	WAL_HEADER_BYTES = 32,
	WAL_FRAME_HEADER_BYTES = 24,
	WAL_PAGE_AT = 8, /* where its header says the size of a page, big-endian */
	/* Its index: how many frames are valid, how many are in the database already. */
	SHM_FRAMES_AT = 16,
	SHM_BACKFILLED_AT = 96,
	CUT_FRAMES_MAX = 60,
};

static const char *state_path(const struct td *td, const char *name, char buf[2 * TD_PATH_BYTES])
{
	(void)snprintf(buf, 2 * TD_PATH_BYTES, "%s/%s", td_state_folder(td), name);
	return buf;
}

/* ---- no space ---- */

const char *fault_has_no_disk(const struct world *w)
{
	return w->no_disk;
}

void fault_fill_disk(struct world *w)
{
	char path[2 * TD_PATH_BYTES];
	char zeros[4096] = {0};
	struct statvfs space = {0};
	int fd = open(state_path(w->td, "ballast", path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || fstatvfs(fd, &space) < 0)
		td_fail(w->td, "%s: %s", path, strerror(errno));
	off_t leave = chance_one_in(&w->chance, 3) ? LEAVE_BYTES : 0;
	off_t take = (off_t)(space.f_bavail * space.f_bsize) - leave;
	if (take > 0)
		(void)posix_fallocate(fd, 0, take); /* the daemon takes some beside it */
	if (leave == 0) {
		(void)lseek(fd, 0, SEEK_END);
		while (write(fd, zeros, sizeof(zeros)) > 0) {
		}
	}
	(void)close(fd);
}

void fault_empty_disk(struct world *w)
{
	char path[2 * TD_PATH_BYTES];

	(void)unlink(state_path(w->td, "ballast", path));
}

/* ---- a store that fails on demand ---- */

const char *fault_has_no_store(const struct world *w)
{
	(void)w;
	return FAULT_DAEMON[0] ? NULL : "gchatd-fault isn't built";
}

/* Some lines of daemon/store/fault.h's form. What reads as damaged stays closed, so nothing does. */
static void write_plan(struct world *w, unsigned lines)
{
	static const char *const sites[] = {"begin", "apply", "commit", "space", "read"};
	static const char *const statuses[] = {"unavailable", "full", "ok"};
	char plan[512] = "";
	size_t used = 0;

	for (unsigned i = 0; i < lines; i++) {
		const char *site = sites[chance_below(&w->chance, GC_LENGTH(sites))];
		/* There is no space to run out of while reading. */
		unsigned which = strcmp(site, "read") == 0
					 ? 2 * chance_below(&w->chance, 2)
					 : chance_below(&w->chance, GC_LENGTH(statuses));
		used += (size_t)snprintf(plan + used, sizeof(plan) - used,
			"%s %s after=%u count=%u delay_ms=%u\n", site, statuses[which],
			chance_below(&w->chance, 20), chance_between(&w->chance, 1, 30),
			chance_below(&w->chance, 20));
	}
	if (fd_write_file(w->store_plan, plan, used, 0600) < 0)
		td_fail(w->td, "%s can't be written", w->store_plan);
}

/* The same daemon, but for an engine around its store's that does as the plan says. */
void fault_break_store(struct world *w)
{
	const char *real = getenv("TD_GCHATD");

	w->away = true;
	td_terminate(w->td);
	write_plan(w, 0);
	(void)snprintf(w->real_daemon, sizeof(w->real_daemon), "%s", real ? real : "");
	(void)setenv("TD_GCHATD", FAULT_DAEMON, 1);
	world_revive(w);
	td_wait_ready(w->td, TD_WAIT_MS);
	write_plan(w, chance_between(&w->chance, 1, STORE_FAULTS_MAX));
}

/* The next life is the plain daemon's again. */
void fault_mend_store(struct world *w)
{
	write_plan(w, 0);
	if (w->real_daemon[0])
		(void)setenv("TD_GCHATD", w->real_daemon, 1);
	else
		(void)unsetenv("TD_GCHATD");
}

/* ---- torn tails ---- */

/* What a power cut may leave behind the last commit. Nothing acknowledged is in it. */
void fault_tear_wal(struct world *w)
{
	uint8_t garbage[GARBAGE_BYTES_MAX];
	char path[2 * TD_PATH_BYTES];

	w->away = true;
	td_kill9(w->td);
	int fd = open(state_path(w->td, "gchat.db-wal", path), O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return; /* killed before it had one */
	size_t len = chance_between(&w->chance, 1, GARBAGE_BYTES_MAX);
	for (size_t i = 0; i < len; i++)
		garbage[i] = (uint8_t)chance_next(&w->chance);
	(void)!write(fd, garbage, len); /* a full disk takes a part of it */
	(void)close(fd);
}

static uint32_t number_at(const char *data, size_t at, bool big_endian)
{
	uint32_t value = 0;

	memcpy(&value, data + at, sizeof(value));
	return big_endian ? __builtin_bswap32(value) : value;
}

/* A length of the WAL within its last frames that aren't in the database yet; 0: there are none. To
 * lose what was copied back already is no torn tail, but a broken disk. */
static off_t choose_end(
	struct world *w, const char *wal, size_t wal_len, const char *shm, size_t shm_len)
{
	if (wal_len < WAL_HEADER_BYTES || shm_len < SHM_BACKFILLED_AT + sizeof(uint32_t))
		return 0;
	uint32_t frame = number_at(wal, WAL_PAGE_AT, true) + WAL_FRAME_HEADER_BYTES;
	uint32_t frames = number_at(shm, SHM_FRAMES_AT, false);
	uint32_t first = number_at(shm, SHM_BACKFILLED_AT, false);
	if (frames > first + CUT_FRAMES_MAX)
		first = frames - CUT_FRAMES_MAX;
	if (frames <= first || first < CUT_FRAMES_MAX)
		return 0; /* too young: accounts might be cut off */
	unsigned bytes = chance_below(&w->chance, (frames - first) * frame);
	return WAL_HEADER_BYTES + (off_t)first * frame + bytes;
}

static bool read_state(struct world *w, const char *name, char **ret, size_t *ret_len)
{
	char path[2 * TD_PATH_BYTES];

	return fd_read_file(state_path(w->td, name, path), DB_BYTES_MAX, ret, ret_len) == 0;
}

static void write_state(struct td *td, const char *name, const char *data, size_t len)
{
	char path[2 * TD_PATH_BYTES];

	if (fd_write_file(state_path(td, name, path), data, len, 0600) < 0)
		td_fail(td, "%s can't be written", path);
}

/* Another daemon on the copy: it must come up, and its logs must be the beginning of ours. */
static void read_copy(struct world *w, struct td *copy)
{
	char text[4 * TD_PATH_BYTES];

	(void)snprintf(text, sizeof(text), "tls: { certificate = \"%s.crt\"; key = \"%s.key\"; };",
		w->pair, w->pair);
	td_configure(copy, text);
	td_spawn(copy);
	td_wait_ready(copy, TD_WAIT_MS);
	struct witness *witness = witness_open(copy, w->ca);
	witness_be(witness, w->actors[0].plan.token);
	for (enum stage stage = STAGE_TALK; stage < _STAGE_MAX; stage++)
		(void)witness_read(witness, w->ledger, stage, w->rooms[stage]);
	witness_close(witness);
	td_kill9(copy);
	td_stop(copy);
}

void fault_copy_wal(struct world *w)
{
	char *db GC_CLEANUP(mem_freep) = NULL;
	char *wal GC_CLEANUP(mem_freep) = NULL;
	char *shm GC_CLEANUP(mem_freep) = NULL;
	size_t db_len = 0;
	size_t wal_len = 0;
	size_t shm_len = 0;

	w->away = true;
	td_kill9(w->td);
	if (!read_state(w, "gchat.db", &db, &db_len) ||
		!read_state(w, "gchat.db-wal", &wal, &wal_len) ||
		!read_state(w, "gchat.db-shm", &shm, &shm_len))
		return;
	off_t end = choose_end(w, wal, wal_len, shm, shm_len);
	if (end == 0)
		return;
	struct td *copy = td_prepare(NULL);
	write_state(copy, "gchat.db", db, db_len);
	write_state(copy, "gchat.db-wal", wal, (size_t)end);
	read_copy(w, copy);
}
