/* libsodium really gets its memory from here, and the kernel gets it back. */
#include "service/password_memory.h"

#include "service/password.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum {
	MEMORY_KB = 8192,
	THREADS = 4,
	PAGE_KB = 4,
};

static const struct password_cost cost = {.memory_kb = MEMORY_KB, .passes = 1};

static int set_up(void **state)
{
	(void)state;
	return password_init();
}

static long resident_kb(void)
{
	long size = 0;
	long pages = 0;
	FILE *in = fopen("/proc/self/statm", "re");
	assert_non_null(in);
	assert_int_equal(fscanf(in, "%ld %ld", &size, &pages), 2);
	(void)fclose(in); /* only read */
	return pages * PAGE_KB;
}

static void a_hash_works_in_memory_that_was_lent(void **state)
{
	(void)state;
	char hash[PASSWORD_HASH_BYTES];
	uint64_t before = password_memory_loans();
	assert_int_equal(password_hash("correct horse", &cost, hash), 0);
	assert_int_equal(password_memory_loans() - before, 1 * PASSWORD_MEMORY_IS_LENT);
	assert_int_equal(password_verify(hash, "correct horse", &cost), PASSWORD_OK);
	assert_int_equal(password_verify(hash, "wrong horse", &cost), PASSWORD_WRONG);
	password_verify_nobody("correct horse", &cost);
	assert_int_equal(password_memory_loans() - before, 4 * PASSWORD_MEMORY_IS_LENT);
}

static void nothing_of_it_stays(void **state)
{
	(void)state;
	long before = resident_kb();
	password_verify_nobody("correct horse", &cost);
	assert_true(resident_kb() - before < MEMORY_KB / 2);
}

static void a_dearer_hash_gets_more(void **state)
{
	(void)state;
	const struct password_cost dearer = {.memory_kb = 4 * MEMORY_KB, .passes = 1};
	char hash[PASSWORD_HASH_BYTES];
	uint64_t before = password_memory_loans();
	assert_int_equal(password_hash("correct horse", &dearer, hash), 0);
	assert_int_equal(password_verify(hash, "correct horse", &dearer), PASSWORD_OK);
	assert_int_equal(password_memory_loans() - before, 2 * PASSWORD_MEMORY_IS_LENT);
}

static void what_others_map_is_theirs(void **state)
{
	(void)state;
	uint64_t before = password_memory_loans();
	uint8_t *p = mmap(
		NULL, MEMORY_KB << 10, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	p[0] = 1;
	assert_int_equal(munmap(p, MEMORY_KB << 10), 0);
	assert_int_equal(password_memory_loans(), before);
}

static void *hash_and_verify(void *arg)
{
	char hash[PASSWORD_HASH_BYTES];
	const char *password = arg;
	bool good = password_hash(password, &cost, hash) == 0 &&
		    password_verify(hash, password, &cost) == PASSWORD_OK;
	return good ? NULL : arg;
}

static void each_thread_has_a_region_of_its_own(void **state)
{
	(void)state;
	static char passwords[THREADS][16];
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++) {
		(void)snprintf(passwords[i], sizeof(passwords[i]), "password-%d", i);
		assert_int_equal(
			pthread_create(&threads[i], NULL, hash_and_verify, passwords[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		void *wrong;
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hash_works_in_memory_that_was_lent),
		cmocka_unit_test(nothing_of_it_stays),
		cmocka_unit_test(a_dearer_hash_gets_more),
		cmocka_unit_test(what_others_map_is_theirs),
		cmocka_unit_test(each_thread_has_a_region_of_its_own),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
