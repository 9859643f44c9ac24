/* Asking before something is destroyed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/command.h"
#include "ctl/confirm.h"
#include "ctl/exit.h"

/* What `answer` means; what was said is in `said`. */
static int ask(const char *answer, char said[256])
{
	char text[64];
	FILE *err = fmemopen(said, 256, "w");

	(void)snprintf(text, sizeof(text), "%s", answer);
	FILE *in = fmemopen(text, strlen(text) + 1, "r");
	int r = confirm_read(in, err, "Delete room lobby with 812 messages?");
	(void)fclose(in);
	(void)fclose(err);
	return r;
}

static void only_a_yes_is_a_yes(void **state)
{
	char said[256];

	(void)state;
	assert_int_equal(ask("y\n", said), EXIT_DONE);
	assert_string_equal(said, "Delete room lobby with 812 messages? [y/N] ");
	assert_int_equal(ask("Yes\n", said), EXIT_DONE);
	assert_int_equal(ask("n\n", said), EXIT_FAILED);
	assert_int_equal(ask("\n", said), EXIT_FAILED);
	assert_int_equal(ask("oh yes\n", said), EXIT_FAILED);
	assert_non_null(strstr(said, "nothing was changed"));
}

static void where_nobody_can_be_asked_the_option_is_named(void **state)
{
	char said[256] = "";
	FILE *err = fmemopen(said, sizeof(said), "w");

	(void)state;
	assert_int_equal(confirm_read(NULL, err, "Delete room lobby?"), EXIT_USAGE);
	(void)fclose(err);
	assert_non_null(strstr(said, "Delete room lobby?"));
	assert_non_null(strstr(said, "--yes"));
}

static void yes_on_the_command_line_asks_nothing(void **state)
{
	struct options options = {.given = {{.row = &options_of_destroyers[1]}}, .given_count = 1};
	struct command_call call = {.options = &options};

	(void)state;
	assert_string_equal(options_of_destroyers[1].name, "yes");
	assert_int_equal(confirm_ask(&call, "Really, %s?", "ann"), EXIT_DONE);
	assert_false(confirm_is_dry_run(&call));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_yes_is_a_yes),
		cmocka_unit_test(where_nobody_can_be_asked_the_option_is_named),
		cmocka_unit_test(yes_on_the_command_line_asks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
