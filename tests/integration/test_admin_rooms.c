/*
 * Rooms and members by the administrator: gchatctl room and member against the real daemon, and what the
 * people in the rooms see of it.
 */
#include "cmocka_std.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "support/td_client.h"
#include "tool.h"

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 4,
	EXIT_NOT_PERMITTED = 5,
	EXIT_CONFLICT = 6,
	WORDS_BYTES = 256,
};

static json_t *run(struct td *td, const char *words)
{
	return tool_json(td, GCHATCTL, words);
}

static void expect_status(struct td *td, const char *words, int status)
{
	int r = tool_run(td, GCHATCTL, words, NULL);
	if (r != status)
		td_fail(td, "gchatctl %s: status %d, not %d", words, r, status);
}

static const char *text_at(struct td *td, json_t *json, const char *path)
{
	return json_string_value(tool_at(td, json, path));
}

static long long number_at(struct td *td, json_t *json, const char *path)
{
	return json_integer_value(tool_at(td, json, path));
}

/* The room's id, from room show. */
static uint64_t id_of(struct td *td, const char *room)
{
	char words[WORDS_BYTES];
	unsigned long long id = 0;
	(void)snprintf(words, sizeof(words), "room show %s", room);
	json_t *shown = run(td, words);
	assert_int_equal(sscanf(text_at(td, shown, "room_id"), "%llu", &id), 1);
	json_decref(shown);
	return id;
}

static long long shown(struct td *td, const char *room, const char *path)
{
	char words[WORDS_BYTES];
	(void)snprintf(words, sizeof(words), "room show %s", room);
	json_t *json = run(td, words);
	json_t *value = tool_at(td, json, path);
	long long number = json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);
	json_decref(json);
	return number;
}

/* ---- rooms ---- */

static void a_room_is_made_with_an_owner_who_is_in_it_at_once(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");

	(void)state;
	json_t *made = run(td, "room create lobby title=Lobby topic=tea --owner=ann");
	assert_string_equal(text_at(td, made, "owner"), "ann");
	assert_string_equal(text_at(td, made, "visibility"), "public");
	json_decref(made);
	uint64_t room = id_of(td, "lobby");
	assert_string_equal(td_expect_kind(ann, room, GCHAT_ENTRY_JOINED)->author, "ann");
	(void)td_send_acked(ann, room, "mine");
	json_t *shown = run(td, "show-room lobby");
	assert_string_equal(text_at(td, shown, "title"), "Lobby");
	assert_string_equal(text_at(td, shown, "topic"), "tea");
	assert_string_equal(
		json_string_value(json_array_get(tool_at(td, shown, "owners"), 0)), "ann");
	assert_int_equal(number_at(td, shown, "members"), 1);
	assert_int_equal(number_at(td, shown, "events"), 2);
	assert_int_equal(number_at(td, shown, "online"), 1);
	assert_int_equal(json_array_size(tool_at(td, shown, "own_settings")), 0);
	json_decref(shown);
	td_stop(td);
}

static void a_room_of_nobody_is_joined_by_anyone_unless_it_is_private(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");

	(void)state;
	json_decref(run(td, "create-room lobby"));
	json_decref(run(td, "room create cabal visibility=private read-only=yes"));
	assert_int_equal(shown(td, "lobby", "members"), 0);
	(void)td_join(ann, "lobby");
	td_expect_join_refused(ann, "cabal", "UNKNOWN_ROOM");
	assert_int_equal(shown(td, "cabal", "read_only"), 1);
	td_stop(td);
}

