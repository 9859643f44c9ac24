/* Who may do what: every right, for every role, in every state; and the trace that says why. */
#include "room/rights.h"

#include "room/ops.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const Gchat__V1__Role none = GCHAT__V1__ROLE__ROLE_UNSPECIFIED;
static const Gchat__V1__Role reader = GCHAT__V1__ROLE__ROLE_READER;
static const Gchat__V1__Role moderator = GCHAT__V1__ROLE__ROLE_MODERATOR;
static const Gchat__V1__Role owner = GCHAT__V1__ROLE__ROLE_OWNER;

enum {
	ROLES = 5 /* from none to owner */
};

#define OK  REASON_NONE
#define NO  REASON_NOT_PERMITTED
#define RO  REASON_READ_ONLY
#define OUT REASON_NOT_A_MEMBER

/* In a public room that is sound, toward a member: nobody, reader, member, moderator, owner. */
static const enum reason by_role[_RIGHT_MAX][ROLES] = {
	[RIGHT_SIGN_IN] = {OK, OK, OK, OK, OK},
	[RIGHT_CREATE_ROOM] = {OK, OK, OK, OK, OK},
	[RIGHT_SEE] = {OK, OK, OK, OK, OK},
	[RIGHT_JOIN] = {OK, OK, OK, OK, OK},
	[RIGHT_RETURN] = {OK, OK, OK, OK, OK},
	[RIGHT_LEAVE] = {OUT, OK, OK, OK, OK},
	[RIGHT_READ] = {OUT, OK, OK, OK, OK},
	[RIGHT_SEND] = {OUT, RO, OK, OK, OK},
	[RIGHT_EDIT] = {OUT, RO, OK, OK, OK},
	[RIGHT_REACT] = {OUT, RO, OK, OK, OK},
	[RIGHT_TYPE] = {OUT, RO, OK, OK, OK},
	[RIGHT_DELETE_OWN] = {OUT, RO, OK, OK, OK},
	[RIGHT_DELETE_OTHERS] = {OUT, RO, NO, OK, OK},
	[RIGHT_INVITE] = {OUT, NO, NO, OK, OK},
	[RIGHT_ADD_MEMBER] = {OUT, NO, NO, NO, NO},
	[RIGHT_REMOVE] = {OUT, NO, NO, OK, OK},
	[RIGHT_BAN] = {OUT, NO, NO, OK, OK},
	[RIGHT_MUTE] = {OUT, NO, NO, OK, OK},
	[RIGHT_LIST_BANS] = {OUT, NO, NO, OK, OK},
	[RIGHT_SET_ROLE] = {OUT, NO, NO, OK, OK},
	[RIGHT_SET_TOPIC] = {OUT, NO, NO, OK, OK},
	[RIGHT_CHANGE_ROOM] = {OUT, NO, NO, NO, OK},
	[RIGHT_SET_LIMITS] = {OUT, NO, NO, NO, NO},
	[RIGHT_DELETE_ROOM] = {OUT, NO, NO, NO, OK},
};

/* eve in the role, or out of the room. */
static void put_eve(struct site *site, Gchat__V1__Role role)
{
	bool is_in = room_role_of(site->den, site->eve->id) != none;
	if (role == none && is_in) {
		struct write *write = begin(site, NULL, site->den, site->eve);
		assert_int_equal(run(write, op_remove(write, "")), OK);
	}
	if (role != none && !is_in)
		assert_int_equal(join(site, site->eve, site->den), OK);
	if (role != none)
		assert_int_equal(set_role(site, NULL, site->den, site->eve, role), OK);
}

static struct rights_ask ask_of(struct site *site, Gchat__V1__Role to_give)
{
	return (struct rights_ask){.directory = site->directory,
		.room = site->den,
		.actor = site->eve,
		.subject = site->bob,
		.role = to_give};
}

static void check_all(
	struct site *site, Gchat__V1__Role role, enum reason (*expect)(enum right, Gchat__V1__Role))
{
	struct rights_ask ask = ask_of(site, reader);
	for (unsigned right = 0; right < _RIGHT_MAX; right++)
		if (rights_check(&ask, right) != expect(right, role))
			fail_msg("%s as role %d: %s, not %s", rights_name(right), role,
				reason_name(rights_check(&ask, right)),
				reason_name(expect(right, role)));
}

