/*
 * The limits of the configuration: what goes over is refused with its own reason and, where waiting
 * helps, with how long.
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "raw.h"

static struct td *start(const char *config)
{
	return td_start(&(struct td_options){.config = config});
}

static int join_by_name(struct td_client *c, const char *name, uint64_t *ret_tag)
{
	return gchat_join(td_gchat(c), 0, name, ret_tag);
}

/* Sends until the server asks to wait; gives what it said. */
static struct gchat_error send_until_delayed(
	struct td_client *c, uint64_t room, const char *text, unsigned most)
{
	for (unsigned i = 0; i < most; i++)
		(void)td_send(c, room, text);
	for (unsigned i = 0; i < most; i++) {
		const struct gchat_reply *reply = &td_expect_event(c, GCHAT_EVENT_REPLY)->reply;
		if (reply->kind == GCHAT_REPLY_DELAYED)
			return reply->error;
		assert_int_equal(reply->kind, GCHAT_REPLY_COMMITTED);
	}
	fail_msg("%u messages were taken at once", most);
	return (struct gchat_error){0};
}

/* ---- messages ---- */

static void too_many_messages_are_told_to_wait_and_then_taken(void **state)
{
	struct td *td = start("limits: { messages_per_minute = 600; messages_burst = 5; };");
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	struct gchat_error error = send_until_delayed(ann, room, "hurry", 10);
	assert_string_equal(error.reason, "RATE_LIMITED");
	assert_int_equal(error.code, 8);
	assert_in_range(error.retry_after_ms, 1, 1000); /* one a tenth of a second */
	for (uint64_t seq = 1; seq <= 1 + 10; seq++) /* none is dropped */
		assert_int_equal(td_expect_entry(ann, room)->seq, seq);
	td_stop(td);
}

static void too_many_bytes_are_told_to_wait(void **state)
{
	enum {
		TEXT_BYTES = 4000
	};
	struct td *td = start("limits: { message_bytes_per_minute = 10000;\n"
			      "  message_bytes_burst = 10000; text_bytes = 4000; };");
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");
	char text[TEXT_BYTES + 1];

	(void)state;
	memset(text, 'x', TEXT_BYTES);
	text[TEXT_BYTES] = '\0';
	struct gchat_error error = send_until_delayed(ann, room, text, 4);
	assert_string_equal(error.reason, "RATE_LIMITED");
	assert_in_range(error.retry_after_ms, 1000, 60000);
	td_stop(td);
}

static void one_account_over_its_rate_does_not_slow_another(void **state)
{
	struct td *td = start("limits: { messages_per_minute = 1; messages_burst = 2; };");
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby"); /* ann's first */

	(void)state;
	(void)td_join(bob, "lobby"); /* bob's first */
	assert_string_equal(send_until_delayed(ann, room, "x", 3).reason, "RATE_LIMITED");
	(void)td_send_acked(bob, room, "bob's second");
	td_stop(td);
}

static void a_text_over_the_configured_limit_is_refused_and_the_limit_is_told(void **state)
{
	struct td *td = start("limits: { text_bytes = 10; };");
	struct td_client *ann = td_sign_in(td, "ann", NULL);
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	td_check(ann, gchat_connect(td_gchat(ann), &(struct gchat_session_options){0}), NULL,
		"connect");
	assert_int_equal(td_expect_welcome(ann)->limits.text_bytes_max, 10);
	(void)td_send_acked(ann, room, "ten bytes.");
	td_expect_error(ann, td_send(ann, room, "ten bytes!!"), "TEXT_TOO_LONG");
	td_expect_error(ann, td_send(ann, room, "漢字漢字"), "TEXT_TOO_LONG"); /* 12 bytes */
	td_stop(td);
}

/* ---- rooms and members ---- */

static void an_account_is_in_so_many_rooms_and_no_more(void **state)
{
	struct td *td = start("limits: { rooms_per_account = 2; };");
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	struct gchat_room_spec spec = {.name = "three"};
	struct gchat_room *room = NULL;
	struct gchat_error error = {0};
	uint64_t tag = 0;

	(void)state;
	uint64_t one = td_create_room(ann, "one");
	(void)td_create_room(ann, "two");
	td_check_refused(ann, gchat_create_room(td_gchat(ann), &spec, &room, &error), &error,
		"TOO_MANY_ROOMS");
	(void)td_create_room(bob, "three");
	td_check(ann, join_by_name(ann, "three", &tag), NULL, "join");
	td_expect_error(ann, tag, "TOO_MANY_ROOMS");
	td_leave(ann, one);
	(void)td_join(ann, "three");
	td_stop(td);
}

