/* Members whom an administrator adds, the room's own limit, and from where on a member may read. */
#include "room/ops.h"

#include "proto/codec.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const Gchat__V1__Visibility private = GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE;
static const Gchat__V1__Role member = GCHAT__V1__ROLE__ROLE_MEMBER;
static const Gchat__V1__Role owner = GCHAT__V1__ROLE__ROLE_OWNER;

static enum reason add(struct site *site, struct account *actor, struct room *room,
	struct account *subject, Gchat__V1__Role role)
{
	struct write *write = begin(site, actor, room, subject);
	return run(write, op_add_member(write, role));
}

static enum reason change(struct site *site, struct room *room, const struct op_room_change *c)
{
	struct write *write = begin(site, NULL, room, NULL);
	return run(write, op_update_room(write, c));
}

static uint64_t head_of(struct room *room)
{
	struct room_info info;
	room_get_info(room, &info);
	return info.head_seq;
}

static void an_administrator_adds_a_member_of_any_role_to_any_room(void **state)
{
	struct site *site = *state;
	struct room *room = add_room(site, site->ada, "attic", private);
	site->heard = (struct heard){0};
	assert_int_equal(add(site, NULL, room, site->bob, owner), REASON_NONE);
	assert_int_equal(room_role_of(room, site->bob->id), owner);
	assert_int_equal(site->heard.joined, 1);
	assert_int_equal(site->heard.account_id, site->bob->id);
	assert_int_equal(site->heard.seq, head_of(room));
	Gchat__V1__Event *event = event_at(room, head_of(room));
	assert_int_equal(event->body_case, GCHAT__V1__EVENT__BODY_JOINED);
	assert_int_equal(event->author_id, site->bob->id);
	assert_int_equal(event->joined->role, owner);
	codec_free(&event->base);
	assert_int_equal(room->shared.joining, 0);
	assert_int_equal(site->bob->entering, 0);
	(void)room_unref(room);
}

static void who_is_a_member_already_is_not_added_again(void **state)
{
	struct site *site = *state;
	assert_int_equal(add(site, NULL, site->den, site->bob, member), REASON_ALREADY_A_MEMBER);
	assert_int_equal(add(site, NULL, site->den, site->bob, owner), REASON_ALREADY_A_MEMBER);
}

static void only_an_administrator_adds(void **state)
{
	struct site *site = *state;
	assert_int_equal(add(site, site->ada, site->den, site->eve, member), REASON_NOT_PERMITTED);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct site *site = *state;
	struct account *guest = add_account(site, "gus", true);
	struct write *write = begin(site, site->ada, NULL, site->bob);
	start(write, op_open_direct(write));
	assert_int_equal(await(write), REASON_NONE);
	assert_int_equal(add(site, NULL, write->room, site->eve, member), REASON_INVALID_ARGUMENT);
	end(write);
	assert_int_equal(add(site, NULL, site->den, site->eve, 0), REASON_INVALID_ARGUMENT);
	assert_int_equal(add(site, NULL, site->den, site->eve, owner + 1), REASON_INVALID_ARGUMENT);
	assert_int_equal(add(site, NULL, site->den, guest, owner), REASON_NOT_PERMITTED);
}

static void a_room_may_be_smaller_than_the_server_allows_but_not_larger(void **state)
{
	struct site *site = *state;
	struct op_room_change c = {.settings.members_max = 2, .sets = ROOM_SETS_MEMBERS};
	assert_int_equal(change(site, site->den, &c), REASON_NONE);
	assert_int_equal(add(site, NULL, site->den, site->eve, member), REASON_TOO_MANY_MEMBERS);
	assert_int_equal(join(site, site->eve, site->den), REASON_TOO_MANY_MEMBERS);
	c.settings.members_max = 100; /* the server's is 4 */
	assert_int_equal(change(site, site->den, &c), REASON_NONE);
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	assert_int_equal(join(site, add_account(site, "fay", false), site->den), REASON_NONE);
	assert_int_equal(
		join(site, add_account(site, "gil", false), site->den), REASON_TOO_MANY_MEMBERS);
}

static void a_private_room_is_read_from_the_newest_joining_on(void **state)
{
	struct site *site = *state;
	struct room *room = add_room(site, site->ada, "attic", private);
	(void)say(site, site->ada, room, "1");
	assert_int_equal(room_reads_from(room, site->ada->id), 1);
	assert_int_equal(room_reads_from(room, site->bob->id), 0);
	assert_int_equal(add(site, NULL, room, site->bob, member), REASON_NONE);
	assert_int_equal(room_reads_from(room, site->bob->id), head_of(room));
	assert_int_equal(leave(site, site->bob, room), REASON_NONE);
	(void)say(site, site->ada, room, "2");
	assert_int_equal(add(site, NULL, room, site->bob, member), REASON_NONE);
	uint64_t joined = head_of(room);
	assert_int_equal(set_role(site, NULL, room, site->bob, owner), REASON_NONE);
	(void)say(site, site->ada, room, "3");
	(void)room_unref(room);
	site_reload(site);
	room = directory_find_room_name(site->directory, "attic");
	assert_int_equal(
		room_reads_from(room, site->bob->id), joined); /* kept, by a new role too */
	assert_int_equal(room_reads_from(room, site->ada->id), 1);
	(void)room_unref(room);
}

static void public_rooms_and_those_of_two_are_read_from_their_beginning(void **state)
{
	struct site *site = *state;
	(void)say(site, site->ada, site->den, "1");
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	assert_int_equal(room_reads_from(site->den, site->eve->id), 1);
	struct write *write = begin(site, site->ada, NULL, site->bob);
	start(write, op_open_direct(write));
	assert_int_equal(await(write), REASON_NONE);
	struct room *two = room_ref(write->room);
	end(write);
	assert_int_equal(leave(site, site->bob, two), REASON_NONE);
	(void)say(site, site->ada, two, "come back");
	write = begin(site, site->bob, NULL, site->ada);
	assert_int_equal(run(write, op_open_direct(write)), REASON_NONE);
	assert_int_equal(room_reads_from(two, site->bob->id), 1);
	(void)room_unref(two);
}

static void a_membership_from_before_this_was_kept_reads_all(void **state)
{
	struct site *site = *state;
	struct room *room = add_room(site, site->ada, "attic", private);
	directory_add_member(site->directory, room, site->eve,
		&(struct member_start){.role = member, .joined_us = 1});
	assert_int_equal(room_reads_from(room, site->eve->id), 1);
	(void)room_unref(room);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		TEST(an_administrator_adds_a_member_of_any_role_to_any_room),
		TEST(who_is_a_member_already_is_not_added_again),
		TEST(only_an_administrator_adds),
		TEST(what_makes_no_sense_is_refused),
		TEST(a_room_may_be_smaller_than_the_server_allows_but_not_larger),
		TEST(a_private_room_is_read_from_the_newest_joining_on),
		TEST(public_rooms_and_those_of_two_are_read_from_their_beginning),
		TEST(a_membership_from_before_this_was_kept_reads_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
