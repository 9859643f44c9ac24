/* Removing, banning, muting over a real store: what holds, for how long, who hears, what stays. */
#include "room/ops.h"

#include "base/clock.h"
#include "proto/codec.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const Gchat__V1__Role none = GCHAT__V1__ROLE__ROLE_UNSPECIFIED;
static const Gchat__V1__Role member = GCHAT__V1__ROLE__ROLE_MEMBER;
static const Gchat__V1__Role moderator = GCHAT__V1__ROLE__ROLE_MODERATOR;
static const Gchat__V1__Role owner = GCHAT__V1__ROLE__ROLE_OWNER;

#define OK REASON_NONE

static struct op_restriction order(const char *reason, uint64_t duration_s)
{
	return (struct op_restriction){
		.reason = reason, .author = "uid 0", .duration_s = duration_s};
}

static enum reason ban(struct site *site, struct account *actor, struct room *room,
	struct account *subject, uint64_t duration_s)
{
	struct write *write = begin(site, actor, room, subject);
	struct op_restriction o = order("spam", duration_s);
	return run(write, op_ban(write, &o));
}

static enum reason mute(struct site *site, struct account *actor, struct room *room,
	struct account *subject, uint64_t duration_s)
{
	struct write *write = begin(site, actor, room, subject);
	struct op_restriction o = order("loud", duration_s);
	return run(write, op_mute(write, &o));
}

static enum reason unban(
	struct site *site, struct account *actor, struct room *room, struct account *subject)
{
	struct write *write = begin(site, actor, room, subject);
	return run(write, op_unban(write, NULL));
}

static enum reason unmute(
	struct site *site, struct account *actor, struct room *room, struct account *subject)
{
	struct write *write = begin(site, actor, room, subject);
	return run(write, op_unmute(write));
}

static enum reason invite(
	struct site *site, struct account *actor, struct room *room, struct account *subject)
{
	struct write *write = begin(site, actor, room, subject);
	return run(write, op_invite(write));
}

static enum reason send(struct site *site, struct account *actor, struct room *room)
{
	struct write *write = begin(site, actor, room, NULL);
	struct op_message m = message("hello", 0);
	return run(write, op_send(write, &m));
}

static Gchat__V1__Event *newest(struct room *room)
{
	struct room_info info;
	room_get_info(room, &info);
	return event_at(room, info.head_seq);
}

/* ---- bans from a room ---- */

static void who_is_banned_is_out_and_does_not_come_back(void **state)
{
	struct site *site = *state;
	uint64_t before_us = clock_wall_us();
	assert_int_equal(ban(site, site->ada, site->den, site->bob, 3600), OK);
	assert_int_equal(room_role_of(site->den, site->bob->id), none);
	assert_int_equal(site->heard.parted, 1);
	Gchat__V1__Event *event = newest(site->den);
	assert_int_equal(event->body_case, GCHAT__V1__EVENT__BODY_REMOVED);
	assert_int_equal(event->author_id, site->ada->id);
	assert_int_equal(event->removed->account_id, site->bob->id);
	assert_string_equal(event->removed->reason, "spam");
	assert_true(event->removed->banned);
	assert_true(event->removed->banned_until_us >= before_us + 3600ULL * CLOCK_US_PER_S);
	codec_free(&event->base);
	assert_int_equal(join(site, site->bob, site->den), REASON_BANNED);
	assert_int_equal(invite(site, site->ada, site->den, site->bob), REASON_USER_BANNED);
	assert_int_equal(unban(site, site->ada, site->den, site->bob), OK);
	assert_int_equal(join(site, site->bob, site->den), OK);
	assert_int_equal(unban(site, site->ada, site->den, site->bob), REASON_NOT_FOUND);
}

