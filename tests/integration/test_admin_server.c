/*
 * What an administrator does with the server as a whole, through gchatctl: its configuration shown,
 * checked and read again.
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/td_client.h"
#include "tool.h"

enum {
	EXIT_REFUSED = 1,
	EXIT_WRONG = 2,
	EXIT_UNKNOWN = 4,
	EXIT_CONFLICTS = 6,
};

/* The element of the array whose `key` is `value`; NULL: none. */
static json_t *find(json_t *array, const char *key, const char *value)
{
	size_t i;
	json_t *item;
	json_array_foreach(array, i, item)
	{
		const char *text = json_string_value(json_object_get(item, key));
		if (text && strcmp(text, value) == 0)
			return item;
	}
	return NULL;
}

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* Writes a file beside the daemon's own; its path within a command. */
static void write_conf(struct td *td, const char *text, char ret_path[TD_PATH_BYTES])
{
	FILE *f = fopen(td_path(td, "other.conf", ret_path), "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* ---- configuration ---- */

static void each_setting_is_shown_with_its_source(void **state)
{
	struct td *td = td_start(&(struct td_options){.config = "limits: { rooms = 77; };"});
	json_t *list = tool_json(td, GCHATCTL, "config show");
	json_t *rooms = find(list, "key", "limits.rooms");
	json_t *members = find(list, "key", "limits.members_per_room");
	(void)state;
	assert_true(json_array_size(list) > 50);
	assert_string_equal(text_of(rooms, "value"), "77");
	assert_string_equal(text_of(rooms, "default"), "100000");
	assert_non_null(strstr(text_of(rooms, "source"), td_config_path(td)));
	assert_true(json_is_false(json_object_get(rooms, "needs_restart")));
	assert_string_equal(text_of(members, "source"), "default");
	assert_true(
		json_is_true(json_object_get(find(list, "key", "server.shards"), "needs_restart")));
	json_decref(list);
	list = tool_json(td, GCHATCTL, "config show --changed");
	assert_non_null(find(list, "key", "limits.rooms"));
	assert_null(find(list, "key", "limits.members_per_room"));
	json_decref(list);
	td_stop(td);
}

static void a_check_says_everything_wrong_and_changes_nothing(void **state)
{
	struct td *td = td_start(NULL);
	char path[TD_PATH_BYTES];
	char words[256];
	(void)state;
	write_conf(td, "limits: { rooms = -1; nonsense = 1; };", path);
	(void)snprintf(words, sizeof(words),
		"config check %s 2>&1 | grep -c 'other.conf:1: limits' | sed 's/.*/[&]/'", path);
	json_t *count = NULL;
	assert_int_equal(tool_run(td, GCHATCTL, words, &count), 0);
	assert_int_equal(json_integer_value(json_array_get(count, 0)), 2);
	json_decref(count);
	(void)snprintf(words, sizeof(words), "config check %s", path);
	assert_int_equal(tool_run(td, GCHATCTL, words, NULL), EXIT_REFUSED);
	json_t *list = tool_json(td, GCHATCTL, "config show");
	assert_string_equal(text_of(find(list, "key", "limits.rooms"), "source"), "default");
	json_decref(list);
	td_stop(td);
}

static void a_check_of_a_good_file_says_what_it_would_change(void **state)
{
	struct td *td = td_start(NULL);
	char path[TD_PATH_BYTES];
	char words[256];
	(void)state;
	write_conf(td, "limits: { rooms = 55; };", path);
	(void)snprintf(words, sizeof(words), "config check %s", path);
	json_t *list = tool_json(td, GCHATCTL, words);
	assert_string_equal(text_of(find(list, "key", "limits.rooms"), "after"), "55");
	json_decref(list);
	list = tool_json(td, GCHATCTL, "config check");
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	td_stop(td);
}

static void a_check_of_what_is_no_file_fails_at_once(void **state)
{
	struct td *td = td_start(NULL);
	char words[256];
	(void)state;
	assert_int_equal(
		tool_run(td, GCHATCTL, "config check /nowhere/at/all", NULL), EXIT_UNKNOWN);
	(void)snprintf(words, sizeof(words), "config check %s", td_folder(td));
	assert_int_equal(tool_run(td, GCHATCTL, words, NULL), EXIT_WRONG);
	assert_int_equal(tool_run(td, GCHATCTL, "config check /dev/zero", NULL), EXIT_WRONG);
	td_stop(td);
}

static void a_reload_shows_what_changed_and_what_waits(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	(void)state;
	td_configure(td, "limits: { rooms = 55; }; server: { shards = 3; };");
	json_t *list = tool_json(td, GCHATCTL, "config reload");
	assert_int_equal(json_array_size(list), 2);
	json_t *rooms = find(list, "key", "limits.rooms");
	json_t *shards = find(list, "key", "server.shards");
	assert_string_equal(text_of(rooms, "before"), "100000");
	assert_string_equal(text_of(rooms, "after"), "55");
	assert_true(json_is_false(json_object_get(rooms, "needs_restart")));
	assert_true(json_is_true(json_object_get(shards, "needs_restart")));
	json_decref(list);
	list = tool_json(td, GCHATCTL, "reload");
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	td_barrier(ann); /* healthy sessions notice nothing */
	td_stop(td);
}

static void a_reload_of_a_wrong_file_applies_nothing_and_is_recorded_so(void **state)
{
	struct td *td = td_start(NULL);
	(void)state;
	td_configure(td, "limits: { rooms = 55; members_per_room = -3; };");
	assert_int_equal(tool_run(td, GCHATCTL, "reload", NULL), EXIT_CONFLICTS);
	json_t *list = tool_json(td, GCHATCTL, "config show");
	assert_string_equal(text_of(find(list, "key", "limits.rooms"), "value"), "100000");
	json_decref(list);
	list = tool_json(td, GCHATCTL, "audit --action=config-reload");
	assert_string_equal(text_of(json_array_get(list, 0), "outcome"), "CONFIG_REFUSED");
	json_decref(list);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_setting_is_shown_with_its_source, td_teardown),
		cmocka_unit_test_teardown(
			a_check_says_everything_wrong_and_changes_nothing, td_teardown),
		cmocka_unit_test_teardown(
			a_check_of_a_good_file_says_what_it_would_change, td_teardown),
		cmocka_unit_test_teardown(a_check_of_what_is_no_file_fails_at_once, td_teardown),
		cmocka_unit_test_teardown(a_reload_shows_what_changed_and_what_waits, td_teardown),
		cmocka_unit_test_teardown(
			a_reload_of_a_wrong_file_applies_nothing_and_is_recorded_so, td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
