/*
 * Sessions by the administrator: what a list tells of each, and ending one.
 */
#include "cmocka_std.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "support/td_client.h"
#include "tool.h"

enum {
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 4,
	SESSIONS = 30, /* of two accounts, which may have 16 each */
	WORDS_BYTES = 256,
};

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static void expect_status(struct td *td, const char *words, int status)
{
	int r = tool_run(td, GCHATCTL, words, NULL);
	if (r != status)
		td_fail(td, "gchatctl %s: status %d, not %d", words, r, status);
}

/* "COMMAND SESSION REST" of the user's only session. */
static void words_for(struct td *td, const char *user, const char *command, const char *rest,
	char out[WORDS_BYTES])
{
	char words[WORDS_BYTES];
	(void)snprintf(words, sizeof(words), "list-sessions %s", user);
	json_t *list = tool_json(td, GCHATCTL, words);
	assert_int_equal(json_array_size(list), 1);
	(void)snprintf(out, WORDS_BYTES, "%s %s %s", command,
		text_of(json_array_get(list, 0), "session"), rest);
	json_decref(list);
}

static void a_session_is_shown_with_its_device_round_trip_and_certificate(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	char words[WORDS_BYTES];

	(void)state;
	(void)td_create_room(ann, "lobby");
	words_for(td, "ann", "session show", "", words);
	json_t *session = tool_json(td, GCHATCTL, words);
	assert_string_equal(text_of(session, "user"), "ann");
	assert_string_equal(text_of(session, "device"), "test");
	assert_string_equal(text_of(session, "client"), "gchat-test");
	assert_string_equal(text_of(session, "state"), "LIVE");
	assert_int_equal(strncmp(text_of(session, "address"), "127.0.0.1:", 10), 0);
	assert_int_equal(json_integer_value(json_object_get(session, "rooms")), 1);
	assert_int_equal(json_integer_value(json_object_get(session, "lag")), 0);
	assert_in_range(json_integer_value(json_object_get(session, "round_trip_us")), 1, 5000000);
	json_t *status = tool_json(td, GCHATCTL, "cert status");
	assert_string_equal(text_of(session, "certificate"), text_of(status, "fingerprint"));
	json_decref(status);
	json_decref(session);
	td_stop(td);
}

static void many_sessions_are_listed_once_each_in_order(void **state)
{
	struct td *td = td_start(
		&(struct td_options){.config = "limits: { connections_per_address = 100; };"});
	unsigned long long before = 0;

	(void)state;
	for (unsigned i = 0; i < SESSIONS; i++)
		(void)td_connect(td, i % 2 ? "ann" : "bob");
	json_t *all = tool_json(td, GCHATCTL, "list-sessions");
	assert_int_equal(json_array_size(all), SESSIONS);
	for (size_t i = 0; i < SESSIONS; i++) {
		unsigned long long id = 0;
		assert_int_equal(
			sscanf(text_of(json_array_get(all, i), "session"), "%llu", &id), 1);
		assert_true(id > before);
		before = id;
	}
	json_decref(all);
	json_t *some = tool_json(td, GCHATCTL, "list-sessions ann --limit=7");
	assert_int_equal(json_array_size(some), 7);
	json_decref(some);
	td_stop(td);
}

static void an_ended_session_sees_why_and_the_others_go_on(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");
	char words[WORDS_BYTES];

	(void)state;
	words_for(td, "bob", "session terminate", "--reason='back in a minute'", words);
	json_t *ended = tool_json(td, GCHATCTL, words);
	assert_string_equal(text_of(ended, "user"), "bob");
	json_decref(ended);
	const struct gchat_event *event = td_expect_event(bob, GCHAT_EVENT_GOING_AWAY);
	assert_string_equal(event->going_away.reason, "REMOVED");
	assert_string_equal(event->going_away.message, "back in a minute");
	(void)td_send_acked(ann, room, "still here");
	expect_status(td, words, EXIT_NOT_FOUND); /* it is gone */
	bob = td_connect(td, "bob"); /* and may come back */
	(void)td_join(bob, "lobby");
	td_stop(td);
}

static void who_ends_a_session_is_in_the_audit_log(void **state)
{
	struct td *td = td_start(NULL);
	char words[WORDS_BYTES];

	(void)state;
	(void)td_connect(td, "ann");
	words_for(td, "ann", "terminate-session", "", words);
	json_decref(tool_json(td, GCHATCTL, words));
	expect_status(td, "session terminate 999999", EXIT_NOT_FOUND);
	json_t *log = tool_json(td, GCHATCTL, "audit list --filter=action=session-end");
	assert_int_equal(json_array_size(log), 2);
	json_decref(log);
	td_stop(td);
}

static void wrong_input_is_refused_with_the_status_for_it(void **state)
{
	struct td *td = td_start(NULL);

	(void)state;
	expect_status(td, "session show 999", EXIT_NOT_FOUND);
	expect_status(td, "show-session abc", EXIT_USAGE);
	expect_status(td, "session show -1", EXIT_USAGE);
	expect_status(td, "session show 0", EXIT_USAGE);
	expect_status(td, "session show 99999999999999999999999", EXIT_USAGE);
	expect_status(td, "session show", EXIT_USAGE);
	expect_status(td, "session terminate", EXIT_USAGE);
	expect_status(td, "session terminate 1 2", EXIT_USAGE);
	expect_status(td, "list-sessions nobody", EXIT_NOT_FOUND);
	td_stop(td);
}

#define TEST(name) cmocka_unit_test_teardown(name, td_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_session_is_shown_with_its_device_round_trip_and_certificate),
		TEST(many_sessions_are_listed_once_each_in_order),
		TEST(an_ended_session_sees_why_and_the_others_go_on),
		TEST(who_ends_a_session_is_in_the_audit_log),
		TEST(wrong_input_is_refused_with_the_status_for_it),
	};
	return cmocka_run_group_tests_name("admin sessions", tests, NULL, NULL);
}
