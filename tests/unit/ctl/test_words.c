/* The contract's enums as words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/words.h"

static void every_value_of_the_contract_has_its_word(void **state)
{
	(void)state;
	assert_string_equal(words_role(GCHAT__V1__ROLE__ROLE_OWNER), "owner");
	assert_string_equal(words_role(GCHAT__V1__ROLE__ROLE_READER), "reader");
	assert_string_equal(words_visibility(GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT), "direct");
	assert_string_equal(words_presence(GCHAT__V1__PRESENCE_STATE__PRESENCE_OFFLINE), "offline");
}

static void a_value_of_a_newer_contract_is_a_question_mark(void **state)
{
	(void)state;
	assert_string_equal(words_role((Gchat__V1__Role)77), "?");
	assert_string_equal(words_visibility((Gchat__V1__Visibility)-1), "?");
	assert_string_equal(words_presence(GCHAT__V1__PRESENCE_STATE__PRESENCE_UNSPECIFIED), "?");
}

static void a_word_means_its_value_and_no_other(void **state)
{
	Gchat__V1__Role role;
	Gchat__V1__Visibility visibility;

	(void)state;
	assert_true(words_find_role("moderator", &role));
	assert_int_equal(role, GCHAT__V1__ROLE__ROLE_MODERATOR);
	assert_false(words_find_role("boss", &role));
	assert_false(words_find_role("", &role));
	assert_true(words_find_visibility("private", &visibility));
	assert_int_equal(visibility, GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE);
	assert_false(words_find_visibility("direct", &visibility)); /* cannot be asked for */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_of_the_contract_has_its_word),
		cmocka_unit_test(a_word_means_its_value_and_no_other),
		cmocka_unit_test(a_value_of_a_newer_contract_is_a_question_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
