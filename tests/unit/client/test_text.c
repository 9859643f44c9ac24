/* Every row of the table of dangerous text, and the promises that hold for any bytes at all. */
#include "base/mem.h"
#include "client/text.h"
#include "client/text_class.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BAD "\xEF\xBF\xBD"

struct row {
	const char *in, *body, *name;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *body = text_clean_string(TEXT_BODY, rows[i].in);
		char *name = text_clean_string(TEXT_NAME, rows[i].in);
		assert_string_equal(body, rows[i].body);
		assert_string_equal(name, rows[i].name);
		free(body);
		free(name);
	}
}

#define CHECK(...)                                                                                 \
	do {                                                                                       \
		static const struct row rows_[] = {__VA_ARGS__};                                   \
		check(rows_, GC_LENGTH(rows_));                                                    \
	} while (0)

static void plain_text_in_any_script_stays_as_it_is(void **state)
{
	(void)state;
	CHECK({"hello", "hello", "hello"}, {"", "", ""},
		{"\u017Elu\u0165ou\u010Dk\u00FD \u65E5\u672C\u8A9E \u05E9\u05DC\u05D5\u05DD",
			"\u017Elu\u0165ou\u010Dk\u00FD \u65E5\u672C\u8A9E \u05E9\u05DC\u05D5\u05DD",
			"\u017Elu\u0165ou\u010Dk\u00FD \u65E5\u672C\u8A9E \u05E9\u05DC\u05D5\u05DD"},
		{"e\u0301\u0323", "e\u0301\u0323", "e\u0301\u0323"});
}

static void bad_utf8_becomes_a_replacement_for_each_byte(void **state)
{
	(void)state;
	CHECK({"a\xFFz", "a" BAD "z", "a" BAD "z"}, {"\xC0\x9B", BAD BAD, BAD BAD},
		{"\xED\xA0\x80", BAD BAD BAD, BAD BAD BAD}, {"\xE2\x82", BAD BAD, BAD BAD},
		{"\xF5\x80\x80\x80", BAD BAD BAD BAD, BAD BAD BAD BAD});
}

static void noncharacters_and_private_use_become_replacements(void **state)
{
	(void)state;
	CHECK({"\uFDD0\uFFFE", BAD BAD, BAD BAD}, {"\U0001FFFF", BAD, BAD}, {"\uE000", BAD, BAD},
		{"\U000F0000\U0010FFFD", BAD BAD, BAD BAD});
}

static void controls_become_pictures(void **state)
{
	(void)state;
	CHECK({"\x1B[31mred", "\u241B[31mred", "\u241B[31mred"},
		{"a\bb\a\x7F", "a\u2408b\u2407\u2421", "a\u2408b\u2407\u2421"});
}

static void nul_becomes_a_picture(void **state)
{
	(void)state;
	char *text = text_clean(TEXT_BODY, "a\0b", 3);
	assert_string_equal(text, "a\u2400b");
	free(text);
}

static void eight_bit_controls_become_replacements(void **state)
{
	(void)state;
	CHECK({"\xC2\x9B"
	       "31m",
		      BAD "31m", BAD "31m"},
		{"\xC2\x9D", BAD, BAD}, {"\x9B", BAD, BAD});
}

static void every_row_end_is_a_line_break_in_a_body_and_a_space_in_a_name(void **state)
{
	(void)state;
	CHECK({"a\nb", "a\nb", "a b"}, {"a\rb", "a\nb", "a b"}, {"a\r\nb", "a\nb", "a b"},
		{"a\vb", "a\nb", "a b"}, {"a\fb", "a\nb", "a b"}, {"a\xC2\x85z", "a\nz", "a z"},
		{"a\u2028b\u2029c", "a\nb\nc", "a b c"});
}

static void tab_goes_to_the_next_stop_of_eight(void **state)
{
	(void)state;
	CHECK({"\tx", "        x", " x"}, {"abc\tx", "abc     x", "abc x"},
		{"\u65E5\u672C\tx", "\u65E5\u672C    x", "\u65E5\u672C x"},
		{"abc\nabcd\t\tx", "abc\nabcd            x", "abc abcd  x"});
}

static void what_reorders_text_is_removed_or_marked(void **state)
{
	(void)state;
	CHECK({"a\u202Eb", "ab", "a" BAD "b"}, {"\u2066x\u2069", "x", BAD "x" BAD},
		{"a\u206Ab\u206F", "ab", "a" BAD "b" BAD});
}

