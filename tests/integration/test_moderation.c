/*
 * Kicking, banning, muting, by moderators and by administrators: who is told what, who can't come back,
 * for how long, and that it holds after a restart. With the client library, which reconnects by itself.
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/td_client.h"
#include "tool.h"

enum {
	HOUR_S = 3600,
	/* gchatctl's, from its manual page */
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 4,
};

/* ann owns "lobby", bob and cat are in it. */
struct lobby {
	struct td *td;
	struct td_client *ann;
	struct td_client *bob;
	struct td_client *cat;
	uint64_t room;
};

static struct lobby lobby_open(void)
{
	struct lobby l = {.td = td_start(NULL)};

	l.ann = td_connect(l.td, "ann");
	l.bob = td_connect(l.td, "bob");
	l.cat = td_connect(l.td, "cat");
	l.room = td_create_room(l.ann, "lobby");
	(void)td_join(l.bob, "lobby");
	(void)td_join(l.cat, "lobby");
	return l;
}

static void set_role(struct td_client *c, uint64_t room, const char *user, enum gchat_role role)
{
	struct gchat_error error = {0};

	td_check(c, gchat_set_role(td_gchat(c), room, user, role, &error), &error, "set role");
}

static void ban(struct td_client *c, uint64_t room, const char *user, uint32_t seconds)
{
	struct gchat_error error = {0};

	td_check(c, gchat_ban(td_gchat(c), room, user, "spam", seconds, &error), &error, "ban");
}

static void mute(struct td_client *c, uint64_t room, const char *user, uint32_t seconds)
{
	struct gchat_error error = {0};

	td_check(c, gchat_mute(td_gchat(c), room, user, "loud", seconds, &error), &error, "mute");
}

static void run_tool(struct td *td, const char *words)
{
	json_decref(tool_json(td, GCHATCTL, words));
}

static void expect_tool(struct td *td, const char *words, int status)
{
	int r = tool_run(td, GCHATCTL, words, NULL);

	if (r != status)
		td_fail(td, "gchatctl %s: exit status %d, not %d", words, r, status);
}

static void expect_login(struct td *td, const char *user, const char *reason, const char *sentence)
{
	struct td_client *c = td_open(td, NULL);
	struct gchat_credentials who = {.user = user, .password = td_password()};
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};
	int r = gchat_login(td_gchat(c), &who, &account, &error);

	if (!reason) {
		td_check(c, r, &error, "login");
		gchat_free(account);
	} else {
		td_check_refused(c, r, &error, reason);
		assert_non_null(strstr(error.message, sentence));
	}
	td_disconnect(c);
}

/* ---- rooms: kick ---- */

static void who_is_kicked_is_told_and_a_client_that_reconnects_stays_out(void **state)
{
	struct lobby l = lobby_open();

	(void)state;
	run_tool(l.td, "kick cat --room=lobby --reason=flooding");
	const struct gchat_entry *entry = td_expect_kind(l.cat, l.room, GCHAT_ENTRY_REMOVED);
	assert_string_equal(entry->user, "cat");
	assert_string_equal(entry->reason, "flooding");
	assert_false(entry->banned);
	assert_string_equal(td_expect_kind(l.bob, l.room, GCHAT_ENTRY_REMOVED)->user, "cat");
	td_expect_error(l.cat, td_send(l.cat, l.room, "still here?"), "NOT_A_MEMBER");
	td_restart(l.td); /* all clients reconnect by themselves, with the cursors they have */
	assert_int_equal(td_expect_welcome(l.cat)->room_count, 0);
	assert_int_equal(td_expect_welcome(l.bob)->room_count, 1);
	td_forget(l.cat);
	(void)td_send_acked(l.bob, l.room, "without cat");
	td_barrier(l.cat);
	td_expect_none(l.cat, GCHAT_EVENT_ENTRY);
	(void)td_join(l.cat, "lobby"); /* by its own wish it may */
	td_stop(l.td);
}

/* ---- rooms: ban ---- */