static void a_server_has_so_many_rooms_and_no_more(void **state)
{
	struct td *td = start("limits: { rooms = 2; };");
	struct td_client *ann = td_sign_in(td, "ann", NULL);
	struct gchat_room_spec spec = {.name = "three"};
	struct gchat_room *room = NULL;
	struct gchat_error error = {0};

	(void)state;
	uint64_t one = td_create_room(ann, "one");
	(void)td_create_room(ann, "two");
	td_check_refused(ann, gchat_create_room(td_gchat(ann), &spec, &room, &error), &error,
		"TOO_MANY_ROOMS");
	td_check(ann, gchat_delete_room(td_gchat(ann), one, &error), &error, "delete room");
	(void)td_create_room(ann, "three");
	td_stop(td);
}

static void a_room_has_so_many_members_and_no_more(void **state)
{
	struct td *td = start("limits: { members_per_room = 2; };");
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	struct td_client *cat = td_connect(td, "cat");
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t tag = 0;

	(void)state;
	(void)td_join(bob, "lobby");
	td_check(cat, join_by_name(cat, "lobby", &tag), NULL, "join");
	td_expect_error(cat, tag, "TOO_MANY_MEMBERS");
	td_leave(bob, room);
	(void)td_join(cat, "lobby");
	td_stop(td);
}

/* ---- sessions and connections ---- */

static void an_account_has_so_many_sessions_and_no_more(void **state)
{
	enum {
		REFUSAL_MS = 900, /* of a second: clocks are rounded */
	};
	struct td *td = start("limits: { sessions_per_account = 2; };");
	struct td_client *one = td_connect(td, "ann");
	struct td_client *three = td_sign_in(td, "ann", NULL);

	(void)state;
	(void)td_connect(td, "ann");
	struct mono start = clock_mono();
	td_check(three, gchat_connect(td_gchat(three), &(struct gchat_session_options){0}), NULL,
		"connect");
	const struct gchat_state_event *refused = td_expect_state(three, GCHAT_STATE_RECONNECTING);
	assert_string_equal(refused->error.reason, "TOO_MANY_SESSIONS");
	/* Not at once, or who doesn't wait would be the shards' main concern. */
	assert_true(clock_mono_ms_since(clock_mono(), start) >= REFUSAL_MS);
	assert_true(refused->error.retry_after_ms > 0);
	assert_true(refused->delay_ms >= refused->error.retry_after_ms);
	td_barrier(one);
	td_disconnect(one);
	gchat_reconnect_now(td_gchat(three));
	(void)td_expect_welcome(three);
	td_stop(td);
}

static bool is_down(void *arg)
{
	return !raw_is_up(arg);
}

static void an_address_has_so_many_connections_and_no_more(void **state)
{
	struct td *td = start("limits: { connections_per_address = 2; };");
	struct td_client *ann = td_connect(td, "ann"); /* one */
	struct raw *two = raw_open(td);
	struct h2_status status;
	Gchat__V1__GetServerInfoRequest request;
	gchat__v1__get_server_info_request__init(&request);
	const ProtobufCMessageDescriptor *type = &gchat__v1__get_server_info_response__descriptor;

	(void)state;
	codec_free(raw_ask(two, "/gchat.v1.Auth/GetServerInfo", NULL, &request.base, type, NULL));
	struct raw *three = raw_open(td);
	assert_null(
		raw_ask(three, "/gchat.v1.Auth/GetServerInfo", NULL, &request.base, type, &status));
	assert_int_equal(status.code, H2_STATUS_LOST);
	assert_true(is_down(three));
	assert_true(td_log_has(td, "connection refused", TD_WAIT_MS));
	td_barrier(ann);
	raw_close(three);
	raw_close(two);
	td_stop(td);
}

/* ---- log-ins ---- */

static int log_in(struct td_client *c, const char *user, struct gchat_error *ret_error)
{
	struct gchat_credentials who = {.user = user, .password = "wrong, and again"};
	struct gchat_account *account = NULL;
	int r = gchat_login(td_gchat(c), &who, &account, ret_error);

	gchat_free(account);
	return r;
}

