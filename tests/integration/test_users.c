/*
 * What an administrator does with accounts, by gchatctl, and what the people concerned see of it.
 * timeout: 300
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raw.h"
#include "tool.h"

enum {
	WORDS_BYTES = 256,
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 4,
	EXIT_CONFLICT = 6,
};

static const char new_password[] = "another long password";

static int run(struct td *td, const char *words)
{
	return tool_run(td, GCHATCTL, words, NULL);
}

static json_t *ask(struct td *td, const char *words)
{
	return tool_json(td, GCHATCTL, words);
}

static const char *text_at(struct td *td, json_t *json, const char *path)
{
	const char *text = json_string_value(tool_at(td, json, path));

	return text ? text : "";
}

static long long number_at(struct td *td, json_t *json, const char *path)
{
	return json_integer_value(tool_at(td, json, path));
}

static bool flag_at(struct td *td, json_t *json, const char *path)
{
	return json_is_true(tool_at(td, json, path));
}

/* "--password-file=..." with that password in the file. */
static const char *password_option(struct td *td, const char *password)
{
	static char option[TD_PATH_BYTES + 32];
	char path[TD_PATH_BYTES];
	FILE *f = fopen(td_path(td, "password", path), "w");

	assert_non_null(f);
	assert_true(fprintf(f, "%s\n", password) > 0);
	assert_int_equal(fclose(f), 0);
	(void)snprintf(option, sizeof(option), "--password-file=%s", path);
	return option;
}

static int log_in(
	struct td_client *c, const char *user, const char *password, struct gchat_error *ret_error)
{
	struct gchat_credentials who = {.user = user, .password = password};
	struct gchat_account *account = NULL;
	int r = gchat_login(td_gchat(c), &who, &account, ret_error);

	gchat_free(account);
	return r;
}

static void expect_log_in(struct td *td, const char *user, const char *password)
{
	struct td_client *c = td_open(td, NULL);
	struct gchat_error error = {0};

	td_check(c, log_in(c, user, password, &error), &error, "log in");
	td_disconnect(c);
}

static void expect_no_log_in(
	struct td *td, const char *user, const char *password, const char *reason)
{
	struct td_client *c = td_open(td, NULL);
	struct gchat_error error = {0};

	td_check_refused(c, log_in(c, user, password, &error), &error, reason);
	td_disconnect(c);
}

static json_t *find_user(json_t *users, const char *name)
{
	size_t i;
	json_t *user;

	json_array_foreach(users, i, user)
	{
		if (strcmp(json_string_value(json_object_get(user, "user")), name) == 0)
			return user;
	}
	return NULL;
}

static size_t count_listed(struct td *td, const char *words)
{
	json_t *users = ask(td, words);
	size_t count = json_array_size(users);

	json_decref(users);
	return count;
}

/* ---- listing and showing ---- */

static void accounts_are_listed_and_shown(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *guest = td_open(td, NULL);
	struct gchat_credentials nobody = {.device = "a kiosk"};
	struct gchat_account *account = NULL;
	struct gchat_error error = {0};

	(void)state;
	(void)td_sign_in(td, "bob", NULL);
	(void)td_create_room(ann, "lobby");
	td_check(guest, gchat_login_guest(td_gchat(guest), &nobody, &account, &error), &error,
		"guest");
	gchat_free(account);
	assert_int_equal(run(td, "user suspend bob"), 0);
	json_t *users = ask(td, "list-users");
	assert_int_equal(json_array_size(users), 3);
	json_t *row = find_user(users, "ann");
	assert_string_equal(text_at(td, row, "state"), "active");
	assert_string_equal(text_at(td, row, "presence"), "online");
	assert_int_equal(number_at(td, row, "sessions"), 1);
	assert_int_equal(number_at(td, row, "room_count"), 1);
	assert_int_equal(number_at(td, row, "token_count"), 1);
	assert_true(flag_at(td, row, "has_password"));
	assert_string_equal(text_at(td, find_user(users, "bob"), "state"), "suspended");
	json_decref(users);
	assert_int_equal(count_listed(td, "user list --state=guest"), 1);
	assert_int_equal(count_listed(td, "user list --state=suspended"), 1);
	assert_int_equal(count_listed(td, "user list --state=active"), 1);
	json_t *ann_shown = ask(td, "user show ann");
	assert_string_equal(text_at(td, ann_shown, "state"), "active");
	json_t *owned = tool_at(td, ann_shown, "rooms.owner");
	assert_int_equal(json_array_size(owned), 1);
	assert_string_equal(json_string_value(json_array_get(owned, 0)), "lobby");
	assert_int_equal(json_array_size(tool_at(td, ann_shown, "rooms.member")), 0);
	json_decref(ann_shown);
	assert_int_equal(run(td, "user show nobody"), EXIT_NOT_FOUND);
	assert_int_equal(run(td, "user show"), EXIT_USAGE);
	assert_int_equal(run(td, "user list --state=odd"), EXIT_USAGE);
	td_stop(td);
}

