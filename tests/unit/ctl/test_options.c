/* The command line's options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "ctl/exit.h"
#include "ctl/options.h"

enum {
	ARGS_MAX = 16,
	ARG_BYTES = 64,
};

static const struct option_row own[] = {
	{.name = "color", .argument = "WORD", .kind = OPTION_WORD, .words = "red|green"},
	{.name = "for",
		.argument = "DURATION",
		.kind = OPTION_DURATION,
		.min = 60,
		.max = 7 * 86400},
	{.name = "force"},
	{.name = "reason", .argument = "TEXT", .kind = OPTION_TEXT},
	{.name = "room", .argument = "ROOM", .kind = OPTION_TEXT},
	{.name = "uses", .argument = "N", .kind = OPTION_NUMBER, .min = 1, .max = 100},
	{.name = NULL},
};

struct line {
	char words[ARGS_MAX][ARG_BYTES];
	char *argv[ARGS_MAX + 1];
	struct options options;
	char said[256];
};

/* All tables' options, and what the command takes: its own. */
static void make_sets(struct option_set *known, struct option_set *taken)
{
	*known = (struct option_set){0};
	*taken = (struct option_set){0};
	option_set_add(known, options_general);
	option_set_add(known, options_of_destroyers);
	option_set_add(known, own);
	option_set_add(taken, own);
}

/* Parses words that are separated by one space. */
static int parse(struct line *l, const char *text)
{
	int argc = 0;

	*l = (struct line){0};
	while (*text) {
		size_t len = strcspn(text, " ");
		(void)snprintf(l->words[argc], ARG_BYTES, "%.*s", (int)len, text);
		l->argv[argc] = l->words[argc];
		argc++;
		text += len + (text[len] == ' ');
	}
	FILE *err = fmemopen(l->said, sizeof(l->said), "w");
	struct option_set known;
	struct option_set taken;
	make_sets(&known, &taken);
	int r = options_parse(argc, l->argv, &known, &l->options, err);
	if (r == EXIT_DONE)
		r = options_bind(&l->options, &taken, "kick", err);
	(void)fclose(err);
	return r;
}

static void without_options_the_defaults_hold(void **state)
{
	struct line l;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl status"), EXIT_DONE);
	assert_string_equal(l.options.socket, "/run/gchatd/admin.sock");
	assert_int_equal(l.options.timeout_ms, 0);
	assert_int_equal(l.options.format, OUTPUT_TABLE);
	assert_int_equal(l.options.word_count, 1);
}

static void options_may_follow_the_command(void **state)
{
	struct line l;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl kick ann --room=lobby --reason why -s /x"), EXIT_DONE);
	assert_string_equal(l.options.words[0], "kick");
	assert_string_equal(l.options.words[1], "ann");
	assert_string_equal(options_text(&l.options, "room"), "lobby");
	assert_string_equal(options_text(&l.options, "reason"), "why");
	assert_string_equal(l.options.socket, "/x");
	assert_int_equal(l.options.given_count, 2);
}

static void after_two_dashes_everything_is_a_word(void **state)
{
	struct line l;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl kick -- --room"), EXIT_DONE);
	assert_int_equal(l.options.word_count, 2);
	assert_string_equal(l.options.words[1], "--room");
}

static void json_is_short_for_the_format(void **state)
{
	struct line l;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl -j status"), EXIT_DONE);
	assert_int_equal(l.options.format, OUTPUT_JSON);
	assert_int_equal(parse(&l, "gchatctl status --output=jsonl"), EXIT_DONE);
	assert_int_equal(l.options.format, OUTPUT_JSONL);
}

static void an_unknown_format_is_refused_with_those_allowed(void **state)
{
	struct line l;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl status --output=xml"), EXIT_USAGE);
	assert_non_null(strstr(l.said, "xml"));
	assert_non_null(strstr(l.said, "jsonl"));
}

static void a_timeout_is_a_duration_within_its_range(void **state)
{
	static const char *const wrong[] = {
		"0", "-1", "3601", "5x", "x", "2h", "99999999999999999999"};
	struct line l;
	char text[ARG_BYTES];

	(void)state;
	assert_int_equal(parse(&l, "gchatctl status -t 3600"), EXIT_DONE);
	assert_int_equal(l.options.timeout_ms, 3600 * 1000);
	assert_int_equal(parse(&l, "gchatctl status -t 2m"), EXIT_DONE);
	assert_int_equal(l.options.timeout_ms, 120 * 1000);
	for (size_t i = 0; i < GC_LENGTH(wrong); i++) {
		(void)snprintf(text, sizeof(text), "gchatctl status --timeout=%s", wrong[i]);
		assert_int_equal(parse(&l, text), EXIT_USAGE);
	}
}

