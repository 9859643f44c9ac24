/*
 * Rooms and who is in them: making, finding, joining, leaving, roles. Those not open to all
 * are in test_private.c.
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <string.h>

#include "support/td_client.h"

static const struct td_client_options with_members = {.want_members = true, .want_presence = true};

static struct gchat_room *get_room(struct td_client *c, uint64_t room_id)
{
	struct gchat_room *room = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_get_room(td_gchat(c), room_id, NULL, &room, &error), &error, "get room");
	return room;
}

static void expect_create_refused(struct td_client *c, const char *name, const char *reason)
{
	struct gchat_room_spec spec = {.name = name};
	struct gchat_room *room = NULL;
	struct gchat_error error = {0};

	td_check_refused(c, gchat_create_room(td_gchat(c), &spec, &room, &error), &error, reason);
}

static void set_role(struct td_client *c, uint64_t room, const char *user, enum gchat_role role)
{
	struct gchat_error error = {0};

	td_check(c, gchat_set_role(td_gchat(c), room, user, role, &error), &error, "set role");
}

/* ---- making and finding ---- */

static void a_room_is_made_listed_and_found_with_its_title_and_topic(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	struct gchat_room_spec spec = {.name = "lobby", .title = "The Lobby", .topic = "weather"};
	struct gchat_room *room = NULL;
	struct gchat_room_list *list = NULL;
	struct gchat_error error = {0};

	(void)state;
	td_check(ann, gchat_create_room(td_gchat(ann), &spec, &room, &error), &error, "create");
	td_check(bob, gchat_list_rooms(td_gchat(bob), NULL, false, &list, &error), &error, "list");
	assert_int_equal(list->count, 1);
	assert_int_equal(list->rooms[0].room_id, room->room_id);
	assert_string_equal(list->rooms[0].title, "The Lobby");
	assert_string_equal(list->rooms[0].topic, "weather");
	assert_int_equal(list->rooms[0].visibility, GCHAT_VISIBILITY_PUBLIC);
	assert_int_equal(list->rooms[0].member_count, 1);
	gchat_free(list);
	gchat_free(room);
	td_check(ann, gchat_get_room(td_gchat(ann), 0, "lobby", &room, &error), &error, "get");
	assert_int_equal(room->role, GCHAT_ROLE_OWNER);
	gchat_free(room);
	td_stop(td);
}

static void a_room_name_is_taken_once_and_has_few_letters(void **state)
{
	static const char *const bad[] = {"", "#lobby", "Lobby", ".hidden", "a b", "a/b", "naïve",
		"0123456789012345678901234567890123456789012345678901234567890123x"};
	struct td *td = td_start(NULL);
	struct td_client *ann = td_sign_in(td, "ann", NULL);

	(void)state;
	(void)td_create_room(ann, "lobby");
	expect_create_refused(ann, "lobby", "ROOM_EXISTS");
	for (size_t i = 0; i < GC_LENGTH(bad); i++)
		expect_create_refused(ann, bad[i], "INVALID_ARGUMENT");
	assert_int_equal(td_count_rooms(ann, false), 1);
	td_stop(td);
}

static void a_long_list_of_rooms_comes_in_pages(void **state)
{
	enum {
		ROOMS = 25,
		PAGE = 10
	};
	struct td *td = td_start(NULL);
	struct td_client *ann = td_sign_in(td, "ann", NULL);
	struct gchat_error error = {0};
	char name[16];
	char last[16] = "";
	char token[80] = "";
	size_t seen = 0;

	(void)state;
	for (int i = 0; i < ROOMS; i++) {
		(void)snprintf(name, sizeof(name), "room-%02d", (i * 7) % ROOMS);
		(void)td_create_room(ann, name);
	}
	do {
		struct gchat_page page = {.size = PAGE, .token = token};
		struct gchat_room_list *list = NULL;
		td_check(ann, gchat_list_rooms(td_gchat(ann), &page, false, &list, &error), &error,
			"list");
		for (size_t i = 0; i < list->count; i++) {
			assert_true(strcmp(last, list->rooms[i].name) < 0);
			(void)snprintf(last, sizeof(last), "%s", list->rooms[i].name);
		}
		seen += list->count;
		(void)snprintf(token, sizeof(token), "%s", list->next_page);
		gchat_free(list);
	} while (token[0]);
	assert_int_equal(seen, ROOMS);
	td_stop(td);
}