/* ---- adding, passwords ---- */

static void an_account_is_added_whatever_the_registration_says(void **state)
{
	struct td *td = td_start(
		&(struct td_options){.config = "accounts: { registration = \"closed\"; };"});
	char words[WORDS_BYTES];

	(void)state;
	(void)snprintf(words, sizeof(words), "user add zoe --display-name='Zoe Z.' %s",
		password_option(td, new_password));
	json_t *added = ask(td, words);
	assert_string_equal(text_at(td, added, "user"), "zoe");
	assert_string_equal(text_at(td, added, "display_name"), "Zoe Z.");
	json_decref(added);
	expect_log_in(td, "zoe", new_password);
	assert_int_equal(run(td, words), EXIT_CONFLICT);
	(void)snprintf(words, sizeof(words), "user add Zoe %s", password_option(td, new_password));
	assert_int_equal(run(td, words), EXIT_USAGE);
	(void)snprintf(words, sizeof(words), "user add tim %s", password_option(td, "short"));
	assert_int_equal(run(td, words), EXIT_USAGE);
	(void)snprintf(words, sizeof(words), "user add tim %s", password_option(td, ""));
	assert_int_not_equal(run(td, words), 0);
	assert_int_not_equal(run(td, "user add tim --password=geheim123"), 0); /* never there */
	assert_int_equal(count_listed(td, "list-users"), 1);
	td_stop(td);
}

static void without_a_password_nobody_signs_in_until_there_is_one(void **state)
{
	struct td *td = td_start(NULL);
	char words[WORDS_BYTES];

	(void)state;
	assert_int_equal(run(td, "user add bot --no-password"), 0);
	expect_no_log_in(td, "bot", "", "WRONG_CREDENTIALS");
	expect_no_log_in(td, "bot", new_password, "WRONG_CREDENTIALS");
	(void)snprintf(
		words, sizeof(words), "user passwd bot %s", password_option(td, new_password));
	assert_int_equal(run(td, words), 0);
	expect_log_in(td, "bot", new_password);
	assert_int_equal(run(td, "user passwd bot --no-password"), 0);
	expect_no_log_in(td, "bot", new_password, "WRONG_CREDENTIALS");
	td_stop(td);
}

static void another_password_ends_all_sessions_and_tokens(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	char words[WORDS_BYTES];

	(void)state;
	(void)snprintf(
		words, sizeof(words), "user passwd ann %s", password_option(td, new_password));
	json_t *changed = ask(td, words);
	assert_int_equal(number_at(td, changed, "tokens_voided"), 1);
	json_decref(changed);
	assert_string_equal(td_expect_state(ann, GCHAT_STATE_REFUSED)->error.reason, "SIGNED_OUT");
	expect_no_log_in(td, "ann", td_password(), "WRONG_CREDENTIALS");
	expect_log_in(td, "ann", new_password);
	(void)snprintf(
		words, sizeof(words), "user passwd nobody %s", password_option(td, new_password));
	assert_int_equal(run(td, words), EXIT_NOT_FOUND);
	td_stop(td);
}