static enum reason plainly(enum right right, Gchat__V1__Role role)
{
	return by_role[right][role];
}

static void every_right_follows_from_the_role(void **state)
{
	struct site *site = *state;
	for (unsigned role = none; role <= owner; role++) {
		put_eve(site, role);
		check_all(site, role, plainly);
	}
}

static enum reason suspended(enum right right, Gchat__V1__Role role)
{
	return right == RIGHT_LEAVE ? by_role[right][role] : REASON_ACCOUNT_SUSPENDED;
}

static void who_is_suspended_may_only_leave(void **state)
{
	struct site *site = *state;
	for (unsigned role = none; role <= owner; role++) {
		put_eve(site, role);
		atomic_store(&site->eve->suspended, true);
		check_all(site, role, suspended);
		atomic_store(&site->eve->suspended, false);
	}
}

static enum reason banned(enum right right, Gchat__V1__Role role)
{
	return right == RIGHT_LEAVE ? by_role[right][role] : REASON_BANNED;
}

static void who_is_banned_from_the_server_may_only_leave(void **state)
{
	struct site *site = *state;
	for (unsigned role = none; role <= owner; role++) {
		put_eve(site, role);
		atomic_store(&site->eve->banned_until_us, RESTRICTION_FOR_EVER);
		check_all(site, role, banned);
		atomic_store(&site->eve->banned_until_us, 1); /* long ago */
		check_all(site, role, plainly);
		atomic_store(&site->eve->banned_until_us, 0);
	}
}

/* A mute is about speaking: what is one's own may be taken back, and a moderator's work goes on. */
static enum reason muted(enum right right, Gchat__V1__Role role)
{
	static const bool speaks[_RIGHT_MAX] = {[RIGHT_SEND] = true,
		[RIGHT_EDIT] = true,
		[RIGHT_REACT] = true,
		[RIGHT_TYPE] = true,
		[RIGHT_INVITE] = true,
		[RIGHT_SET_TOPIC] = true,
		[RIGHT_CHANGE_ROOM] = true};
	enum reason reason = by_role[right][role];
	bool writer_says_first = reason == NO && speaks[right];
	return (reason == OK && speaks[right]) || writer_says_first ? REASON_MUTED : reason;
}

static void put_restriction(
	struct site *site, enum restriction_kind kind, uint64_t room_id, struct account *who)
{
	assert_true(restriction_put(
		site->directory, &(struct restriction){.kind = kind,
					 .id = 1,
					 .target = {.room_id = room_id, .account_id = who->id}}));
}

static void lift_restriction(
	struct site *site, enum restriction_kind kind, uint64_t room_id, struct account *who)
{
	restriction_remove(site->directory, kind,
		&(struct restriction_target){.room_id = room_id, .account_id = who->id}, 0);
}

static void who_is_muted_reads_on(void **state)
{
	struct site *site = *state;
	const uint64_t places[] = {0, site->den->id};
	for (size_t i = 0; i < GC_LENGTH(places); i++)
		for (unsigned role = none; role <= owner; role++) {
			put_eve(site, role);
			put_restriction(site, RESTRICTION_MUTE, places[i], site->eve);
			check_all(site, role, muted);
			lift_restriction(site, RESTRICTION_MUTE, places[i], site->eve);
			check_all(site, role, plainly);
		}
}

static enum reason room_banned(enum right right, Gchat__V1__Role role)
{
	bool enters = right == RIGHT_JOIN || right == RIGHT_RETURN;
	return enters ? REASON_BANNED : by_role[right][role];
}

static void who_is_banned_from_the_room_does_not_join(void **state)
{
	struct site *site = *state;
	struct rights_ask ask = ask_of(site, reader);
	put_restriction(site, RESTRICTION_BAN, site->den->id, site->eve);
	check_all(site, none, room_banned);
	ask.actor = site->ada;
	ask.subject = site->eve;
	assert_int_equal(rights_check(&ask, RIGHT_INVITE), REASON_USER_BANNED);
	ask.actor = NULL; /* an administrator takes the ban back first, too */
	assert_int_equal(rights_check(&ask, RIGHT_INVITE), REASON_USER_BANNED);
	lift_restriction(site, RESTRICTION_BAN, site->den->id, site->eve);
	check_all(site, none, plainly);
}

