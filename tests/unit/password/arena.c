/* libsodium really gets its memory from here, again and again, and the kernel gets it back. */
#include "password/arena.h"

#include "password/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum {
	MEMORY_KB = 32768,
	PAGE_KB = 4,
	ROUNDS = 3,
};

static const struct password_cost cost = {.memory_kb = MEMORY_KB, .passes = 2};
static const struct password_cost small = {.memory_kb = 8192, .passes = 2};

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

static void check(const struct password_cost *made_at)
{
	char hash[PASSWORD_HASH_BYTES];
	assert_int_equal(password_hash("correct horse", made_at, hash), 0);
	assert_int_equal(password_verify(hash, "correct horse", made_at), PASSWORD_OK);
	assert_int_equal(password_verify(hash, "wrong horse", made_at), PASSWORD_WRONG);
}

/* Made by libsodium 1.0.18 without an arena. */
static void hashes_that_others_made_are_right(void **state)
{
	static const char hash[] =
		"$argon2id$v=19$m=32768,t=2,p=1$qWCMbNCDshf3S/bzhsWnTA$AOjIBpt5LKs2VSrJ8rha8QugyxDTyFHNJUMGAKRUk58";
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(password_verify(hash, "correct horse", &cost), PASSWORD_OK);
		assert_int_equal(password_verify(hash, "wrong horse", &cost), PASSWORD_WRONG);
	}
}

/* What a hash leaves behind doesn't change the next one, of whatever size. */
static void one_region_serves_all(void **state)
{
	(void)state;
	uint64_t before = arena_loans();
	for (int i = 0; i < ROUNDS; i++) {
		check(&cost);
		check(&small);
	}
	assert_int_equal(arena_loans() - before, 6 * ROUNDS);
}

static void it_stays_until_it_is_released(void **state)
{
	(void)state;
	arena_release();
	long before = resident_kb();
	check(&cost);
	assert_true(resident_kb() - before > MEMORY_KB / 2);
	arena_release();
	assert_true(resident_kb() - before < MEMORY_KB / 2);
	arena_release();
	check(&cost);
}

static void two_at_a_time_are_two(void **state)
{
	(void)state;
	const size_t len = 1 << 20;
	uint8_t *pieces[2];
	for (int i = 0; i < 2; i++) {
		pieces[i] =
			mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
		assert_ptr_not_equal(pieces[i], MAP_FAILED);
		memset(pieces[i], i + 1, len);
	}
	assert_int_equal(pieces[0][len - 1], 1);
	for (int i = 0; i < 2; i++)
		assert_int_equal(munmap(pieces[i], len), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_that_others_made_are_right),
		cmocka_unit_test(one_region_serves_all),
		cmocka_unit_test(it_stays_until_it_is_released),
		cmocka_unit_test(two_at_a_time_are_two),
	};
	if (password_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("password.arena", tests, NULL, NULL);
}