/* ---- suspending ---- */

static void a_suspended_account_is_out_until_it_is_restored(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct gchat_token_list *tokens = NULL;
	struct gchat_error error = {0};

	(void)state;
	json_t *suspended = ask(td, "user suspend ann");
	assert_true(flag_at(td, suspended, "changed"));
	assert_int_equal(number_at(td, suspended, "sessions_ended"), 1);
	json_decref(suspended);
	assert_string_equal(
		td_expect_state(ann, GCHAT_STATE_REFUSED)->error.reason, "ACCOUNT_SUSPENDED");
	expect_no_log_in(td, "ann", td_password(), "ACCOUNT_SUSPENDED");
	expect_no_log_in(td, "ann", "a wrong password", "WRONG_CREDENTIALS"); /* it doesn't tell */
	td_check_refused(ann, gchat_list_tokens(td_gchat(ann), &tokens, &error), &error,
		"ACCOUNT_SUSPENDED");
	td_restart(td);
	td_check_refused(ann, gchat_list_tokens(td_gchat(ann), &tokens, &error), &error,
		"ACCOUNT_SUSPENDED");
	assert_int_equal(run(td, "user suspend ann"), 0); /* it is already */
	assert_int_equal(run(td, "user restore ann"), 0);
	td_check(ann, gchat_list_tokens(td_gchat(ann), &tokens, &error), &error, "its old token");
	gchat_free(tokens);
	expect_log_in(td, "ann", td_password());
	assert_int_equal(run(td, "user suspend nobody"), EXIT_NOT_FOUND);
	td_stop(td);
}

/* ---- renaming ---- */

static bool is_robert(const struct gchat_event *event, void *arg)
{
	(void)arg;
	return strcmp(event->profile.user, "robert") == 0;
}

static void a_renamed_account_goes_on_under_its_new_name(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann =
		td_connect_with(td, "ann", &(struct td_client_options){.want_profiles = true});
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	(void)td_join(bob, "lobby");
	(void)td_send_acked(bob, room, "as bob");
	json_t *renamed = ask(td, "user rename bob robert");
	assert_string_equal(text_at(td, renamed, "before"), "bob");
	assert_string_equal(text_at(td, renamed, "user"), "robert");
	json_decref(renamed);
	(void)td_expect_match(ann, GCHAT_EVENT_PROFILE, is_robert, NULL, "a profile of robert");
	(void)td_send_acked(bob, room, "as robert"); /* the session goes on */
	assert_string_equal(td_expect_message(ann, room, "as bob")->author, "bob");
	assert_string_equal(td_expect_message(ann, room, "as robert")->author, "robert");
	td_restart(td);
	assert_string_equal(td_expect_welcome(bob)->account.user, "robert"); /* it comes back */
	expect_no_log_in(td, "bob", td_password(), "WRONG_CREDENTIALS");
	expect_log_in(td, "robert", td_password());
	json_t *members = ask(td, "list-members lobby");
	assert_non_null(find_user(members, "robert"));
	assert_null(find_user(members, "bob"));
	json_decref(members);
	assert_int_equal(run(td, "user rename robert ann"), EXIT_CONFLICT);
	assert_int_equal(run(td, "user rename robert Robert"), EXIT_USAGE);
	assert_int_equal(run(td, "user rename bob bert"), EXIT_NOT_FOUND);
	assert_int_equal(run(td, "user add bob --no-password"), 0); /* the old name is free */
	td_stop(td);
}

/* ---- deleting ---- */

