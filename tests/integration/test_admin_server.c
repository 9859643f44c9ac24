/*
 * What an administrator does with the server as a whole, through gchatctl: its configuration shown,
 * checked and read again; what it logs, what it says to all, whom it takes, what it gives out.
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

static void a_check_refuses_a_certificate_as_a_reload_would(void **state)
{
	struct td *td = td_start(NULL);
	char path[TD_PATH_BYTES];
	char words[256];
	(void)state;
	write_conf(
		td, "tls: { certificate = \"/nowhere/a.crt\"; key = \"/nowhere/a.key\"; };", path);
	(void)snprintf(words, sizeof(words),
		"config check %s 2>&1 | grep -c '^tls: .*/nowhere/a' | sed 's/.*/[&]/'", path);
	json_t *lines = tool_json(td, GCHATCTL, words);
	assert_int_equal(json_integer_value(json_array_get(lines, 0)), 1);
	json_decref(lines);
	(void)snprintf(words, sizeof(words), "config check %s", path);
	assert_int_equal(tool_run(td, GCHATCTL, words, NULL), EXIT_REFUSED);
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

/* ---- the log level ---- */

static void the_log_level_is_changed_until_the_next_reload(void **state)
{
	struct td *td = td_start(NULL); /* at debug */
	json_t *level = tool_json(td, GCHATCTL, "log-level");
	(void)state;
	assert_string_equal(text_of(level, "level"), "debug");
	json_decref(level);
	level = tool_json(td, GCHATCTL, "log-level error");
	assert_string_equal(text_of(level, "before"), "debug");
	json_decref(level);
	level = tool_json(td, GCHATCTL, "log-level");
	assert_string_equal(text_of(level, "level"), "error");
	json_decref(level);
	assert_int_equal(tool_run(td, GCHATCTL, "log-level loud", NULL), EXIT_WRONG);
	json_decref(tool_json(td, GCHATCTL, "reload"));
	level = tool_json(td, GCHATCTL, "log-level");
	assert_string_equal(text_of(level, "level"), "debug");
	json_decref(level);
	td_stop(td);
}

/* ---- broadcasts ---- */

static void a_broadcast_reaches_everyone_who_is_connected(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	(void)state;
	json_t *said = tool_json(td, GCHATCTL, "broadcast 'down at 5, back at 6'");
	assert_int_equal(json_integer_value(tool_at(td, said, "sessions")), 2);
	assert_int_equal(json_integer_value(tool_at(td, said, "missed")), 0);
	json_decref(said);
	assert_string_equal(
		td_expect_event(ann, GCHAT_EVENT_NOTICE)->notice.text, "down at 5, back at 6");
	assert_true(td_expect_event(bob, GCHAT_EVENT_NOTICE)->notice.time_us > 0);
	assert_int_equal(tool_run(td, GCHATCTL, "broadcast - <<'E'\none\ntwo\nE", NULL), 0);
	assert_string_equal(td_expect_event(ann, GCHAT_EVENT_NOTICE)->notice.text, "one");
	assert_string_equal(td_expect_event(ann, GCHAT_EVENT_NOTICE)->notice.text, "two");
	td_stop(td);
}

static void a_broadcast_that_is_no_line_is_refused(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	(void)state;
	assert_int_equal(tool_run(td, GCHATCTL, "broadcast ''", NULL), EXIT_WRONG);
	assert_int_equal(
		tool_run(td, GCHATCTL, "broadcast \"$(printf 'a\\033[31mb')\"", NULL), EXIT_WRONG);
	assert_int_equal(tool_run(td, GCHATCTL,
				 "broadcast \"$(head -c 1025 /dev/zero | tr '\\0' x)\"", NULL),
		EXIT_WRONG);
	td_barrier(ann);
	td_expect_none(ann, GCHAT_EVENT_NOTICE);
	td_stop(td);
}

/* ---- draining ---- */

static bool was_told_to_wait(const struct gchat_event *event, void *arg)
{
	(void)arg;
	return event->state.state == GCHAT_STATE_RECONNECTING &&
	       strcmp(event->state.error.reason, "DRAINING") == 0 &&
	       event->state.error.retry_after_ms >= 5000;
}

