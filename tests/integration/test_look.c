/* gchatctl's lists, top and doctor against the real daemon. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/macros.h"
#include "support/td_client.h"
#include "tool.h"

enum {
	ROOMS = 7,
	NAME_BYTES = 32,
};

static const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* ---- lists ---- */

static void lists_are_chosen_sorted_and_cut(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	char name[NAME_BYTES];

	(void)state;
	for (int i = 0; i < ROOMS; i++) {
		(void)snprintf(name, sizeof(name), "room-%d", i);
		uint64_t room = td_create_room(ann, name);
		for (int n = 0; n < i; n++)
			(void)td_send_acked(ann, room, "hello");
	}
	json_t *rooms = tool_json(
		td, GCHATCTL, "list-rooms --sort=-head_seq --limit=2 --columns=room,head_seq");
	assert_int_equal(json_array_size(rooms), 2);
	assert_string_equal(text_at(json_array_get(rooms, 0), "room"), "room-6");
	assert_string_equal(text_at(json_array_get(rooms, 1), "room"), "room-5");
	assert_int_equal(json_object_size(json_array_get(rooms, 0)), 2);
	json_decref(rooms);
	rooms = tool_json(td, GCHATCTL, "list-rooms --filter='head_seq>5' --filter=room!=room-6");
	assert_int_equal(json_array_size(rooms), 1);
	assert_string_equal(text_at(json_array_get(rooms, 0), "room"), "room-5");
	json_decref(rooms);
	rooms = tool_json(td, GCHATCTL, "room list --filter='created>1h' --filter='room=room-*'");
	assert_int_equal(json_array_size(rooms), ROOMS);
	json_decref(rooms);
	assert_int_equal(tool_run(td, GCHATCTL, "list-rooms --filter=nonsense=1", NULL), 2);
	assert_int_equal(tool_run(td, GCHATCTL, "list-rooms --columns=nonsense", NULL), 2);
	assert_int_equal(tool_run(td, GCHATCTL, "status --sort=room", NULL), 2);
	td_stop(td);
}

/* ---- top ---- */

static void top_shows_who_is_busy_once_for_a_script(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");

	(void)state;
	(void)td_create_room(ann, "lobby");
	json_t *top = tool_json(td, GCHATCTL, "top -n 1 --interval=1s --by=name");
	assert_string_equal(text_at(top, "state"), "SERVING");
	assert_int_equal(json_array_size(tool_at(td, top, "sessions")), 1);
	json_t *session = json_array_get(tool_at(td, top, "sessions"), 0);
	assert_string_equal(text_at(session, "user"), "ann");
	assert_true(json_is_real(json_object_get(session, "events_out_per_s")));
	json_t *room = json_array_get(tool_at(td, top, "rooms"), 0);
	assert_string_equal(text_at(room, "room"), "lobby");
	assert_int_equal(json_integer_value(json_object_get(room, "members")), 1);
	json_decref(top);
	td_stop(td);
}

/* ---- doctor ---- */

/* What was found of `check`; "" where it wasn't looked at. */
static const char *result_of(json_t *checks, const char *check)
{
	size_t i;
	json_t *row;

	json_array_foreach(checks, i, row)
	{
		if (strcmp(text_at(row, "check"), check) == 0)
			return text_at(row, "result");
	}
	return "";
}

static void assert_nothing_is_left(struct td *td)
{
	json_t *rooms = tool_json(td, GCHATCTL, "list-rooms");
	json_t *status = tool_json(td, GCHATCTL, "status");

	assert_int_equal(json_array_size(rooms), 0);
	assert_int_equal(json_integer_value(tool_at(td, status, "accounts")), 0);
	assert_int_equal(json_integer_value(tool_at(td, status, "sessions")), 0);
	json_decref(rooms);
	json_decref(status);
}

static void doctor_talks_on_a_healthy_server_and_leaves_nothing(void **state)
{
	static const char *const well[] = {
		"daemon", "store", "disk", "sign-in", "talk", "resume", "certificate", "handshake"};
	struct td *td = td_start(NULL);
	json_t *checks = NULL;

	(void)state;
	int status = tool_run(td, GCHATCTL, "doctor --messages=10", &checks);
	for (size_t i = 0; i < GC_LENGTH(well); i++) {
		if (strcmp(result_of(checks, well[i]), "ok") != 0)
			td_fail(td, "%s: %s", well[i], result_of(checks, well[i]));
	}
	assert_int_equal(status, 0);
	json_t *last = json_array_get(checks, json_array_size(checks) - 1);
	assert_string_equal(text_at(last, "check"), "verdict");
	json_decref(checks);
	assert_nothing_is_left(td);
	td_stop(td);
}

static void doctor_fails_where_the_port_is_not_the_daemons(void **state)
{
	struct td *td = td_start(NULL);
	json_t *checks = NULL;

	(void)state;
	assert_int_equal(
		tool_run(td, GCHATCTL, "doctor --messages=1 --server=127.0.0.1:1", &checks), 1);
	assert_string_equal(result_of(checks, "sign-in"), "fail");
	assert_string_equal(result_of(checks, "verdict"), "fail");
	json_decref(checks);
	assert_nothing_is_left(td);
	td_stop(td);
}

static void doctor_without_a_daemon_says_that_none_is_running(void **state)
{
	struct td *td = td_start(&(struct td_options){.self_listen = true});

	(void)state;
	td_terminate(td);
	assert_int_equal(tool_run(td, GCHATCTL, "doctor", NULL), 3);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	td_stop(td);
}

/* A gchatctl of its own, to be interrupted. */
static pid_t start_doctor(struct td *td)
{
	char socket[TD_PATH_BYTES];

	(void)td_path(td, "admin.sock", socket);
	pid_t pid = fork();
	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(126);
		(void)execl(GCHATCTL, "gchatctl", "--socket", socket, "doctor", "--messages=400",
			(char *)NULL);
		_exit(127);
	}
	return pid;
}

static bool has_room(void *arg)
{
	struct td *td = arg;
	json_t *rooms = tool_json(td, GCHATCTL, "list-rooms");
	bool some = json_array_size(rooms) > 0;

	json_decref(rooms);
	return some;
}

static void doctor_leaves_nothing_after_an_interrupt(void **state)
{
	struct td *td = td_start(NULL);
	int status = 0;

	(void)state;
	pid_t pid = start_doctor(td);
	td_wait_until(td, has_room, td, TD_WAIT_MS, "doctor makes its room");
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_nothing_is_left(td);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(lists_are_chosen_sorted_and_cut, td_teardown),
		cmocka_unit_test_teardown(top_shows_who_is_busy_once_for_a_script, td_teardown),
		cmocka_unit_test_teardown(
			doctor_talks_on_a_healthy_server_and_leaves_nothing, td_teardown),
		cmocka_unit_test_teardown(
			doctor_fails_where_the_port_is_not_the_daemons, td_teardown),
		cmocka_unit_test_teardown(
			doctor_without_a_daemon_says_that_none_is_running, td_teardown),
		cmocka_unit_test_teardown(doctor_leaves_nothing_after_an_interrupt, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