static void a_ban_survives_a_restart_and_ends_with_its_time(void **state)
{
	struct site *site = *state;
	struct restriction found;
	struct restriction_target target = {.room_id = site->den->id, .account_id = site->bob->id};
	assert_int_equal(ban(site, site->ada, site->den, site->bob, 3600), OK);
	assert_int_equal(mute(site, NULL, NULL, site->eve, OP_FOR_EVER), OK);
	site_reload(site);
	assert_int_equal(join(site, site->bob, site->den), REASON_BANNED);
	assert_true(restriction_find(site->directory, RESTRICTION_BAN, &target, &found));
	assert_string_equal(found.reason, "spam");
	assert_string_equal(found.author, "ada");
	assert_int_equal(join(site, site->eve, site->den), OK);
	assert_int_equal(send(site, site->eve, site->den), REASON_MUTED);
	found.expires_us = clock_wall_us(); /* its time has come */
	assert_true(restriction_put(site->directory, &found));
	assert_false(restriction_find(site->directory, RESTRICTION_BAN, &target, &found));
	assert_int_equal(join(site, site->bob, site->den), OK);
}

static void who_is_not_in_the_room_is_banned_without_an_event(void **state)
{
	struct site *site = *state;
	struct room_info before;
	struct room_info after;
	room_get_info(site->den, &before);
	assert_int_equal(invite(site, site->ada, site->den, site->eve), OK);
	room_get_info(site->den, &before);
	assert_int_equal(ban(site, site->ada, site->den, site->eve, OP_FOR_EVER), OK);
	room_get_info(site->den, &after);
	assert_int_equal(after.head_seq, before.head_seq);
	assert_false(directory_is_invited(site->directory, site->den->id, site->eve->id));
	assert_int_equal(join(site, site->eve, site->den), REASON_BANNED);
}

static void of_a_join_and_a_ban_at_once_the_ban_holds(void **state)
{
	struct site *site = *state;
	struct write *a = begin(site, site->ada, site->den, site->eve);
	struct write *b = begin(site, site->eve, site->den, NULL);
	struct op_restriction o = order("spam", 60);
	enum reason first = op_ban(a, &o);
	enum reason second = op_join(b); /* decided before the ban took effect */
	start(a, first);
	start(b, second);
	assert_int_equal(await(a), OK);
	assert_int_equal(await(b), REASON_UNAVAILABLE);
	end(a);
	end(b);
	assert_int_equal(room_role_of(site->den, site->eve->id), none);
	assert_int_equal(join(site, site->eve, site->den), REASON_BANNED);
}

static void nobody_bans_an_equal_and_the_last_owner_is_the_administrators(void **state)
{
	struct site *site = *state;
	assert_int_equal(set_role(site, site->ada, site->den, site->bob, moderator), OK);
	assert_int_equal(ban(site, site->bob, site->den, site->ada, 60), REASON_NOT_PERMITTED);
	assert_int_equal(ban(site, site->bob, site->den, site->bob, 60), REASON_NOT_PERMITTED);
	assert_int_equal(ban(site, site->eve, site->den, site->bob, 60), REASON_NOT_A_MEMBER);
	assert_int_equal(ban(site, site->ada, NULL, site->bob, 60), REASON_NOT_A_MEMBER);
	assert_int_equal(ban(site, NULL, site->den, site->ada, 60), OK);
	assert_int_equal(room_role_of(site->den, site->ada->id), none);
}

static void a_ban_with_a_bad_order_is_refused(void **state)
{
	struct site *site = *state;
	char text[LIMIT_REASON_BYTES + 2];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	struct op_restriction o = order(text, 60);
	struct write *write = begin(site, NULL, site->den, site->bob);
	assert_int_equal(run(write, op_ban(write, &o)), REASON_TEXT_TOO_LONG);
	assert_int_equal(ban(site, NULL, site->den, site->bob, 0), REASON_INVALID_ARGUMENT);
	assert_int_equal(ban(site, NULL, site->den, NULL, 60), REASON_INVALID_ARGUMENT);
	assert_int_equal(ban(site, NULL, NULL, NULL, 60), REASON_INVALID_ARGUMENT);
	assert_int_equal(mute(site, NULL, NULL, NULL, 60), REASON_INVALID_ARGUMENT);
	assert_int_equal(room_role_of(site->den, site->bob->id), member);
}