static void who_is_banned_from_a_room_is_out_until_it_is_taken_back(void **state)
{
	struct lobby l = lobby_open();
	struct gchat_history_query query = {.room_id = l.room, .place = GCHAT_PLACE_NEWEST};
	struct gchat_history *history = NULL;
	struct gchat_restriction_list *bans = NULL;
	struct gchat_error error = {0};
	uint64_t tag = 0;

	(void)state;
	ban(l.ann, l.room, "cat", HOUR_S);
	const struct gchat_entry *entry = td_expect_kind(l.cat, l.room, GCHAT_ENTRY_REMOVED);
	assert_true(entry->banned);
	assert_true(entry->until_us > entry->time_us);
	assert_string_equal(entry->reason, "spam");
	assert_true(td_expect_kind(l.bob, l.room, GCHAT_ENTRY_REMOVED)->banned);
	td_check(l.cat, gchat_join(td_gchat(l.cat), l.room, NULL, &tag), NULL, "join");
	const struct gchat_reply *reply = td_reply(l.cat, tag);
	assert_string_equal(reply->error.reason, "BANNED");
	assert_non_null(strstr(reply->error.message, "UTC: spam"));
	td_check_refused(l.cat, gchat_history(td_gchat(l.cat), &query, &history, &error), &error,
		"NOT_A_MEMBER");
	td_check(l.ann, gchat_invite(td_gchat(l.ann), l.room, "cat", &tag), NULL, "invite");
	td_expect_error(l.ann, tag, "USER_BANNED");
	td_check(l.ann, gchat_list_bans(td_gchat(l.ann), l.room, NULL, false, &bans, &error),
		&error, "list");
	assert_int_equal(bans->count, 1);
	assert_string_equal(bans->restrictions[0].user, "cat");
	assert_string_equal(bans->restrictions[0].author, "ann");
	gchat_free(bans);
	td_restart(l.td);
	(void)td_expect_welcome(l.cat);
	(void)td_expect_welcome(l.ann);
	td_expect_join_refused(l.cat, "lobby", "BANNED");
	td_check(l.ann, gchat_unban(td_gchat(l.ann), l.room, "cat", &error), &error, "unban");
	(void)td_join(l.cat, "lobby");
	td_stop(l.td);
}

static void moderators_act_on_those_below_them_alone(void **state)
{
	struct lobby l = lobby_open();
	struct gchat_restriction_list *bans = NULL;
	struct gchat_error error = {0};

	(void)state;
	td_check_refused(l.bob, gchat_ban(td_gchat(l.bob), l.room, "cat", "", 0, &error), &error,
		"NOT_PERMITTED");
	td_check_refused(l.bob,
		gchat_list_bans(td_gchat(l.bob), l.room, NULL, false, &bans, &error), &error,
		"NOT_PERMITTED");
	set_role(l.ann, l.room, "bob", GCHAT_ROLE_MODERATOR);
	td_check_refused(l.bob, gchat_ban(td_gchat(l.bob), l.room, "ann", "", 0, &error), &error,
		"NOT_PERMITTED");
	td_check_refused(l.bob, gchat_mute(td_gchat(l.bob), l.room, "ann", "", 60, &error), &error,
		"NOT_PERMITTED");
	td_check_refused(l.bob, gchat_ban(td_gchat(l.bob), l.room, "bob", "", 0, &error), &error,
		"NOT_PERMITTED");
	set_role(l.bob, l.room, "cat", GCHAT_ROLE_READER);
	td_check_refused(l.bob,
		gchat_set_role(td_gchat(l.bob), l.room, "cat", GCHAT_ROLE_MODERATOR, &error),
		&error, "NOT_PERMITTED");
	ban(l.bob, l.room, "cat", 0);
	assert_int_equal(td_expect_kind(l.cat, l.room, GCHAT_ENTRY_REMOVED)->until_us, 0);
	td_stop(l.td);
}

/* ---- rooms: mute ---- */

