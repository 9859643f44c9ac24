/* The table of commands: what is found, what is suggested, and that the manual page names it all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/macros.h"
#include "ctl/command.h"
#include "ctl/exit.h"

enum {
	MAN_PAGE_BYTES_MAX = 256 * 1024,
};

static char w_cert[] = "cert";
static char w_status[] = "status";
static char w_room[] = "room";
static char w_list[] = "list";
static char w_member[] = "member";
static char w_lobby[] = "lobby";
static char w_kick[] = "kick";
static char w_statsu[] = "statsu";
static char w_rotat[] = "rotat";
static char w_nonsense[] = "nonsense-of-all-kinds";

static void commands_are_sorted_and_complete(void **state)
{
	size_t count = 0;
	const struct command *table = command_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || strcmp(table[i - 1].name, table[i].name) < 0);
		assert_non_null(table[i].run);
		assert_true(strlen(table[i].summary) > 0 && strlen(table[i].summary) < 60);
		assert_true(strlen(table[i].help) > 0);
		assert_true(table[i].args_min <= table[i].args_max);
		assert_int_equal(table[i].args_max > 0, table[i].arguments[0] != '\0');
	}
}

static void a_command_of_two_words_takes_two(void **state)
{
	char *words[] = {w_cert, w_status};
	int taken = 0;

	(void)state;
	assert_string_equal(command_find(words, 2, &taken)->name, "cert status");
	assert_int_equal(taken, 2);
}

static void half_of_two_words_is_no_command(void **state)
{
	char *words[] = {w_cert};
	int taken = 0;

	(void)state;
	assert_null(command_find(words, 1, &taken));
}

static void noun_and_verb_mean_the_same_as_the_name(void **state)
{
	char *rooms[] = {w_room, w_list};
	char *members[] = {w_member, w_list, w_lobby};
	int taken = 0;

	(void)state;
	assert_string_equal(command_find(rooms, 2, &taken)->name, "list-rooms");
	assert_string_equal(command_find(members, 3, &taken)->name, "list-members");
	assert_int_equal(taken, 2);
}

static void a_mistyped_word_gets_the_nearest_command(void **state)
{
	char *one[] = {w_statsu};
	char *two[] = {w_cert, w_rotat};

	(void)state;
	assert_string_equal(command_suggest(one, 1), "status");
	assert_string_equal(command_suggest(two, 2), "cert rotate");
}

static void part_of_a_name_gets_a_command_that_begins_with_it(void **state)
{
	char *words[] = {w_cert};

	(void)state;
	assert_string_equal(command_suggest(words, 1), "cert rotate");
}

static void a_word_that_is_near_nothing_gets_no_suggestion(void **state)
{
	char *words[] = {w_nonsense};

	(void)state;
	assert_null(command_suggest(words, 1));
}

/* What command_check says about `kick` with these options and arguments. */
static int check_kick(const struct options *options, int arg_count, char *ret_text, size_t size)
{
	char *words[] = {w_kick};
	int taken = 0;
	FILE *err = fmemopen(ret_text, size, "w");
	int r = command_check(command_find(words, 1, &taken), options, arg_count, err);

	(void)fclose(err);
	return r;
}

static void a_missing_argument_is_named_with_the_usage(void **state)
{
	struct options options = {0};
	char text[256] = "";

	(void)state;
	assert_int_equal(check_kick(&options, 0, text, sizeof(text)), EXIT_USAGE);
	assert_non_null(strstr(text, "gchatctl kick USER"));
}

static void an_option_of_another_command_is_refused_by_name(void **state)
{
	struct options options = {.given = OPTION_CERT};
	char text[256] = "";

	(void)state;
	assert_int_equal(check_kick(&options, 1, text, sizeof(text)), EXIT_USAGE);
	assert_non_null(strstr(text, "--cert"));
}

static void every_help_shows_usage_summary_and_options(void **state)
{
	size_t count = 0;
	const struct command *table = command_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char text[4096] = "";
		FILE *out = fmemopen(text, sizeof(text), "w");
		command_print_help(&table[i], out);
		(void)fclose(out);
		assert_non_null(strstr(text, table[i].name));
		assert_non_null(strstr(text, table[i].summary));
		assert_non_null(strstr(text, "--timeout=SECONDS"));
	}
}

static void assert_in_page(const char *page, const char *text)
{
	if (!strstr(page, text))
		fail_msg("%s doesn't say \"%s\"", MAN_PAGE, text);
}

static void assert_option_in_page(void *arg, const char *name)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "-%s", name);
	assert_in_page(arg, text);
}

static void the_manual_page_names_every_command_and_option(void **state)
{
	char *page = NULL;
	size_t len = 0;
	size_t count = 0;
	const struct command *table = command_table(&count);

	(void)state;
	assert_int_equal(fd_read_file(MAN_PAGE, MAN_PAGE_BYTES_MAX, &page, &len), 0);
	for (size_t i = 0; i < count; i++) {
		char text[64];
		(void)snprintf(text, sizeof(text), ".It Ic %s", table[i].name);
		assert_in_page(page, text);
		if (table[i].alias)
			assert_in_page(page, table[i].alias);
	}
	options_each(assert_option_in_page, page);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_sorted_and_complete),
		cmocka_unit_test(a_command_of_two_words_takes_two),
		cmocka_unit_test(half_of_two_words_is_no_command),
		cmocka_unit_test(noun_and_verb_mean_the_same_as_the_name),
		cmocka_unit_test(a_mistyped_word_gets_the_nearest_command),
		cmocka_unit_test(part_of_a_name_gets_a_command_that_begins_with_it),
		cmocka_unit_test(a_word_that_is_near_nothing_gets_no_suggestion),
		cmocka_unit_test(a_missing_argument_is_named_with_the_usage),
		cmocka_unit_test(an_option_of_another_command_is_refused_by_name),
		cmocka_unit_test(every_help_shows_usage_summary_and_options),
		cmocka_unit_test(the_manual_page_names_every_command_and_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
