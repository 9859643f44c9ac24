/* Servers pinned on first use. */
#include "lib/known.h"

#include "base/mem.h"
#include "folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "cmocka_std.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS "2222222222222222222222222222222222222222222222222222222222222222"

enum {
	PROCESSES = 8,
};

static struct folder folder;

static int setup(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static const char *file(void)
{
	return folder_file(&folder, "known-servers");
}

static void a_fingerprint_may_have_a_prefix_colons_and_capitals(void **state)
{
	(void)state;
	char ret[GCHAT_FINGERPRINT_SIZE];
	assert_true(known_parse_fingerprint("SHA256:AB:CD:11111111111111111111111111111111111111111"
					    "1111111111111111111",
		ret));
	assert_memory_equal(ret, "abcd1111", 8);
	assert_int_equal(strlen(ret), 64);
}

static void what_is_no_fingerprint_is_refused(void **state)
{
	(void)state;
	char ret[GCHAT_FINGERPRINT_SIZE];
	assert_false(known_parse_fingerprint("", ret));
	assert_false(known_parse_fingerprint("sha256:", ret));
	assert_false(known_parse_fingerprint(ONES "1", ret));
	assert_false(known_parse_fingerprint("yes", ret));
}

static void nothing_is_known_without_a_file(void **state)
{
	(void)state;
	char ret[GCHAT_FINGERPRINT_SIZE];
	assert_int_equal(known_find(file(), "a:1", ret), 0);
}

static void a_pinned_server_is_found(void **state)
{
	(void)state;
	char ret[GCHAT_FINGERPRINT_SIZE];
	assert_int_equal(known_pin(file(), "a:1", ONES), 0);
	assert_int_equal(known_find(file(), "a:1", ret), 1);
	assert_string_equal(ret, ONES);
	assert_int_equal(known_find(file(), "a:11", ret), 0);
}

static void a_new_pin_replaces_the_old_one_alone(void **state)
{
	(void)state;
	char ret[GCHAT_FINGERPRINT_SIZE];
	assert_int_equal(known_pin(file(), "a:1", ONES), 0);
	assert_int_equal(known_pin(file(), "b:1", ONES), 0);
	assert_int_equal(known_pin(file(), "a:1", TWOS), 0);
	assert_int_equal(known_find(file(), "a:1", ret), 1);
	assert_string_equal(ret, TWOS);
	assert_int_equal(known_find(file(), "b:1", ret), 1);
	assert_string_equal(ret, ONES);
}

static void lines_that_are_something_else_stay(void **state)
{
	(void)state;
	folder_write(&folder, "known-servers", "# a note\na:1 sha256:" ONES "\n");
	assert_int_equal(known_pin(file(), "b:1", TWOS), 0);
	char *text GC_CLEANUP(mem_freep) = NULL;
	assert_int_equal(fd_read_file(file(), 4096, &text, NULL), 0);
	assert_string_equal(text, "# a note\na:1 sha256:" ONES "\nb:1 sha256:" TWOS "\n");
}

static void the_file_is_for_its_owner_alone(void **state)
{
	(void)state;
	struct stat st;
	assert_int_equal(known_pin(file(), "a:1", ONES), 0);
	assert_int_equal(stat(file(), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void processes_that_pin_at_once_lose_nothing(void **state)
{
	(void)state;
	char server[16];
	char ret[GCHAT_FINGERPRINT_SIZE];
	for (unsigned i = 0; i < PROCESSES; i++) {
		(void)snprintf(server, sizeof(server), "host%u:1", i);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(known_pin(file(), server, ONES) == 0 ? 0 : 1);
	}
	for (unsigned i = 0; i < PROCESSES; i++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (unsigned i = 0; i < PROCESSES; i++) {
		(void)snprintf(server, sizeof(server), "host%u:1", i);
		assert_int_equal(known_find(file(), server, ret), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fingerprint_may_have_a_prefix_colons_and_capitals),
		cmocka_unit_test(what_is_no_fingerprint_is_refused),
		cmocka_unit_test_setup_teardown(nothing_is_known_without_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pinned_server_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_new_pin_replaces_the_old_one_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(
			lines_that_are_something_else_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(the_file_is_for_its_owner_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(
			processes_that_pin_at_once_lose_nothing, setup, teardown),
	};
	return cmocka_run_group_tests_name("lib.known", tests, NULL, NULL);
}