static void in_no_room_nobody_but_an_administrator_bans(void **state)
{
	struct site *site = *state;
	struct rights_ask ask = ask_of(site, reader);
	ask.room = NULL;
	ask.actor = site->ada;
	assert_int_equal(rights_check(&ask, RIGHT_BAN), OUT);
	assert_int_equal(rights_check(&ask, RIGHT_MUTE), OUT);
	ask.actor = NULL;
	assert_int_equal(rights_check(&ask, RIGHT_BAN), OK);
}

static enum reason damaged(enum right right, Gchat__V1__Role role)
{
	static const bool writes[_RIGHT_MAX] = {[RIGHT_JOIN] = true,
		[RIGHT_RETURN] = true,
		[RIGHT_SEND] = true,
		[RIGHT_EDIT] = true,
		[RIGHT_REACT] = true,
		[RIGHT_TYPE] = true,
		[RIGHT_DELETE_OWN] = true,
		[RIGHT_DELETE_OTHERS] = true};
	enum reason reason = by_role[right][role];
	return reason == OK && writes[right] ? REASON_DAMAGED : reason;
}

static void a_damaged_room_is_closed_to_writing(void **state)
{
	struct site *site = *state;
	for (unsigned role = none; role <= owner; role++) {
		put_eve(site, role);
		atomic_store(&site->den->damage, ROOM_DAMAGED);
		check_all(site, role, damaged);
		atomic_store(&site->den->damage, ROOM_SOUND);
	}
}

static enum reason read_only(enum right right, Gchat__V1__Role role)
{
	static const bool writes[_RIGHT_MAX] = {[RIGHT_SEND] = true,
		[RIGHT_EDIT] = true,
		[RIGHT_REACT] = true,
		[RIGHT_TYPE] = true};
	return role < moderator && role > reader && writes[right] ? RO : by_role[right][role];
}

static void in_a_read_only_room_moderators_and_owners_write(void **state)
{
	struct site *site = *state;
	const struct room_settings settings = {.read_only = true};
	for (unsigned role = none; role <= owner; role++) {
		put_eve(site, role);
		room_set_settings(site->den, &settings);
		check_all(site, role, read_only);
		room_set_settings(site->den, &(struct room_settings){0});
	}
}

static enum reason too_soon(enum right right, Gchat__V1__Role role)
{
	bool waits = right == RIGHT_SEND && role == GCHAT__V1__ROLE__ROLE_MEMBER;
	return waits ? REASON_SLOW_MODE : by_role[right][role];
}

static void in_slow_mode_a_member_waits_before_its_next_message(void **state)
{
	struct site *site = *state;
	const struct room_settings settings = {.slow_mode_s = LIMIT_SLOW_MODE_S};
	for (unsigned role = none; role <= owner; role++) {
		put_eve(site, none); /* it comes anew, and has said nothing */
		put_eve(site, role);
		room_set_settings(site->den, &settings);
		check_all(site, role, plainly);
		assert_int_equal(room_take_turn(site->den, site->eve->id), 0);
		check_all(site, role, too_soon);
		room_set_settings(site->den, &(struct room_settings){0});
		check_all(site, role, plainly);
	}
}

static enum reason gone(enum right right, Gchat__V1__Role role)
{
	bool apart = !rights_needs_room(right) || right == RIGHT_LEAVE;
	return apart ? by_role[right][role] : REASON_UNKNOWN_ROOM;
}

static void in_a_room_that_is_gone_nothing_is_left_but_leaving(void **state)
{
	struct site *site = *state;
	for (unsigned role = none; role <= owner; role++) {
		put_eve(site, role);
		site->den->shared.deleted = true;
		check_all(site, role, gone);
		site->den->shared.deleted = false;
	}
}

