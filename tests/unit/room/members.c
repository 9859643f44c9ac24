/* Who is in a room: every op of members.c over the reference store, and every reason against it. */
#include "room/members.h"

#include "proto/codec.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const Gchat__V1__Role none = GCHAT__V1__ROLE__ROLE_UNSPECIFIED;
static const Gchat__V1__Role reader = GCHAT__V1__ROLE__ROLE_READER;
static const Gchat__V1__Role member = GCHAT__V1__ROLE__ROLE_MEMBER;
static const Gchat__V1__Role moderator = GCHAT__V1__ROLE__ROLE_MODERATOR;
static const Gchat__V1__Role owner = GCHAT__V1__ROLE__ROLE_OWNER;

static enum reason kick(struct site *site, struct account *actor, struct room *room,
	struct account *subject, const char *text)
{
	struct write *write = begin(site, actor, room, subject);
	return run(write, op_remove(write, text));
}

static enum reason invite(
	struct site *site, struct account *actor, struct room *room, struct account *subject)
{
	struct write *write = begin(site, actor, room, subject);
	return run(write, op_invite(write));
}

static Gchat__V1__Role role_of(struct site *site, struct account *account)
{
	return room_role_of(site->den, account->id);
}

/* ---- joining ---- */

static void anyone_joins_a_public_room_and_reads_from_there_on(void **state)
{
	struct site *site = *state;
	struct room_info info;
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	room_get_info(site->den, &info);
	assert_int_equal(role_of(site, site->eve), member);
	assert_int_equal(info.member_count, 3);
	assert_int_equal(site->heard.joined, 1);
	assert_int_equal(site->heard.account_id, site->eve->id);
	assert_int_equal(site->heard.seq, info.head_seq);
	Gchat__V1__Event *event = event_at(site->den, info.head_seq);
	assert_int_equal(event->body_case, GCHAT__V1__EVENT__BODY_JOINED);
	assert_int_equal(event->author_id, site->eve->id);
	codec_free(&event->base);
}

static void joining_twice_changes_nothing(void **state)
{
	struct site *site = *state;
	struct write *write = begin(site, site->bob, site->den, NULL);
	assert_int_equal(op_join(write), REASON_NONE);
	assert_true(write->already);
	end(write);
}

static void of_two_joins_at_once_one_wins(void **state)
{
	struct site *site = *state;
	struct write *a = begin(site, site->eve, site->den, NULL);
	struct write *b = begin(site, site->eve, site->den, NULL);
	enum reason first = op_join(a);
	enum reason second = op_join(b); /* before the first took effect */
	start(a, first);
	start(b, second);
	assert_int_equal(await(a), REASON_NONE);
	assert_int_equal(await(b), REASON_UNAVAILABLE); /* ask again: you are in */
	assert_int_equal(site->heard.joined, 1);
	assert_int_equal(site->den->shared.joining, 0);
	end(a);
	end(b);
}

static void a_private_room_is_for_the_invited_once(void **state)
{
	struct site *site = *state;
	struct room *attic =
		add_room(site, site->ada, "attic", GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE);
	assert_int_equal(join(site, site->bob, attic), REASON_UNKNOWN_ROOM);
	assert_int_equal(invite(site, site->ada, attic, site->bob), REASON_NONE);
	assert_true(directory_is_invited(site->directory, attic->id, site->bob->id));
	assert_int_equal(join(site, site->eve, attic), REASON_UNKNOWN_ROOM);
	assert_int_equal(join(site, site->bob, attic), REASON_NONE);
	assert_false(directory_is_invited(site->directory, attic->id, site->bob->id));
	assert_int_equal(leave(site, site->bob, attic), REASON_NONE);
	assert_int_equal(join(site, site->bob, attic), REASON_UNKNOWN_ROOM);
	room_unref(attic);
}

