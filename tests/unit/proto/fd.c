/* Whole files, read and replaced. */
#include "base/fd.h"

#include "base/mem.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	MAX = 1 << 26
};

static char folder[] = "/tmp/gchat-fd.XXXXXX";
static char path[sizeof(folder) + 8];

static int setup(void **state)
{
	(void)state;
	(void)strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static void write_bytes(size_t len)
{
	char *data = mem_new(len + 1, 1);
	for (size_t i = 0; i < len; i++)
		data[i] = (char)(i % 251);
	assert_int_equal(fd_write_file(path, data, len, 0600), 0);
	free(data);
}

static void check_bytes(const char *data, size_t len, size_t expected)
{
	assert_int_equal(len, expected);
	for (size_t i = 0; i < len; i++)
		if (data[i] != (char)(i % 251))
			fail_msg("byte %zu is wrong", i);
	assert_int_equal(data[len], 0);
}

static void a_file_takes_about_as_much_memory_as_it_is_long(void **state)
{
	(void)state;
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 100000};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *data = NULL;
		size_t len = 0;
		write_bytes(sizes[i]);
		assert_int_equal(fd_read_file(path, MAX, &data, &len), 0);
		check_bytes(data, len, sizes[i]);
		assert_true(malloc_usable_size(data) <= 2 * sizes[i] + 8192);
		free(data);
	}
}

static void a_file_may_be_as_long_as_allowed_and_no_longer(void **state)
{
	(void)state;
	static const size_t sizes[] = {1, 4096, 10000};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *data = NULL;
		size_t len = 0;
		write_bytes(sizes[i]);
		assert_int_equal(fd_read_file(path, sizes[i], &data, &len), 0);
		check_bytes(data, len, sizes[i]);
		free(data);
		data = NULL;
		assert_int_equal(fd_read_file(path, sizes[i] - 1, &data, &len), -EFBIG);
		assert_null(data);
	}
}

enum {
	PIPED = 50000
};

static void *write_to_pipe(void *arg)
{
	FILE *f = fopen(path, "w");
	for (size_t i = 0; f && i < PIPED; i++)
		(void)fputc((int)(i % 251), f);
	if (f)
		(void)fclose(f);
	return arg;
}

static void what_does_not_know_its_size_is_read_whole(void **state)
{
	(void)state;
	pthread_t thread;
	char *data = NULL;
	size_t len = 0;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(pthread_create(&thread, NULL, write_to_pipe, NULL), 0);
	assert_int_equal(fd_read_file(path, MAX, &data, &len), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	check_bytes(data, len, PIPED);
	free(data);
}

static void what_is_not_there_is_named_by_its_errno(void **state)
{
	(void)state;
	char *data = NULL;
	assert_int_equal(fd_read_file(path, MAX, &data, NULL), -ENOENT);
	assert_int_equal(fd_read_file(folder, MAX, &data, NULL), -EISDIR);
	assert_null(data);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_takes_about_as_much_memory_as_it_is_long),
		TEST(a_file_may_be_as_long_as_allowed_and_no_longer),
		TEST(what_does_not_know_its_size_is_read_whole),
		TEST(what_is_not_there_is_named_by_its_errno),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