static void a_deleted_account_leaves_its_rooms_and_is_gone(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(bob, "lobby");

	(void)state;
	(void)td_join(ann, "lobby");
	(void)td_send_acked(bob, room, "bob was here");
	assert_int_equal(run(td, "user delete bob </dev/null"), EXIT_USAGE); /* nobody to ask */
	json_t *would = ask(td, "user delete bob --dry-run");
	assert_false(flag_at(td, would, "deleted"));
	assert_int_equal(number_at(td, would, "rooms_left"), 1);
	json_decref(would);
	(void)td_send_acked(bob, room, "and still is");
	json_t *deleted = ask(td, "user delete bob --yes");
	assert_true(flag_at(td, deleted, "deleted"));
	assert_int_equal(number_at(td, deleted, "rooms_left"), 1);
	assert_int_equal(number_at(td, deleted, "rooms_ownerless"), 1);
	json_decref(deleted);
	assert_string_equal(
		td_expect_state(bob, GCHAT_STATE_REFUSED)->error.reason, "ACCOUNT_DELETED");
	(void)td_expect_message(ann, room, "bob was here");
	(void)td_expect_message(ann, room, "and still is");
	assert_string_equal(td_expect_kind(ann, room, GCHAT_ENTRY_LEFT)->author, "bob");
	expect_no_log_in(td, "bob", td_password(), "WRONG_CREDENTIALS");
	assert_int_equal(run(td, "user show bob"), EXIT_NOT_FOUND);
	assert_int_equal(run(td, "user delete bob --yes"), EXIT_NOT_FOUND);
	td_restart(td);
	assert_int_equal(run(td, "user show bob"), EXIT_NOT_FOUND);
	assert_int_equal(run(td, "user add bob --no-password"), 0);
	td_stop(td);
}

/* ---- erasing ---- */

struct words {
	size_t erased;
	size_t secret;
};

/* What is left to read of a room. */
static struct words read_room(struct td_client *c, uint64_t room)
{
	struct words words = {0};
	uint64_t seq = 0;
	uint64_t head = UINT64_MAX;

	while (seq < head) {
		const struct gchat_history_query query = {
			.room_id = room, .place = GCHAT_PLACE_AFTER, .seq = seq, .page_size = 500};
		struct gchat_history *page = NULL;
		struct gchat_error error = {0};
		td_check(c, gchat_history(td_gchat(c), &query, &page, &error), &error, "history");
		head = page->head_seq;
		for (size_t i = 0; i < page->count; i++) {
			const struct gchat_entry *e = &page->entries[i];
			words.erased += e->kind == GCHAT_ENTRY_ERASED;
			words.secret += e->text && strstr(e->text, "secret") != NULL;
			seq = e->seq;
		}
		if (page->count == 0)
			seq = head;
		gchat_free(page);
	}
	return words;
}

static bool none_is_being_erased(void *arg)
{
	json_t *status = ask(arg, "status");
	bool none = number_at(arg, status, "erasures") == 0;

	json_decref(status);
	return none;
}

static void wait_erased(struct td *td)
{
	td_wait_until(td, none_is_being_erased, td, TD_WAIT_MS, "the erasure's end");
}

static void what_a_deleted_account_said_is_erased_everywhere(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t lobby = td_create_room(ann, "lobby");
	uint64_t left = td_create_room(ann, "left");

	(void)state;
	(void)td_join(bob, "lobby");
	(void)td_join(bob, "left");
	(void)td_send_acked(ann, lobby, "ann's own words");
	for (unsigned i = 0; i < 3; i++)
		(void)td_send_acked(bob, lobby, "bob's secret");
	(void)td_send_acked(bob, left, "another secret");
	td_leave(bob, left);
	json_t *deleted = ask(td, "user delete bob --erase --yes");
	assert_true(flag_at(td, deleted, "erasing"));
	json_decref(deleted);
	wait_erased(td);
	assert_true(td_log_has(td, "what a deleted account had said is erased", TD_WAIT_MS));
	for (unsigned round = 0; round < 2; round++) {
		struct words words = read_room(ann, lobby);
		assert_int_equal(words.erased, 3);
		assert_int_equal(words.secret, 0);
		words = read_room(ann, left);
		assert_int_equal(words.erased, 1);
		assert_int_equal(words.secret, 0);
		td_restart(td);
	}
	json_t *verified = ask(td, "verify");
	json_decref(verified);
	td_stop(td);
}