static void members_hear_of_what_they_see_and_it_outlives_a_restart(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	json_t *changes = run(td, "room set lobby topic=new slow-mode=30s retention-days=7");
	assert_int_equal(json_array_size(changes), 3);
	json_t *slow = json_array_get(changes, 1);
	assert_string_equal(text_at(td, slow, "setting"), "slow-mode");
	assert_string_equal(text_at(td, slow, "before"), "off");
	assert_string_equal(text_at(td, slow, "after"), "30 s");
	json_decref(changes);
	const struct gchat_entry *entry = td_expect_kind(ann, room, GCHAT_ENTRY_ROOM_CHANGED);
	assert_string_equal(entry->topic, "new");
	assert_string_equal(entry->author, ""); /* the administrator */
	assert_int_equal(entry->slow_mode_s, 30);
	assert_false(entry->read_only);
	td_restart(td);
	assert_int_equal(shown(td, "lobby", "slow_mode_s"), 30);
	json_t *again = run(td, "room show lobby");
	assert_string_equal(text_at(td, again, "retention_days"), "7");
	assert_string_equal(text_at(td, again, "retention_events"), "all");
	assert_int_equal(json_array_size(tool_at(td, again, "own_settings")), 2);
	json_decref(again);
	json_decref(run(td, "room set lobby slow-mode=off retention-days=default"));
	assert_int_equal(shown(td, "lobby", "slow_mode_s"), 0);
	td_stop(td);
}

static void in_a_read_only_room_only_moderators_and_owners_write(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "news");

	(void)state;
	(void)td_join(bob, "news");
	json_decref(run(td, "room set news read-only=yes"));
	assert_true(td_expect_kind(bob, room, GCHAT_ENTRY_ROOM_CHANGED)->read_only);
	td_expect_error(bob, td_send(bob, room, "may I?"), "READ_ONLY");
	(void)td_send_acked(ann, room, "news");
	(void)td_expect_message(bob, room, "news");
	json_decref(run(td, "member role news bob moderator"));
	(void)td_send_acked(bob, room, "now I may");
	td_stop(td);
}

static void in_slow_mode_the_second_message_waits_and_comes(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	(void)td_join(bob, "lobby");
	json_decref(run(td, "room set lobby slow-mode=1s"));
	(void)td_send_acked(bob, room, "one");
	struct mono start = clock_mono();
	(void)td_send_acked(bob, room, "two"); /* libgchat sends it again when it is told to */
	assert_true(clock_mono().us - start.us >= CLOCK_US_PER_S / 2);
	start = clock_mono();
	for (int i = 0; i < 5; i++)
		(void)td_send_acked(ann, room, "the owner never waits");
	td_stop(td);
}

static void messages_and_members_are_limited_room_by_room(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t other = td_create_room(ann, "other");

	(void)state;
	json_decref(run(td, "room set lobby message-bytes=5 members=1"));
	td_expect_error(ann, td_send(ann, room, "123456"), "TEXT_TOO_LONG");
	(void)td_send_acked(ann, room, "12345");
	(void)td_send_acked(ann, other, "123456");
	td_expect_join_refused(bob, "lobby", "TOO_MANY_MEMBERS");
	(void)td_join(bob, "other");
	expect_status(td, "member add lobby bob", EXIT_FAILED);
	td_stop(td);
}

struct swept {
	struct td *td;
	long long least;
};

static bool is_swept(void *arg)
{
	struct swept *swept = arg;
	return shown(swept->td, "short", "first_seq") >= swept->least;
}

static void a_room_is_kept_for_as_long_as_it_says_itself(void **state)
{
	struct td *td = td_start(&(struct td_options){.config = "retention: { interval_s = 1; };"});
	struct td_client *ann = td_connect(td, "ann");
	uint64_t small = td_create_room(ann, "short");
	uint64_t large = td_create_room(ann, "long");

	(void)state;
	for (int i = 0; i < 20; i++) {
		(void)td_send_acked(ann, small, "x");
		(void)td_send_acked(ann, large, "x");
	}
	json_decref(run(td, "room set short retention-events=5"));
	struct swept swept = {.td = td, .least = 21 - 4};
	td_wait_until(td, is_swept, &swept, TD_WAIT_MS, "the room's own retention");
	assert_int_equal(shown(td, "short", "events"), 5);
	assert_int_equal(shown(td, "long", "first_seq"), 1);
	td_stop(td);
}

