/*
 * A full disk: on a small file system of our own where the test may mount one, and with a limit on
 * the size of files (RLIMIT_FSIZE), which any user may have.
 */
#include "fixture.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	BODY = 30000,
	ATTEMPTS_MAX = 5000,
};

static char body[BODY + 1];

/* Appends until there is no space. Returns how many were stored; their ids are 1 to that. */
static uint64_t fill(struct fixture *f, uint64_t first_id)
{
	struct write w;
	uint64_t stored = 0;
	memset(body, 'x', BODY);
	for (uint64_t id = first_id; id < first_id + ATTEMPTS_MAX; id++) {
		enum store_status status = write_run(f, write_text(&w, 1 + id % 3, 1, id, body));
		if (status == STORE_FULL)
			return stored;
		assert_int_equal(status, STORE_OK);
		stored++;
	}
	fail_msg("never full");
	return 0;
}

static enum store_health health(struct fixture *f)
{
	struct store_stats stats;
	store_get_stats(f->store, &stats);
	return stats.health;
}

/* All that was acknowledged is there, all else is not. */
static void check_stored(struct fixture *f, uint64_t count)
{
	uint64_t total = 0;
	for (uint64_t log = 1; log <= 3; log++)
		total += check_gapless(f, log);
	assert_int_equal(total, count);
}

/* Appends one event as soon as the store lets it, without a restart. */
static void wait_for_space(struct fixture *f, uint64_t id)
{
	struct write w;
	struct mono end = clock_mono_add_ms(clock_mono(), 20000);
	while (write_run(f, write_text(&w, 1 + id % 3, 1, id, body)) == STORE_FULL) {
		if (clock_mono_ms_since(clock_mono(), end) > 0)
			fail_msg("still full");
		(void)poll(NULL, 0, 5); /* lets the second pass in which one may try */
	}
	assert_int_equal(w.status, STORE_OK);
	assert_int_equal(health(f), STORE_HEALTH_OK);
}

/* ---- by a limit on files ---- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_write_that_fails_costs_nothing_that_was_acknowledged(void **state)
{
	struct fixture *f = *state;
	limit_files(3 << 20);
	uint64_t stored = fill(f, 1);
	assert_true(stored > 10);
	assert_int_equal(health(f), STORE_HEALTH_READ_ONLY);
	check_stored(f, stored);
	limit_files(RLIM_INFINITY);
	wait_for_space(f, 10000);
	check_stored(f, stored + 1);
	fixture_reopen(f);
	check_stored(f, stored + 1);
}

static void a_batch_without_space_is_refused_whole(void **state)
{
	struct fixture *f = *state;
	limit_files(3 << 20);
	uint64_t stored = fill(f, 1);
	limit_files(RLIM_INFINITY);
	wait_for_space(f, 10000);
	enum {
		OPS = 200,
	};
	struct write *writes = mem_new(OPS, sizeof(*writes));
	limit_files(3 << 20);
	writer_hold(f);
	for (uint64_t i = 0; i < OPS; i++)
		write_start(f, write_text(&writes[i], 1 + i % 3, 1, 20000 + i, body));
	writer_release(f);
	for (size_t i = 0; i < OPS; i++)
		assert_int_equal(write_wait(&writes[i]), STORE_FULL);
	check_stored(f, stored + 1);
	limit_files(RLIM_INFINITY);
	wait_for_space(f, 20000); /* the same id: it was really not stored */
	check_stored(f, stored + 2);
	free(writes);
}

/* ---- by a file system of 8 MiB ---- */

static int setup_disk(void **state)
{
	if (fixture_setup(state) != 0)
		return -1;
	struct fixture *f = *state;
	fixture_close(f);
	char folder[80];
	(void)snprintf(folder, sizeof(folder), "%s/disk", f->folder);
	if (mkdir(folder, 0700) < 0)
		return -1;
	if (mount("tmpfs", folder, "tmpfs", 0, "size=8m") < 0) {
		print_message("no right to mount a file system: skipped\n");
		return 0;
	}
	(void)snprintf(f->path, sizeof(f->path), "%s/disk/db", f->folder);
	fixture_open(f);
	return 0;
}

static int teardown_disk(void **state)
{
	struct fixture *f = *state;
	char folder[80];
	fixture_close(f);
	(void)snprintf(folder, sizeof(folder), "%s/disk", f->folder);
	(void)umount(folder); /* fails where it was not mounted */
	return fixture_teardown(state);
}

static void write_ballast(const char *path, size_t bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(posix_fallocate(fd, 0, (off_t)bytes), 0);
	close(fd);
}

