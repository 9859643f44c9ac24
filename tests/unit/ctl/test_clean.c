/* What is let through to a terminal and what is shown by its number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "ctl/clean.h"

struct pair {
	const char *in;
	const char *out;
};

static void check(const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *text = clean_text(pairs[i].in);
		assert_string_equal(text, pairs[i].out);
		free(text);
	}
}

static void writing_of_all_kinds_passes_unchanged(void **state)
{
	static const struct pair pairs[] = {
		{"", ""}, {"plain text", "plain text"}, {"Grüße, żółw", "Grüße, żółw"},
		{"日本語", "日本語"}, {"שלום", "שלום"},
		{"👩\u200D👧", "👩\u200D👧"}, /* the joiner holds a family together */
	};

	(void)state;
	check(pairs, GC_LENGTH(pairs));
}

static void controls_are_shown_by_their_number(void **state)
{
	static const struct pair pairs[] = {
		{"\033[31mred", "<U+001B>[31mred"}, {"\007", "<U+0007>"}, {"a\177", "a<U+007F>"},
		{"\xC2\x9B"
		 "31m",
			"<U+009B>31m"}, /* CSI of C1 */
	};

	(void)state;
	check(pairs, GC_LENGTH(pairs));
}

static void changes_of_direction_are_shown_by_their_number(void **state)
{
	static const struct pair pairs[] = {
		{"abc\u202Edef", "abc<U+202E>def"},
		{"\u2066x\u2069", "<U+2066>x<U+2069>"},
		{"\u200Fx", "<U+200F>x"},
		{"\uFEFFx", "<U+FEFF>x"},
		{"\U000E0041", "<U+E0041>"},
	};

	(void)state;
	check(pairs, GC_LENGTH(pairs));
}

static void line_breaks_and_tabs_become_a_space(void **state)
{
	static const struct pair pairs[] = {
		{"a\nb\tc\rd", "a b c d"},
		{"a\u2028b", "a<U+2028>b"},
	};

	(void)state;
	check(pairs, GC_LENGTH(pairs));
}

static void broken_utf8_is_replaced(void **state)
{
	static const struct pair pairs[] = {
		{"a\xFF"
		 "b",
			"a\uFFFDb"},
		{"\xE2\x80", "\uFFFD\uFFFD"},
	};

	(void)state;
	check(pairs, GC_LENGTH(pairs));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writing_of_all_kinds_passes_unchanged),
		cmocka_unit_test(controls_are_shown_by_their_number),
		cmocka_unit_test(changes_of_direction_are_shown_by_their_number),
		cmocka_unit_test(line_breaks_and_tabs_become_a_space),
		cmocka_unit_test(broken_utf8_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
