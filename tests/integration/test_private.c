/*
 * Rooms that not everyone may enter: private ones by invitation, direct ones of two.
 */
#include "cmocka_std.h"

#include <string.h>

#include "support/td_client.h"

static uint64_t make_private(struct td_client *c, const char *name)
{
	struct gchat_room_spec spec = {.name = name, .visibility = GCHAT_VISIBILITY_PRIVATE};
	struct gchat_room *room = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_create_room(td_gchat(c), &spec, &room, &error), &error, "create room");
	uint64_t id = room->room_id;
	gchat_free(room);
	return id;
}

/* ---- private rooms ---- */

static void a_private_room_is_unseen_and_closed_without_an_invitation(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = make_private(ann, "cabal");
	struct gchat_room *seen = NULL;
	struct gchat_error error = {0};

	(void)state;
	assert_int_equal(td_count_rooms(ann, false), 1);
	assert_int_equal(td_count_rooms(bob, false), 0);
	td_check_refused(bob, gchat_get_room(td_gchat(bob), room, NULL, &seen, &error), &error,
		"UNKNOWN_ROOM");
	td_expect_join_refused(bob, "cabal", "UNKNOWN_ROOM");
	td_expect_join_refused(bob, "nobodys", "UNKNOWN_ROOM"); /* the same answer */
	td_stop(td);
}

static void who_is_invited_to_a_private_room_joins_it_once(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = make_private(ann, "cabal");
	uint64_t tag = 0;

	(void)state;
	td_check(ann, gchat_invite(td_gchat(ann), room, "bob", &tag), NULL, "invite");
	assert_int_not_equal(td_reply(ann, tag)->kind, GCHAT_REPLY_ERROR);
	assert_string_equal(td_expect_kind(ann, room, GCHAT_ENTRY_INVITED)->user, "bob");
	td_restart(td); /* the invitation is durable */
	(void)td_expect_welcome(bob);
	assert_int_equal(td_join(bob, "cabal"), room);
	td_leave(bob, room);
	td_expect_join_refused(bob, "cabal", "UNKNOWN_ROOM");
	td_stop(td);
}

static void only_moderators_and_owners_invite(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	(void)td_connect(td, "cat");
	uint64_t room = make_private(ann, "cabal");
	uint64_t tag = 0;

	(void)state;
	td_check(bob, gchat_invite(td_gchat(bob), room, "bob", &tag), NULL, "invite");
	td_expect_error(bob, tag, "NOT_A_MEMBER");
	td_check(ann, gchat_invite(td_gchat(ann), room, "nobody", &tag), NULL, "invite");
	td_expect_error(ann, tag, "UNKNOWN_USER");
	td_check(ann, gchat_invite(td_gchat(ann), room, "bob", &tag), NULL, "invite");
	(void)td_reply(ann, tag);
	(void)td_join(bob, "cabal");
	td_check(bob, gchat_invite(td_gchat(bob), room, "cat", &tag), NULL, "invite");
	td_expect_error(bob, tag, "NOT_PERMITTED");
	td_stop(td);
}

static void invite(struct td_client *c, uint64_t room, const char *user)
{
	uint64_t tag = 0;

	td_check(c, gchat_invite(td_gchat(c), room, user, &tag), NULL, "invite");
	assert_int_not_equal(td_reply(c, tag)->kind, GCHAT_REPLY_ERROR);
}

/* A session that stands at `seq`, and the newest page of history that it gets. */
static struct td_client *come_back(struct td *td, const char *user, uint64_t room, uint64_t seq)
{
	struct gchat_cursor cursor = {.room_id = room, .seq = seq};

	return td_connect_with(
		td, user, &(struct td_client_options){.cursors = &cursor, .cursor_count = 1});
}

static struct gchat_history *history_of(struct td_client *c, uint64_t room)
{
	struct gchat_history *history = NULL;
	struct gchat_error error = {0};