static void while_it_drains_old_sessions_go_on_and_new_ones_wait(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_sign_in(td, "bob", NULL);
	uint64_t room = td_create_room(ann, "lobby");
	(void)state;
	json_t *drained = tool_json(td, GCHATCTL, "drain on");
	assert_int_equal(json_integer_value(tool_at(td, drained, "sessions")), 1);
	assert_true(json_is_false(tool_at(td, drained, "was_draining")));
	json_decref(drained);
	json_t *status = tool_json(td, GCHATCTL, "status");
	assert_string_equal(text_of(status, "state"), "DRAINING");
	json_decref(status);
	(void)td_send_acked(ann, room, "still here");
	td_check(bob, gchat_connect(td_gchat(bob), &(struct gchat_session_options){0}), NULL,
		"connect");
	(void)td_expect_match(bob, GCHAT_EVENT_STATE, was_told_to_wait, NULL, "told to wait");
	assert_int_equal(tool_run(td, GCHATCTL, "drain on --wait --timeout=1", NULL), 7);
	td_disconnect(ann);
	assert_int_equal(tool_run(td, GCHATCTL, "drain on --wait --timeout=20", NULL), 0);
	assert_int_equal(tool_run(td, GCHATCTL, "drain off", NULL), 0);
	(void)td_connect(td, "cem");
	assert_int_equal(tool_run(td, GCHATCTL, "drain perhaps", NULL), EXIT_WRONG);
	td_stop(td);
}

/* ---- export ---- */

/* The lines of the export as an array. Owned. */
static json_t *export_lines(struct td *td, const char *words)
{
	char path[TD_PATH_BYTES];
	char all[256];
	char line[65536];
	json_t *lines = json_array();
	(void)snprintf(
		all, sizeof(all), "export %s --to=%s", words, td_path(td, "export.jsonl", path));
	assert_int_equal(tool_run(td, GCHATCTL, all, NULL), 0);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		json_t *item = json_loads(line, 0, NULL);
		assert_non_null(item);
		assert_int_equal(json_array_append_new(lines, item), 0);
	}
	(void)fclose(f);
	assert_int_equal(tool_run(td, GCHATCTL, all, NULL), EXIT_REFUSED); /* it is there */
	assert_int_equal(remove(path), 0);
	return lines;
}

static size_t count_of(json_t *lines, const char *type)
{
	size_t i;
	size_t count = 0;
	json_t *line;
	json_array_foreach(lines, i, line) count += strcmp(text_of(line, "type"), type) == 0;
	return count;
}

static void an_export_has_every_account_room_member_and_event(void **state)
{
	enum {
		MESSAGES = 1500 /* more than a page */
	};
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t lobby = td_create_room(ann, "lobby");
	uint64_t tag = 0;
	(void)state;
	(void)td_create_room(bob, "den");
	(void)td_join(bob, "lobby");
	(void)td_send_acked(bob, lobby, "by bob");
	for (int i = 1; i <= MESSAGES; i++) {
		tag = td_send(ann, lobby, "by ann");
		if (i % 100 == 0)
			(void)td_expect_committed(ann, tag);
	}
	json_t *lines = export_lines(td, "");
	assert_string_equal(text_of(json_array_get(lines, 0), "type"), "server");
	assert_int_equal(count_of(lines, "account"), 2);
	assert_int_equal(count_of(lines, "room"), 2);
	assert_int_equal(count_of(lines, "member"), 3);
	assert_int_equal(count_of(lines, "event"), MESSAGES + 1 + 3); /* and three came in */
	json_decref(lines);
	lines = export_lines(td, "--room=den");
	assert_int_equal(count_of(lines, "account"), 0);
	assert_int_equal(count_of(lines, "room"), 1);
	assert_int_equal(count_of(lines, "event"), 1);
	json_decref(lines);
	lines = export_lines(td, "--user=bob");
	assert_int_equal(count_of(lines, "account"), 1);
	assert_int_equal(count_of(lines, "member"), 2);
	assert_int_equal(count_of(lines, "event"), 3);
	json_decref(lines);
	assert_int_equal(tool_run(td, GCHATCTL, "export --room=nowhere", NULL), EXIT_UNKNOWN);
	assert_int_equal(tool_run(td, GCHATCTL, "export --user=nobody", NULL), EXIT_UNKNOWN);
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
		cmocka_unit_test_teardown(
			a_check_refuses_a_certificate_as_a_reload_would, td_teardown),
		cmocka_unit_test_teardown(a_reload_shows_what_changed_and_what_waits, td_teardown),
		cmocka_unit_test_teardown(
			a_reload_of_a_wrong_file_applies_nothing_and_is_recorded_so, td_teardown),
		cmocka_unit_test_teardown(
			the_log_level_is_changed_until_the_next_reload, td_teardown),
		cmocka_unit_test_teardown(
			a_broadcast_reaches_everyone_who_is_connected, td_teardown),
		cmocka_unit_test_teardown(a_broadcast_that_is_no_line_is_refused, td_teardown),
		cmocka_unit_test_teardown(
			while_it_drains_old_sessions_go_on_and_new_ones_wait, td_teardown),
		cmocka_unit_test_teardown(
			an_export_has_every_account_room_member_and_event, td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