/* ---- bans from the server ---- */

static void who_is_banned_from_the_server_is_told_why_and_stays_a_member(void **state)
{
	struct site *site = *state;
	assert_int_equal(ban(site, NULL, NULL, site->bob, OP_FOR_EVER), OK);
	assert_int_equal(site->heard.ended, 1);
	assert_int_equal(site->heard.reason, REASON_BANNED);
	assert_int_equal(site->heard.account_id, site->bob->id);
	assert_non_null(strstr(site->heard.text, "for ever: spam"));
	assert_int_equal(send(site, site->bob, site->den), REASON_BANNED);
	assert_int_equal(room_role_of(site->den, site->bob->id), member);
	assert_int_equal(unban(site, NULL, NULL, site->bob), OK);
	assert_int_equal(send(site, site->bob, site->den), OK);
}

static void a_network_is_banned_by_its_network(void **state)
{
	struct site *site = *state;
	struct network network;
	struct restriction_page page;
	struct op_restriction o = order("flood", 60);
	assert_true(network_parse("2001:db8::1", &network));
	o.network = &network;
	struct write *write = begin(site, NULL, NULL, NULL);
	assert_int_equal(run(write, op_ban(write, &o)), OK);
	site_reload(site);
	restriction_list(site->directory, RESTRICTION_BAN, 0, 0, 10, &page);
	assert_int_equal(page.count, 1);
	assert_memory_equal(&page.items[0].target.network, &network, sizeof(network));
	assert_string_equal(page.items[0].author, "uid 0");
	free(page.items);
	write = begin(site, NULL, NULL, NULL);
	assert_int_equal(run(write, op_unban(write, &network)), OK);
	write = begin(site, NULL, NULL, NULL);
	assert_int_equal(run(write, op_unban(write, &network)), REASON_NOT_FOUND);
}

/* ---- mutes ---- */

