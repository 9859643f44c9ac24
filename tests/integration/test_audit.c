/*
 * The audit log of a real daemon: what an administrator changes is in it before the answer, done or
 * refused, without secrets; it lasts, and can be searched.
 */
#include "cmocka_std.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/td_client.h"
#include "tool.h"

static const char *text_at(struct td *td, json_t *array, size_t i, const char *key)
{
	const char *text = json_string_value(tool_at(td, json_array_get(array, i), key));
	return text ? text : "";
}

static long long number_at(struct td *td, json_t *array, size_t i, const char *key)
{
	return json_integer_value(tool_at(td, json_array_get(array, i), key));
}

static void expect_count(struct td *td, const char *words, size_t count)
{
	json_t *list = tool_json(td, GCHATCTL, words);
	if (json_array_size(list) != count)
		td_fail(td, "%s: %zu entries, not %zu", words, json_array_size(list), count);
	json_decref(list);
}

static void a_change_is_recorded_with_who_and_what(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	const struct passwd *me = getpwuid(getuid());
	(void)state;
	(void)td_create_room(ann, "lobby");
	(void)td_join(bob, "lobby");
	assert_int_equal(
		tool_run(td, GCHATCTL, "kick bob --room=lobby --reason='no more'", NULL), 0);
	json_t *list = tool_json(td, GCHATCTL, "audit");
	assert_int_equal(json_array_size(list), 1);
	assert_int_equal(number_at(td, list, 0, "seq"), 1);
	assert_string_equal(text_at(td, list, 0, "action"), "kick");
	assert_non_null(strstr(text_at(td, list, 0, "object"), "user=bob"));
	assert_non_null(strstr(text_at(td, list, 0, "object"), "room=lobby"));
	assert_non_null(strstr(text_at(td, list, 0, "object"), "reason=\"no more\""));
	assert_string_equal(text_at(td, list, 0, "outcome"), "OK");
	assert_int_equal(number_at(td, list, 0, "uid"), getuid());
	assert_string_equal(text_at(td, list, 0, "user"), me ? me->pw_name : "");
	assert_true(number_at(td, list, 0, "pid") > 1);
	json_decref(list);
	assert_true(td_log_has(td, "action=kick", TD_WAIT_MS));
	td_stop(td);
}

static void a_refusal_is_recorded_by_its_reason(void **state)
{
	struct td *td = td_start(NULL);
	(void)state;
	assert_int_equal(tool_run(td, GCHATCTL, "kick nobody", NULL), 4);
	json_t *list = tool_json(td, GCHATCTL, "audit");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(text_at(td, list, 0, "outcome"), "UNKNOWN_USER");
	json_decref(list);
	td_stop(td);
}

static void looking_is_not_recorded(void **state)
{
	struct td *td = td_start(NULL);
	(void)state;
	json_decref(tool_json(td, GCHATCTL, "status"));
	json_decref(tool_json(td, GCHATCTL, "list-rooms"));
	json_decref(tool_json(td, GCHATCTL, "config show"));
	expect_count(td, "audit", 0);
	td_stop(td);
}

static void filters_choose_by_action_user_object_and_time(void **state)
{
	struct td *td = td_start(NULL);
	char words[128];
	(void)state;
	(void)td_connect(td, "ann");
	assert_int_equal(tool_run(td, GCHATCTL, "kick ann", NULL), 0);
	assert_int_equal(tool_run(td, GCHATCTL, "kick bob", NULL), 4);
	assert_int_equal(tool_run(td, GCHATCTL, "reload", NULL), 0);
	expect_count(td, "audit", 3);
	expect_count(td, "audit --action=kick", 2);
	expect_count(td, "list-audit --action=kick --object=bob", 1);
	expect_count(td, "audit list --action=config-reload", 1);
	expect_count(td, "audit --since=1h", 3);
	expect_count(td, "audit --until=1h", 0);
	expect_count(td, "audit --since=2020-01-01 --until=2020-01-02", 0);
	(void)snprintf(words, sizeof(words), "audit --user=%u", getuid());
	expect_count(td, words, 3);
	(void)snprintf(words, sizeof(words), "audit --user=%u", getuid() + 1);
	expect_count(td, words, 0);
	expect_count(td, "audit --user=nobody-of-that-name", 0);
	assert_int_equal(tool_run(td, GCHATCTL, "audit --since=yesterday", NULL), 2);
	td_stop(td);
}

static void it_outlives_a_crash_and_is_no_room(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	(void)state;
	(void)td_create_room(ann, "lobby");
	assert_int_equal(tool_run(td, GCHATCTL, "kick nobody", NULL), 4);
	td_kill9(td);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	td_restart(td); /* what the start before had deleted behind the scenes */
	expect_count(td, "audit", 1);
	expect_count(td, "list-rooms", 1);
	json_t *problems = tool_json(td, GCHATCTL, "verify");
	assert_int_equal(json_array_size(problems), 0);
	json_decref(problems);
	td_stop(td);
}

static void many_entries_come_page_by_page(void **state)
{
	enum {
		CALLS = 150
	};
	struct td *td = td_start(NULL);
	(void)state;
	for (int i = 0; i < CALLS; i++)
		assert_int_equal(tool_run(td, GCHATCTL, "kick nobody", NULL), 4);
	json_t *list = tool_json(td, GCHATCTL, "audit");
	assert_int_equal(json_array_size(list), CALLS);
	for (size_t i = 0; i < CALLS; i++)
		assert_int_equal(number_at(td, list, i, "seq"), CALLS - i);
	json_decref(list);
	expect_count(td, "audit --limit=7", 7);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_change_is_recorded_with_who_and_what, td_teardown),
		cmocka_unit_test_teardown(a_refusal_is_recorded_by_its_reason, td_teardown),
		cmocka_unit_test_teardown(looking_is_not_recorded, td_teardown),
		cmocka_unit_test_teardown(
			filters_choose_by_action_user_object_and_time, td_teardown),
		cmocka_unit_test_teardown(it_outlives_a_crash_and_is_no_room, td_teardown),
		cmocka_unit_test_teardown(many_entries_come_page_by_page, td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