static void a_full_room_takes_nobody_until_someone_goes(void **state)
{
	struct site *site = *state;
	struct account *dan = add_account(site, "dan", false);
	struct account *fay = add_account(site, "fay", false);
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	assert_int_equal(join(site, dan, site->den), REASON_NONE);
	assert_int_equal(join(site, fay, site->den), REASON_TOO_MANY_MEMBERS);
	assert_int_equal(leave(site, dan, site->den), REASON_NONE);
	assert_int_equal(join(site, fay, site->den), REASON_NONE);
}

static void joins_under_way_count_against_the_limit(void **state)
{
	struct site *site = *state;
	struct account *dan = add_account(site, "dan", false);
	struct account *fay = add_account(site, "fay", false);
	struct write *a = begin(site, site->eve, site->den, NULL);
	struct write *b = begin(site, dan, site->den, NULL);
	assert_int_equal(op_join(a), REASON_NONE);
	assert_int_equal(op_join(b), REASON_NONE);
	assert_int_equal(join(site, fay, site->den), REASON_TOO_MANY_MEMBERS);
	end(a); /* never started: the slot comes back */
	assert_int_equal(join(site, fay, site->den), REASON_NONE);
	end(b);
}

/* Writer thread, while the join takes effect: whoever asks now must not find the slot taken twice. */
static void count_taken(void *arg, struct account *account, struct room *room, uint64_t seq)
{
	(void)account;
	(void)seq;
	room_lock(room);
	*(unsigned *)arg = room->shared.member_count + room->shared.joining;
	room_unlock(room);
}

static void a_join_that_takes_effect_counts_once_against_the_limit(void **state)
{
	struct site *site = *state;
	unsigned taken = 0;
	struct write *write = begin(site, site->eve, site->den, NULL);
	struct audience audience = site->audience;
	audience.arg = &taken;
	audience.joined = count_taken;
	write->audience = &audience;
	assert_int_equal(run(write, op_join(write)), REASON_NONE);
	assert_int_equal(taken, 3); /* ada, bob, eve */
}

