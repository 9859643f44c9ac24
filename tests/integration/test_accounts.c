/*
 * Who one is: making accounts, logging in and out, tokens, passwords, guests.
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <string.h>

#include "raw.h"

static const char wrong[] = "not the password";
static const char next_password[] = "another long password";

static int log_in(struct td_client *c, const char *user, const char *password, const char *device,
	struct gchat_error *ret_error)
{
	struct gchat_credentials who = {.user = user, .password = password, .device = device};
	struct gchat_account *account = NULL;
	int r = gchat_login(td_gchat(c), &who, &account, ret_error);

	gchat_free(account);
	return r;
}

static int sign_up(
	struct td_client *c, const char *user, const char *password, struct gchat_error *ret_error)
{
	struct gchat_credentials who = {.user = user, .password = password};
	struct gchat_account *account = NULL;
	int r = gchat_create_account(td_gchat(c), &who, &account, ret_error);

	gchat_free(account);
	return r;
}

/* Logs in anew; the token of the log-in is kept by the client and given. */
static void take_token(
	struct td_client *c, const char *user, const char *device, char ret_token[RAW_TOKEN_BYTES])
{
	struct gchat_credentials who = {.user = user, .password = td_password(), .device = device};
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_login(td_gchat(c), &who, &account, &error), &error, "log in");
	(void)snprintf(ret_token, RAW_TOKEN_BYTES, "%s", account->token);
	gchat_free(account);
}

static Gchat__V1__ListTokensResponse *list_tokens(
	struct td *td, const char *token, struct h2_status *ret_status)
{
	Gchat__V1__ListTokensRequest request;
	gchat__v1__list_tokens_request__init(&request);
	struct raw *raw = raw_open(td);
	ProtobufCMessage *answer = raw_ask(raw, "/gchat.v1.Auth/ListTokens", token, &request.base,
		&gchat__v1__list_tokens_response__descriptor, ret_status);

	raw_close(raw);
	return answer ? GC_CONTAINER_OF(answer, Gchat__V1__ListTokensResponse, base) : NULL;
}

static size_t count_tokens(struct td *td, const char *token)
{
	Gchat__V1__ListTokensResponse *list = list_tokens(td, token, NULL);
	size_t count = list->n_tokens;

	codec_free(&list->base);
	return count;
}

static void expect_void(struct td *td, const char *token)
{
	struct h2_status status;

	assert_null(list_tokens(td, token, &status));
	assert_string_equal(status.reason, "TOKEN_INVALID");
}

static void expect_signed_out(struct td_client *c)
{
	const struct gchat_state_event *end = td_expect_state(c, GCHAT_STATE_REFUSED);

	assert_true(strcmp(end->error.reason, "SIGNED_OUT") == 0 ||
		    strcmp(end->error.reason, "TOKEN_INVALID") == 0);
}

/* ---- making accounts ---- */

static void anyone_registers_where_it_is_open_and_a_name_is_taken_once(void **state)
{
	static const char *const bad[] = {
		"", "Ann", "-ann", "an n", "ann@home", "äon", "0123456789012345678901234567890123"};
	struct td *td = td_start(NULL);
	struct td_client *c = td_open(td, NULL);
	struct gchat_error error = {0};
	struct gchat_server_info *info = NULL;

	(void)state;
	td_check(c, gchat_server_info(td_gchat(c), &info, &error), &error, "info");
	assert_int_equal(info->registration, GCHAT_REGISTRATION_OPEN);
	gchat_free(info);
	td_check(c, sign_up(c, "ann", td_password(), &error), &error, "sign up");
	td_check_refused(c, sign_up(c, "ann", td_password(), &error), &error, "USER_EXISTS");
	td_check_refused(c, sign_up(c, "bob", "short", &error), &error, "INVALID_ARGUMENT");
	for (size_t i = 0; i < GC_LENGTH(bad); i++)
		td_check_refused(
			c, sign_up(c, bad[i], td_password(), &error), &error, "INVALID_ARGUMENT");
	td_stop(td);
}

