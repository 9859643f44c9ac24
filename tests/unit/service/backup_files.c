/* Names of backups, and which of them go. */
#include "service/backup_files.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOON "gchat-20260131T120000Z.db" /* 1769860800 s after 1970 began */

enum {
	NOON_S = 1769860800,
	PATH_BYTES = 256,
};

static char folder[PATH_BYTES];

static int make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/gchat-backups.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static const char *path_of(const char *name)
{
	static char path[PATH_BYTES * 2];
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void make(const char *name)
{
	FILE *f = fopen(path_of(name), "we");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
}

static int remove_folder(void **state)
{
	char words[PATH_BYTES * 2];
	(void)state;
	(void)snprintf(words, sizeof(words), "rm -r %s", folder);
	return system(words); /* a folder of our own */
}

static bool is_there(const char *name)
{
	return access(path_of(name), F_OK) == 0;
}

static void a_backup_is_named_by_its_time_or_by_the_next_free_second(void **state)
{
	char path[PATH_BYTES * 2];
	(void)state;
	backup_files_name(folder, NOON_S, path, sizeof(path));
	assert_string_equal(path, path_of(NOON));
	make(NOON);
	backup_files_name(folder, NOON_S, path, sizeof(path));
	assert_string_equal(path, path_of("gchat-20260131T120001Z.db"));
}

static unsigned keep(unsigned count)
{
	struct err_text err = {""};
	unsigned removed = 0;
	assert_int_equal(backup_files_keep(folder, count, &removed, &err), 0);
	return removed;
}

static void the_newest_are_kept_and_other_files_are_left_alone(void **state)
{
	(void)state;
	make("gchat-20251231T235959Z.db");
	make(NOON);
	make("gchat-20260131T120001Z.db");
	make("before-upgrade.db");
	make("gchat-20250101T000000Z.db.part");
	make("gchat-20250101T00000xZ.db");
	assert_int_equal(keep(2), 1);
	assert_false(is_there("gchat-20251231T235959Z.db"));
	assert_true(is_there(NOON));
	assert_true(is_there("gchat-20260131T120001Z.db"));
	assert_true(is_there("before-upgrade.db"));
	assert_true(is_there("gchat-20250101T000000Z.db.part"));
	assert_true(is_there("gchat-20250101T00000xZ.db"));
	assert_int_equal(keep(2), 0);
}

static void one_that_cannot_be_removed_is_named_and_the_others_go(void **state)
{
	struct err_text err = {""};
	unsigned removed = 0;
	(void)state;
	assert_int_equal(mkdir(path_of("gchat-20250101T000000Z.db"), 0700), 0); /* no file */
	make("gchat-20251231T235959Z.db");
	make(NOON);
	assert_true(backup_files_keep(folder, 1, &removed, &err) < 0);
	assert_int_equal(removed, 1);
	assert_non_null(strstr(err.text, "gchat-20250101T000000Z.db can't be removed"));
	assert_false(is_there("gchat-20251231T235959Z.db"));
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
	struct err_text err = {""};
	unsigned removed = 0;
	(void)state;
	assert_int_equal(backup_files_keep("/nowhere/at/all", 1, &removed, &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_backup_is_named_by_its_time_or_by_the_next_free_second, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(the_newest_are_kept_and_other_files_are_left_alone,
			make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			one_that_cannot_be_removed_is_named_and_the_others_go, make_folder,
			remove_folder),
		cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
