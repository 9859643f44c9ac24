/* One setting of a tree: taken, refused with its place, or left alone. */
#include "config/take.h"

#include "config/config_priv.h"
#include "config/value.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum {
	LONG_BYTES = 500,
};

/* A tree of one setting, and a parse that has not seen it. */
struct fixture {
	config_t tree;
	struct config_errors errors;
	struct parse parse;
};

static struct fixture fixture;

static int begin(void **state)
{
	(void)state;
	memset(&fixture, 0, sizeof(fixture));
	config_init(&fixture.tree);
	fixture.parse.config = config_new();
	fixture.parse.errors = &fixture.errors;
	fixture.parse.name = "test";
	return 0;
}

static int end(void **state)
{
	(void)state;
	config_destroy(&fixture.tree);
	config_freep(&fixture.parse.config);
	config_errors_deinit(&fixture.errors);
	return 0;
}

/* Reads `text`, whose one setting goes to the key. */
static void take_text(const char *text, const char *path)
{
	assert_int_equal(config_read_string(&fixture.tree, text), CONFIG_TRUE);
	take(&fixture.parse, config_setting_get_elem(config_root_setting(&fixture.tree), 0),
		config_key_find(path));
}

static void a_right_value_is_set_and_its_place_remembered(void **state)
{
	(void)state;
	take_text("\nshards = 5;", "server.shards");
	assert_int_equal(fixture.errors.count, 0);
	assert_int_equal(fixture.parse.config->server.shards, 5);
	size_t index = config_key_index(config_key_find("server.shards"));
	assert_int_equal(config_setting_source_line(fixture.parse.set[index]), 2);
	assert_false(fixture.parse.refused[index]);
}

static void a_wrong_value_is_refused_and_the_default_stays(void **state)
{
	(void)state;
	take_text("\nshards = 500;", "server.shards");
	assert_int_equal(fixture.errors.count, 1);
	assert_string_equal(fixture.errors.lines[0],
		"test:2: server.shards: 500: out of range (allowed: 0 to 256 threads)");
	assert_int_equal(fixture.parse.config->server.shards, 0);
	assert_true(fixture.parse.refused[config_key_index(config_key_find("server.shards"))]);
}

static void a_key_that_was_refused_already_is_left_alone(void **state)
{
	(void)state;
	fixture.parse.refused[config_key_index(config_key_find("server.shards"))] = true;
	take_text("shards = 5;", "server.shards");
	assert_int_equal(fixture.errors.count, 0);
	assert_int_equal(fixture.parse.config->server.shards, 0);
}

static void a_long_value_is_cut_in_the_message(void **state)
{
	(void)state;
	char text[LONG_BYTES] = "level = \"";
	memset(text + strlen(text), 'x', 300);
	strcat(text, "\";");
	take_text(text, "log.level");
	assert_int_equal(fixture.errors.count, 1);
	assert_true(strlen(fixture.errors.lines[0]) < 250);
	assert_non_null(strstr(fixture.errors.lines[0], "xxx...: not one of the words"));
}

static void a_key_that_is_not_in_the_file_has_no_line(void **state)
{
	(void)state;
	take_fail(&fixture.parse, NULL, "tls.key", "missing", NULL);
	assert_string_equal(fixture.errors.lines[0], "test: tls.key: missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_right_value_is_set_and_its_place_remembered, begin, end),
		cmocka_unit_test_setup_teardown(
			a_wrong_value_is_refused_and_the_default_stays, begin, end),
		cmocka_unit_test_setup_teardown(
			a_key_that_was_refused_already_is_left_alone, begin, end),
		cmocka_unit_test_setup_teardown(a_long_value_is_cut_in_the_message, begin, end),
		cmocka_unit_test_setup_teardown(
			a_key_that_is_not_in_the_file_has_no_line, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