static void who_is_muted_reads_on_and_all_see_it(void **state)
{
	struct lobby l = lobby_open();
	struct gchat_error error = {0};
	uint64_t tag = 0;

	(void)state;
	mute(l.ann, l.room, "bob", HOUR_S);
	const struct gchat_entry *entry = td_expect_kind(l.cat, l.room, GCHAT_ENTRY_MUTED);
	assert_string_equal(entry->user, "bob");
	assert_string_equal(entry->author, "ann");
	assert_string_equal(entry->reason, "loud");
	assert_true(entry->muted);
	assert_true(entry->until_us > entry->time_us);
	tag = td_send(l.bob, l.room, "mmph");
	const struct gchat_reply *reply = td_reply(l.bob, tag);
	assert_int_equal(reply->kind, GCHAT_REPLY_ERROR);
	assert_string_equal(reply->error.reason, "MUTED");
	assert_non_null(strstr(reply->error.message, "UTC: loud"));
	td_check(l.bob, gchat_set_typing(td_gchat(l.bob), l.room, true, &tag), NULL, "typing");
	td_expect_error(l.bob, tag, "MUTED");
	(void)td_send_acked(l.cat, l.room, "quiet now");
	(void)td_expect_message(l.bob, l.room, "quiet now");
	td_check_refused(l.bob, gchat_mute(td_gchat(l.bob), l.room, "bob", NULL, 0, &error), &error,
		"NOT_PERMITTED");
	mute(l.ann, l.room, "bob", 0);
	assert_false(td_expect_kind(l.cat, l.room, GCHAT_ENTRY_MUTED)->muted);
	(void)td_send_acked(l.bob, l.room, "thank you");
	td_stop(l.td);
}

static void a_mute_in_all_rooms_ends_by_itself(void **state)
{
	struct lobby l = lobby_open();

	(void)state;
	run_tool(l.td, "mute bob --for=1s");
	uint64_t tag = td_send(l.bob, l.room, "mmph");
	const struct gchat_reply *reply = td_reply(l.bob, tag);
	while (reply->kind == GCHAT_REPLY_ERROR) { /* TD_WAIT_MS is the test's own limit */
		assert_string_equal(reply->error.reason, "MUTED");
		td_barrier(l.bob);
		reply = td_reply(l.bob, td_send(l.bob, l.room, "now?"));
	}
	assert_int_equal(reply->kind, GCHAT_REPLY_COMMITTED);
	expect_tool(l.td, "unmute bob", EXIT_NOT_FOUND);
	td_stop(l.td);
}

/* ---- gchat-client ---- */

/* Runs gchat-client in script mode as `user` with these requests; what it printed is in `out`. */
static void run_script(
	struct td *td, const char *user, const char *requests, char out[], size_t size)
{
	char in_path[TD_PATH_BYTES];
	char out_path[TD_PATH_BYTES];
	char command[8 * TD_PATH_BYTES];
	FILE *in = fopen(td_path(td, "requests", in_path), "w");

	assert_non_null(in);
	(void)fprintf(in, "%s\n%s", td_password(), requests);
	assert_int_equal(fclose(in), 0);
	(void)snprintf(command, sizeof(command),
		"tail -n +2 %s | %s --json --state=%s/%s --server=%s --ca-file=%s/server.crt "
		"--user=%s --password-file=%s > %s",
		in_path, GCHAT_CLIENT, td_folder(td), user, td_address(td), td_state_folder(td),
		user, in_path, td_path(td, "answers", out_path));
	int status = system(command); /* words of our own, no one else's */
	FILE *answers = fopen(out_path, "r");
	assert_non_null(answers);
	size_t len = fread(out, 1, size - 1, answers);
	out[len] = '\0';
	(void)fclose(answers); /* only read */
	if (status != 0)
		td_fail(td, "gchat-client ended with %d: %s", status, out);
}

static void expect_answer(struct td *td, const char *answers, const char *text)
{
	if (!strstr(answers, text))
		td_fail(td, "gchat-client didn't say %s: %s", text, answers);
}

