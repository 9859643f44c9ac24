/* Keys from bytes, and what they do to a line. */
#include "base/macros.h"
#include "client/keys.h"
#include "client/line.h"
#include "unit/client/capture.h"
#include <stdlib.h>
#include <string.h>

#define FAMILY "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9"

static enum line_event type(struct line *l, const char *bytes)
{
	enum line_event event = LINE_QUIET;
	for (; *bytes; bytes++)
		event = line_feed(l, (unsigned char)*bytes);
	return event;
}

static void check(const char *bytes, const char *text, size_t at)
{
	struct line l;
	line_init(&l);
	(void)type(&l, bytes);
	assert_string_equal(l.text, text);
	assert_int_equal(l.at, at);
	line_deinit(&l);
}

static void typed_text_stands_in_the_line(void **state)
{
	(void)state;
	check("hi \xC3\xA9", "hi \xC3\xA9", 5);
}

static void backspace_removes_a_whole_character(void **state)
{
	(void)state;
	check("a" FAMILY "\x7F", "a", 1);
	check("ae\xCC\x81\x7F", "a", 1);
	check("\x7F", "", 0);
}

static void cursor_keys_move_by_whole_characters(void **state)
{
	(void)state;
	check("a" FAMILY "\033[D", "a" FAMILY, 1);
	check("ab\033[D\033[D\033[D", "ab", 0);
	check("ab\033OD\033[C", "ab", 2);
	check("ab\033[Hx", "xab", 1);
	check("ab\x01x\x05y", "xaby", 4);
	check("one two\033[1;5D", "one two", 4);
	check("one two\033b\033b\033f", "one two", 3);
}

static void delete_removes_what_is_right_of_the_cursor(void **state)
{
	(void)state;
	check("abc\x01\033[3~", "bc", 0);
	check("abc\x01\x04", "bc", 0);
	check("abc\033[3~", "abc", 3);
}

static void cut_text_comes_back_with_ctrl_y(void **state)
{
	(void)state;
	check("one two\x17", "one ", 4);
	check("one two\x17\x01\x19", "twoone ", 3);
	check("one two\033b\x0B", "one ", 4);
	check("one two\033b\x15", "two", 0);
}

static void enter_submits_and_history_keeps_it(void **state)
{
	(void)state;
	struct line l;
	line_init(&l);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(type(&l, i ? "second\r" : "first\r"), LINE_SUBMIT);
		free(line_take(&l));
		assert_true(line_is_empty(&l));
	}
	(void)type(&l, "draft\033[A");
	assert_string_equal(l.text, "second");
	(void)type(&l, "\033[A\033[A");
	assert_string_equal(l.text, "first");
	(void)type(&l, "\033[B\033[B");
	assert_string_equal(l.text, "draft");
	line_deinit(&l);
}

static void history_is_bounded(void **state)
{
	(void)state;
	struct line l;
	line_init(&l);
	for (int i = 0; i < 3 * LINE_HISTORY_MAX; i++) {
		(void)type(&l, i % 2 ? "a" : "b");
		free(line_take(&l));
	}
	assert_int_equal(l.history_count, LINE_HISTORY_MAX);
	line_deinit(&l);
}

static void pasted_rows_stay_in_the_draft(void **state)
{
	(void)state;
	check("\033[200~one\rtwo\n\x03\033[201~", "one\ntwo\n", 8);
}

static void alt_enter_starts_a_row(void **state)
{
	(void)state;
	check("one\033\rtwo", "one\ntwo", 7);
}

static void replies_of_the_terminal_are_never_typed(void **state)
{
	(void)state;
	check("\033[?62;4c", "", 0);
	check("\033]11;rgb:0000/0000/0000\033\\", "", 0);
	check("\033]0;title\a", "", 0);
	check("\033P>|XTerm(379)\033\\x", "x", 1);
	check("\033[12;1R\033[I\033[O", "", 0);
	check("\033[99999999999999999999999999999999999999999999999999999999~x", "x", 1);
}

static void what_has_no_place_in_a_line_is_left_out(void **state)
{
	(void)state;
	check("a\xE2\x80\xAE"
	      "b\xC2\x9B"
	      "c\xFF",
		"abc", 3);
}

