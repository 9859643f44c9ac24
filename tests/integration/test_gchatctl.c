/*
 * gchatctl against the real daemon with real sessions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/macros.h"
#include "support/td_client.h"

enum {
	COMMAND_BYTES = 512,
	OUTPUT_BYTES = 64 * 1024,
	EXIT_NOT_RUNNING = 3,
	EXIT_NOT_FOUND = 4,
	EXIT_NOT_PERMITTED = 5,
};

struct answer {
	int status;
	char text[OUTPUT_BYTES];
};

/* Runs "gchatctl --socket=... WORDS", its stderr with its stdout. */
static void ctl(struct td *td, const char *words, struct answer *ret)
{
	char command[COMMAND_BYTES];
	size_t len = 0;
	size_t n = 0;

	(void)snprintf(command, sizeof(command), "%s --socket=%s/admin.sock %s 2>&1", GCHATCTL,
		td_folder(td), words);
	FILE *out = popen(command, "r"); /* words of our own, no one else's */
	assert_non_null(out);
	do {
		n = fread(ret->text + len, 1, sizeof(ret->text) - 1 - len, out);
		len += n;
	} while (n > 0);
	ret->text[len] = '\0';
	ret->status = WEXITSTATUS(pclose(out));
}

/* As ctl with JSON, which must succeed. Owned: json_decref. */
static json_t *ctl_json(struct td *td, const char *words)
{
	struct answer answer;
	char all[COMMAND_BYTES];

	(void)snprintf(all, sizeof(all), "%s --output=json", words);
	ctl(td, all, &answer);
	if (answer.status != 0)
		td_fail(td, "gchatctl %s: status %d: %s", words, answer.status, answer.text);
	json_t *json = json_loads(answer.text, 0, NULL);
	if (!json)
		td_fail(td, "gchatctl %s: not JSON: %s", words, answer.text);
	return json;
}