static enum reason hidden(enum right right, Gchat__V1__Role role)
{
	bool needs_sight = right == RIGHT_SEE || right == RIGHT_JOIN;
	return role == none && needs_sight ? REASON_UNKNOWN_ROOM : by_role[right][role];
}

static void a_private_room_is_seen_by_members_and_the_invited(void **state)
{
	struct site *site = *state;
	site->den->shared.visibility = GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE;
	check_all(site, none, hidden);
	directory_add_invite(site->directory, site->den->id, site->eve->id);
	check_all(site, none, plainly);
	put_eve(site, reader);
	check_all(site, reader, plainly);
}

static enum reason as_guest(enum right right, Gchat__V1__Role role)
{
	return right == RIGHT_CREATE_ROOM ? NO : by_role[right][role];
}

static void a_guest_makes_no_rooms(void **state)
{
	struct site *site = *state;
	for (unsigned role = none; role <= moderator; role++) {
		put_eve(site, role);
		site->eve->guest = true;
		check_all(site, role, as_guest);
		site->eve->guest = false;
	}
}

/* What is done to others, by rank: moderators and owners act on those below them. */
static void nobody_acts_on_an_equal_or_higher_role(void **state)
{
	struct site *site = *state;
	static const enum right rights[] = {RIGHT_REMOVE, RIGHT_BAN, RIGHT_MUTE, RIGHT_SET_ROLE};
	for (unsigned own = moderator; own <= owner; own++) {
		put_eve(site, own);
		for (unsigned other = reader; other <= owner; other++) {
			struct rights_ask ask = ask_of(site, reader);
			(void)set_role(site, NULL, site->den, site->bob, other);
			for (size_t i = 0; i < GC_LENGTH(rights); i++)
				assert_int_equal(
					rights_check(&ask, rights[i]), other < own ? OK : NO);
			ask.actor = NULL; /* an administrator does */
			for (size_t i = 0; i < GC_LENGTH(rights); i++)
				assert_int_equal(rights_check(&ask, rights[i]), OK);
		}
	}
}

static void a_moderator_gives_roles_below_its_own_and_an_owner_all(void **state)
{
	struct site *site = *state;
	for (unsigned given = reader; given <= owner; given++) {
		struct rights_ask ask = ask_of(site, given);
		put_eve(site, moderator);
		assert_int_equal(rights_check(&ask, RIGHT_SET_ROLE), given < moderator ? OK : NO);
		put_eve(site, owner);
		assert_int_equal(rights_check(&ask, RIGHT_SET_ROLE), OK);
		ask.subject = site->eve; /* and may step down itself */
		assert_int_equal(rights_check(&ask, RIGHT_SET_ROLE), OK);
	}
}

static void no_guest_owns_a_room_whoever_asks(void **state)
{
	struct site *site = *state;
	struct rights_ask ask = ask_of(site, owner);
	put_eve(site, owner);
	site->bob->guest = true;
	assert_int_equal(rights_check(&ask, RIGHT_SET_ROLE), NO);
	ask.actor = NULL;
	assert_int_equal(rights_check(&ask, RIGHT_SET_ROLE), NO);
	ask.role = moderator;
	assert_int_equal(rights_check(&ask, RIGHT_SET_ROLE), OK);
}

static void an_administrator_may_do_everything_in_a_room_that_is_there(void **state)
{
	struct site *site = *state;
	struct rights_ask ask = ask_of(site, owner);
	ask.actor = NULL;
	atomic_store(&site->den->damage, ROOM_DAMAGED);
	site->den->shared.visibility = GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE;
	for (unsigned right = 0; right < _RIGHT_MAX; right++)
		assert_int_equal(rights_check(&ask, right), OK);
	site->den->shared.deleted = true;
	assert_int_equal(rights_check(&ask, RIGHT_DELETE_ROOM), REASON_UNKNOWN_ROOM);
	site->den->shared.deleted = false;
}

/* ---- the trace ---- */