	td_check(c,
		gchat_history(td_gchat(c),
			&(struct gchat_history_query){
				.room_id = room, .place = GCHAT_PLACE_AFTER, .seq = 0},
			&history, &error),
		&error, "history");
	return history;
}

/* bob is in, then out while something is said, then in again by `back`. Gives the seq up to which he
 * had read, and that of his coming back. */
static uint64_t part_and_return(struct td *td, struct td_client *ann, uint64_t room,
	uint64_t *ret_back,
	void (*back)(struct td_client *ann, struct td_client *bob, uint64_t room))
{
	struct td_client *bob = td_connect(td, "bob");
	struct gchat_error error = {0};

	(void)td_join(bob, "cabal");
	uint64_t seen = td_send_acked(ann, room, "all of us");
	td_check(ann, gchat_remove_member(td_gchat(ann), room, "bob", NULL, &error), &error,
		"remove");
	(void)td_send_acked(ann, room, "not for bob");
	td_disconnect(bob);
	bob = td_sign_in(td, "bob", NULL);
	td_check(bob, gchat_connect(td_gchat(bob), &(struct gchat_session_options){0}), NULL,
		"connect");
	(void)td_expect_welcome(bob);
	back(ann, bob, room);
	*ret_back = td_send_acked(bob, room, "here again") - 1;
	td_disconnect(bob);
	return seen;
}

static void by_invitation(struct td_client *ann, struct td_client *bob, uint64_t room)
{
	invite(ann, room, "bob");
	(void)td_join(bob, "cabal");
}

static void by_itself(struct td_client *ann, struct td_client *bob, uint64_t room)
{
	(void)ann;
	(void)room;
	(void)td_join(bob, "cabal");
}

static void who_comes_back_to_a_private_room_never_reads_what_was_said_meanwhile(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = make_private(ann, "cabal");
	uint64_t back = 0;

	(void)state;
	(void)td_connect(td, "bob");
	invite(ann, room, "bob");
	uint64_t seen = part_and_return(td, ann, room, &back, by_invitation);
	for (int restarted = 0; restarted < 2; restarted++) {
		struct td_client *bob = come_back(td, "bob", room, seen);
		const struct gchat_gap *gap = &td_expect_event(bob, GCHAT_EVENT_GAP)->gap;
		assert_string_equal(gap->reason, "NOT_A_MEMBER");
		assert_int_equal(gap->from_seq, seen + 1);
		assert_int_equal(gap->to_seq, back - 1);
		assert_int_equal(td_expect_entry(bob, room)->seq, back);
		(void)td_expect_message(bob, room, "here again");
		struct gchat_history *history = history_of(bob, room);
		assert_int_equal(history->first_seq, back);
		assert_int_equal(history->entries[0].seq, back);
		gchat_free(history);
		td_restart(td); /* the rule is durable */
	}
	td_stop(td);
}

static void a_newcomer_to_a_private_room_reads_from_its_coming_on(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = make_private(ann, "cabal");

	(void)state;
	(void)td_send_acked(ann, room, "before bob");
	invite(ann, room, "bob");
	(void)td_join(bob, "cabal");
	uint64_t joined = td_expect_kind(bob, room, GCHAT_ENTRY_JOINED)->seq;
	struct gchat_history *history = history_of(bob, room);
	assert_int_equal(history->first_seq, joined);
	gchat_free(history);
	history = history_of(ann, room);
	assert_int_equal(history->first_seq, 1);
	gchat_free(history);
	td_disconnect(bob);
	bob = come_back(td, "bob", room, 0);
	assert_int_equal(td_expect_event(bob, GCHAT_EVENT_GAP)->gap.to_seq, joined - 1);
	td_stop(td);
}

