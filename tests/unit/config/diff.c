/* A reload learns what changed, and what of it needs a restart. */
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
	SEEN_BYTES = 1024,
};

static char seen[SEEN_BYTES];

static void on_change(void *arg, const char *key, const char *before, const char *after, bool live)
{
	assert_ptr_equal(arg, seen);
	size_t used = strlen(seen);
	(void)snprintf(seen + used, sizeof(seen) - used, "%s: %s -> %s%s\n", key, before, after,
		live ? "" : " (restart)");
}

static void expect_diff(const char *before_text, const char *after_text, const char *wanted)
{
	struct config *before = text_parse(before_text);
	struct config *after = text_parse(after_text);
	seen[0] = '\0';
	config_diff(before, after, on_change, seen);
	assert_string_equal(seen, wanted);
	config_free(before);
	config_free(after);
}

static void equal_configurations_do_not_differ(void **state)
{
	(void)state;
	expect_diff("server: { name = \"a\"; };", "server: { name = \"\\x61\"; };", "");
}

static void each_kind_of_value_shows_both_sides(void **state)
{
	(void)state;
	expect_diff("",
		"server: { name = \"x\"; suggested_rooms = [ \"a\", \"b\" ]; };"
		"accounts: { guests = true; registration = \"closed\"; };"
		"limits: { rooms = 5; };",
		"server.name: \"gchat\" -> \"x\"\n"
		"server.suggested_rooms: [] -> [ \"a\", \"b\" ]\n"
		"accounts.registration: \"invite\" -> \"closed\"\n"
		"accounts.guests: false -> true\n"
		"limits.rooms: 100000 -> 5\n");
}

static void a_change_that_needs_a_restart_is_marked(void **state)
{
	(void)state;
	expect_diff("server: { shards = 1; };", "server: { shards = 2; drain_ms = 1; };",
		"server.shards: 1 -> 2 (restart)\nserver.drain_ms: 3000 -> 1\n");
}

static void going_back_to_a_default_is_a_change(void **state)
{
	(void)state;
	expect_diff("log: { level = \"debug\"; };", "", "log.level: \"debug\" -> \"info\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_configurations_do_not_differ),
		cmocka_unit_test(each_kind_of_value_shows_both_sides),
		cmocka_unit_test(a_change_that_needs_a_restart_is_marked),
		cmocka_unit_test(going_back_to_a_default_is_a_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