static void a_full_disk_is_survived_without_a_restart(void **state)
{
	struct fixture *f = *state;
	if (!f->store)
		skip();
	char ballast[100];
	(void)snprintf(ballast, sizeof(ballast), "%s/disk/ballast", f->folder);
	write_ballast(ballast, 3 << 20);
	uint64_t stored = fill(f, 1);
	assert_true(stored > 10);
	check_stored(f, stored);
	assert_int_equal(health(f), STORE_HEALTH_READ_ONLY);
	assert_int_equal(unlink(ballast), 0);
	wait_for_space(f, 10000);
	check_stored(f, stored + 1);
	fixture_reopen(f);
	check_stored(f, stored + 1);
}

static void a_full_disk_keeps_reading_and_opening(void **state)
{
	struct fixture *f = *state;
	if (!f->store)
		skip();
	uint64_t stored = fill(f, 1);
	check_stored(f, stored);
	fixture_reopen(f);
	check_stored(f, stored);
}

static void the_reserve_is_watched_without_a_restart(void **state)
{
	struct fixture *f = *state;
	if (!f->store)
		skip();
	char ballast[100];
	(void)snprintf(ballast, sizeof(ballast), "%s/disk/ballast", f->folder);
	f->options.reserve_bytes = 4 << 20;
	fixture_reopen(f);
	uint64_t first = write_ok(f, 1, 1, "room enough");
	assert_int_equal(first, 1);
	write_ballast(ballast, 5 << 20);
	struct write w;
	struct mono end = clock_mono_add_ms(clock_mono(), 20000);
	uint64_t stored = 1;
	while (write_run(f, write_text(&w, 1, 1, 0, "still?")) == STORE_OK) {
		stored++;
		assert_true(clock_mono_ms_since(clock_mono(), end) < 0);
		(void)poll(NULL, 0, 5); /* the disk is looked at once a second */
	}
	assert_int_equal(w.status, STORE_FULL);
	assert_int_equal(health(f), STORE_HEALTH_READ_ONLY);
	assert_int_equal(unlink(ballast), 0);
	wait_for_space(f, 10000);
	check_stored(f, stored + 1);
}

/* Someone else takes all there is, the reserve included. */
static void fill_disk(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	char page[4096] = {1};
	while (write(fd, page, sizeof(page)) > 0)
		continue;
	close(fd);
}

static void on_a_disk_that_others_fill_vital_writes_go_on(void **state)
{
	struct fixture *f = *state;
	if (!f->store)
		skip();
	char ballast[100];
	char key[24];
	struct write w;
	(void)snprintf(ballast, sizeof(ballast), "%s/disk/ballast", f->folder);
	f->options.reserve_bytes = 2 << 20; /* half of it is held */
	fixture_reopen(f);
	uint64_t stored = write_ok(f, 1, 1, "room enough");
	fill_disk(ballast);
	for (int i = 0; i < 1000; i++) { /* their WAL alone would be larger than what is held */
		(void)snprintf(key, sizeof(key), "login-%d", i);
		assert_int_equal(put_vital_text(f, key, "yes"), STORE_OK);
	}
	assert_int_equal(write_run(f, write_text(&w, 1, 1, 0, "no")), STORE_FULL);
	assert_int_equal(put_text(f, STORE_ANY, "profile", "no"), STORE_FULL);
	assert_int_equal(health(f), STORE_HEALTH_READ_ONLY);
	assert_string_equal(read_record(f, "login-999"), "yes");
	fixture_reopen(f);
	assert_int_equal(put_vital_text(f, "login-again", "yes"), STORE_OK);
	assert_int_equal(unlink(ballast), 0);
	wait_for_space(f, 10000);
	uint64_t total = check_gapless(f, 1) + check_gapless(f, 2);
	assert_int_equal(total, stored + 1);
}

static char SQLITE[] = "sqlite";

#define TEST(name)                                                                                 \
	cmocka_unit_test_prestate_setup_teardown(name, fixture_setup, fixture_teardown, SQLITE)
#define DISK(name) cmocka_unit_test_prestate_setup_teardown(name, setup_disk, teardown_disk, SQLITE)

int main(void)
{
	(void)signal(SIGXFSZ, SIG_IGN); /* EFBIG instead */
	const struct CMUnitTest tests[] = {
		TEST(a_write_that_fails_costs_nothing_that_was_acknowledged),
		TEST(a_batch_without_space_is_refused_whole),
		DISK(a_full_disk_is_survived_without_a_restart),
		DISK(a_full_disk_keeps_reading_and_opening),
		DISK(the_reserve_is_watched_without_a_restart),
		DISK(on_a_disk_that_others_fill_vital_writes_go_on),
	};
	return cmocka_run_group_tests_name("full", tests, NULL, NULL);
}