static void who_comes_back_to_a_public_room_reads_all_of_it(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "cabal");
	uint64_t back = 0;

	(void)state;
	uint64_t seen = part_and_return(td, ann, room, &back, by_itself);
	struct td_client *bob = come_back(td, "bob", room, seen);
	assert_int_equal(td_expect_entry(bob, room)->seq, seen + 1);
	(void)td_expect_message(bob, room, "not for bob"); /* as in the history, for any member */
	struct gchat_history *history = history_of(bob, room);
	assert_int_equal(history->first_seq, 1);
	gchat_free(history);
	td_stop(td);
}

/* ---- direct rooms ---- */

static void a_direct_room_is_one_room_for_two_and_nobody_else(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	struct td_client *eve = td_connect(td, "eve");
	struct gchat_room *one = NULL;
	struct gchat_room *two = NULL;
	struct gchat_error error = {0};

	(void)state;
	td_check(ann, gchat_direct(td_gchat(ann), "bob", &one, &error), &error, "direct");
	td_check(bob, gchat_direct(td_gchat(bob), "ann", &two, &error), &error, "direct");
	assert_int_equal(one->room_id, two->room_id);
	assert_int_equal(one->visibility, GCHAT_VISIBILITY_DIRECT);
	assert_int_equal(one->member_count, 2);
	(void)td_send_acked(ann, one->room_id, "between us");
	(void)td_expect_message(bob, one->room_id, "between us");
	assert_int_equal(td_count_rooms(eve, false), 0);
	td_expect_join_refused(eve, one->name, "UNKNOWN_ROOM");
	td_expect_error(eve, td_send(eve, one->room_id, "me, too"), "NOT_A_MEMBER");
	gchat_free(one);
	gchat_free(two);
	td_check_refused(
		ann, gchat_direct(td_gchat(ann), "ann", &one, &error), &error, "INVALID_ARGUMENT");
	td_check_refused(
		ann, gchat_direct(td_gchat(ann), "nobody", &one, &error), &error, "UNKNOWN_USER");
	td_stop(td);
}

static void a_direct_room_that_was_left_is_opened_again_for_both(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	struct gchat_room *room = NULL;
	struct gchat_error error = {0};

	(void)state;
	td_check(ann, gchat_direct(td_gchat(ann), "bob", &room, &error), &error, "direct");
	uint64_t id = room->room_id;
	gchat_free(room);
	(void)td_send_acked(ann, id, "hello");
	td_leave(bob, id);
	td_leave(ann, id);
	td_forget(bob);
	td_check(ann, gchat_direct(td_gchat(ann), "bob", &room, &error), &error, "again");
	assert_int_equal(room->room_id, id);
	assert_int_equal(room->member_count, 2);
	gchat_free(room);
	(void)td_send_acked(ann, id, "hello again");
	(void)td_expect_message(bob, id, "hello again");
	td_restart(td);
	bob = td_sign_in(td, "bob", NULL);
	td_check(bob, gchat_connect(td_gchat(bob), &(struct gchat_session_options){0}), NULL,
		"connect");
	const struct gchat_welcome *welcome = td_expect_welcome(bob);
	assert_int_equal(welcome->room_count, 1);
	assert_int_equal(welcome->rooms[0].unread, 1); /* what was said since */
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_private_room_is_unseen_and_closed_without_an_invitation, td_teardown),
		cmocka_unit_test_teardown(
			who_is_invited_to_a_private_room_joins_it_once, td_teardown),
		cmocka_unit_test_teardown(only_moderators_and_owners_invite, td_teardown),
		cmocka_unit_test_teardown(
			who_comes_back_to_a_private_room_never_reads_what_was_said_meanwhile,
			td_teardown),
		cmocka_unit_test_teardown(
			a_newcomer_to_a_private_room_reads_from_its_coming_on, td_teardown),
		cmocka_unit_test_teardown(
			who_comes_back_to_a_public_room_reads_all_of_it, td_teardown),
		cmocka_unit_test_teardown(
			a_direct_room_is_one_room_for_two_and_nobody_else, td_teardown),
		cmocka_unit_test_teardown(
			a_direct_room_that_was_left_is_opened_again_for_both, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