static void an_unknown_option_is_named(void **state)
{
	struct line l;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl --sokcet=/x status"), EXIT_USAGE);
	assert_non_null(strstr(l.said, "--sokcet"));
	assert_non_null(strstr(l.said, "did you mean --socket"));
}

static void the_beginning_of_a_name_is_no_option_and_its_value_is_not_repeated(void **state)
{
	struct line l;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl user passwd ann --password=hunter2"), EXIT_USAGE);
	assert_non_null(strstr(l.said, "there is no option --password;"));
	assert_null(strstr(l.said, "hunter2"));
	assert_int_equal(parse(&l, "gchatctl status --sock /x"), EXIT_USAGE);
	assert_non_null(strstr(l.said, "--sock"));
}

static void an_option_without_its_value_is_named(void **state)
{
	struct line l;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl kick ann --room"), EXIT_USAGE);
	assert_non_null(strstr(l.said, "--room wants a value"));
}

static void a_flag_with_a_value_is_named(void **state)
{
	struct line l;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl kick ann --force=yes"), EXIT_USAGE);
	assert_non_null(strstr(l.said, "--force"));
}

static void an_option_that_the_command_does_not_take_is_refused(void **state)
{
	struct line l;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl kick ann --yes"), EXIT_USAGE);
	assert_non_null(strstr(l.said, "kick doesn't take --yes"));
}

static void values_are_checked_by_their_kind(void **state)
{
	static const char *const wrong[] = {"--uses=0", "--uses=101", "--uses=+5",
		"--uses=", "--uses=x", "--for=59", "--for=8d", "--for=never", "--color=blue",
		"--color=", "--color=red|green"};
	struct line l;
	char text[ARG_BYTES];

	(void)state;
	assert_int_equal(parse(&l, "gchatctl kick --uses=7 --for=1h30m --color=green"), EXIT_DONE);
	assert_int_equal(options_number(&l.options, "uses", 1), 7);
	assert_int_equal(options_number(&l.options, "for", 1), 5400);
	assert_string_equal(options_text(&l.options, "color"), "green");
	for (size_t i = 0; i < GC_LENGTH(wrong); i++) {
		(void)snprintf(text, sizeof(text), "gchatctl kick %s", wrong[i]);
		assert_int_equal(parse(&l, text), EXIT_USAGE);
		assert_true(strlen(l.said) > 0);
	}
}

static void what_was_not_given_has_its_default(void **state)
{
	struct line l;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl kick ann"), EXIT_DONE);
	assert_false(options_has(&l.options, "force"));
	assert_null(options_text(&l.options, "reason"));
	assert_int_equal(options_number(&l.options, "uses", 42), 42);
}

static void a_repeated_option_keeps_all_values_and_the_last_counts(void **state)
{
	struct line l;
	size_t at = 0;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl kick --room=a --force --room=b"), EXIT_DONE);
	assert_true(options_has(&l.options, "force"));
	assert_string_equal(options_text(&l.options, "room"), "b");
	assert_string_equal(options_next(&l.options, "room", &at), "a");
	assert_string_equal(options_next(&l.options, "room", &at), "b");
	assert_null(options_next(&l.options, "room", &at));
}

static void too_many_options_are_refused(void **state)
{
	static char *argv[OPTIONS_GIVEN_MAX + 2];
	static char name[] = "gchatctl";
	static char force[] = "--force";
	struct option_set known;
	struct option_set taken;
	struct options options;
	char said[256] = "";
	FILE *err = fmemopen(said, sizeof(said), "w");

	(void)state;
	make_sets(&known, &taken);
	argv[0] = name;
	for (size_t i = 1; i < GC_LENGTH(argv); i++)
		argv[i] = force;
	assert_int_equal(options_parse(GC_LENGTH(argv), argv, &known, &options, err), EXIT_USAGE);
	(void)fclose(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_the_defaults_hold),
		cmocka_unit_test(options_may_follow_the_command),
		cmocka_unit_test(after_two_dashes_everything_is_a_word),
		cmocka_unit_test(json_is_short_for_the_format),
		cmocka_unit_test(an_unknown_format_is_refused_with_those_allowed),
		cmocka_unit_test(a_timeout_is_a_duration_within_its_range),
		cmocka_unit_test(an_unknown_option_is_named),
		cmocka_unit_test(
			the_beginning_of_a_name_is_no_option_and_its_value_is_not_repeated),
		cmocka_unit_test(an_option_without_its_value_is_named),
		cmocka_unit_test(a_flag_with_a_value_is_named),
		cmocka_unit_test(an_option_that_the_command_does_not_take_is_refused),
		cmocka_unit_test(values_are_checked_by_their_kind),
		cmocka_unit_test(what_was_not_given_has_its_default),
		cmocka_unit_test(a_repeated_option_keeps_all_values_and_the_last_counts),
		cmocka_unit_test(too_many_options_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
