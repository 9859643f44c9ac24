/* The list of messages is bounded, and freeing is always allowed. */
#include "config/config.h"

#include "config/config_priv.h"
#include "text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	TOO_MANY = CONFIG_ERRORS_MAX + 23,
};

static void messages_beyond_the_maximum_are_counted_and_not_kept(void **state)
{
	(void)state;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	for (int i = 0; i < TOO_MANY; i++)
		(void)fprintf(out, "unknown%d = 1;\n", i);
	assert_int_equal(fclose(out), 0);
	char *errors = text_errors(text);
	size_t lines = 0;
	for (const char *c = errors; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, CONFIG_ERRORS_MAX + 1);
	assert_non_null(strstr(errors, "\nand 23 more\n"));
	free(errors);
	free(text);
}

static void a_message_leaves_out_what_is_not_known(void **state)
{
	(void)state;
	struct config_errors errors = {.count = 0};
	struct config_fault fault = {.file = "f", .why = "No such file or directory"};
	config_errors_add(&errors, &fault);
	assert_string_equal(errors.lines[0], "f: No such file or directory");
	config_errors_deinit(&errors);
}

static void a_message_is_one_harmless_line(void **state)
{
	(void)state;
	struct config_errors errors = {.count = 0};
	struct config_fault fault = {
		.file = "f\n", .line = 1, .key = "\x1b[2J", .why = "caf\xc3\xa9"};
	config_errors_add(&errors, &fault);
	assert_string_equal(errors.lines[0], "f?:1: ?[2J: caf??");
	config_errors_deinit(&errors);
}

static void freeing_nothing_is_allowed(void **state)
{
	(void)state;
	struct config_errors errors = {.count = 0};
	assert_null(config_free(NULL));
	config_errors_deinit(&errors);
	config_errors_deinit(&errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_beyond_the_maximum_are_counted_and_not_kept),
		cmocka_unit_test(a_message_leaves_out_what_is_not_known),
		cmocka_unit_test(a_message_is_one_harmless_line),
		cmocka_unit_test(freeing_nothing_is_allowed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