static void nobody_registers_where_it_is_closed(void **state)
{
	static const struct {
		const char *config, *reason;
		enum gchat_registration registration;
	} modes[] = {
		{"accounts: { registration = \"closed\"; };", "REGISTRATION_CLOSED",
			GCHAT_REGISTRATION_CLOSED},
		{"accounts: { registration = \"invite\"; };", "INVITE_INVALID",
			GCHAT_REGISTRATION_INVITE},
	};

	(void)state;
	for (size_t i = 0; i < GC_LENGTH(modes); i++) {
		struct td *td = td_start(&(struct td_options){.config = modes[i].config});
		struct td_client *c = td_open(td, NULL);
		struct gchat_error error = {0};
		struct gchat_server_info *info = NULL;
		td_check_refused(
			c, sign_up(c, "ann", td_password(), &error), &error, modes[i].reason);
		td_check(c, gchat_server_info(td_gchat(c), &info, &error), &error, "info");
		assert_int_equal(info->registration, modes[i].registration);
		gchat_free(info);
		td_stop(td);
	}
}

/* ---- logging in ---- */

static void a_password_logs_in_and_a_wrong_one_or_an_unknown_name_does_not(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *c = td_open(td, NULL);
	struct gchat_error error = {0};

	(void)state;
	td_check(c, sign_up(c, "ann", td_password(), &error), &error, "sign up");
	td_check_refused(c, log_in(c, "ann", wrong, "", &error), &error, "WRONG_CREDENTIALS");
	td_check_refused(
		c, log_in(c, "nobody", td_password(), "", &error), &error, "WRONG_CREDENTIALS");
	td_check(c, log_in(c, "ann", td_password(), "", &error), &error, "log in");
	td_restart(td);
	td_check(c, log_in(c, "ann", td_password(), "", &error), &error, "log in later");
	td_stop(td);
}

static void passwords_and_tokens_are_not_in_the_file(void **state)
{
	enum {
		BYTES = 4 << 20
	};
	static char data[BYTES];
	struct td *td = td_start(NULL);
	char path[TD_PATH_BYTES * 2];
	char token[RAW_TOKEN_BYTES];

	(void)state;
	raw_sign_up(td, "ann", token);
	td_terminate(td);
	(void)snprintf(path, sizeof(path), "%s/gchat.db", td_state_folder(td));
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	size_t n = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	assert_non_null(memmem(data, n, "ann", 3));
	assert_non_null(memmem(data, n, "$argon2id$", 10));
	assert_null(memmem(data, n, td_password(), strlen(td_password())));
	assert_null(memmem(data, n, token, strlen(token)));
	td_stop(td);
}

static void logging_out_voids_the_token_and_ends_its_stream_alone(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *other = td_connect(td, "ann");
	struct gchat_error error = {0};

	(void)state;
	td_check(ann, gchat_logout(td_gchat(ann), &error), &error, "log out");
	expect_signed_out(ann);
	td_barrier(other);
	td_expect_none(other, GCHAT_EVENT_GOING_AWAY);
	td_stop(td);
}

static void a_void_token_stays_void_after_a_restart(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *c = td_open(td, NULL);
	char one[RAW_TOKEN_BYTES];
	char two[RAW_TOKEN_BYTES];
	struct gchat_error error = {0};

	(void)state;
	raw_sign_up(td, "ann", one);
	take_token(c, "ann", "second", two);
	td_check(c, gchat_logout(td_gchat(c), &error), &error, "log out");
	expect_void(td, two);
	td_restart(td);
	expect_void(td, two);
	assert_int_equal(count_tokens(td, one), 1);
	td_stop(td);
}

/* ---- tokens ---- */