static void deleting_a_room_says_first_what_would_go(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	(void)td_send_acked(ann, room, "x");
	json_t *tried = run(td, "room delete lobby --dry-run");
	assert_true(json_is_true(tool_at(td, tried, "dry_run")));
	assert_int_equal(number_at(td, tried, "members"), 1);
	assert_int_equal(number_at(td, tried, "events"), 2);
	json_decref(tried);
	expect_status(td, "room delete lobby </dev/null", EXIT_USAGE); /* nobody to ask */
	(void)td_send_acked(ann, room, "still there");
	json_t *gone = run(td, "delete-room lobby --yes");
	assert_int_equal(number_at(td, gone, "events"), 3);
	json_decref(gone);
	const struct gchat_event *event = td_expect_event(ann, GCHAT_EVENT_RESET);
	assert_int_equal(event->reset.room_id, room);
	expect_status(td, "room show lobby", EXIT_NOT_FOUND);
	td_stop(td);
}

/* ---- members ---- */

static void an_account_is_added_to_a_private_room_and_reads_from_then_on(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *bob = td_connect(td, "bob");

	(void)state;
	(void)td_connect(td, "ann");
	json_decref(run(td, "room create cabal visibility=private --owner=ann"));
	uint64_t room = id_of(td, "cabal");
	json_t *added = run(td, "member add cabal bob --role=moderator");
	assert_string_equal(text_at(td, added, "before"), "none");
	assert_string_equal(text_at(td, added, "after"), "moderator");
	json_decref(added);
	const struct gchat_entry *entry = td_expect_kind(bob, room, GCHAT_ENTRY_JOINED);
	assert_string_equal(entry->author, "bob");
	assert_int_equal(entry->role, GCHAT_ROLE_MODERATOR);
	(void)td_send_acked(bob, room, "hello");
	expect_status(td, "add-member cabal bob", EXIT_CONFLICT);
	assert_int_equal(shown(td, "cabal", "moderators"), 1);
	td_stop(td);
}

static void roles_change_and_the_one_before_is_told(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	(void)td_join(bob, "lobby");
	json_t *changed = run(td, "set-role lobby bob reader");
	assert_string_equal(text_at(td, changed, "before"), "member");
	json_decref(changed);
	const struct gchat_entry *entry = td_expect_kind(ann, room, GCHAT_ENTRY_ROLE);
	assert_string_equal(entry->user, "bob");
	assert_int_equal(entry->author_id, 0);
	td_expect_error(bob, td_send(bob, room, "may I?"), "READ_ONLY");
	json_decref(run(td, "member role lobby ann member")); /* the last owner, too */
	json_t *members = run(td, "member list lobby");
	assert_int_equal(json_array_size(members), 2);
	json_decref(members);
	td_stop(td);
}

static void a_removed_member_and_the_room_see_why(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	(void)td_join(bob, "lobby");
	json_t *removed = run(td, "member remove lobby bob --reason=moved");
	assert_string_equal(text_at(td, removed, "before"), "member");
	json_decref(removed);
	assert_string_equal(td_expect_kind(ann, room, GCHAT_ENTRY_REMOVED)->reason, "moved");
	assert_string_equal(td_expect_kind(bob, room, GCHAT_ENTRY_REMOVED)->reason, "moved");
	td_expect_error(bob, td_send(bob, room, "still here?"), "NOT_A_MEMBER");
	expect_status(td, "remove-member lobby bob", EXIT_NOT_PERMITTED);
	td_stop(td);
}

/* ---- what is wrong ---- */

