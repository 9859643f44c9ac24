/* Changes of files, seen by looking. */
#include "net/tls_watch.h"

#include "folder.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cmocka_std.h"

static struct folder folder;
static struct tls_files files;
static char certificate[PATH_MAX];
static char key[PATH_MAX];

static void write_file(const char *path, const char *text)
{
	assert_int_equal(fd_write_file(path, text, strlen(text), 0600), 0);
}

static int setup(void **state)
{
	(void)state;
	folder_make(&folder);
	(void)snprintf(certificate, sizeof(certificate), "%s", folder_file(&folder, "a.crt"));
	(void)snprintf(key, sizeof(key), "%s", folder_file(&folder, "a.key"));
	files = (struct tls_files){.certificate = certificate, .key = key};
	write_file(certificate, "one");
	write_file(key, "one");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static void nothing_changed_is_nothing_told(void **state)
{
	(void)state;
	struct tls_watch watch;
	tls_watch_start(&watch, &files);
	for (int i = 0; i < 3; i++)
		assert_false(tls_watch_look(&watch, &files));
}

static void a_change_is_told_once_when_it_stays(void **state)
{
	(void)state;
	struct tls_watch watch;
	tls_watch_start(&watch, &files);
	write_file(certificate, "two!");
	assert_false(tls_watch_look(&watch, &files));
	write_file(key, "two!"); /* whoever writes isn't done */
	assert_false(tls_watch_look(&watch, &files));
	assert_true(tls_watch_look(&watch, &files));
	assert_false(tls_watch_look(&watch, &files));
}

static void another_file_behind_a_link_is_a_change(void **state)
{
	(void)state;
	struct tls_watch watch;
	char other[PATH_MAX];
	char next[PATH_MAX];
	(void)snprintf(other, sizeof(other), "%s", folder_file(&folder, "b.crt"));
	(void)snprintf(next, sizeof(next), "%s", folder_file(&folder, "next"));
	write_file(other, "two");
	assert_int_equal(rename(certificate, folder_file(&folder, "a1.crt")), 0);
	assert_int_equal(symlink("a1.crt", certificate), 0);
	tls_watch_start(&watch, &files);
	assert_false(tls_watch_look(&watch, &files));
	assert_int_equal(symlink("b.crt", next), 0);
	assert_int_equal(rename(next, certificate), 0);
	assert_false(tls_watch_look(&watch, &files));
	assert_true(tls_watch_look(&watch, &files));
}

static void a_file_that_goes_is_a_change_and_so_is_its_return(void **state)
{
	(void)state;
	struct tls_watch watch;
	tls_watch_start(&watch, &files);
	assert_int_equal(unlink(key), 0);
	assert_false(tls_watch_look(&watch, &files));
	assert_true(tls_watch_look(&watch, &files));
	write_file(key, "two");
	assert_false(tls_watch_look(&watch, &files));
	assert_true(tls_watch_look(&watch, &files));
}

static void what_could_not_be_dealt_with_is_told_again(void **state)
{
	(void)state;
	struct tls_watch watch;
	tls_watch_start(&watch, &files);
	write_file(key, "two!");
	assert_false(tls_watch_look(&watch, &files));
	assert_true(tls_watch_look(&watch, &files));
	tls_watch_again(&watch);
	assert_true(tls_watch_look(&watch, &files));
	assert_false(tls_watch_look(&watch, &files));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_changed_is_nothing_told),
		TEST(a_change_is_told_once_when_it_stays),
		TEST(another_file_behind_a_link_is_a_change),
		TEST(a_file_that_goes_is_a_change_and_so_is_its_return),
		TEST(what_could_not_be_dealt_with_is_told_again),
	};
	return cmocka_run_group_tests_name("net.tls_watch", tests, NULL, NULL);
}