static void tokens_are_listed_with_their_device_and_never_their_secret(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *c = td_open(td, NULL);
	char one[RAW_TOKEN_BYTES];
	char two[RAW_TOKEN_BYTES];
	unsigned current = 0;

	(void)state;
	raw_sign_up(td, "ann", one);
	take_token(c, "ann", "my phone", two);
	Gchat__V1__ListTokensResponse *list = list_tokens(td, two, NULL);
	assert_int_equal(list->n_tokens, 2);
	for (size_t i = 0; i < list->n_tokens; i++) {
		assert_true(list->tokens[i]->created_us > 0);
		current += list->tokens[i]->current ? 1 : 0;
		if (list->tokens[i]->current)
			assert_string_equal(list->tokens[i]->device, "my phone");
	}
	assert_int_equal(current, 1);
	codec_free(&list->base);
	td_stop(td);
}

/* False: the account has no such token. */
static bool revoke(struct td *td, const char *token, uint64_t id)
{
	Gchat__V1__RevokeTokenRequest request;
	gchat__v1__revoke_token_request__init(&request);
	struct raw *raw = raw_open(td);
	struct h2_status status;

	request.token_id = id;
	ProtobufCMessage *answer = raw_ask(raw, "/gchat.v1.Auth/RevokeToken", token, &request.base,
		&gchat__v1__revoke_token_response__descriptor, &status);
	raw_close(raw);
	if (!answer)
		assert_string_equal(status.reason, "NOT_FOUND");
	codec_free(answer);
	return status.code == 0;
}

static void a_token_is_revoked_by_its_owner_alone_and_its_stream_ends(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *phone = td_connect(td, "ann"); /* the first token */
	struct td_client *c = td_open(td, NULL);
	char ann[RAW_TOKEN_BYTES];
	char eve[RAW_TOKEN_BYTES];
	uint64_t lost = 0;

	(void)state;
	take_token(c, "ann", "desk", ann);
	raw_sign_up(td, "eve", eve);
	Gchat__V1__ListTokensResponse *list = list_tokens(td, ann, NULL);
	for (size_t i = 0; i < list->n_tokens; i++)
		lost = list->tokens[i]->current ? lost : list->tokens[i]->token_id;
	codec_free(&list->base);
	assert_false(revoke(td, eve, lost));
	assert_false(revoke(td, ann, lost + 1000));
	assert_true(revoke(td, ann, lost));
	expect_signed_out(phone);
	assert_int_equal(count_tokens(td, ann), 1);
	td_stop(td);
}

/* ---- passwords ---- */

static void a_changed_password_ends_all_other_sessions_and_the_old_password(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *desk = td_connect(td, "ann");
	struct td_client *phone = td_connect(td, "ann");
	struct td_client *c = td_open(td, NULL);
	struct gchat_error error = {0};

	(void)state;
	td_check_refused(desk, gchat_change_password(td_gchat(desk), wrong, next_password, &error),
		&error, "WRONG_CREDENTIALS");
	td_check(desk, gchat_change_password(td_gchat(desk), td_password(), next_password, &error),
		&error, "change password");
	expect_signed_out(phone);
	td_barrier(desk);
	td_check_refused(
		c, log_in(c, "ann", td_password(), "", &error), &error, "WRONG_CREDENTIALS");
	td_check(c, log_in(c, "ann", next_password, "", &error), &error, "log in");
	td_stop(td);
}

static void a_changed_password_voids_all_other_tokens_for_good(void **state)
{
	enum {
		TOKENS = 12
	};
	struct td *td = td_start(NULL);
	struct td_client *c = td_open(td, NULL);
	char tokens[TOKENS][RAW_TOKEN_BYTES];
	struct gchat_error error = {0};

	(void)state;
	raw_sign_up(td, "ann", tokens[0]);
	for (size_t i = 1; i < TOKENS; i++)
		take_token(c, "ann", "some device", tokens[i]); /* the client keeps the last */
	td_check(c, gchat_change_password(td_gchat(c), td_password(), next_password, &error),
		&error, "change password");
	td_restart(td);
	for (size_t i = 0; i + 1 < TOKENS; i++)
		expect_void(td, tokens[i]);
	assert_int_equal(count_tokens(td, tokens[TOKENS - 1]), 1);
	td_stop(td);
}

