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

struct line {
	char words[ARGS_MAX][ARG_BYTES];
	char *argv[ARGS_MAX + 1];
	struct options options;
	char said[256];
};

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
	int r = options_parse(argc, l->argv, &l->options, err);
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
	assert_string_equal(l.options.room, "lobby");
	assert_string_equal(l.options.reason, "why");
	assert_string_equal(l.options.socket, "/x");
	assert_int_equal(l.options.given, OPTION_ROOM | OPTION_REASON);
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

static void a_timeout_is_a_whole_number_within_its_range(void **state)
{
	static const char *const wrong[] = {"0", "-1", "3601", "5s", "x", "99999999999999999999"};
	struct line l;
	char text[ARG_BYTES];

	(void)state;
	assert_int_equal(parse(&l, "gchatctl status -t 3600"), EXIT_DONE);
	assert_int_equal(l.options.timeout_ms, 3600 * 1000);
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
}

static void an_option_without_its_value_is_named(void **state)
{
	struct line l;

	(void)state;
	assert_int_equal(parse(&l, "gchatctl kick ann --room"), EXIT_USAGE);
	assert_non_null(strstr(l.said, "--room wants a value"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_the_defaults_hold),
		cmocka_unit_test(options_may_follow_the_command),
		cmocka_unit_test(after_two_dashes_everything_is_a_word),
		cmocka_unit_test(json_is_short_for_the_format),
		cmocka_unit_test(an_unknown_format_is_refused_with_those_allowed),
		cmocka_unit_test(a_timeout_is_a_whole_number_within_its_range),
		cmocka_unit_test(an_unknown_option_is_named),
		cmocka_unit_test(an_option_without_its_value_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