static void a_script_moderates_a_room(void **state)
{
	struct lobby l = lobby_open();
	char out[32768];

	(void)state;
	run_script(l.td, "ann",
		"{\"op\":\"role\",\"id\":1,\"room\":\"lobby\",\"user\":\"bob\",\"role\":\"moderator\"}\n"
		"{\"op\":\"role\",\"id\":2,\"room\":\"lobby\",\"user\":\"bob\",\"role\":\"king\"}\n"
		"{\"op\":\"mute\",\"id\":3,\"room\":\"lobby\",\"user\":\"bob\",\"seconds\":600}\n"
		"{\"op\":\"mutes\",\"id\":4,\"room\":\"lobby\"}\n"
		"{\"op\":\"unmute\",\"id\":5,\"room\":\"lobby\",\"user\":\"bob\"}\n"
		"{\"op\":\"ban\",\"id\":6,\"room\":\"lobby\",\"user\":\"cat\",\"reason\":\"spam\"}\n"
		"{\"op\":\"bans\",\"id\":7,\"room\":\"lobby\"}\n"
		"{\"op\":\"unban\",\"id\":8,\"room\":\"lobby\",\"user\":\"cat\"}\n"
		"{\"op\":\"unban\",\"id\":9,\"room\":\"lobby\",\"user\":\"cat\"}\n",
		out, sizeof(out));
	assert_int_equal(
		td_expect_kind(l.bob, l.room, GCHAT_ENTRY_ROLE)->role, GCHAT_ROLE_MODERATOR);
	assert_true(td_expect_kind(l.bob, l.room, GCHAT_ENTRY_MUTED)->muted);
	assert_false(td_expect_kind(l.bob, l.room, GCHAT_ENTRY_MUTED)->muted);
	assert_true(td_expect_kind(l.bob, l.room, GCHAT_ENTRY_REMOVED)->banned);
	expect_answer(l.td, out, "owner, moderator, member or reader is needed");
	expect_answer(l.td, out, "\"mutes\":[{\"user\":\"bob\"");
	expect_answer(l.td, out, "\"bans\":[{\"user\":\"cat\"");
	expect_answer(l.td, out, "\"reason\":\"spam\",\"author\":\"ann\"");
	expect_answer(l.td, out, "\"reason\":\"NOT_FOUND\"");
	(void)td_join(l.cat, "lobby");
	td_stop(l.td);
}

/* ---- the server ---- */

static void a_kick_from_the_server_ends_the_session_for_good(void **state)
{
	struct lobby l = lobby_open();

	(void)state;
	run_tool(l.td, "kick cat --reason=enough");
	const struct gchat_state_event *now = td_expect_state(l.cat, GCHAT_STATE_REFUSED);
	assert_string_equal(now->error.reason, "REMOVED");
	assert_string_equal(
		td_expect_event(l.cat, GCHAT_EVENT_GOING_AWAY)->going_away.message, "enough");
	td_check(l.cat, gchat_connect(td_gchat(l.cat), NULL), NULL, "connect"); /* by hand it may */
	(void)td_expect_welcome(l.cat);
	td_stop(l.td);
}

static void a_kick_with_a_ban_keeps_out_tokens_and_passwords(void **state)
{
	struct lobby l = lobby_open();

	(void)state;
	run_tool(l.td, "kick cat --reason=enough --ban=1h");
	const struct gchat_state_event *now = td_expect_state(l.cat, GCHAT_STATE_REFUSED);
	assert_string_equal(now->error.reason, "BANNED");
	assert_non_null(strstr(
		td_expect_event(l.cat, GCHAT_EVENT_GOING_AWAY)->going_away.message, "UTC: enough"));
	td_check(l.cat, gchat_connect(td_gchat(l.cat), NULL), NULL, "connect");
	now = td_expect_state(l.cat, GCHAT_STATE_REFUSED); /* the token */
	assert_string_equal(now->error.reason, "BANNED");
	assert_non_null(strstr(now->error.message, "UTC: enough"));
	expect_login(l.td, "cat", "BANNED", "UTC: enough");
	td_restart(l.td);
	expect_login(l.td, "cat", "BANNED", "UTC: enough");
	run_tool(l.td, "unban cat");
	expect_login(l.td, "cat", NULL, NULL);
	td_stop(l.td);
}