static void a_program_lists_its_tokens_and_revokes_one(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *other = td_connect(td, "ann");
	struct gchat_token_list *list = NULL;
	struct gchat_error error = {0};
	uint64_t old = 0;

	(void)state;
	td_check(ann, gchat_list_tokens(td_gchat(ann), &list, &error), &error, "list tokens");
	assert_int_equal(list->count, 2);
	assert_int_equal(list->tokens[0].current + list->tokens[1].current, 1);
	for (size_t i = 0; i < list->count; i++) {
		assert_true(list->tokens[i].created_us > 0);
		assert_non_null(list->tokens[i].device);
		old = list->tokens[i].current ? old : list->tokens[i].token_id;
	}
	gchat_free(list);
	td_check(ann, gchat_revoke_token(td_gchat(ann), old, &error), &error, "revoke");
	expect_signed_out(other);
	td_check_refused(ann, gchat_revoke_token(td_gchat(ann), old, &error), &error, "NOT_FOUND");
	td_check(ann, gchat_list_tokens(td_gchat(ann), &list, &error), &error, "list tokens");
	assert_int_equal(list->count, 1);
	assert_true(list->tokens[0].current);
	gchat_free(list);
	td_stop(td);
}

/* ---- guests ---- */

static int log_in_guest(struct td_client *c, char ret_token[RAW_TOKEN_BYTES],
	char ret_user[RAW_TOKEN_BYTES], struct gchat_error *ret_error)
{
	struct gchat_credentials who = {.display_name = "A Guest"};
	struct gchat_account *account = NULL;
	int r = gchat_login_guest(td_gchat(c), &who, &account, ret_error);

	if (r == 0) {
		assert_true(account->profile.guest);
		(void)snprintf(ret_token, RAW_TOKEN_BYTES, "%s", account->token);
		(void)snprintf(ret_user, RAW_TOKEN_BYTES, "%s", account->profile.user);
	}
	gchat_free(account);
	return r;
}

static void guests_come_in_only_where_they_are_allowed(void **state)
{
	struct td *td = td_start(&(struct td_options){.config = "accounts: { guests = false; };"});
	struct td_client *c = td_open(td, NULL);
	char token[RAW_TOKEN_BYTES];
	char user[RAW_TOKEN_BYTES];
	struct gchat_error error = {0};
	struct gchat_server_info *info = NULL;

	(void)state;
	td_check_refused(c, log_in_guest(c, token, user, &error), &error, "GUESTS_NOT_ALLOWED");
	td_check(c, gchat_server_info(td_gchat(c), &info, &error), &error, "info");
	assert_false(info->guests_allowed);
	gchat_free(info);
	td_stop(td);
}

static bool user_exists(struct td_client *c, const char *user)
{
	struct gchat_profile_query query = {.users = &user, .user_count = 1};
	struct gchat_profile_list *list = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_profiles(td_gchat(c), &query, &list, &error), &error, "profiles");
	bool exists = list->count > 0;
	gchat_free(list);
	return exists;
}

static size_t member_count(struct td_client *c, uint64_t room)
{
	struct gchat_room *now = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_get_room(td_gchat(c), room, NULL, &now, &error), &error, "get room");
	size_t count = now->member_count;
	gchat_free(now);
	return count;
}