static void too_many_attempts_to_log_in_must_wait(void **state)
{
	struct td *td = start("limits: { log_ins_per_minute = 3; };");
	struct td_client *c = td_open(td, NULL);
	struct gchat_error error = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		td_check_refused(c, log_in(c, "nobody", &error), &error, "WRONG_CREDENTIALS");
	td_check_refused(c, log_in(c, "nobody", &error), &error, "TOO_MANY_LOG_INS");
	assert_in_range(error.retry_after_ms, 1, 60000);
	td_stop(td);
}

static double seconds_to_be_refused(struct td_client *c)
{
	struct gchat_error error = {0};
	struct mono start = clock_mono();
	td_check_refused(c, log_in(c, "nobody", &error), &error, "WRONG_CREDENTIALS");
	return (double)(clock_mono().us - start.us) / CLOCK_US_PER_S;
}

static void nobody_waits_for_the_guesses_of_who_has_left(void **state)
{
	enum {
		GUESSES = 60
	};
	static char user[] = "nobody";
	static char password[] = "wrong, and again";
	struct td *td = start("accounts: { password_memory_kb = 65536; password_passes = 4; };");
	struct td_client *c = td_open(td, NULL);
	struct raw *raw = raw_open(td);
	Gchat__V1__LoginRequest guess;

	(void)state;
	gchat__v1__login_request__init(&guess);
	guess.user = user;
	guess.password = password;
	double alone = seconds_to_be_refused(c);
	for (int i = 0; i < GUESSES; i++)
		raw_put(raw_stream_open(raw, "/gchat.v1.Auth/Login", NULL), &guess.base);
	Gchat__V1__GetServerInfoRequest ask;
	gchat__v1__get_server_info_request__init(&ask);
	codec_free(raw_ask(raw, "/gchat.v1.Auth/GetServerInfo", NULL, &ask.base,
		&gchat__v1__get_server_info_response__descriptor, NULL));
	raw_close(raw);
	assert_true(seconds_to_be_refused(c) < alone * GUESSES / 3);
	td_stop(td);
}

static void too_many_new_accounts_must_wait(void **state)
{
	struct td *td = start("limits: { registrations_per_hour = 2; };");
	struct td_client *c = td_open(td, NULL);
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};
	char user[16];
	int r = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		(void)snprintf(user, sizeof(user), "user%d", i);
		struct gchat_credentials who = {.user = user, .password = td_password()};
		r = gchat_create_account(td_gchat(c), &who, &account, &error);
		if (i < 2)
			td_check(c, r, &error, "create account");
		if (r == 0)
			gchat_free(account);
	}
	td_check_refused(c, r, &error, "TOO_MANY_LOG_INS");
	assert_true(error.retry_after_ms > 60000);
	td_stop(td);
}

/* ---- requests that wait ---- */

static void more_requests_than_may_wait_are_answered_all_the_same(void **state)
{
	enum {
		ASKED = 200
	};
	struct td *td = start("limits: { requests_in_flight = 4; };");
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t tags[ASKED];

	(void)state;
	for (size_t i = 0; i < ASKED; i++)
		tags[i] = td_send(ann, room, "one of many");
	for (size_t i = 0; i < ASKED; i++)
		assert_int_equal(td_expect_committed(ann, tags[i]), 2 + i);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			nobody_waits_for_the_guesses_of_who_has_left, td_teardown),
		cmocka_unit_test_teardown(
			too_many_messages_are_told_to_wait_and_then_taken, td_teardown),
		cmocka_unit_test_teardown(too_many_bytes_are_told_to_wait, td_teardown),
		cmocka_unit_test_teardown(
			one_account_over_its_rate_does_not_slow_another, td_teardown),
		cmocka_unit_test_teardown(
			a_text_over_the_configured_limit_is_refused_and_the_limit_is_told,
			td_teardown),
		cmocka_unit_test_teardown(an_account_is_in_so_many_rooms_and_no_more, td_teardown),
		cmocka_unit_test_teardown(a_server_has_so_many_rooms_and_no_more, td_teardown),
		cmocka_unit_test_teardown(a_room_has_so_many_members_and_no_more, td_teardown),
		cmocka_unit_test_teardown(an_account_has_so_many_sessions_and_no_more, td_teardown),
		cmocka_unit_test_teardown(
			an_address_has_so_many_connections_and_no_more, td_teardown),
		cmocka_unit_test_teardown(too_many_attempts_to_log_in_must_wait, td_teardown),
		cmocka_unit_test_teardown(too_many_new_accounts_must_wait, td_teardown),
		cmocka_unit_test_teardown(
			more_requests_than_may_wait_are_answered_all_the_same, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
