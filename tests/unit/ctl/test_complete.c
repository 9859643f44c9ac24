/* What is offered next, without a daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/complete.h"

enum {
	WORDS_MAX = 16,
	PAPER_BYTES = 32 * 1024,
};

static char paper[PAPER_BYTES];

/* Words with one space between; the last one is being typed. */
static const char *complete(const char *line)
{
	static char text[512];
	char *words[WORDS_MAX];
	int count = 0;

	(void)snprintf(text, sizeof(text), "%s", line);
	for (char *at = text; at && count < WORDS_MAX; count++) {
		words[count] = at;
		at = strchr(at, ' ');
		if (at)
			*at++ = '\0';
	}
	(void)memset(paper, 0, sizeof(paper));
	FILE *out = fmemopen(paper, sizeof(paper) - 1, "w");
	complete_print(words, count, out);
	(void)fclose(out);
	return paper;
}

/* Whether `word` is one of the candidates. */
static int offers(const char *line, const char *word)
{
	const char *at = complete(line);

	while (*at) {
		size_t len = strcspn(at, "\t\n");
		if (strlen(word) == len && strncmp(at, word, len) == 0)
			return 1;
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return 0;
}

static void names_and_aliases_are_offered_word_by_word(void **state)
{
	(void)state;
	assert_true(offers("", "list-rooms"));
	assert_true(offers("", "room"));
	assert_true(offers("", "cert"));
	assert_true(offers("", "help"));
	assert_true(offers("list-", "list-sessions"));
	assert_false(offers("list-", "status"));
	assert_true(offers("cert ", "rotate"));
	assert_true(offers("cert r", "rotate"));
	assert_false(offers("cert ", "list-rooms"));
	assert_true(offers("help list-r", "list-rooms"));
	assert_true(offers("help cert ", "status"));
}

static void a_word_is_offered_once(void **state)
{
	(void)state;
	const char *first = strstr(complete("cer"), "cert");
	assert_non_null(first);
	assert_null(strstr(first + 1, "cert\n"));
}

static void a_command_is_offered_with_what_it_does(void **state)
{
	(void)state;
	assert_non_null(strstr(complete("list-roo"), "list-rooms\tLists all rooms"));
}

static void options_are_those_of_the_command_and_the_general_ones(void **state)
{
	(void)state;
	assert_true(offers("list-rooms --", "--sort="));
	assert_true(offers("list-rooms --", "--no-legend"));
	assert_false(offers("status --", "--sort="));
	assert_true(offers("cert rotate --c", "--cert="));
	assert_false(offers("list-rooms --", "--cert="));
}

static void values_are_offered_by_what_the_option_is(void **state)
{
	(void)state;
	assert_true(offers("--output=", "--output=jsonl"));
	assert_true(offers("--output js", "json"));
	assert_true(offers("-o js", "json"));
	assert_true(offers("cert rotate --cert=", ":files"));
	assert_true(offers("cert rotate --cert ", ":files"));
	assert_true(offers("list-rooms --columns=mem", "--columns=members"));
	assert_true(offers("list-rooms --columns=room,mem", "--columns=room,members"));
	assert_true(offers("list-rooms --sort=-mem", "--sort=-members"));
	assert_true(offers("list-rooms --sort mem", "members"));
}

static void a_daemon_that_is_down_offers_nothing(void **state)
{
	(void)state;
	assert_string_equal(complete("--socket=/nowhere/x list-members "), "");
	assert_string_equal(complete("-s /nowhere/x kick a"), "");
	assert_string_equal(complete("status --socket /nowhere/x "), "");
}

static void odd_lines_offer_nothing_and_harm_nobody(void **state)
{
	(void)state;
	assert_string_equal(complete("--nonsense="), "");
	assert_string_equal(complete("--=x"), "");
	assert_string_equal(complete("nonsense nonsense "), "");
	(void)complete("-");
	(void)complete("--");
	(void)complete("- -- = --socket");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_aliases_are_offered_word_by_word),
		cmocka_unit_test(a_word_is_offered_once),
		cmocka_unit_test(a_command_is_offered_with_what_it_does),
		cmocka_unit_test(options_are_those_of_the_command_and_the_general_ones),
		cmocka_unit_test(values_are_offered_by_what_the_option_is),
		cmocka_unit_test(a_daemon_that_is_down_offers_nothing),
		cmocka_unit_test(odd_lines_offer_nothing_and_harm_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