static void who_is_muted_in_a_room_reads_there_and_writes_elsewhere(void **state)
{
	struct site *site = *state;
	struct room *hall =
		add_room(site, site->bob, "hall", GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
	assert_int_equal(mute(site, site->ada, site->den, site->bob, 600), OK);
	Gchat__V1__Event *event = newest(site->den);
	assert_int_equal(event->body_case, GCHAT__V1__EVENT__BODY_MUTED);
	assert_true(event->muted->muted);
	assert_string_equal(event->muted->user, "bob");
	assert_string_equal(event->muted->reason, "loud");
	assert_true(event->muted->until_us > clock_wall_us());
	codec_free(&event->base);
	assert_int_equal(send(site, site->bob, site->den), REASON_MUTED);
	assert_int_equal(send(site, site->bob, hall), OK);
	assert_int_equal(unmute(site, site->bob, site->den, site->bob), REASON_NOT_PERMITTED);
	assert_int_equal(unmute(site, site->ada, site->den, site->bob), OK);
	event = newest(site->den);
	assert_int_equal(event->body_case, GCHAT__V1__EVENT__BODY_MUTED);
	assert_false(event->muted->muted);
	codec_free(&event->base);
	assert_int_equal(send(site, site->bob, site->den), OK);
	room_unref(hall);
}

static void leaving_and_coming_back_does_not_end_a_mute(void **state)
{
	struct site *site = *state;
	assert_int_equal(mute(site, site->ada, site->den, site->bob, 600), OK);
	assert_int_equal(leave(site, site->bob, site->den), OK);
	assert_int_equal(join(site, site->bob, site->den), OK);
	assert_int_equal(send(site, site->bob, site->den), REASON_MUTED);
}

static void what_concerned_a_deleted_room_or_account_is_gone(void **state)
{
	struct site *site = *state;
	struct restriction_page page;
	struct account *guest = add_account(site, "guest-1", true);
	struct room *hall =
		add_room(site, site->bob, "hall", GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
	assert_int_equal(ban(site, site->bob, hall, site->eve, 600), OK);
	assert_int_equal(mute(site, NULL, site->den, guest, 600), OK);
	assert_int_equal(restriction_count(site->directory, site->den->id), 1);
	struct write *write = begin(site, site->bob, hall, NULL);
	assert_int_equal(run(write, op_delete_room(write)), OK);
	write = begin(site, guest, NULL, NULL);
	assert_true(directory_begin_end(site->directory, guest));
	assert_int_equal(run(write, op_delete_account(write, false)), OK);
	assert_int_equal(restriction_count(site->directory, site->den->id), 0);
	room_unref(hall);
	site_reload(site);
	for (unsigned kind = 0; kind < _RESTRICTION_KIND_MAX; kind++) {
		restriction_list(site->directory, kind, 0, 0, 10, &page);
		assert_int_equal(page.count, 0);
		free(page.items);
	}
}

static enum reason open_direct(
	struct site *site, struct account *actor, struct account *subject, uint64_t *ret_room)
{
	struct write *write = begin(site, actor, NULL, subject);
	enum reason reason = op_open_direct(write);
	start(write, reason);
	reason = reason == OK ? await(write) : reason;
	*ret_room = write->room ? write->room->id : 0;
	end(write);
	return reason;
}

static void who_is_banned_from_a_room_of_two_is_not_brought_back(void **state)
{
	struct site *site = *state;
	uint64_t id;
	assert_int_equal(open_direct(site, site->ada, site->bob, &id), OK);
	struct room *pair = directory_find_room(site->directory, id);
	assert_int_equal(ban(site, NULL, pair, site->bob, 60), OK);
	assert_int_equal(open_direct(site, site->bob, site->ada, &id), REASON_BANNED);
	assert_int_equal(open_direct(site, site->ada, site->bob, &id), REASON_USER_BANNED);
	assert_int_equal(unban(site, NULL, pair, site->bob), OK);
	assert_int_equal(open_direct(site, site->ada, site->bob, &id), OK);
	assert_int_equal(room_role_of(pair, site->bob->id), GCHAT__V1__ROLE__ROLE_MEMBER);
	room_unref(pair);
}

static void an_owner_is_removed_by_an_administrator_alone(void **state)
{
	struct site *site = *state;
	assert_int_equal(set_role(site, site->ada, site->den, site->bob, owner), OK);
	struct write *write = begin(site, site->bob, site->den, site->ada);
	assert_int_equal(run(write, op_remove(write, "")), REASON_NOT_PERMITTED);
	write = begin(site, NULL, site->den, site->ada);
	assert_int_equal(run(write, op_remove(write, "bye")), OK);
	Gchat__V1__Event *event = newest(site->den);
	assert_false(event->removed->banned);
	codec_free(&event->base);
	assert_int_equal(join(site, site->ada, site->den), OK);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_prestate_setup_teardown(test, site_setup, site_teardown, engine)
	static char engine[] = "sqlite";
	const struct CMUnitTest tests[] = {
		TEST(who_is_banned_is_out_and_does_not_come_back),
		TEST(a_ban_survives_a_restart_and_ends_with_its_time),
		TEST(who_is_not_in_the_room_is_banned_without_an_event),
		TEST(of_a_join_and_a_ban_at_once_the_ban_holds),
		TEST(nobody_bans_an_equal_and_the_last_owner_is_the_administrators),
		TEST(a_ban_with_a_bad_order_is_refused),
		TEST(who_is_banned_from_the_server_is_told_why_and_stays_a_member),
		TEST(a_network_is_banned_by_its_network),
		TEST(who_is_muted_in_a_room_reads_there_and_writes_elsewhere),
		TEST(leaving_and_coming_back_does_not_end_a_mute),
		TEST(what_concerned_a_deleted_room_or_account_is_gone),
		TEST(who_is_banned_from_a_room_of_two_is_not_brought_back),
		TEST(an_owner_is_removed_by_an_administrator_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