/* ---- joining and leaving ---- */

static void joining_and_leaving_are_events_that_all_members_see(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	(void)td_join(bob, "lobby");
	const struct gchat_entry *entry = td_expect_kind(ann, room, GCHAT_ENTRY_JOINED);
	while (strcmp(entry->author, "bob") != 0)
		entry = td_expect_kind(ann, room, GCHAT_ENTRY_JOINED);
	assert_int_equal(entry->role, GCHAT_ROLE_MEMBER);
	td_leave(bob, room);
	assert_string_equal(td_expect_kind(ann, room, GCHAT_ENTRY_LEFT)->author, "bob");
	(void)td_expect_kind(bob, room, GCHAT_ENTRY_LEFT);
	td_forget(bob);
	(void)td_send_acked(ann, room, "not for bob");
	td_barrier(bob);
	td_expect_none(bob, GCHAT_EVENT_ENTRY);
	td_expect_error(bob, td_send(bob, room, "from outside"), "NOT_A_MEMBER");
	td_stop(td);
}

static void joining_twice_is_one_membership_and_one_event(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	assert_int_equal(td_join(bob, "lobby"), room);
	assert_int_equal(td_join(bob, "lobby"), room);
	struct gchat_room *now = get_room(bob, room);
	assert_int_equal(now->member_count, 2);
	assert_int_equal(now->head_seq, 2);
	gchat_free(now);
	td_stop(td);
}

static void who_comes_back_to_a_room_reads_on_from_there(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	(void)td_join(bob, "lobby");
	td_leave(bob, room);
	(void)td_send_acked(ann, room, "while bob is out");
	(void)td_join(bob, "lobby");
	(void)td_send_acked(ann, room, "bob is back");
	(void)td_expect_message(bob, room, "bob is back");
	td_stop(td);
}

static void no_room_and_not_a_room_of_ones_own_are_told_apart(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t tag = 0;

	(void)state;
	td_expect_join_refused(bob, "nowhere", "UNKNOWN_ROOM");
	td_expect_error(bob, td_send(bob, room + 1000, "x"), "UNKNOWN_ROOM");
	td_expect_error(bob, td_send(bob, room, "x"), "NOT_A_MEMBER");
	td_check(bob, gchat_leave(td_gchat(bob), room, &tag), NULL, "leave");
	td_expect_error(bob, tag, "NOT_A_MEMBER");
	td_stop(td);
}

static void membership_outlives_the_connection_a_restart_and_kill_9(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	(void)td_join(bob, "lobby");
	set_role(ann, room, "bob", GCHAT_ROLE_MODERATOR);
	td_disconnect(bob);
	td_restart(td);
	td_kill9(td);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	bob = td_sign_in(td, "bob", NULL);
	td_check(bob, gchat_connect(td_gchat(bob), &(struct gchat_session_options){0}), NULL,
		"connect");
	const struct gchat_welcome *welcome = td_expect_welcome(bob);
	assert_int_equal(welcome->room_count, 1);
	assert_int_equal(welcome->rooms[0].room_id, room);
	assert_string_equal(welcome->rooms[0].name, "lobby");
	assert_int_equal(welcome->rooms[0].role, GCHAT_ROLE_MODERATOR);
	assert_int_equal(welcome->rooms[0].member_count, 2);
	(void)td_send_acked(bob, room, "still a member");
	td_stop(td);
}

/* ---- members ---- */