static void expect_no_connection(struct td *td, const char *address)
{
	struct td_client *c = td_open(td, &(struct td_client_options){.address = address});
	struct gchat_server_info *info = NULL;
	struct gchat_error error = {0};

	td_check_refused(c, gchat_server_info(td_gchat(c), &info, &error), &error, "UNAVAILABLE");
	td_disconnect(c);
}

static void a_banned_network_is_cut_and_refused_before_tls(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client_options v6 = {.address = td_address_ipv6(td)};

	(void)state;
	if (!v6.address)
		skip();
	struct td_client *bob = td_connect_with(td, "bob", &v6);
	run_tool(td, "ban add 127.0.0.0/8 --reason=flood --for=1h");
	const struct gchat_state_event *now = td_expect_state(ann, GCHAT_STATE_REFUSED);
	assert_string_equal(now->error.reason, "BANNED");
	assert_non_null(strstr(
		td_expect_event(ann, GCHAT_EVENT_GOING_AWAY)->going_away.message, "UTC: flood"));
	expect_no_connection(td, td_address(td));
	assert_true(td_log_has(td, "connection refused reason=\"its network is banned\"", 0));
	td_barrier(bob); /* of another network */
	td_restart(td);
	expect_no_connection(td, td_address(td));
	run_tool(td, "unban 127.0.0.0/8");
	td_check(ann, gchat_connect(td_gchat(ann), NULL), NULL, "connect");
	(void)td_expect_welcome(ann);
	run_tool(td, "ban ::1");
	assert_string_equal(td_expect_state(bob, GCHAT_STATE_REFUSED)->error.reason, "BANNED");
	td_barrier(ann); /* ::/64 holds no IPv4 address */
	td_stop(td);
}

/* ---- lists, explaining, mistakes ---- */

static json_t *row(struct td *td, json_t *list, size_t i)
{
	json_t *found = json_array_get(list, i);

	if (!found)
		td_fail(td, "there is no row %zu", i);
	return found;
}

static void expect_text(struct td *td, json_t *json, const char *path, const char *text)
{
	assert_string_equal(json_string_value(tool_at(td, json, path)), text);
}

static void what_is_in_force_is_listed(void **state)
{
	struct lobby l = lobby_open();
	char author[32];

	(void)state;
	(void)snprintf(author, sizeof(author), "uid %u", (unsigned)geteuid());
	run_tool(l.td, "ban bob --room=lobby --reason=spam --for=2h");
	run_tool(l.td, "ban 2001:db8::7");
	run_tool(l.td, "ban user:cat");
	run_tool(l.td, "mute ann --room=lobby --for=30m");
	json_t *bans = tool_json(l.td, GCHATCTL, "list-bans");
	assert_int_equal(json_array_size(bans), 3);
	expect_text(l.td, row(l.td, bans, 0), "target", "bob");
	expect_text(l.td, row(l.td, bans, 0), "room", "lobby");
	expect_text(l.td, row(l.td, bans, 0), "reason", "spam");
	expect_text(l.td, row(l.td, bans, 0), "author", author);
	expect_text(l.td, row(l.td, bans, 1), "target", "2001:db8::/64");
	expect_text(l.td, row(l.td, bans, 2), "target", "cat");
	json_decref(bans);
	bans = tool_json(l.td, GCHATCTL, "ban list --room=lobby");
	assert_int_equal(json_array_size(bans), 1);
	json_decref(bans);
	json_t *mutes = tool_json(l.td, GCHATCTL, "list-mutes");
	assert_int_equal(json_array_size(mutes), 1);
	expect_text(l.td, row(l.td, mutes, 0), "target", "ann");
	json_decref(mutes);
	td_stop(l.td);
}