static void marks_of_direction_are_kept_once_and_only_inside_a_word(void **state)
{
	(void)state;
	CHECK({"\u0645\u200C\u06CC", "\u0645\u200C\u06CC", "\u0645" BAD "\u06CC"},
		{"\u0645\u200C\u200C\u06CC", "\u0645\u200C\u06CC", "\u0645" BAD BAD "\u06CC"},
		{"\u05D0\u200F1",
			"\u05D0\u200F"
			"1",
			"\u05D0" BAD "1"},
		{"a\u200E b", "a b", "a" BAD " b"}, {"\u200Fa", "a", BAD "a"},
		{"a\u061C"
		 "b",
			"ab", "a" BAD "b"});
}

static void joiner_is_kept_between_pictographs_and_after_indic_marks(void **state)
{
	(void)state;
	CHECK({"\U0001F468\u200D\U0001F469", "\U0001F468\u200D\U0001F469",
		      "\U0001F468" BAD "\U0001F469"},
		{"\U0001F468\U0001F3FD\u200D\u2764\uFE0F\u200D\U0001F468",
			"\U0001F468\U0001F3FD\u200D\u2764\uFE0F\u200D\U0001F468",
			"\U0001F468\U0001F3FD" BAD "\u2764" BAD "\U0001F468"},
		{"\u0D28\u0D4D\u200D", "\u0D28\u0D4D\u200D", "\u0D28\u0D4D" BAD},
		{"a\u200Db", "ab", "a" BAD "b"},
		{"\U0001F468\u200Db", "\U0001F468b", "\U0001F468" BAD "b"},
		{"\U0001F468\u200D", "\U0001F468", "\U0001F468" BAD});
}

static void selector_is_kept_once_after_an_emoji_base(void **state)
{
	(void)state;
	CHECK({"\u2764\uFE0F\uFE0F", "\u2764\uFE0F", "\u2764"},
		{"1\uFE0F\u20E3", "1\uFE0F\u20E3", "1\u20E3"}, {"a\uFE0F", "a", "a"},
		{"\uFE0Fa", "a", "a"});
}

static void invisible_characters_are_removed_from_a_body_and_shown_in_a_name(void **state)
{
	(void)state;
	CHECK({"ad\u200Bmin", "admin", "ad" BAD "min"}, {"a\u00ADb", "ab", "a" BAD "b"},
		{"a\uFEFFb", "ab", "a" BAD "b"}, {"a\u3164", "a", "a" BAD},
		{"a\U000E0041", "a", "a" BAD}, {"a\u2060\u2063", "a", "a" BAD BAD},
		{"a\U0001D173\U0001BCA0", "a", "a" BAD BAD}, {"\u2800", "\u2800", BAD});
}

static void tags_are_kept_only_in_a_well_formed_flag(void **state)
{
	(void)state;
	CHECK({"\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E007F",
		      "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E007F",
		      "\U0001F3F4" BAD BAD BAD BAD},
		{"\U0001F3F4\U000E0067\U000E0062x", "\U0001F3F4x", "\U0001F3F4" BAD BAD "x"},
		{"\U0001F3F4\U000E007F", "\U0001F3F4", "\U0001F3F4" BAD});
}

static void unassigned_is_kept_in_a_body_alone(void **state)
{
	(void)state;
	CHECK({"\u0378", "\u0378", BAD});
}

static void marks_are_limited_and_never_alone(void **state)
{
	(void)state;
	CHECK({"a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
		      "a\u0301\u0301\u0301\u0301\u0301\u0301",
		      "a\u0301\u0301\u0301" BAD "\u0301\u0301\u0301" BAD},
		{"\u0301", "\u25CC\u0301", "\u25CC\u0301"},
		{"a \u0301", "a \u25CC\u0301", "a \u25CC\u0301"});
}

static void a_long_name_ends_in_an_ellipsis_at_64_columns(void **state)
{
	(void)state;
	char name[101];
	memset(name, 'x', 100);
	name[100] = '\0';
	char *clean = text_clean_string(TEXT_NAME, name);
	assert_int_equal(text_cells(clean, strlen(clean)), TEXT_NAME_CELLS_MAX);
	assert_string_equal(clean + 63, "\u2026");
	free(clean);
}