static void joins_under_way_count_among_the_rooms_of_the_account(void **state)
{
	struct site *site = *state;
	struct room *attic =
		add_room(site, site->ada, "attic", GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
	site->limits.rooms_per_account = 1;
	directory_set_limits(site->directory, &site->limits);
	struct write *a = begin(site, site->eve, site->den, NULL);
	enum reason first = op_join(a);
	assert_int_equal(join(site, site->eve, attic), REASON_TOO_MANY_ROOMS);
	start(a, first);
	assert_int_equal(await(a), REASON_NONE);
	end(a);
	assert_int_equal(join(site, site->eve, attic), REASON_TOO_MANY_ROOMS);
	assert_int_equal(leave(site, site->eve, site->den), REASON_NONE);
	assert_int_equal(join(site, site->eve, attic), REASON_NONE);
	room_unref(attic);
}

static void an_account_is_in_so_many_rooms_at_most(void **state)
{
	struct site *site = *state;
	for (unsigned i = 0; i < 4; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "room%u", i);
		struct account *who = i < 2 ? site->ada : site->eve;
		struct room *room =
			add_room(site, who, name, GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
		assert_int_equal(
			join(site, site->bob, room), i < 3 ? REASON_NONE : REASON_TOO_MANY_ROOMS);
		room_unref(room);
	}
}

/* ---- leaving and removing ---- */

static void who_leaves_is_out_and_hears_the_last_event(void **state)
{
	struct site *site = *state;
	struct room_info info;
	assert_int_equal(leave(site, site->bob, site->den), REASON_NONE);
	room_get_info(site->den, &info);
	assert_int_equal(role_of(site, site->bob), none);
	assert_int_equal(info.member_count, 1);
	assert_int_equal(site->heard.parted, 1);
	assert_int_equal(site->heard.seq, info.head_seq);
	assert_int_equal(leave(site, site->bob, site->den), REASON_NOT_A_MEMBER);
}

static void the_last_owner_stays_while_others_are_there(void **state)
{
	struct site *site = *state;
	assert_int_equal(leave(site, site->ada, site->den), REASON_LAST_OWNER);
	assert_int_equal(
		set_role(site, site->ada, site->den, site->ada, member), REASON_LAST_OWNER);
	assert_int_equal(kick(site, site->ada, site->den, site->ada, ""), REASON_NOT_PERMITTED);
	assert_int_equal(kick(site, NULL, site->den, site->ada, ""), REASON_NONE);
	assert_int_equal(join(site, site->ada, site->den), REASON_NONE);
	assert_int_equal(set_role(site, NULL, site->den, site->ada, owner), REASON_NONE);
	assert_int_equal(role_of(site, site->ada), owner);
	assert_int_equal(set_role(site, site->ada, site->den, site->bob, owner), REASON_NONE);
	assert_int_equal(leave(site, site->ada, site->den), REASON_NONE);
}

/* Both are asked for before either takes effect. */
static void race(struct site *site, struct write *a, enum reason first, struct write *b,
	enum reason second, enum reason late)
{
	start(a, first);
	start(b, second);
	assert_int_equal(await(a), REASON_NONE);
	assert_int_equal(await(b), late);
	assert_int_equal(site->den->shared.joining, 0);
	end(a);
	end(b);
}

static int owners(struct site *site)
{
	return (role_of(site, site->ada) == owner) + (role_of(site, site->bob) == owner) +
	       (role_of(site, site->eve) == owner);
}

static void two_owners(struct site *site)
{
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	assert_int_equal(set_role(site, site->ada, site->den, site->bob, owner), REASON_NONE);
	assert_int_equal(owners(site), 2);
}

static void of_two_owners_who_leave_at_once_one_stays(void **state)
{
	struct site *site = *state;
	two_owners(site);
	struct write *a = begin(site, site->ada, site->den, NULL);
	struct write *b = begin(site, site->bob, site->den, NULL);
	enum reason first = op_leave(a);
	enum reason second = op_leave(b);
	race(site, a, first, b, second, REASON_LAST_OWNER);
	assert_int_equal(owners(site), 1);
	site_reload(site);
	assert_int_equal(owners(site), 1);
}

static void of_two_owners_who_step_down_at_once_one_stays(void **state)
{
	struct site *site = *state;
	two_owners(site);
	struct write *a = begin(site, site->ada, site->den, site->ada);
	struct write *b = begin(site, site->bob, site->den, site->bob);
	enum reason first = op_set_role(a, member);
	enum reason second = op_set_role(b, member);
	race(site, a, first, b, second, REASON_LAST_OWNER);
	assert_int_equal(owners(site), 1);
	assert_int_equal(leave(site, site->bob, site->den), REASON_LAST_OWNER);
}

static void an_owner_does_not_leave_the_room_to_who_is_coming(void **state)
{
	struct site *site = *state;
	assert_int_equal(leave(site, site->bob, site->den), REASON_NONE);
	struct write *a = begin(site, site->eve, site->den, NULL);
	struct write *b = begin(site, site->ada, site->den, NULL);
	enum reason first = op_join(a);
	enum reason second = op_leave(b);
	race(site, a, first, b, second, REASON_LAST_OWNER);
	assert_int_equal(owners(site), 1);
}

static void an_owner_whose_leaving_came_to_nothing_is_one_again(void **state)
{
	struct site *site = *state;
	two_owners(site);
	struct write *write = begin(site, site->ada, site->den, NULL);
	assert_int_equal(op_leave(write), REASON_NONE);
	assert_int_equal(leave(site, site->bob, site->den), REASON_LAST_OWNER);
	end(write); /* never started */
	assert_int_equal(leave(site, site->bob, site->den), REASON_NONE);
}

static void the_last_member_may_leave_as_owner(void **state)
{
	struct site *site = *state;
	assert_int_equal(leave(site, site->bob, site->den), REASON_NONE);
	assert_int_equal(leave(site, site->ada, site->den), REASON_NONE);
	assert_int_equal(site->den->shared.member_count, 0);
}

static void removing_needs_a_higher_role(void **state)
{
	struct site *site = *state;
	struct account *dan = add_account(site, "dan", false);
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	assert_int_equal(join(site, dan, site->den), REASON_NONE);
	assert_int_equal(kick(site, site->bob, site->den, dan, ""), REASON_NOT_PERMITTED);
	assert_int_equal(set_role(site, site->ada, site->den, site->bob, moderator), REASON_NONE);
	assert_int_equal(set_role(site, site->ada, site->den, site->eve, moderator), REASON_NONE);
	assert_int_equal(kick(site, site->bob, site->den, site->eve, ""), REASON_NOT_PERMITTED);
	assert_int_equal(kick(site, site->bob, site->den, site->ada, ""), REASON_NOT_PERMITTED);
	assert_int_equal(kick(site, site->bob, site->den, dan, ""), REASON_NONE);
	assert_int_equal(role_of(site, dan), none);
	assert_int_equal(kick(site, site->bob, site->den, dan, ""), REASON_NOT_A_MEMBER);
	assert_int_equal(kick(site, dan, site->den, site->bob, ""), REASON_NOT_A_MEMBER);
	assert_int_equal(kick(site, site->ada, site->den, site->eve, ""), REASON_NONE);
}

static void an_administrator_removes_anyone_and_says_why(void **state)
{
	struct site *site = *state;
	char text[LIMIT_REASON_BYTES + 2];
	memset(text, 'x', sizeof(text));
	text[LIMIT_REASON_BYTES + 1] = '\0';
	assert_int_equal(kick(site, NULL, site->den, site->ada, text), REASON_TEXT_TOO_LONG);
	assert_int_equal(kick(site, NULL, site->den, site->ada, "spam"), REASON_NONE);
	assert_int_equal(site->heard.parted, 1);
	assert_int_equal(site->heard.account_id, site->ada->id);
	Gchat__V1__Event *event = event_at(site->den, site->heard.seq);
	assert_int_equal(event->body_case, GCHAT__V1__EVENT__BODY_REMOVED);
	assert_int_equal(event->author_id, 0);
	assert_int_equal(event->removed->account_id, site->ada->id);
	assert_string_equal(event->removed->reason, "spam");
	codec_free(&event->base);
}

static void of_leaving_and_being_removed_at_once_one_happens(void **state)
{
	struct site *site = *state;
	struct write *a = begin(site, site->bob, site->den, NULL);
	struct write *b = begin(site, site->ada, site->den, site->bob);
	enum reason first = op_leave(a);
	enum reason second = op_remove(b, "");
	start(a, first);
	start(b, second);
	assert_int_equal(await(a), REASON_NONE);
	assert_int_equal(await(b), REASON_NOT_A_MEMBER);
	assert_int_equal(site->heard.parted, 1);
	end(a);
	end(b);
}

static void who_leaves_and_joins_in_one_breath_ends_inside(void **state)
{
	struct site *site = *state;
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	struct write *a = begin(site, site->eve, site->den, NULL);
	struct write *b = begin(site, site->eve, site->den, NULL);
	enum reason first = op_leave(a);
	enum reason second = op_join(b); /* asked for before the leave is committed */
	assert_false(b->already);
	start(a, first);
	start(b, second);
	assert_int_equal(await(a), REASON_NONE);
	assert_int_equal(await(b), REASON_NONE);
	assert_int_equal(room_role_of(site->den, site->eve->id), GCHAT__V1__ROLE__ROLE_MEMBER);
	end(a);
	end(b);
}

/* ---- inviting and roles ---- */

static void inviting_needs_a_moderator(void **state)
{
	struct site *site = *state;
	assert_int_equal(invite(site, site->bob, site->den, site->eve), REASON_NOT_PERMITTED);
	assert_int_equal(invite(site, site->eve, site->den, site->eve), REASON_NOT_A_MEMBER);
	assert_int_equal(invite(site, NULL, site->den, site->eve), REASON_NONE);
	assert_int_equal(set_role(site, site->ada, site->den, site->bob, moderator), REASON_NONE);
	assert_int_equal(invite(site, site->bob, site->den, site->eve), REASON_NONE);
}

static void inviting_a_member_changes_nothing(void **state)
{
	struct site *site = *state;
	struct write *write = begin(site, site->ada, site->den, site->bob);
	assert_int_equal(op_invite(write), REASON_NONE);
	assert_true(write->already);
	end(write);
}

static void an_owner_gives_roles_and_a_moderator_those_below_its_own(void **state)
{
	struct site *site = *state;
	assert_int_equal(set_role(site, site->ada, site->den, site->bob, moderator), REASON_NONE);
	assert_int_equal(role_of(site, site->bob), moderator);
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	assert_int_equal(set_role(site, site->bob, site->den, site->eve, reader), REASON_NONE);
	assert_int_equal(
		set_role(site, site->bob, site->den, site->eve, moderator), REASON_NOT_PERMITTED);
	assert_int_equal(
		set_role(site, site->bob, site->den, site->ada, member), REASON_NOT_PERMITTED);
	assert_int_equal(
		set_role(site, site->bob, site->den, site->bob, owner), REASON_NOT_PERMITTED);
	assert_int_equal(leave(site, site->eve, site->den), REASON_NONE);
	assert_int_equal(
		set_role(site, site->eve, site->den, site->bob, reader), REASON_NOT_A_MEMBER);
	assert_int_equal(
		set_role(site, site->ada, site->den, site->eve, reader), REASON_NOT_A_MEMBER);
	assert_int_equal(set_role(site, NULL, site->den, site->bob, owner), REASON_NONE);
}

static void a_role_is_one_of_four(void **state)
{
	struct site *site = *state;
	assert_int_equal(
		set_role(site, site->ada, site->den, site->bob, none), REASON_INVALID_ARGUMENT);
	assert_int_equal(set_role(site, site->ada, site->den, site->bob, (Gchat__V1__Role)5),
		REASON_INVALID_ARGUMENT);
}

static void the_same_role_again_changes_nothing(void **state)
{
	struct site *site = *state;
	struct write *write = begin(site, site->ada, site->den, site->bob);
	assert_int_equal(op_set_role(write, member), REASON_NONE);
	assert_true(write->already);
	end(write);
}

static void a_guest_becomes_moderator_and_no_owner(void **state)
{
	struct site *site = *state;
	struct account *guest = add_account(site, "guest-1", true);
	assert_int_equal(join(site, guest, site->den), REASON_NONE);
	assert_int_equal(set_role(site, site->ada, site->den, guest, owner), REASON_NOT_PERMITTED);
	assert_int_equal(set_role(site, site->ada, site->den, guest, moderator), REASON_NONE);
}

/* ---- read markers ---- */

static uint64_t read_of(struct site *site, struct account *account)
{
	room_lock(site->den);
	uint64_t seq = room_find_member(site->den, account->id)->read_seq;
	room_unlock(site->den);
	return seq;
}

static void a_marker_moves_forward_only(void **state)
{
	struct site *site = *state;
	uint64_t first = say(site, site->ada, site->den, "1");
	uint64_t second = say(site, site->ada, site->den, "2");
	assert_int_equal(mark_read(site, site->bob, site->den, second), REASON_NONE);
	assert_int_equal(site->heard.markers, 1);
	assert_int_equal(site->heard.seq, second);
	struct write *write = begin(site, site->bob, site->den, NULL);
	assert_int_equal(op_mark_read(write, first), REASON_NONE);
	assert_true(write->already);
	end(write);
	assert_int_equal(read_of(site, site->bob), second);
}

static void a_marker_stays_within_the_log_of_a_member(void **state)
{
	struct site *site = *state;
	uint64_t seq = say(site, site->ada, site->den, "1");
	assert_int_equal(mark_read(site, site->bob, site->den, seq + 1), REASON_CURSOR_AHEAD);
	assert_int_equal(mark_read(site, site->eve, site->den, seq), REASON_NOT_A_MEMBER);
}

static void of_two_markers_at_once_the_higher_one_is_told_and_stays(void **state)
{
	struct site *site = *state;
	uint64_t low = say(site, site->ada, site->den, "1");
	uint64_t high = say(site, site->ada, site->den, "2");
	struct write *a = begin(site, site->bob, site->den, NULL);
	struct write *b = begin(site, site->bob, site->den, NULL);
	enum reason first = op_mark_read(a, high);
	enum reason second = op_mark_read(b, low); /* before the first took effect */
	start(a, first);
	start(b, second);
	assert_int_equal(await(a), REASON_NONE);
	assert_int_equal(await(b), REASON_NONE);
	assert_int_equal(read_of(site, site->bob), high);
	assert_int_equal(site->heard.markers, 1);
	assert_int_equal(site->heard.seq, high);
	end(a);
	end(b);
	site_reload(site);
	assert_int_equal(read_of(site, site->bob), high);
}

/* ---- a crowd ---- */

struct bell {
	struct room_watch watch;
	unsigned rings;
};

static void on_ring(struct room_watch *watch)
{
	GC_CONTAINER_OF(watch, struct bell, watch)->rings++;
	watch->rung = false; /* taken at once */
}

static void a_crowd_hears_at_once_what_is_said_and_who_is_removed_but_not_who_comes(void **state)
{
	struct site *site = *state;
	struct bell bell = {.watch.ring = on_ring};
	room_watch_add(site->den, &bell.watch);
	atomic_store(&site->den->readers, 1000);
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	assert_int_equal(leave(site, site->eve, site->den), REASON_NONE);
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	assert_int_equal(bell.rings, 0);
	assert_int_equal(site->heard.joined, 2); /* its own sessions hear at once */
	assert_true(directory_ring_held(site->directory));
	assert_int_equal(bell.rings, 1);
	assert_false(directory_ring_held(site->directory));
	(void)say(site, site->bob, site->den, "hello");
	assert_int_equal(bell.rings, 2);
	assert_int_equal(kick(site, site->ada, site->den, site->eve, ""), REASON_NONE);
	assert_int_equal(bell.rings, 3);
	room_watch_remove(site->den, &bell.watch);
	atomic_store(&site->den->readers, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		TEST(anyone_joins_a_public_room_and_reads_from_there_on),
		TEST(joining_twice_changes_nothing),
		TEST(of_two_joins_at_once_one_wins),
		TEST(a_private_room_is_for_the_invited_once),
		TEST(a_full_room_takes_nobody_until_someone_goes),
		TEST(joins_under_way_count_against_the_limit),
		TEST(a_join_that_takes_effect_counts_once_against_the_limit),
		TEST(joins_under_way_count_among_the_rooms_of_the_account),
		TEST(an_account_is_in_so_many_rooms_at_most),
		TEST(who_leaves_is_out_and_hears_the_last_event),
		TEST(the_last_owner_stays_while_others_are_there),
		TEST(of_two_owners_who_leave_at_once_one_stays),
		TEST(of_two_owners_who_step_down_at_once_one_stays),
		TEST(an_owner_does_not_leave_the_room_to_who_is_coming),
		TEST(an_owner_whose_leaving_came_to_nothing_is_one_again),
		TEST(the_last_member_may_leave_as_owner),
		TEST(removing_needs_a_higher_role),
		TEST(an_administrator_removes_anyone_and_says_why),
		TEST(of_leaving_and_being_removed_at_once_one_happens),
		TEST(who_leaves_and_joins_in_one_breath_ends_inside),
		TEST(inviting_needs_a_moderator),
		TEST(inviting_a_member_changes_nothing),
		TEST(an_owner_gives_roles_and_a_moderator_those_below_its_own),
		TEST(a_role_is_one_of_four),
		TEST(the_same_role_again_changes_nothing),
		TEST(a_guest_becomes_moderator_and_no_owner),
		TEST(a_crowd_hears_at_once_what_is_said_and_who_is_removed_but_not_who_comes),
		TEST(a_marker_moves_forward_only),
		TEST(a_marker_stays_within_the_log_of_a_member),
		TEST(of_two_markers_at_once_the_higher_one_is_told_and_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
