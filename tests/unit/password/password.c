/* Hashing and verifying, at the cheapest cost there is. */
#include "password/password.h"

#include "base/clock.h"
#include "base/macros.h"
#include "base/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const struct password_cost cheap = {.memory_kb = PASSWORD_MEMORY_KB_MIN, .passes = 1};
static const struct password_cost dearer = {.memory_kb = 64, .passes = 2};

static int set_up(void **state)
{
	(void)state;
	return password_init();
}

static void a_hash_fits_its_own_password_and_no_other(void **state)
{
	(void)state;
	char hash[PASSWORD_HASH_BYTES];
	assert_int_equal(password_hash("correct horse", &cheap, hash), 0);
	assert_int_equal(password_verify(hash, "correct horse", &cheap), PASSWORD_OK);
	assert_int_equal(password_verify(hash, "correct hors", &cheap), PASSWORD_WRONG);
	assert_int_equal(password_verify(hash, "Correct horse", &cheap), PASSWORD_WRONG);
	assert_int_equal(password_verify(hash, "", &cheap), PASSWORD_WRONG);
}

static void a_hash_is_argon2id_and_never_the_same_twice(void **state)
{
	(void)state;
	char one[PASSWORD_HASH_BYTES], two[PASSWORD_HASH_BYTES];
	assert_int_equal(password_hash("correct horse", &cheap, one), 0);
	assert_int_equal(password_hash("correct horse", &cheap, two), 0);
	assert_string_not_equal(one, two);
	assert_memory_equal(one, "$argon2id$", strlen("$argon2id$"));
	assert_null(strstr(one, "horse"));
}

static void a_hash_of_another_cost_is_right_but_wants_to_be_made_anew(void **state)
{
	(void)state;
	char hash[PASSWORD_HASH_BYTES];
	assert_int_equal(password_hash("correct horse", &cheap, hash), 0);
	assert_int_equal(password_verify(hash, "correct horse", &dearer), PASSWORD_REHASH);
	assert_int_equal(password_verify(hash, "wrong horse", &dearer), PASSWORD_WRONG);
	assert_int_equal(password_hash("correct horse", &dearer, hash), 0);
	assert_int_equal(password_verify(hash, "correct horse", &dearer), PASSWORD_OK);
}

static void an_unreadable_hash_says_nothing_of_the_password(void **state)
{
	(void)state;
	static const char *const bad[] = {"x", "$argon2i$", "$argon2id$",
		"$argon2id$v=19$m=8,t=1,p=1$$", "$2b$12$abcdefghijklmnopqrstuv"};
	for (size_t i = 0; i < GC_LENGTH(bad); i++)
		assert_int_equal(
			password_verify(bad[i], "correct horse", &cheap), PASSWORD_UNVERIFIED);
}

static void an_account_without_a_hash_has_no_right_password(void **state)
{
	(void)state;
	assert_int_equal(password_verify("", "correct horse", &cheap), PASSWORD_WRONG);
	assert_int_equal(password_verify("", "", &cheap), PASSWORD_WRONG);
}

static void an_unfit_cost_is_refused(void **state)
{
	(void)state;
	static const struct password_cost unfit[] = {
		{.memory_kb = 0, .passes = 1},
		{.memory_kb = PASSWORD_MEMORY_KB_MIN - 1, .passes = 1},
		{.memory_kb = UINT32_MAX, .passes = 1},
		{.memory_kb = 64, .passes = 0},
		{.memory_kb = 64, .passes = PASSWORD_PASSES_MAX + 1},
	};
	char hash[PASSWORD_HASH_BYTES] = "untouched";
	for (size_t i = 0; i < GC_LENGTH(unfit); i++) {
		assert_false(password_cost_fits(&unfit[i]));
		assert_int_equal(password_hash("correct horse", &unfit[i], hash), -EINVAL);
		assert_string_equal(hash, "untouched");
	}
}

static void new_passwords_have_8_to_256_bytes(void **state)
{
	(void)state;
	char text[300] = {0};
	assert_false(password_fits(""));
	assert_false(password_fits("1234567"));
	assert_true(password_fits("12345678"));
	memset(text, 'x', 256);
	assert_true(password_fits(text));
	text[256] = 'x';
	assert_false(password_fits(text));
}

/* Processor time of this thread, microseconds: other work on the machine doesn't count. */
static int64_t cpu_us(void)
{
	struct timespec ts;
	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts), 0);
	return (int64_t)ts.tv_sec * CLOCK_US_PER_S + ts.tv_nsec / 1000;
}

/* The least of several runs. */
static int64_t least_us(const char *hash, const struct password_cost *cost)
{
	int64_t least = INT64_MAX;
	for (int i = 0; i < 5; i++) {
		int64_t start = cpu_us();
		(void)password_verify(hash, "wrong horse", cost); /* for its time */
		int64_t took = cpu_us() - start;
		least = took < least ? took : least;
	}
	return least;
}

static void verifying_nobody_takes_as_long_as_verifying_somebody(void **state)
{
	(void)state;
	static const struct password_cost cost = {.memory_kb = 16 * 1024, .passes = 2};
	char hash[PASSWORD_HASH_BYTES];
	assert_int_equal(password_hash("correct horse", &cost, hash), 0);
	int64_t somebody = least_us(hash, &cost), nobody = least_us("", &cost);
	assert_true(nobody * 4 > somebody); /* without the work it would be a thousandth */
	assert_true(somebody * 4 > nobody);
}

static void a_wiped_password_is_gone(void **state)
{
	(void)state;
	static const char zeros[14];
	char text[] = "correct horse";
	password_wipe(text);
	assert_memory_equal(text, zeros, sizeof(text));
	password_wipe(NULL);
}

static void a_freed_password_leaves_null(void **state)
{
	(void)state;
	char *text = mem_strdup("correct horse");
	password_freep(&text);
	assert_null(text);
	password_freep(&text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hash_fits_its_own_password_and_no_other),
		cmocka_unit_test(a_hash_is_argon2id_and_never_the_same_twice),
		cmocka_unit_test(a_hash_of_another_cost_is_right_but_wants_to_be_made_anew),
		cmocka_unit_test(an_unreadable_hash_says_nothing_of_the_password),
		cmocka_unit_test(an_account_without_a_hash_has_no_right_password),
		cmocka_unit_test(an_unfit_cost_is_refused),
		cmocka_unit_test(new_passwords_have_8_to_256_bytes),
		cmocka_unit_test(verifying_nobody_takes_as_long_as_verifying_somebody),
		cmocka_unit_test(a_wiped_password_is_gone),
		cmocka_unit_test(a_freed_password_leaves_null),
	};
	return cmocka_run_group_tests_name("password.password", tests, set_up, NULL);
}