static void a_huge_body_is_cut(void **state)
{
	(void)state;
	enum {
		HUGE_BYTES = 1000000
	};
	char *huge = mem_new(HUGE_BYTES + 1, 1);
	memset(huge, '\t', HUGE_BYTES);
	char *clean = text_clean_string(TEXT_BODY, huge);
	assert_true(strlen(clean) <= TEXT_BYTES_MAX);
	char *again = text_clean_string(TEXT_BODY, clean);
	assert_string_equal(clean, again);
	free(huge);
	free(clean);
	free(again);
}

static void a_fake_row_stays_inside_its_own_message(void **state)
{
	(void)state;
	CHECK({"hi\n12:35 admin: your password?", "hi\n12:35 admin: your password?",
		"hi 12:35 admin: your password?"});
}

/* ---- any bytes ---- */

static uint64_t seed = 88172645463325252U;

static uint32_t next_random(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed % below);
}

/* Code points where the rules have their edges. */
static const int32_t EDGES[] = {0x00, 0x09, 0x0A, 0x0D, 0x1B, 0x20, 0x23, 0x31, 0x41, 0x7F, 0x85,
	0x9B, 0xAD, 0x301, 0x300, 0x20E3, 0x34F, 0x600, 0x61C, 0x645, 0x94D, 0x915, 0xD4D, 0x1100,
	0x1160, 0x1161, 0x11A8, 0xAC00, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x202E,
	0x2066, 0x2640, 0x2764, 0x2800, 0x3164, 0xE000, 0xFDD0, 0xFE00, 0xFE0E, 0xFE0F, 0xFEFF,
	0xFFFD, 0xFFFE, 0x110BD, 0x1F1E6, 0x1F1E7, 0x1F3F4, 0x1F3FB, 0x1F468, 0x1F469, 0xE0067,
	0xE0062, 0xE007F, 0xE0001, 0x378, 0x65E5, 0x10FFFF};

static size_t put_utf8(char *out, int32_t cp)
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	int extra = cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
	static const int LEAD[] = {0, 0xC0, 0xE0, 0xF0};
	out[0] = (char)(LEAD[extra] | (cp >> (6 * extra)));
	for (int i = 1; i <= extra; i++)
		out[i] = (char)(0x80 | ((cp >> (6 * (extra - i))) & 0x3F));
	return (size_t)extra + 1;
}

static size_t random_text(char *out, size_t max)
{
	size_t len = 0, count = next_random(40);
	for (size_t i = 0; i < count && len + 4 < max; i++) {
		uint32_t kind = next_random(10);
		if (kind == 0)
			out[len++] = (char)next_random(256);
		else if (kind == 1)
			len += put_utf8(out + len, (int32_t)next_random(0x110000));
		else
			len += put_utf8(out + len, EDGES[next_random(GC_LENGTH(EDGES))]);
	}
	return len;
}

static bool may_appear(enum text_mode mode, int32_t cp)
{
	enum text_class kind = text_class_of(cp);
	if (cp < 0 || kind == TEXT_CLASS_TAB || kind == TEXT_CLASS_CONTROL ||
		kind == TEXT_CLASS_BAD || kind == TEXT_CLASS_BIDI)
		return false;
	if (mode == TEXT_BODY && kind == TEXT_CLASS_BREAK)
		return cp == '\n';
	if (mode == TEXT_BODY)
		return kind != TEXT_CLASS_INVISIBLE || (cp >= 0xE0020 && cp <= 0xE007F);
	return kind == TEXT_CLASS_PLAIN || kind == TEXT_CLASS_MARK;
}

static void check_clean(enum text_mode mode, const char *raw, size_t raw_len)
{
	char *clean = text_clean(mode, raw, raw_len);
	size_t len = strlen(clean);
	assert_true(len <= TEXT_BYTES_MAX);
	for (size_t at = 0; at < len;) {
		int32_t cp;
		at += text_decode(clean + at, len - at, &cp);
		assert_true(may_appear(mode, cp));
	}
	for (size_t at = 0; at < len;) {
		size_t n = text_cluster(clean + at, len - at, NULL);
		assert_in_range(n, 1, TEXT_CLUSTER_BYTES_MAX);
		at += n;
	}
	assert_true(mode == TEXT_BODY || len <= TEXT_NAME_BYTES_MAX);
	if (mode == TEXT_NAME)
		assert_true(text_cells(clean, len) <= TEXT_NAME_CELLS_MAX);
	char *again = text_clean(mode, clean, len);
	assert_string_equal(clean, again);
	free(clean);
	free(again);
}