static void the_trace_comes_to_what_was_decided_and_names_the_rule(void **state)
{
	struct site *site = *state;
	struct rights_ask ask = ask_of(site, reader);
	for (unsigned role = none; role <= owner; role++) {
		put_eve(site, role);
		for (unsigned right = 0; right < _RIGHT_MAX; right++) {
			struct rights_trace trace;
			size_t standing = 0;
			rights_explain(&ask, right, &trace);
			assert_int_equal(trace.reason, rights_check(&ask, right));
			assert_true(trace.count > 0);
			for (size_t i = 0; i < trace.count; i++)
				standing += trace.steps[i].verdict != RIGHTS_ALLOW;
			assert_int_equal(standing > 0, trace.reason != OK);
		}
	}
}

static void a_reader_is_limited_and_a_stranger_denied(void **state)
{
	struct site *site = *state;
	struct rights_ask ask = ask_of(site, none);
	struct rights_trace trace;
	put_eve(site, reader);
	rights_explain(&ask, RIGHT_SEND, &trace);
	for (size_t i = 0; i < trace.count; i++)
		assert_int_equal(trace.steps[i].verdict,
			trace.steps[i].rule == RULE_READER ? RIGHTS_LIMIT : RIGHTS_ALLOW);
	ask.actor = site->ada;
	rights_explain(&ask, RIGHT_SEND, &trace);
	assert_int_equal(trace.reason, OK);
	assert_int_equal(leave(site, site->eve, site->den), OK);
	ask.actor = site->eve;
	rights_explain(&ask, RIGHT_SEND, &trace);
	assert_int_equal(trace.reason, OUT);
}

static void every_right_and_rule_has_a_name_and_two_sentences(void **state)
{
	(void)state;
	for (unsigned right = 0; right < _RIGHT_MAX; right++)
		assert_true(strlen(rights_name(right)) > 0);
	for (unsigned rule = 0; rule < _RULE_MAX; rule++) {
		assert_true(strlen(rights_rule_name(rule)) > 0);
		assert_string_not_equal(
			rights_rule_text(rule, false), rights_rule_text(rule, true));
	}
	assert_string_equal(rights_verdict_name(RIGHTS_LIMIT), "limit");
}

static void the_first_rule_that_stands_gives_the_reason(void **state)
{
	(void)state;
	unsigned both = 1U << RULE_NOT_MEMBER | 1U << RULE_DAMAGED;
	assert_int_equal(rights_decide(RIGHT_SEND, false, both), OUT);
	assert_int_equal(rights_decide(RIGHT_SEND, false, 1U << RULE_DAMAGED), REASON_DAMAGED);
	assert_int_equal(rights_decide(RIGHT_READ, false, 1U << RULE_DAMAGED), OK);
	assert_int_equal(rights_decide(RIGHT_SEND, true, both), OK);
}

int main(void)
{
#define OVER(test) cmocka_unit_test_prestate_setup_teardown(test, site_setup, site_teardown, engine)
	static char engine[] = "mem";
	const struct CMUnitTest tests[] = {
		OVER(every_right_follows_from_the_role),
		OVER(who_is_suspended_may_only_leave),
		OVER(who_is_banned_from_the_server_may_only_leave),
		OVER(who_is_muted_reads_on),
		OVER(who_is_banned_from_the_room_does_not_join),
		OVER(in_no_room_nobody_but_an_administrator_bans),
		OVER(in_a_read_only_room_moderators_and_owners_write),
		OVER(in_slow_mode_a_member_waits_before_its_next_message),
		OVER(a_damaged_room_is_closed_to_writing),
		OVER(in_a_room_that_is_gone_nothing_is_left_but_leaving),
		OVER(a_private_room_is_seen_by_members_and_the_invited),
		OVER(a_guest_makes_no_rooms),
		OVER(nobody_acts_on_an_equal_or_higher_role),
		OVER(a_moderator_gives_roles_below_its_own_and_an_owner_all),
		OVER(no_guest_owns_a_room_whoever_asks),
		OVER(an_administrator_may_do_everything_in_a_room_that_is_there),
		OVER(the_trace_comes_to_what_was_decided_and_names_the_rule),
		OVER(a_reader_is_limited_and_a_stranger_denied),
		cmocka_unit_test(every_right_and_rule_has_a_name_and_two_sentences),
		cmocka_unit_test(the_first_rule_that_stands_gives_the_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
