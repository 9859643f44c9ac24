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
#include "ctl/command_groups.h"
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

static void assert_complete(const struct command *c)
{
	assert_true(c->run || c->list);
	assert_true(strlen(c->name) < COMMAND_WORDS_BYTES);
	assert_true(strlen(c->summary) > 0 && strlen(c->summary) < 60);
	assert_true(strlen(c->help) > 0);
	assert_true(c->args_min <= c->args_max);
	assert_int_equal(c->args_max > 0, c->arguments[0] != '\0');
}

static void commands_of_a_group_are_sorted_and_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_group_count; i++) {
		const struct command *row = command_groups[i].commands;
		assert_non_null(row->name);
		for (; row->name; row++) {
			assert_complete(row);
			if (row[1].name && strcmp(row->name, row[1].name) >= 0)
				fail_msg("%s stands before %s", row->name, row[1].name);
		}
	}
}

/* The command that `words` spell, all of them. */
static const struct command *find(const char *words)
{
	char text[COMMAND_WORDS_BYTES];
	char *list[COMMAND_WORDS_BYTES];
	char *save = NULL;
	int count = 0;
	int taken = 0;

	(void)snprintf(text, sizeof(text), "%s", words);
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		list[count++] = word;
	const struct command *command = command_find(list, count, &taken);
	return command && taken == count ? command : NULL;
}

static void every_name_and_alias_means_one_command(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		count++;
		if (find(c->name) != c)
			fail_msg("%s means another command, too", c->name);
		for (size_t i = 0; i < COMMAND_ALIASES_MAX && c->aliases[i]; i++) {
			if (find(c->aliases[i]) != c)
				fail_msg("%s means another command, too", c->aliases[i]);
		}
	}
	assert_true(count >= 8);
}

static void check_row(const struct command *command, const struct option_row *row)
{
	struct option_set known;

	command_known_options(&known);
	const struct option_row *other = option_set_find(&known, row->name);
	assert_non_null(other);
	/* The parser takes options before it knows the command. */
	if (!other->argument != !row->argument)
		fail_msg("--%s takes a value with one command and none with another", row->name);
	if ((row->kind == OPTION_FLAG) != !row->argument)
		fail_msg("%s --%s: a flag has no argument, all others have", command->name,
			row->name);
	if (row->kind == OPTION_WORD && !row->words)
		fail_msg("%s --%s: which words?", command->name, row->name);
	assert_true(row->help && strlen(row->help) > 0);
	for (size_t i = 0; row->letter && i < known.count; i++) {
		if (known.rows[i]->letter == row->letter &&
			strcmp(known.rows[i]->name, row->name) != 0)
			fail_msg("-%c is --%s and --%s", row->letter, row->name,
				known.rows[i]->name);
	}
}

static void options_take_a_value_in_all_tables_or_in_none(void **state)
{
	(void)state;
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		for (const struct option_row *row = c->options; row && row->name; row++)
			check_row(c, row);
	}
}

static void no_command_has_an_option_twice(void **state)
{
	(void)state;
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		struct option_set general = {0};
		option_set_add(&general, options_general);
		for (const struct option_row *row = c->options; row && row->name; row++) {
			if (option_set_find(&general, row->name))
				fail_msg("%s --%s stands twice", c->name, row->name);
			general.rows[general.count++] = row;
		}
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
static int check_kick(struct options *options, int arg_count, char *ret_text, size_t size)
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
	static const struct option_row cert = {
		.name = "cert", .argument = "FILE", .kind = OPTION_TEXT};
	struct options options = {.given = {{.row = &cert, .text = "x"}}, .given_count = 1};
	char text[256] = "";

	(void)state;
	assert_int_equal(check_kick(&options, 1, text, sizeof(text)), EXIT_USAGE);
	assert_non_null(strstr(text, "--cert"));
}

static void every_help_shows_usage_summary_and_options(void **state)
{
	(void)state;
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		char text[8192] = "";
		struct option_set taken;
		FILE *out = fmemopen(text, sizeof(text), "w");
		command_print_help(c, out);
		(void)fclose(out);
		command_taken_options(c, &taken);
		assert_non_null(strstr(text, c->name));
		assert_non_null(strstr(text, c->summary));
		assert_non_null(strstr(text, "--timeout=DURATION"));
		for (size_t i = 0; i < taken.count; i++)
			assert_non_null(strstr(text, taken.rows[i]->name));
	}
}

