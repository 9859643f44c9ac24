/* What a mistyped word is taken for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/near.h"

static const char *nearest(const char *typed)
{
	static const char *const words[] = {"status", "kick", "list-rooms", "ban", NULL};
	struct near near = near_start(typed);

	for (size_t i = 0; words[i]; i++)
		near_consider(&near, words[i]);
	near_consider(&near, NULL);
	return near.word;
}

static void few_edits_find_the_word(void **state)
{
	(void)state;
	assert_string_equal(nearest("statsu"), "status");
	assert_string_equal(nearest("kik"), "kick");
	assert_string_equal(nearest("listrooms"), "list-rooms");
	assert_string_equal(nearest("ban"), "ban");
}

static void many_edits_find_nothing(void **state)
{
	(void)state;
	assert_null(nearest("nonsense"));
	assert_null(nearest("xyz")); /* as many edits as letters */
	assert_null(
		nearest("a-word-that-is-longer-than-every-name-of-a-command-could-ever-be-here"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_edits_find_the_word),
		cmocka_unit_test(many_edits_find_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