static void any_bytes_come_out_harmless_and_cleaning_twice_changes_nothing(void **state)
{
	(void)state;
	char raw[256];
	for (int i = 0; i < 100000; i++) {
		size_t len = random_text(raw, sizeof(raw));
		check_clean(TEXT_BODY, raw, len);
		check_clean(TEXT_NAME, raw, len);
	}
}

static void long_runs_of_one_edge_stay_bounded(void **state)
{
	(void)state;
	char raw[4096];
	for (size_t e = 0; e < GC_LENGTH(EDGES); e++) {
		size_t len = put_utf8(raw, 0x1F468);
		while (len + 8 < sizeof(raw)) {
			len += put_utf8(raw + len, EDGES[e]);
			if (e % 2)
				len += put_utf8(raw + len, 0x1F469);
		}
		check_clean(TEXT_BODY, raw, len);
		check_clean(TEXT_NAME, raw, len);
	}
}

/* ---- columns and JSON ---- */

static void a_cluster_takes_the_columns_of_one_picture(void **state)
{
	(void)state;
	assert_int_equal(text_cells("abc", 3), 3);
	assert_int_equal(text_cells("\u65E5", 3), 2);
	assert_int_equal(text_cells("e\u0301", 3), 1);
	assert_int_equal(text_cells("\U0001F1E9\U0001F1EA", 8), 2);
	assert_int_equal(text_cells("\U0001F468\u200D\U0001F469", 11), 2);
	assert_int_equal(text_cells("\u2764\uFE0F", 6), 2);
}

static void backspace_finds_the_whole_cluster(void **state)
{
	(void)state;
	assert_int_equal(text_cluster_before("ae\u0301", 4), 3);
	assert_int_equal(text_cluster_before("a\U0001F468\u200D\U0001F469", 12), 11);
	assert_int_equal(text_cluster_before("", 0), 0);
	assert_int_equal(text_cluster_before("a\n", 2), 1);
}

static void json_hides_what_a_terminal_would_obey_or_reorder(void **state)
{
	(void)state;
	char *out =
		text_json_escape("\"\u00E9\u202E\xC2\x9B\x7F\u2028\uE000\U000E0041\U0001F468\"");
	assert_string_equal(
		out, "\"\u00E9\\u202e\\u009b\\u007f\\u2028\\ue000\\udb40\\udc41\U0001F468\"");
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_in_any_script_stays_as_it_is),
		cmocka_unit_test(bad_utf8_becomes_a_replacement_for_each_byte),
		cmocka_unit_test(noncharacters_and_private_use_become_replacements),
		cmocka_unit_test(controls_become_pictures),
		cmocka_unit_test(nul_becomes_a_picture),
		cmocka_unit_test(eight_bit_controls_become_replacements),
		cmocka_unit_test(every_row_end_is_a_line_break_in_a_body_and_a_space_in_a_name),
		cmocka_unit_test(tab_goes_to_the_next_stop_of_eight),
		cmocka_unit_test(what_reorders_text_is_removed_or_marked),
		cmocka_unit_test(marks_of_direction_are_kept_once_and_only_inside_a_word),
		cmocka_unit_test(joiner_is_kept_between_pictographs_and_after_indic_marks),
		cmocka_unit_test(selector_is_kept_once_after_an_emoji_base),
		cmocka_unit_test(invisible_characters_are_removed_from_a_body_and_shown_in_a_name),
		cmocka_unit_test(tags_are_kept_only_in_a_well_formed_flag),
		cmocka_unit_test(unassigned_is_kept_in_a_body_alone),
		cmocka_unit_test(marks_are_limited_and_never_alone),
		cmocka_unit_test(a_long_name_ends_in_an_ellipsis_at_64_columns),
		cmocka_unit_test(a_huge_body_is_cut),
		cmocka_unit_test(a_fake_row_stays_inside_its_own_message),
		cmocka_unit_test(any_bytes_come_out_harmless_and_cleaning_twice_changes_nothing),
		cmocka_unit_test(long_runs_of_one_edge_stay_bounded),
		cmocka_unit_test(a_cluster_takes_the_columns_of_one_picture),
		cmocka_unit_test(backspace_finds_the_whole_cluster),
		cmocka_unit_test(json_hides_what_a_terminal_would_obey_or_reorder),
	};
	return cmocka_run_group_tests_name("client_text", tests, NULL, NULL);
}
