/* Every key is shown with its value and where that comes from. */
#include "text.h"

#include "config/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct look {
	const char *key; /* wanted */
	char text[512];
	size_t count;
};

static void on_item(void *arg, const struct config_item *item)
{
	struct look *look = arg;
	look->count++;
	assert_true(item->help[0]);
	assert_int_equal(item->live, config_key_find(item->key)->live);
	if (strcmp(item->key, look->key) == 0)
		(void)snprintf(look->text, sizeof(look->text), "%s from %s, else %s", item->value,
			item->source, item->fallback);
}

static void expect_item(const struct config *config, const char *key, const char *wanted)
{
	struct look look = {.key = key};
	size_t count;
	(void)config_keys(&count);
	config_each(config, on_item, &look);
	assert_int_equal(look.count, count);
	assert_string_equal(look.text, wanted);
}

static void a_key_that_was_set_says_where(void **state)
{
	struct config *config = text_parse("server: {\n name = \"x\"; };\nlimits: { rooms = 5; };");
	(void)state;
	expect_item(config, "server.name", "\"x\" from test:2, else \"gchat\"");
	expect_item(config, "limits.rooms", "5 from test:3, else 100000");
	expect_item(config, "accounts.guests", "false from default, else false");
	config_free(config);
}

static void without_a_file_all_are_defaults(void **state)
{
	struct config *config = NULL;
	struct config_errors errors = {0};
	(void)state;
	assert_int_equal(config_load(NULL, &config, &errors), 0);
	expect_item(config, "server.name", "\"gchat\" from default, else \"gchat\"");
	config_free(config);
}

static void a_key_from_an_included_file_names_that_file(void **state)
{
	char folder[] = "/tmp/gchat-item-XXXXXX";
	char main_path[64];
	char inner_path[64];
	struct config *config = NULL;
	struct config_errors errors = {0};
	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(main_path, sizeof(main_path), "%s/a.conf", folder);
	(void)snprintf(inner_path, sizeof(inner_path), "%s/b.conf", folder);
	FILE *f = fopen(main_path, "w");
	assert_non_null(f);
	(void)fputs("@include \"b.conf\"\n", f);
	(void)fclose(f);
	f = fopen(inner_path, "w");
	assert_non_null(f);
	(void)fputs("\n\nlimits: { rooms = 7; };\n", f);
	(void)fclose(f);
	assert_int_equal(config_load(main_path, &config, &errors), 0);
	/* as messages have it: by its name in the @include */
	expect_item(config, "limits.rooms", "7 from b.conf:3, else 100000");
	config_free(config);
	(void)unlink(main_path);
	(void)unlink(inner_path);
	(void)rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_that_was_set_says_where),
		cmocka_unit_test(without_a_file_all_are_defaults),
		cmocka_unit_test(a_key_from_an_included_file_names_that_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
