/* What names and short texts may be. */
#include "room/name.h"

#include "base/macros.h"
#include "proto/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_of_small_letters_digits_dots_and_dashes_are_valid(void **state)
{
	(void)state;
	static const char *const good[] = {"a", "0", "ada", "ada.l_b-1", "7of9", "a-", "a..b"};
	for (size_t i = 0; i < GC_LENGTH(good); i++) {
		assert_true(name_is_user(good[i]));
		assert_true(name_is_room(good[i]));
	}
}

static void other_characters_are_not_valid_in_names(void **state)
{
	(void)state;
	static const char *const bad[] = {"", ".a", "_a", "-a", "Ada", "aB", "a b", "a#", "#a",
		"a\n", "a/b", "\xc3\xa4", "a\xc3\xa4", "a\x7f"};
	for (size_t i = 0; i < GC_LENGTH(bad); i++) {
		assert_false(name_is_user(bad[i]));
		assert_false(name_is_room(bad[i]));
	}
}

static void names_are_as_long_as_the_limits_and_no_longer(void **state)
{
	(void)state;
	char name[LIMIT_ROOM_NAME_BYTES + 2] = {0};
	memset(name, 'a', LIMIT_USER_NAME_BYTES);
	assert_true(name_is_user(name));
	name[LIMIT_USER_NAME_BYTES] = 'a';
	assert_false(name_is_user(name));
	memset(name, 'a', LIMIT_ROOM_NAME_BYTES);
	assert_true(name_is_room(name));
	name[LIMIT_ROOM_NAME_BYTES] = 'a';
	assert_false(name_is_room(name));
}

static void text_fits_up_to_its_bytes(void **state)
{
	(void)state;
	assert_true(name_text_fits("", 0, true));
	assert_true(name_text_fits("abc", 3, true));
	assert_false(name_text_fits("abcd", 3, true));
	assert_true(name_text_fits("\xc3\xa4\xc3\xb6", 4, true));
	assert_false(name_text_fits("\xc3\xa4\xc3\xb6", 3, true));
}

static void text_of_one_line_has_no_control_characters(void **state)
{
	(void)state;
	static const char *const bad[] = {"a\nb", "a\tb", "\x1b[2J", "\x7f", "\xc2\x85", "\xc2\x9b",
		"a\xe2\x80\xa8"
		"b",
		"a\xe2\x80\xa9"
		"b"};
	for (size_t i = 0; i < GC_LENGTH(bad); i++)
		assert_false(name_text_fits(bad[i], 64, true));
}

static void text_of_several_lines_may_have_them(void **state)
{
	(void)state;
	assert_true(name_text_fits("one\n\ttwo", 64, false));
}

static void text_that_is_not_utf8_never_fits(void **state)
{
	(void)state;
	static const char *const bad[] = {"\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80"};
	for (size_t i = 0; i < GC_LENGTH(bad); i++) {
		assert_false(name_text_fits(bad[i], 64, true));
		assert_false(name_text_fits(bad[i], 64, false));
	}
}

static void an_emoji_may_be_a_sequence_or_a_word(void **state)
{
	(void)state;
	assert_true(name_is_emoji("\xf0\x9f\x91\x8d"));
	assert_true(name_is_emoji("\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd")); /* skin */
	assert_true(name_is_emoji("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb")); /* joined */
	assert_true(name_is_emoji("+1"));
}

static void an_emoji_has_no_space_no_control_and_an_end(void **state)
{
	(void)state;
	assert_false(name_is_emoji(""));
	assert_false(name_is_emoji("a b"));
	assert_false(name_is_emoji("a\xc2\xa0")); /* no-break space */
	assert_false(name_is_emoji("\xe3\x80\x80")); /* ideographic space */
	assert_false(name_is_emoji("a\n"));
	assert_false(name_is_emoji("\x1b"));
	assert_false(name_is_emoji("\xf0\x9f\x91"));
	assert_true(name_is_emoji("01234567890123456789012345678901"));
	assert_false(name_is_emoji("012345678901234567890123456789012"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_small_letters_digits_dots_and_dashes_are_valid),
		cmocka_unit_test(other_characters_are_not_valid_in_names),
		cmocka_unit_test(names_are_as_long_as_the_limits_and_no_longer),
		cmocka_unit_test(text_fits_up_to_its_bytes),
		cmocka_unit_test(text_of_one_line_has_no_control_characters),
		cmocka_unit_test(text_of_several_lines_may_have_them),
		cmocka_unit_test(text_that_is_not_utf8_never_fits),
		cmocka_unit_test(an_emoji_may_be_a_sequence_or_a_word),
		cmocka_unit_test(an_emoji_has_no_space_no_control_and_an_end),
	};
	return cmocka_run_group_tests_name("room.name", tests, NULL, NULL);
}