static void a_guest_talks_and_is_gone_after_the_log_out(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *guest = td_open(td, NULL);
	uint64_t room = td_create_room(ann, "lobby");
	char token[RAW_TOKEN_BYTES];
	char user[RAW_TOKEN_BYTES];
	struct gchat_error error = {0};
	struct gchat_room *made = NULL;

	(void)state;
	td_check(guest, log_in_guest(guest, token, user, &error), &error, "guest");
	td_check(guest, gchat_connect(td_gchat(guest), &(struct gchat_session_options){0}), NULL,
		"connect");
	(void)td_expect_welcome(guest);
	(void)td_join(guest, "lobby");
	(void)td_send_acked(guest, room, "just looking");
	struct gchat_room_spec spec = {.name = "mine"};
	td_check_refused(guest, gchat_create_room(td_gchat(guest), &spec, &made, &error), &error,
		"NOT_PERMITTED");
	assert_true(user_exists(ann, user));
	td_check(guest, gchat_logout(td_gchat(guest), &error), &error, "log out");
	expect_signed_out(guest);
	assert_false(user_exists(ann, user));
	assert_int_equal(member_count(ann, room), 1);
	expect_void(td, token);
	(void)td_expect_message(ann, room, "just looking"); /* what was said stays */
	td_restart(td);
	(void)td_expect_welcome(ann);
	assert_false(user_exists(ann, user));
	assert_int_equal(member_count(ann, room), 1);
	td_stop(td);
}

/* Joins and logs out without waiting for the answer: wherever the two meet, nobody is left over. */
static void join_and_log_out(struct td *td, uint64_t room)
{
	struct td_client *guest = td_open(td, NULL);
	char token[RAW_TOKEN_BYTES];
	char user[RAW_TOKEN_BYTES];
	struct gchat_error error = {0};
	uint64_t tag;
	td_check(guest, log_in_guest(guest, token, user, &error), &error, "guest");
	td_check(guest, gchat_connect(td_gchat(guest), &(struct gchat_session_options){0}), NULL,
		"connect");
	(void)td_expect_welcome(guest);
	td_check(guest, gchat_join(td_gchat(guest), room, NULL, &tag), NULL, "join");
	td_check(guest, gchat_logout(td_gchat(guest), &error), &error, "log out");
	td_disconnect(guest);
}

static void a_guest_who_joins_while_it_logs_out_leaves_no_ghost(void **state)
{
	enum {
		ROUNDS = 25
	};
	struct td *td = td_start(&(struct td_options){
		.config =
			"accounts: { guests = true; }; limits: { registrations_per_hour = 1000; };"});
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++)
		join_and_log_out(td, room);
	td_barrier(ann);
	assert_int_equal(member_count(ann, room), 1);
	td_restart(td);
	(void)td_expect_welcome(ann);
	assert_int_equal(member_count(ann, room), 1);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			anyone_registers_where_it_is_open_and_a_name_is_taken_once, td_teardown),
		cmocka_unit_test_teardown(nobody_registers_where_it_is_closed, td_teardown),
		cmocka_unit_test_teardown(
			a_password_logs_in_and_a_wrong_one_or_an_unknown_name_does_not,
			td_teardown),
		cmocka_unit_test_teardown(passwords_and_tokens_are_not_in_the_file, td_teardown),
		cmocka_unit_test_teardown(
			logging_out_voids_the_token_and_ends_its_stream_alone, td_teardown),
		cmocka_unit_test_teardown(a_void_token_stays_void_after_a_restart, td_teardown),
		cmocka_unit_test_teardown(
			tokens_are_listed_with_their_device_and_never_their_secret, td_teardown),
		cmocka_unit_test_teardown(
			a_token_is_revoked_by_its_owner_alone_and_its_stream_ends, td_teardown),
		cmocka_unit_test_teardown(
			a_changed_password_ends_all_other_sessions_and_the_old_password,
			td_teardown),
		cmocka_unit_test_teardown(
			a_changed_password_voids_all_other_tokens_for_good, td_teardown),
		cmocka_unit_test_teardown(a_program_lists_its_tokens_and_revokes_one, td_teardown),
		cmocka_unit_test_teardown(guests_come_in_only_where_they_are_allowed, td_teardown),
		cmocka_unit_test_teardown(a_guest_talks_and_is_gone_after_the_log_out, td_teardown),
		cmocka_unit_test_teardown(
			a_guest_who_joins_while_it_logs_out_leaves_no_ghost, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