static void members_are_listed_with_role_and_presence(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");
	struct gchat_member_list *list = NULL;
	struct gchat_error error = {0};

	(void)state;
	struct td_client *bob = td_connect(td, "bob");
	(void)td_join(bob, "lobby");
	(void)td_sign_in(td, "eve", NULL);
	td_check(ann, gchat_list_members(td_gchat(ann), room, NULL, &list, &error), &error,
		"list members");
	assert_int_equal(list->count, 2);
	assert_int_equal(list->member_count, 2);
	assert_string_equal(list->members[0].user, "ann");
	assert_int_equal(list->members[0].role, GCHAT_ROLE_OWNER);
	assert_int_equal(list->members[0].presence, GCHAT_PRESENCE_ONLINE);
	assert_string_equal(list->members[1].user, "bob");
	assert_int_equal(list->members[1].role, GCHAT_ROLE_MEMBER);
	gchat_free(list);
	struct td_client *eve = td_sign_in(td, "eve", NULL);
	td_check_refused(eve, gchat_list_members(td_gchat(eve), room, NULL, &list, &error), &error,
		"NOT_A_MEMBER");
	td_stop(td);
}

static bool is_of_two(const struct gchat_event *event, void *arg)
{
	return event->snapshot.room_id == *(uint64_t *)arg && event->snapshot.member_count == 2;
}

static void a_session_that_wants_members_gets_them_on_joining_and_at_the_welcome(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");
	struct td_client *bob = td_connect_with(td, "bob", &with_members);

	(void)state;
	(void)td_join(bob, "lobby");
	const struct gchat_event *event =
		td_expect_match(bob, GCHAT_EVENT_SNAPSHOT, is_of_two, &room, "snapshot on joining");
	assert_true(event->snapshot.complete);
	assert_int_equal(event->snapshot.count, 2);
	bob = td_connect_with(td, "bob", &with_members);
	event = td_expect_match(
		bob, GCHAT_EVENT_SNAPSHOT, is_of_two, &room, "snapshot at the welcome");
	assert_int_equal(event->snapshot.count, 2);
	td_stop(td);
}

static void the_last_owner_stays_until_another_one_is_made(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");
	struct gchat_error error = {0};
	uint64_t tag = 0;

	(void)state;
	(void)td_join(bob, "lobby");
	td_check(ann, gchat_leave(td_gchat(ann), room, &tag), NULL, "leave");
	td_expect_error(ann, tag, "LAST_OWNER");
	td_check_refused(ann, gchat_set_role(td_gchat(ann), room, "ann", GCHAT_ROLE_MEMBER, &error),
		&error, "LAST_OWNER");
	set_role(ann, room, "bob", GCHAT_ROLE_OWNER);
	td_leave(ann, room);
	struct gchat_room *now = get_room(bob, room);
	assert_int_equal(now->role, GCHAT_ROLE_OWNER);
	assert_int_equal(now->member_count, 1);
	gchat_free(now);
	td_stop(td);
}

static void a_change_of_role_is_an_event_and_no_member_makes_it(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");
	struct gchat_error error = {0};

	(void)state;
	(void)td_join(bob, "lobby");
	td_check_refused(bob, gchat_set_role(td_gchat(bob), room, "bob", GCHAT_ROLE_OWNER, &error),
		&error, "NOT_PERMITTED");
	set_role(ann, room, "bob", GCHAT_ROLE_READER);
	const struct gchat_entry *entry = td_expect_kind(bob, room, GCHAT_ENTRY_ROLE);
	assert_string_equal(entry->user, "bob");
	assert_int_equal(entry->role, GCHAT_ROLE_READER);
	td_expect_error(bob, td_send(bob, room, "may I?"), "READ_ONLY");
	td_stop(td);
}

static void a_moderator_removes_a_member_who_then_hears_nothing_more(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	struct td_client *cat = td_connect(td, "cat");
	uint64_t room = td_create_room(ann, "lobby");
	struct gchat_error error = {0};

	(void)state;
	(void)td_join(bob, "lobby");
	(void)td_join(cat, "lobby");
	td_check_refused(bob, gchat_remove_member(td_gchat(bob), room, "cat", "", &error), &error,
		"NOT_PERMITTED");
	set_role(ann, room, "bob", GCHAT_ROLE_MODERATOR);
	td_check_refused(bob, gchat_remove_member(td_gchat(bob), room, "ann", "", &error), &error,
		"NOT_PERMITTED");
	td_check(bob, gchat_remove_member(td_gchat(bob), room, "cat", "spam", &error), &error,
		"remove");
	const struct gchat_entry *entry = td_expect_kind(cat, room, GCHAT_ENTRY_REMOVED);
	assert_string_equal(entry->user, "cat");
	assert_string_equal(entry->author, "bob");
	assert_string_equal(entry->reason, "spam");
	td_forget(cat);
	(void)td_send_acked(ann, room, "without cat");
	td_barrier(cat);
	td_expect_none(cat, GCHAT_EVENT_ENTRY);
	td_stop(td);
}