static void broken_utf8_loses_only_itself(void **state)
{
	(void)state;
	check("\xE2\x82"
	      "a\xC3\xA9",
		"a\xC3\xA9", 3);
}

static void ctrl_c_empties_the_line_before_it_leaves(void **state)
{
	(void)state;
	struct line l;
	line_init(&l);
	assert_int_equal(type(&l, "abc\x03"), LINE_CHANGED);
	assert_true(line_is_empty(&l));
	assert_int_equal(type(&l, "\x03"), LINE_CANCEL);
	assert_int_equal(type(&l, "\x04"), LINE_CLOSE);
	line_deinit(&l);
}

static void a_draft_is_bounded(void **state)
{
	(void)state;
	struct line l;
	line_init(&l);
	for (size_t i = 0; i < LINE_BYTES_MAX + 100; i++)
		(void)line_insert(&l, "x", 1);
	assert_int_equal(l.len, LINE_BYTES_MAX);
	line_deinit(&l);
}

static void view_follows_the_cursor(void **state)
{
	(void)state;
	struct line l;
	int column;
	line_init(&l);
	line_set(&l, "0123456789");
	char *view = line_view(&l, 5, &column);
	assert_true(column < 5);
	assert_string_equal(view, "6789");
	free(view);
	l.at = 2;
	view = line_view(&l, 5, &column);
	assert_int_equal(column, 2);
	assert_string_equal(view, "01234");
	free(view);
	line_set(&l, "a\nb");
	view = line_view(&l, 10, &column);
	assert_string_equal(view, "a\xE2\x86\xB5"
				  "b");
	free(view);
	line_deinit(&l);
}

static void a_lone_escape_expires(void **state)
{
	(void)state;
	struct keys k = {0};
	char text[KEYS_TEXT_BYTES];
	assert_int_equal(keys_take(&k, 0x1B, text), KEY_NONE);
	assert_true(keys_is_waiting(&k));
	keys_expire(&k);
	assert_false(keys_is_waiting(&k));
	assert_int_equal(keys_take(&k, 'a', text), KEY_TEXT);
}

static void any_bytes_leave_a_line_that_is_whole(void **state)
{
	(void)state;
	struct line l;
	uint32_t seed = 1;
	line_init(&l);
	for (int i = 0; i < 200000; i++) {
		seed = seed * 1664525U + 1013904223U;
		unsigned char byte = (unsigned char)(seed >> 24);
		if (line_feed(&l, i % 3 ? byte : (unsigned char)(byte % 32)) == LINE_SUBMIT)
			free(line_take(&l));
		assert_true(l.at <= l.len && l.text[l.len] == '\0');
		if (i % 64)
			continue;
		int column;
		char *view = line_view(&l, 40, &column);
		assert_in_range(column, 0, 40);
		free(view);
		if (l.len > 2000)
			line_set(&l, "");
	}
	line_deinit(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(typed_text_stands_in_the_line),
		cmocka_unit_test(backspace_removes_a_whole_character),
		cmocka_unit_test(cursor_keys_move_by_whole_characters),
		cmocka_unit_test(delete_removes_what_is_right_of_the_cursor),
		cmocka_unit_test(cut_text_comes_back_with_ctrl_y),
		cmocka_unit_test(enter_submits_and_history_keeps_it),
		cmocka_unit_test(history_is_bounded),
		cmocka_unit_test(pasted_rows_stay_in_the_draft),
		cmocka_unit_test(alt_enter_starts_a_row),
		cmocka_unit_test(replies_of_the_terminal_are_never_typed),
		cmocka_unit_test(what_has_no_place_in_a_line_is_left_out),
		cmocka_unit_test(broken_utf8_loses_only_itself),
		cmocka_unit_test(ctrl_c_empties_the_line_before_it_leaves),
		cmocka_unit_test(a_draft_is_bounded),
		cmocka_unit_test(view_follows_the_cursor),
		cmocka_unit_test(a_lone_escape_expires),
		cmocka_unit_test(any_bytes_leave_a_line_that_is_whole),
	};
	return cmocka_run_group_tests_name("client_line", tests, NULL, NULL);
}