static void the_overview_shows_every_command(void **state)
{
	static char text[32 * 1024];
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	command_print_overview(out);
	(void)fclose(out);
	for (const struct command *c = command_next(NULL); c; c = command_next(c))
		assert_non_null(strstr(text, c->summary));
}

static void assert_in_page(const char *page, const char *text)
{
	if (!strstr(page, text))
		fail_msg("%s doesn't say \"%s\"", MAN_PAGE, text);
}

static void the_manual_page_names_every_command_and_option(void **state)
{
	struct option_set known;
	char *page = NULL;
	size_t len = 0;
	char text[2 * COMMAND_WORDS_BYTES];

	(void)state;
	assert_int_equal(fd_read_file(MAN_PAGE, MAN_PAGE_BYTES_MAX, &page, &len), 0);
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		(void)snprintf(text, sizeof(text), ".It Ic %s", c->name);
		assert_in_page(page, text);
		for (size_t i = 0; i < COMMAND_ALIASES_MAX && c->aliases[i]; i++)
			assert_in_page(page, c->aliases[i]);
	}
	command_known_options(&known);
	for (size_t i = 0; i < known.count; i++) {
		(void)snprintf(text, sizeof(text), "-%s", known.rows[i]->name);
		assert_in_page(page, text);
	}
	free(page);
}

/* The words after `mark` up to the end of the line or to what is no name. */
static void take_name(const char *at, const char *letters, char ret[2 * COMMAND_WORDS_BYTES])
{
	(void)snprintf(ret, 2 * COMMAND_WORDS_BYTES, "%.*s", (int)strspn(at, letters), at);
	size_t len = strlen(ret);
	while (len > 0 && ret[len - 1] == ' ')
		ret[--len] = '\0';
}

static void the_manual_page_names_no_other_command(void **state)
{
	static const char mark[] = "\n.It Ic ";
	char *page = NULL;
	size_t len = 0;
	char name[2 * COMMAND_WORDS_BYTES];

	(void)state;
	assert_int_equal(fd_read_file(MAN_PAGE, MAN_PAGE_BYTES_MAX, &page, &len), 0);
	for (const char *at = strstr(page, mark); at; at = strstr(at + 1, mark)) {
		take_name(at + strlen(mark), "abcdefghijklmnopqrstuvwxyz- ", name);
		if (strcmp(name, "help") != 0 && !find(name))
			fail_msg("%s explains '%s', which is no command", MAN_PAGE, name);
	}
	free(page);
}

static void the_manual_page_names_no_other_option(void **state)
{
	static const char mark[] = "Fl -";
	struct option_set known;
	char *page = NULL;
	size_t len = 0;
	char name[2 * COMMAND_WORDS_BYTES];

	(void)state;
	command_known_options(&known);
	assert_int_equal(fd_read_file(MAN_PAGE, MAN_PAGE_BYTES_MAX, &page, &len), 0);
	for (const char *at = strstr(page, mark); at; at = strstr(at + 1, mark)) {
		take_name(at + strlen(mark), "abcdefghijklmnopqrstuvwxyz-", name);
		if (!option_set_find(&known, name))
			fail_msg("%s names --%s, which no command takes", MAN_PAGE, name);
	}
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_of_a_group_are_sorted_and_complete),
		cmocka_unit_test(every_name_and_alias_means_one_command),
		cmocka_unit_test(options_take_a_value_in_all_tables_or_in_none),
		cmocka_unit_test(no_command_has_an_option_twice),
		cmocka_unit_test(a_command_of_two_words_takes_two),
		cmocka_unit_test(half_of_two_words_is_no_command),
		cmocka_unit_test(noun_and_verb_mean_the_same_as_the_name),
		cmocka_unit_test(a_mistyped_word_gets_the_nearest_command),
		cmocka_unit_test(part_of_a_name_gets_a_command_that_begins_with_it),
		cmocka_unit_test(a_word_that_is_near_nothing_gets_no_suggestion),
		cmocka_unit_test(a_missing_argument_is_named_with_the_usage),
		cmocka_unit_test(an_option_of_another_command_is_refused_by_name),
		cmocka_unit_test(every_help_shows_usage_summary_and_options),
		cmocka_unit_test(the_overview_shows_every_command),
		cmocka_unit_test(the_manual_page_names_every_command_and_option),
		cmocka_unit_test(the_manual_page_names_no_other_command),
		cmocka_unit_test(the_manual_page_names_no_other_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