static void an_erasure_that_was_cut_off_is_finished_after_the_start(void **state)
{
	enum {
		ROOMS = 4,
		EACH = 1500
	};
	struct td *td =
		td_start(&(struct td_options){.config = "store: { durability = \"process\"; };"});
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t rooms[ROOMS];

	(void)state;
	for (unsigned r = 0; r < ROOMS; r++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "room%u", r);
		rooms[r] = td_create_room(ann, name);
		(void)td_join(bob, name);
		for (unsigned i = 0; i < EACH; i += 50) {
			uint64_t tags[50];
			for (unsigned k = 0; k < GC_LENGTH(tags); k++)
				tags[k] = td_send(bob, rooms[r], "secret");
			for (unsigned k = 0; k < GC_LENGTH(tags); k++)
				(void)td_expect_committed(bob, tags[k]);
		}
	}
	json_decref(ask(td, "user delete bob --erase --yes"));
	td_kill9(td);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	wait_erased(td);
	for (unsigned r = 0; r < ROOMS; r++) {
		struct words words = read_room(ann, rooms[r]);
		assert_int_equal(words.secret, 0);
		assert_int_equal(words.erased, EACH);
	}
	td_stop(td);
}

/* ---- tokens ---- */

static void a_revoked_token_ends_its_session_alone(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *first = td_connect(td, "ann");
	struct td_client *second = td_connect(td, "ann");
	char words[WORDS_BYTES];

	(void)state;
	json_t *tokens = ask(td, "token list ann");
	assert_int_equal(json_array_size(tokens), 2);
	(void)snprintf(words, sizeof(words), "token revoke ann %s", /* the newest comes first */
		text_at(td, json_array_get(tokens, 0), "token"));
	json_decref(tokens);
	assert_int_equal(run(td, words), 0);
	assert_string_equal(
		td_expect_state(second, GCHAT_STATE_REFUSED)->error.reason, "SIGNED_OUT");
	td_barrier(first);
	assert_int_equal(run(td, words), EXIT_NOT_FOUND);
	assert_int_equal(run(td, "token revoke ann"), EXIT_USAGE);
	assert_int_equal(run(td, "token revoke ann x"), EXIT_USAGE);
	assert_int_equal(run(td, "token revoke ann 1 --all"), EXIT_USAGE);
	assert_int_equal(run(td, "token revoke nobody --all"), EXIT_NOT_FOUND);
	assert_int_equal(run(td, "token revoke ann --all"), 0);
	assert_string_equal(
		td_expect_state(first, GCHAT_STATE_REFUSED)->error.reason, "SIGNED_OUT");
	assert_int_equal(count_listed(td, "token list ann"), 0);
	assert_int_equal(run(td, "token list nobody"), EXIT_NOT_FOUND);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(accounts_are_listed_and_shown, td_teardown),
		cmocka_unit_test_teardown(
			an_account_is_added_whatever_the_registration_says, td_teardown),
		cmocka_unit_test_teardown(
			without_a_password_nobody_signs_in_until_there_is_one, td_teardown),
		cmocka_unit_test_teardown(
			another_password_ends_all_sessions_and_tokens, td_teardown),
		cmocka_unit_test_teardown(
			a_suspended_account_is_out_until_it_is_restored, td_teardown),
		cmocka_unit_test_teardown(
			a_renamed_account_goes_on_under_its_new_name, td_teardown),
		cmocka_unit_test_teardown(
			a_deleted_account_leaves_its_rooms_and_is_gone, td_teardown),
		cmocka_unit_test_teardown(
			what_a_deleted_account_said_is_erased_everywhere, td_teardown),
		cmocka_unit_test_teardown(
			an_erasure_that_was_cut_off_is_finished_after_the_start, td_teardown),
		cmocka_unit_test_teardown(a_revoked_token_ends_its_session_alone, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