static const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static long long number_at(json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void status_shows_the_server_and_its_certificate(void **state)
{
	struct td *td = td_start(NULL);
	(void)td_connect(td, "ann");
	json_t *status = ctl_json(td, "status");
	json_t *certificate = json_object_get(status, "certificate");

	(void)state;
	assert_string_equal(text_at(status, "name"), "gchat-test");
	assert_string_equal(text_at(status, "state"), "SERVING");
	assert_int_equal(number_at(status, "pid"), td_pid(td));
	assert_int_equal(number_at(status, "sessions"), 1);
	assert_true(json_array_size(json_object_get(status, "listeners")) >= 1);
	assert_int_equal(strlen(text_at(certificate, "fingerprint")), 64);
	assert_string_equal(text_at(json_object_get(status, "store"), "health"), "OK");
	json_decref(status);
	td_stop(td);
}

static void rooms_and_members_are_listed_with_presence(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	(void)td_join(bob, "lobby");
	(void)td_send_acked(bob, room, "hello");
	json_t *rooms = ctl_json(td, "list-rooms");
	assert_int_equal(json_array_size(rooms), 1);
	assert_string_equal(text_at(json_array_get(rooms, 0), "room"), "lobby");
	assert_string_equal(text_at(json_array_get(rooms, 0), "visibility"), "public");
	assert_int_equal(number_at(json_array_get(rooms, 0), "members"), 2);
	json_decref(rooms);
	json_t *members = ctl_json(td, "member list lobby");
	assert_int_equal(json_array_size(members), 2);
	assert_string_equal(text_at(json_array_get(members, 0), "user"), "ann");
	assert_string_equal(text_at(json_array_get(members, 0), "role"), "owner");
	assert_string_equal(text_at(json_array_get(members, 0), "presence"), "online");
	assert_string_equal(text_at(json_array_get(members, 1), "role"), "member");
	json_decref(members);
	td_stop(td);
}

static void sessions_are_listed_for_all_or_for_one(void **state)
{
	struct td *td = td_start(NULL);
	(void)td_connect(td, "ann");
	(void)td_connect(td, "ann");
	(void)td_connect(td, "bob");
	json_t *all = ctl_json(td, "list-sessions");
	json_t *one = ctl_json(td, "list-sessions bob");

	(void)state;
	assert_int_equal(json_array_size(all), 3);
	assert_int_equal(json_array_size(one), 1);
	assert_string_equal(text_at(json_array_get(one, 0), "user"), "bob");
	assert_string_equal(text_at(json_array_get(one, 0), "client"), "gchat-test");
	assert_non_null(strstr(text_at(json_array_get(one, 0), "address"), "127.0.0.1"));
	json_decref(all);
	json_decref(one);
	td_stop(td);
}

static void someone_kicked_from_a_room_is_no_member_any_more(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");
	struct answer answer;

	(void)state;
	(void)td_join(bob, "lobby");
	ctl(td, "kick bob --room=lobby --reason='no reason'", &answer);
	assert_int_equal(answer.status, 0);
	const struct gchat_entry *entry = NULL;
	do {
		entry = td_expect_entry(ann, room);
	} while (entry->kind != GCHAT_ENTRY_REMOVED);
	assert_string_equal(entry->user, "bob");
	assert_string_equal(entry->reason, "no reason");
	td_expect_error(bob, td_send(bob, room, "still here?"), "NOT_A_MEMBER");
	ctl(td, "kick bob --room=lobby 2>&1", &answer);
	assert_int_equal(answer.status, EXIT_NOT_PERMITTED);
	assert_non_null(strstr(answer.text, "that account is not a member of the room"));
	td_stop(td);
}

static void someone_kicked_from_the_server_loses_the_session(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *bob = td_connect(td, "bob");
	struct answer answer;

	(void)state;
	ctl(td, "kick bob", &answer);
	assert_int_equal(answer.status, 0);
	const struct gchat_event *event = td_expect_event(bob, GCHAT_EVENT_GOING_AWAY);
	assert_string_equal(event->going_away.reason, "REMOVED");
	td_stop(td);
}

static void what_is_not_there_is_told_by_the_exit_status(void **state)
{
	struct td *td = td_start(NULL);
	struct answer answer;

	(void)state;
	ctl(td, "list-members nowhere", &answer);
	assert_int_equal(answer.status, EXIT_NOT_FOUND);
	assert_non_null(strstr(answer.text, "UNKNOWN_ROOM"));
	ctl(td, "kick nobody", &answer);
	assert_int_equal(answer.status, EXIT_NOT_FOUND);
	assert_non_null(strstr(answer.text, "UNKNOWN_USER"));
	td_stop(td);
}

static void a_certificate_that_does_not_match_its_key_changes_nothing(void **state)
{
	struct td *td = td_start(NULL);
	json_t *before = ctl_json(td, "cert status");
	struct answer answer;
	char words[COMMAND_BYTES];

	(void)state;
	(void)snprintf(words, sizeof(words), "cert rotate --cert=%s --key=%s", td_config_path(td),
		td_config_path(td));
	ctl(td, words, &answer);
	assert_int_not_equal(answer.status, 0);
	assert_non_null(strstr(answer.text, "CERTIFICATE_REFUSED"));
	json_t *after = ctl_json(td, "cert status");
	assert_true(json_equal(before, after));
	json_decref(before);
	json_decref(after);
	td_stop(td);
}

static void rotating_reads_the_files_again_and_ends_no_session(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	json_t *rotated = ctl_json(td, "cert rotate");

	(void)state;
	assert_int_equal(strlen(text_at(json_object_get(rotated, "after"), "fingerprint")), 64);
	json_decref(rotated);
	td_barrier(ann);
	td_expect_none(ann, GCHAT_EVENT_GOING_AWAY);
	td_stop(td);
}

static void lists_longer_than_a_page_are_complete(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	char name[32];
	const int rooms = 501; /* one more than LIMIT_PAGE_MAX */
	struct answer answer;

	(void)state;
	for (int i = 0; i < rooms; i++) {
		(void)snprintf(name, sizeof(name), "room-%d", i);
		if (i == 499) /* limits.rooms_per_account is 500 */
			ann = td_connect(td, "bob");
		(void)td_create_room(ann, name);
	}
	ctl(td, "list-rooms --output=plain --no-legend | wc -l", &answer);
	assert_int_equal(strtol(answer.text, NULL, 10), rooms);
	td_stop(td);
}

static void a_daemon_that_is_gone_is_said_to_be(void **state)
{
	static const struct td_options options = {.self_listen = true};
	struct td *td = td_start(&options);
	struct answer answer;

	(void)state;
	td_terminate(td);
	ctl(td, "status", &answer);
	assert_int_equal(answer.status, EXIT_NOT_RUNNING);
	assert_non_null(strstr(answer.text, "isn't running"));
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(status_shows_the_server_and_its_certificate, td_teardown),
		cmocka_unit_test_teardown(rooms_and_members_are_listed_with_presence, td_teardown),
		cmocka_unit_test_teardown(sessions_are_listed_for_all_or_for_one, td_teardown),
		cmocka_unit_test_teardown(
			someone_kicked_from_a_room_is_no_member_any_more, td_teardown),
		cmocka_unit_test_teardown(
			someone_kicked_from_the_server_loses_the_session, td_teardown),
		cmocka_unit_test_teardown(
			what_is_not_there_is_told_by_the_exit_status, td_teardown),
		cmocka_unit_test_teardown(
			a_certificate_that_does_not_match_its_key_changes_nothing, td_teardown),
		cmocka_unit_test_teardown(
			rotating_reads_the_files_again_and_ends_no_session, td_teardown),
		cmocka_unit_test_teardown(lists_longer_than_a_page_are_complete, td_teardown),
		cmocka_unit_test_teardown(a_daemon_that_is_gone_is_said_to_be, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
