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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_of_the_contract_has_its_word),
		cmocka_unit_test(a_value_of_a_newer_contract_is_a_question_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
