/* The command line and the slash commands: parsing, and that the manual page names them all. */
#include "base/fd.h"
#include "client/command.h"
#include "client/json_mode.h"
#include "client/options.h"
#include "unit/client/capture.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ARGS_MAX = 16,
	PAGE_BYTES_MAX = 256 * 1024,
};

/* Words are split at blanks; what `o` borrows lives until the next call. */
static int parse(struct options *o, const char *line, struct err_text *why)
{
	static char words[512];
	static char *argv[ARGS_MAX + 1];
	int argc = 0;
	snprintf(words, sizeof(words), "gchat-client %s", line);
	for (char *word = strtok(words, " "); word && argc < ARGS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return options_parse(o, argc, argv, why);
}

static void check_refused(const char *line, const char *expected)
{
	struct options o;
	struct err_text why = {0};
	assert_int_equal(parse(&o, line, &why), -EINVAL);
	assert_non_null(strstr(why.text, expected));
}

static void a_server_alone_means_chat(void **state)
{
	(void)state;
	struct options o;
	struct err_text why = {0};
	assert_int_equal(parse(&o, "chat.example.org", &why), 0);
	assert_int_equal(o.verb, VERB_CHAT);
	assert_string_equal(o.server, "chat.example.org");
	assert_int_equal(o.lines, 10);
	assert_int_equal(o.timeout_s, 30);
}

static void sub_commands_take_their_arguments(void **state)
{
	(void)state;
	struct options o;
	struct err_text why = {0};
	assert_int_equal(parse(&o, "-s host send lobby two words", &why), 0);
	assert_int_equal(o.verb, VERB_SEND);
	assert_int_equal(o.arg_count, 3);
	assert_string_equal(o.args[0], "lobby");
	assert_string_equal(o.server, "host");
	assert_int_equal(parse(&o, "tail lobby --follow --since=7 -n 3", &why), 0);
	assert_int_equal(o.verb, VERB_TAIL);
	assert_true(o.follow);
	assert_int_equal(o.since, 7);
	assert_int_equal(o.lines, 3);
	assert_int_equal(parse(&o, "trust host --replace", &why), 0);
	assert_string_equal(o.server, "host");
	assert_int_equal(parse(&o, "register host", &why), 0);
	assert_true(o.create);
}

static void wrong_usage_is_refused_with_its_name(void **state)
{
	(void)state;
	check_refused("--bogus", "--bogus");
	check_refused("-x", "-x");
	check_refused("--server", "needs a value");
	check_refused("--lines=many", "--lines");
	check_refused("--lines=-1", "--lines");
	check_refused("--lines=99999999999999999999999", "--lines");
	check_refused("--color=pink", "auto, always or never");
	check_refused("send", "usage:");
	check_refused("tail", "usage:");
	check_refused("tail one two", "usage:");
	check_refused("one two", "usage:");
	check_refused("--guest --user=x", "--guest");
	check_refused("--token-file=f", "--user");
	check_refused("--fingerprint=a --ca-file=b", "exclude");
	check_refused("--client-key=k", "--client-key needs --client-cert");
	check_refused("--password-file=a --password-fd=3", "exclude");
}

static void no_option_takes_a_password(void **state)
{
	(void)state;
	for (const struct option_spec *spec = OPTION_SPECS; spec->name; spec++)
		assert_string_not_equal(spec->name, "password");
}

static void help_names_every_option_and_sub_command(void **state)
{
	(void)state;
	capture_start(1);
	options_print_help(stdout);
	char *help = capture_stop();
	char name[64];
	for (const struct option_spec *spec = OPTION_SPECS; spec->name; spec++) {
		snprintf(name, sizeof(name), "--%s", spec->name);
		assert_non_null(strstr(help, name));
	}
	for (const struct verb_spec *verb = VERB_SPECS; verb->name; verb++)
		assert_non_null(strstr(help, verb->name));
	free(help);
}

/* ---- slash commands ---- */

static void check_call(const char *line, enum command_kind kind, const char *name, const char *args)
{
	char copy[256];
	struct command_call call;
	snprintf(copy, sizeof(copy), "%s", line);
	command_parse(copy, &call);
	assert_int_equal(call.kind, kind);
	if (name)
		assert_string_equal(call.command->name, name);
	if (args)
		assert_string_equal(call.args, args);
}

static void a_line_without_a_slash_is_said(void **state)
{
	(void)state;
	check_call("hello there", COMMAND_SAY, NULL, "hello there");
	check_call("  two blanks", COMMAND_SAY, NULL, "  two blanks");
	check_call("a /join b", COMMAND_SAY, NULL, "a /join b");
	check_call("", COMMAND_NOTHING, NULL, NULL);
	check_call("  \t", COMMAND_NOTHING, NULL, NULL);
}

static void two_slashes_say_one(void **state)
{
	(void)state;
	check_call("//join me", COMMAND_SAY, NULL, "/join me");
}

static void a_unique_beginning_is_enough(void **state)
{
	(void)state;
	check_call("/j lobby", COMMAND_RUN, "join", "lobby");
	check_call("/join   #lobby  ", COMMAND_RUN, "join", "#lobby");
	check_call("/who", COMMAND_RUN, "who", "");
	check_call("/whoi bob", COMMAND_RUN, "whois", "bob");
	check_call("/q", COMMAND_RUN, "quit", "");
}

static void an_unknown_or_ambiguous_word_is_never_said(void **state)
{
	(void)state;
	check_call("/nonsense text", COMMAND_UNKNOWN, NULL, NULL);
	check_call("/", COMMAND_UNKNOWN, NULL, NULL);
	check_call("/ join", COMMAND_UNKNOWN, NULL, NULL);
	check_call("/re 17", COMMAND_AMBIGUOUS, NULL, NULL);
	check_call("/JOIN x", COMMAND_UNKNOWN, NULL, NULL);
}

static void missing_arguments_are_told(void **state)
{
	(void)state;
	check_call("/join", COMMAND_SHORT, "join", NULL);
	check_call("/reply 17", COMMAND_SHORT, "reply", NULL);
}

static void a_number_may_stand_in_brackets(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		unsigned long long number;
		const char *rest;
	} CASES[] = {{"17 text", 17, "text"}, {"[17] text", 17, "text"}, {"#17", 17, ""},
		{"x", 0, "x"}, {"17x y", 0, "17x y"}, {"", 0, ""}, {"-3", 0, "-3"}};
	for (size_t i = 0; i < GC_LENGTH(CASES); i++) {
		char copy[32], *args = copy;
		snprintf(copy, sizeof(copy), "%s", CASES[i].in);
		assert_int_equal(command_number(&args), CASES[i].number);
		assert_string_equal(args, CASES[i].rest);
	}
}