/* The row of that right. */
static json_t *find_right(struct td *td, json_t *rights, const char *right)
{
	for (size_t i = 0; i < json_array_size(rights); i++)
		if (strcmp(json_string_value(tool_at(td, row(td, rights, i), "right")), right) == 0)
			return row(td, rights, i);
	td_fail(td, "no right %s is explained", right);
	return NULL;
}

static void explain_names_the_rule_that_decides(void **state)
{
	struct lobby l = lobby_open();

	(void)state;
	mute(l.ann, l.room, "bob", HOUR_S);
	json_t *rights = tool_json(l.td, GCHATCTL, "explain bob lobby");
	expect_text(l.td, find_right(l.td, rights, "read"), "verdict", "allow");
	expect_text(l.td, find_right(l.td, rights, "send"), "verdict", "limit");
	expect_text(l.td, find_right(l.td, rights, "send"), "rule", "room-muted");
	expect_text(l.td, find_right(l.td, rights, "send"), "reason", "MUTED");
	assert_non_null(
		strstr(json_string_value(tool_at(l.td, find_right(l.td, rights, "send"), "text")),
			"UTC: loud (by ann)"));
	expect_text(l.td, find_right(l.td, rights, "delete-room"), "rule", "below-owner");
	json_decref(rights);
	ban(l.ann, l.room, "cat", 0);
	rights = tool_json(l.td, GCHATCTL, "explain cat lobby");
	expect_text(l.td, find_right(l.td, rights, "join"), "verdict", "deny");
	expect_text(l.td, find_right(l.td, rights, "join"), "rule", "room-banned");
	expect_text(l.td, find_right(l.td, rights, "sign-in"), "verdict", "allow");
	json_decref(rights);
	json_t *rules = tool_json(l.td, GCHATCTL, "explain ann lobby --rules");
	assert_true(json_array_size(rules) > 50);
	json_decref(rules);
	td_stop(l.td);
}

static void mistakes_have_their_exit_status(void **state)
{
	struct lobby l = lobby_open();

	(void)state;
	expect_tool(l.td, "kick nobody", EXIT_NOT_FOUND);
	expect_tool(l.td, "kick bob --room=attic", EXIT_NOT_FOUND);
	expect_tool(l.td, "kick bob --ban=soon", EXIT_USAGE);
	expect_tool(l.td, "ban nobody", EXIT_NOT_FOUND);
	expect_tool(l.td, "ban 192.0.2.0/24 --room=lobby", EXIT_USAGE);
	expect_tool(l.td, "unban 192.0.2.0/24", EXIT_NOT_FOUND);
	expect_tool(l.td, "unban bob", EXIT_NOT_FOUND);
	expect_tool(l.td, "unmute bob --room=lobby", EXIT_NOT_FOUND);
	expect_tool(l.td, "explain bob attic", EXIT_NOT_FOUND);
	expect_tool(l.td, "ban", EXIT_USAGE);
	td_stop(l.td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			who_is_kicked_is_told_and_a_client_that_reconnects_stays_out, td_teardown),
		cmocka_unit_test_teardown(
			who_is_banned_from_a_room_is_out_until_it_is_taken_back, td_teardown),
		cmocka_unit_test_teardown(moderators_act_on_those_below_them_alone, td_teardown),
		cmocka_unit_test_teardown(who_is_muted_reads_on_and_all_see_it, td_teardown),
		cmocka_unit_test_teardown(a_mute_in_all_rooms_ends_by_itself, td_teardown),
		cmocka_unit_test_teardown(a_script_moderates_a_room, td_teardown),
		cmocka_unit_test_teardown(
			a_kick_from_the_server_ends_the_session_for_good, td_teardown),
		cmocka_unit_test_teardown(
			a_kick_with_a_ban_keeps_out_tokens_and_passwords, td_teardown),
		cmocka_unit_test_teardown(
			a_banned_network_is_cut_and_refused_before_tls, td_teardown),
		cmocka_unit_test_teardown(what_is_in_force_is_listed, td_teardown),
		cmocka_unit_test_teardown(explain_names_the_rule_that_decides, td_teardown),
		cmocka_unit_test_teardown(mistakes_have_their_exit_status, td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