static void wrong_input_is_refused_with_the_status_for_it(void **state)
{
	static const struct {
		const char *words;
		int status;
	} cases[] = {
		{"room show nowhere", EXIT_NOT_FOUND},
		{"room show", EXIT_USAGE},
		{"room create lobby", EXIT_CONFLICT},
		{"room create Lobby", EXIT_USAGE},
		{"room create '#x'", EXIT_USAGE},
		{"room create x --owner=nobody", EXIT_NOT_FOUND},
		{"room create x colour=red", EXIT_USAGE},
		{"room create x visibility=direct", EXIT_USAGE},
		{"room set lobby", EXIT_USAGE},
		{"room set nowhere topic=x", EXIT_NOT_FOUND},
		{"room set lobby topci=x", EXIT_USAGE},
		{"room set lobby slow-mode=2d", EXIT_USAGE},
		{"room set lobby members=0", EXIT_USAGE},
		{"room set lobby \"topic=$(printf 'a\\nb')\"", EXIT_USAGE},
		{"room delete nowhere --yes", EXIT_NOT_FOUND},
		{"member list nowhere", EXIT_NOT_FOUND},
		{"member add nowhere ann", EXIT_NOT_FOUND},
		{"member add lobby nobody", EXIT_NOT_FOUND},
		{"member add lobby ann", EXIT_CONFLICT},
		{"member add lobby ann --role=boss", EXIT_USAGE},
		{"member remove lobby nobody", EXIT_NOT_FOUND},
		{"member role lobby ann boss", EXIT_USAGE},
		{"member role lobby nobody owner", EXIT_NOT_FOUND},
		{"member role lobby bob owner", EXIT_NOT_PERMITTED},
		{"member role lobby ann", EXIT_USAGE},
	};
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");

	(void)state;
	(void)td_connect(td, "bob");
	(void)td_create_room(ann, "lobby");
	for (size_t i = 0; i < GC_LENGTH(cases); i++)
		expect_status(td, cases[i].words, cases[i].status);
	td_stop(td);
}

/* Names are one namespace, so a name that is taken can't be had; nothing else tells of the room. */
static void of_a_private_room_only_its_name_is_found_out(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *eve = td_connect(td, "eve");
	struct gchat_room_spec spec = {.name = "cabal"};
	struct gchat_room *room = NULL;
	struct gchat_error of_private = {0};
	struct gchat_error of_public = {0};

	(void)state;
	(void)td_create_room(ann, "lobby");
	json_decref(run(td, "room create cabal visibility=private --owner=ann"));
	td_check_refused(eve, gchat_create_room(td_gchat(eve), &spec, &room, &of_private),
		&of_private, "ROOM_EXISTS");
	spec.name = "lobby";
	td_check_refused(eve, gchat_create_room(td_gchat(eve), &spec, &room, &of_public),
		&of_public, "ROOM_EXISTS");
	assert_string_equal(of_private.message, of_public.message);
	td_check_refused(eve, gchat_get_room(td_gchat(eve), 0, "cabal", &room, &of_private),
		&of_private, "UNKNOWN_ROOM");
	td_check_refused(eve, gchat_get_room(td_gchat(eve), 0, "nothing", &room, &of_public),
		&of_public, "UNKNOWN_ROOM");
	assert_string_equal(of_private.message, of_public.message);
	td_stop(td);
}

#define TEST(name) cmocka_unit_test_teardown(name, td_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_room_is_made_with_an_owner_who_is_in_it_at_once),
		TEST(a_room_of_nobody_is_joined_by_anyone_unless_it_is_private),
		TEST(members_hear_of_what_they_see_and_it_outlives_a_restart),
		TEST(in_a_read_only_room_only_moderators_and_owners_write),
		TEST(in_slow_mode_the_second_message_waits_and_comes),
		TEST(messages_and_members_are_limited_room_by_room),
		TEST(a_room_is_kept_for_as_long_as_it_says_itself),
		TEST(deleting_a_room_says_first_what_would_go),
		TEST(an_account_is_added_to_a_private_room_and_reads_from_then_on),
		TEST(roles_change_and_the_one_before_is_told),
		TEST(a_removed_member_and_the_room_see_why),
		TEST(wrong_input_is_refused_with_the_status_for_it),
		TEST(of_a_private_room_only_its_name_is_found_out),
	};
	return cmocka_run_group_tests_name("admin rooms", tests, NULL, NULL);
}