/* ---- the room itself ---- */

static void the_topic_is_an_event_and_stays_after_a_restart(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t tag = 0;

	(void)state;
	(void)td_join(bob, "lobby");
	td_check(bob, gchat_set_topic(td_gchat(bob), room, "mine", &tag), NULL, "topic");
	td_expect_error(bob, tag, "NOT_PERMITTED");
	set_role(ann, room, "bob", GCHAT_ROLE_MODERATOR);
	td_check(bob, gchat_set_topic(td_gchat(bob), room, "tea at four", &tag), NULL, "topic");
	const struct gchat_reply *reply = td_reply(bob, tag);
	assert_int_not_equal(reply->kind, GCHAT_REPLY_ERROR);
	assert_string_equal(
		td_expect_kind(ann, room, GCHAT_ENTRY_ROOM_CHANGED)->topic, "tea at four");
	td_restart(td);
	struct gchat_room *now = get_room(td_sign_in(td, "ann", NULL), room);
	assert_string_equal(now->topic, "tea at four");
	gchat_free(now);
	td_stop(td);
}

static void only_an_owner_deletes_a_room_and_then_it_is_gone_for_all(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_create_room(ann, "lobby");
	struct gchat_error error = {0};

	(void)state;
	(void)td_join(bob, "lobby");
	td_check_refused(
		bob, gchat_delete_room(td_gchat(bob), room, &error), &error, "NOT_PERMITTED");
	td_check(ann, gchat_delete_room(td_gchat(ann), room, &error), &error, "delete room");
	td_expect_error(bob, td_send(bob, room, "hello?"), "UNKNOWN_ROOM");
	assert_int_equal(td_count_rooms(bob, true), 0);
	td_restart(td);
	ann = td_connect(td, "ann");
	assert_int_equal(td_count_rooms(ann, false), 0);
	assert_true(td_create_room(ann, "lobby") > room); /* ids are never used again */
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_room_is_made_listed_and_found_with_its_title_and_topic, td_teardown),
		cmocka_unit_test_teardown(
			a_room_name_is_taken_once_and_has_few_letters, td_teardown),
		cmocka_unit_test_teardown(a_long_list_of_rooms_comes_in_pages, td_teardown),
		cmocka_unit_test_teardown(
			joining_and_leaving_are_events_that_all_members_see, td_teardown),
		cmocka_unit_test_teardown(
			joining_twice_is_one_membership_and_one_event, td_teardown),
		cmocka_unit_test_teardown(
			who_comes_back_to_a_room_reads_on_from_there, td_teardown),
		cmocka_unit_test_teardown(
			no_room_and_not_a_room_of_ones_own_are_told_apart, td_teardown),
		cmocka_unit_test_teardown(
			membership_outlives_the_connection_a_restart_and_kill_9, td_teardown),
		cmocka_unit_test_teardown(members_are_listed_with_role_and_presence, td_teardown),
		cmocka_unit_test_teardown(
			a_session_that_wants_members_gets_them_on_joining_and_at_the_welcome,
			td_teardown),
		cmocka_unit_test_teardown(
			the_last_owner_stays_until_another_one_is_made, td_teardown),
		cmocka_unit_test_teardown(
			a_change_of_role_is_an_event_and_no_member_makes_it, td_teardown),
		cmocka_unit_test_teardown(
			a_moderator_removes_a_member_who_then_hears_nothing_more, td_teardown),
		cmocka_unit_test_teardown(
			the_topic_is_an_event_and_stays_after_a_restart, td_teardown),
		cmocka_unit_test_teardown(
			only_an_owner_deletes_a_room_and_then_it_is_gone_for_all, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