static void commands_and_operations_are_sorted(void **state)
{
	(void)state;
	for (const struct command *command = COMMANDS; command[1].name; command++)
		assert_true(strcmp(command[0].name, command[1].name) < 0);
	for (const struct json_op *op = JSON_OPS; op[1].name; op++)
		assert_true(strcmp(op[0].name, op[1].name) < 0);
}

/* ---- the manual page ---- */

static char *read_page(void)
{
	char *page;
	size_t len;
	assert_int_equal(fd_read_file(MAN_PAGE, PAGE_BYTES_MAX, &page, &len), 0);
	return page;
}

/* A line of the page that starts so, with an end of a word after it. */
static bool has_line(const char *page, const char *start)
{
	size_t len = strlen(start);
	for (const char *at = page; (at = strstr(at, start)); at += len) {
		bool first = at == page || at[-1] == '\n';
		if (first && !isalnum((unsigned char)at[len]) && at[len] != '-' && at[len] != '_')
			return true;
	}
	return false;
}

static void the_manual_page_names_every_option(void **state)
{
	(void)state;
	char *page = read_page(), start[96];
	for (const struct option_spec *spec = OPTION_SPECS; spec->name; spec++) {
		if (spec->letter)
			snprintf(start, sizeof(start), ".It Fl %c , Fl -%s", spec->letter,
				spec->name);
		else
			snprintf(start, sizeof(start), ".It Fl -%s", spec->name);
		if (!has_line(page, start))
			fail_msg("the manual page lacks: %s", start);
	}
	free(page);
}

static void the_manual_page_names_every_command_and_operation(void **state)
{
	(void)state;
	char *page = read_page(), start[96];
	for (const struct command *command = COMMANDS; command->name; command++) {
		snprintf(start, sizeof(start), ".It Cm /%s", command->name);
		if (!has_line(page, start))
			fail_msg("the manual page lacks: %s", start);
	}
	for (const struct json_op *op = JSON_OPS; op->name; op++) {
		snprintf(start, sizeof(start), ".It Cm %s", op->name);
		if (!has_line(page, start))
			fail_msg("the manual page lacks: %s", start);
	}
	for (const struct verb_spec *verb = VERB_SPECS + 1; verb->name; verb++) {
		snprintf(start, sizeof(start), ".It Cm %s", verb->name);
		if (!has_line(page, start))
			fail_msg("the manual page lacks: %s", start);
	}
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_alone_means_chat),
		cmocka_unit_test(sub_commands_take_their_arguments),
		cmocka_unit_test(wrong_usage_is_refused_with_its_name),
		cmocka_unit_test(no_option_takes_a_password),
		cmocka_unit_test(help_names_every_option_and_sub_command),
		cmocka_unit_test(a_line_without_a_slash_is_said),
		cmocka_unit_test(two_slashes_say_one),
		cmocka_unit_test(a_unique_beginning_is_enough),
		cmocka_unit_test(an_unknown_or_ambiguous_word_is_never_said),
		cmocka_unit_test(missing_arguments_are_told),
		cmocka_unit_test(a_number_may_stand_in_brackets),
		cmocka_unit_test(commands_and_operations_are_sorted),
		cmocka_unit_test(the_manual_page_names_every_option),
		cmocka_unit_test(the_manual_page_names_every_command_and_operation),
	};
	return cmocka_run_group_tests_name("client_options", tests, NULL, NULL);
}
