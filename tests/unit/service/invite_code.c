/* The codes of invitations: what is made is accepted, as people type it. */
#include "service/invite_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_code_has_its_length_and_groups(void **state)
{
	char code[INVITE_CODE_BYTES];
	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		invite_code_make(code);
		assert_int_equal(strlen(code), INVITE_CODE_BYTES - 1);
		for (size_t k = 0; code[k]; k++)
			assert_int_equal(
				code[k] == '-', k % (INVITE_CODE_GROUP + 1) == INVITE_CODE_GROUP);
	}
}

static void two_codes_differ(void **state)
{
	char one[INVITE_CODE_BYTES];
	char two[INVITE_CODE_BYTES];
	(void)state;
	invite_code_make(one);
	invite_code_make(two);
	assert_string_not_equal(one, two);
}

static void capitals_dashes_and_blanks_make_no_difference(void **state)
{
	uint8_t hash[LIMIT_SHA256_BYTES];
	uint8_t other[LIMIT_SHA256_BYTES];
	(void)state;
	assert_true(invite_code_hash("abcd-efgh-jkmn-pqrs-tvwx-yz01", hash));
	assert_true(invite_code_hash("ABCDEFGH jkmn-pqrs tvwxyz01", other));
	assert_memory_equal(hash, other, sizeof(hash));
	assert_true(invite_code_hash("abcd-efgh-jkmn-pqrs-tvwx-yz02", other));
	assert_memory_not_equal(hash, other, sizeof(hash));
}

static void what_is_no_code_is_refused(void **state)
{
	static const char *const bad[] = {"", "-", "abcd", "abcd-efgh-jkmn-pqrs-tvwx-yz0",
		"abcd-efgh-jkmn-pqrs-tvwx-yz012", "abcd-efgh-jkmn-pqrs-tvwx-yz0u",
		"abcd-efgh-jkmn-pqrs-tvwx-yz0\xc3\xa4"};
	uint8_t hash[LIMIT_SHA256_BYTES];
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(invite_code_hash(bad[i], hash));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_has_its_length_and_groups),
		cmocka_unit_test(two_codes_differ),
		cmocka_unit_test(capitals_dashes_and_blanks_make_no_difference),
		cmocka_unit_test(what_is_no_code_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
