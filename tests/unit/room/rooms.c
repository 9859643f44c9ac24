/* Rooms made, changed, deleted: every op of rooms.c over the reference store. */
#include "room/ops.h"

#include "proto/codec.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const Gchat__V1__Visibility public = GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC;
static const Gchat__V1__Visibility private = GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE;
static const Gchat__V1__Visibility direct = GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT;

static struct room_info info_of(const char *name, Gchat__V1__Visibility visibility)
{
	struct room_info info = {.visibility = visibility};
	(void)snprintf(info.name, sizeof(info.name), "%s", name);
	return info;
}

static enum reason create(struct site *site, struct account *actor, const char *name,
	Gchat__V1__Visibility visibility)
{
	struct room_info info = info_of(name, visibility);
	struct write *write = begin(site, actor, NULL, NULL);
	return run(write, op_create_room(write, &info, NULL));
}

static enum reason update(
	struct site *site, struct account *actor, struct room *room, struct op_room_change change)
{
	struct write *write = begin(site, actor, room, NULL);
	return run(write, op_update_room(write, &change));
}

static enum reason drop(struct site *site, struct account *actor, struct room *room)
{
	struct write *write = begin(site, actor, room, NULL);
	return run(write, op_delete_room(write));
}

/* ---- making ---- */

static void an_administrator_makes_rooms_with_an_owner_or_without(void **state)
{
	struct site *site = *state;
	struct room_info info = info_of("attic", private);
	info.settings = (struct room_settings){.read_only = true, .retention_days = 3};
	struct write *write = begin(site, NULL, NULL, site->bob);
	assert_int_equal(run(write, op_create_room(write, &info, NULL)), REASON_NONE);
	info = info_of("cellar", public);
	write = begin(site, NULL, NULL, NULL);
	assert_int_equal(run(write, op_create_room(write, &info, NULL)), REASON_NONE);
	site_reload(site);
	struct room *room = directory_find_room_name(site->directory, "attic");
	assert_int_equal(room_role_of(room, site->bob->id), GCHAT__V1__ROLE__ROLE_OWNER);
	room_get_info(room, &info);
	assert_true(info.settings.read_only);
	assert_int_equal(info.settings.retention_days, 3);
	(void)room_unref(room);
	room = directory_find_room_name(site->directory, "cellar");
	room_get_info(room, &info);
	assert_int_equal(info.member_count, 0);
	assert_int_equal(info.head_seq, 0);
	assert_int_equal(join(site, site->eve, room), REASON_NONE);
	(void)room_unref(room);
}

static void rooms_of_administrators_count_against_the_limit_too(void **state)
{
	struct site *site = *state;
	char name[] = "r0";
	for (unsigned i = 1; i < site->limits.rooms_max; i++, name[1]++) /* the den is one */
		assert_int_equal(create(site, NULL, name, public), REASON_NONE);
	assert_int_equal(create(site, NULL, name, public), REASON_TOO_MANY_ROOMS);
	struct room *room = directory_find_room_name(site->directory, "r0");
	assert_int_equal(drop(site, NULL, room), REASON_NONE);
	(void)room_unref(room);
	assert_int_equal(create(site, NULL, name, public), REASON_NONE);
}

static void a_new_room_is_listed_and_its_maker_owns_it(void **state)
{
	struct site *site = *state;
	struct room_info info = info_of("attic", private);
	strcpy(info.title, "The attic");
	strcpy(info.topic, "dust");
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_create_room(write, &info, NULL)), REASON_NONE);
	struct room *room = directory_find_room_name(site->directory, "attic");
	assert_non_null(room);
	assert_int_equal(room_role_of(room, site->bob->id), GCHAT__V1__ROLE__ROLE_OWNER);
	room_get_info(room, &info);
	assert_string_equal(info.title, "The attic");
	assert_string_equal(info.topic, "dust");
	assert_int_equal(info.visibility, private);
	assert_int_equal(info.head_seq, 1);
	assert_int_equal(info.first_seq, 1);
	assert_int_equal(info.member_count, 1);
	assert_int_equal(site->heard.joined, 1);
	assert_int_equal(site->heard.seq, 1);
	room_unref(room);
}

static void a_name_is_taken_once(void **state)
{
	struct site *site = *state;
	assert_int_equal(create(site, site->bob, "den", public), REASON_ROOM_EXISTS);
}

static void of_two_rooms_of_one_name_at_once_one_is_made(void **state)
{
	struct site *site = *state;
	struct room_info info = info_of("attic", public);
	struct write *a = begin(site, site->bob, NULL, NULL);
	struct write *b = begin(site, site->eve, NULL, NULL);
	enum reason first = op_create_room(a, &info, NULL);
	enum reason second = op_create_room(b, &info, NULL);
	start(a, first);
	start(b, second);
	assert_int_equal(await(a), REASON_NONE);
	assert_int_equal(await(b), REASON_ROOM_EXISTS);
	end(a);
	end(b);
}

static void the_same_request_again_finds_the_room_it_made(void **state)
{
	struct site *site = *state;
	static const uint8_t id[LIMIT_CLIENT_MSG_ID_BYTES] = {1, 2, 3};
	static const uint8_t other[LIMIT_CLIENT_MSG_ID_BYTES] = {9};
	struct room_info info = info_of("attic", public);
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_create_room(write, &info, id)), REASON_NONE);
	write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(op_create_room(write, &info, id), REASON_NONE);
	assert_true(write->already);
	assert_string_equal(write->room->name, "attic");
	end(write);
	write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_create_room(write, &info, other)), REASON_ROOM_EXISTS);
}

static void what_a_room_cannot_be_is_refused(void **state)
{
	struct site *site = *state;
	assert_int_equal(create(site, site->bob, "Attic", public), REASON_INVALID_ARGUMENT);
	assert_int_equal(create(site, site->bob, "", public), REASON_INVALID_ARGUMENT);
	assert_int_equal(create(site, site->bob, "@1.2", public), REASON_INVALID_ARGUMENT);
	assert_int_equal(create(site, site->bob, "attic", direct), REASON_INVALID_ARGUMENT);
	assert_int_equal(create(site, site->bob, "attic", 0), REASON_INVALID_ARGUMENT);
	assert_int_equal(create(site, site->bob, "attic", 9), REASON_INVALID_ARGUMENT);
	struct room_info info = info_of("attic", public);
	strcpy(info.title, "two\nlines");
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_create_room(write, &info, NULL)), REASON_INVALID_ARGUMENT);
}

static void guests_make_no_rooms(void **state)
{
	struct site *site = *state;
	struct account *guest = add_account(site, "guest-1", true);
	assert_int_equal(create(site, guest, "attic", public), REASON_NOT_PERMITTED);
}

static void rooms_have_limits_per_account_and_in_all(void **state)
{
	struct site *site = *state;
	struct account *const makers[] = {site->ada, site->bob, site->eve};
	unsigned made = 1; /* the den */
	for (unsigned i = 0; i < 12; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "room%u", i);
		enum reason reason = create(site, makers[i / 4], name, public);
		assert_int_equal(reason, (i / 4 < 2 && i % 4 == 3) || made == 8
						 ? REASON_TOO_MANY_ROOMS
						 : REASON_NONE);
		made += reason == REASON_NONE;
	}
	assert_int_equal(made, 8);
}

/* How many of the rooms asked for at once, none committed yet, are accepted. */
static unsigned burst(struct site *site, struct account *const makers[], unsigned count)
{
	enum {
		BURST_MAX = 12
	};
	struct write *writes[BURST_MAX];
	unsigned accepted = 0;
	assert_true(count <= BURST_MAX);
	for (unsigned i = 0; i < count; i++) {
		struct room_info info = info_of("", public);
		(void)snprintf(info.name, sizeof(info.name), "room%u", i);
		writes[i] = begin(site, makers[i % 3], NULL, NULL);
		enum reason reason = op_create_room(writes[i], &info, NULL);
		assert_true(reason == REASON_NONE || reason == REASON_TOO_MANY_ROOMS);
		accepted += reason == REASON_NONE;
	}
	for (unsigned i = 0; i < count; i++)
		end(writes[i]); /* never started: the places come back */
	return accepted;
}

static void rooms_under_way_count_against_both_limits(void **state)
{
	struct site *site = *state;
	struct account *const one[] = {site->eve, site->eve, site->eve};
	struct account *const three[] = {site->ada, site->bob, site->eve};
	for (unsigned round = 0; round < 2; round++) {
		assert_int_equal(burst(site, one, 12), 4);
		assert_int_equal(burst(site, three, 12), 7); /* and the den */
	}
}

/* ---- rooms of two ---- */

static enum reason open_direct(
	struct site *site, struct account *actor, struct account *subject, struct room **ret_room)
{
	struct write *write = begin(site, actor, NULL, subject);
	start(write, op_open_direct(write));
	enum reason reason = await(write);
	*ret_room = reason == REASON_NONE ? room_ref(write->room) : NULL;
	end(write);
	return reason;
}

static void two_people_have_one_room_whoever_opens_it(void **state)
{
	struct site *site = *state;
	struct room *a;
	struct room *b;
	assert_int_equal(open_direct(site, site->bob, site->ada, &a), REASON_NONE);
	assert_int_equal(open_direct(site, site->ada, site->bob, &b), REASON_NONE);
	assert_ptr_equal(a, b);
	assert_int_equal(a->shared.member_count, 2);
	assert_int_equal(room_role_of(a, site->ada->id), GCHAT__V1__ROLE__ROLE_MEMBER);
	assert_int_equal(room_role_of(a, site->bob->id), GCHAT__V1__ROLE__ROLE_MEMBER);
	assert_int_equal(a->shared.log.head, 2);
	assert_int_equal(site->heard.joined, 2);
	room_unref(a);
	room_unref(b);
}

static void a_room_of_two_takes_no_third(void **state)
{
	struct site *site = *state;
	struct room *room;
	assert_int_equal(open_direct(site, site->bob, site->ada, &room), REASON_NONE);
	assert_int_equal(join(site, site->eve, room), REASON_UNKNOWN_ROOM);
	struct write *write = begin(site, site->bob, room, site->eve);
	assert_int_equal(run(write, op_invite(write)), REASON_NOT_PERMITTED);
	room_unref(room);
}

static void nobody_talks_to_himself_in_a_room_of_two(void **state)
{
	struct site *site = *state;
	struct room *room;
	assert_int_equal(open_direct(site, site->bob, site->bob, &room), REASON_INVALID_ARGUMENT);
}

static void who_has_left_a_room_of_two_is_in_it_again_once_it_is_opened(void **state)
{
	struct site *site = *state;
	struct room *room;
	struct room *again;
	assert_int_equal(open_direct(site, site->bob, site->ada, &room), REASON_NONE);
	assert_int_equal(leave(site, site->bob, room), REASON_NONE);
	assert_int_equal(open_direct(site, site->ada, site->bob, &again), REASON_NONE);
	assert_ptr_equal(again, room);
	assert_int_equal(room_role_of(room, site->bob->id), GCHAT__V1__ROLE__ROLE_MEMBER);
	assert_int_equal(room->shared.member_count, 2);
	assert_int_equal(room->shared.log.head, 4); /* two joined, one left and joined */
	room_unref(again);
	room_unref(room);
}

/* ---- changing ---- */

static void an_owner_changes_a_part_and_the_rest_stays(void **state)
{
	struct site *site = *state;
	struct room_info info;
	assert_int_equal(update(site, site->ada, site->den,
				 (struct op_room_change){.title = "T", .topic = "one"}),
		REASON_NONE);
	assert_int_equal(update(site, site->ada, site->den,
				 (struct op_room_change){.topic = "two", .visibility = private}),
		REASON_NONE);
	room_get_info(site->den, &info);
	assert_string_equal(info.title, "T");
	assert_string_equal(info.topic, "two");
	assert_int_equal(info.visibility, private);
	Gchat__V1__Event *event = event_at(site->den, info.head_seq);
	assert_int_equal(event->body_case, GCHAT__V1__EVENT__BODY_ROOM_CHANGED);
	assert_string_equal(event->room_changed->title, "T");
	assert_string_equal(event->room_changed->topic, "two");
	assert_int_equal(event->room_changed->visibility, private);
	codec_free(&event->base);
}

static void a_moderator_changes_the_topic_alone(void **state)
{
	struct site *site = *state;
	const struct op_room_change topic = {.topic = "two"};
	const struct op_room_change title = {.title = "T", .topic = "two"};
	assert_int_equal(update(site, site->bob, site->den, topic), REASON_NOT_PERMITTED);
	assert_int_equal(update(site, site->eve, site->den, topic), REASON_NOT_A_MEMBER);
	assert_int_equal(
		set_role(site, site->ada, site->den, site->bob, GCHAT__V1__ROLE__ROLE_MODERATOR),
		REASON_NONE);
	assert_int_equal(update(site, site->bob, site->den, topic), REASON_NONE);
	assert_int_equal(update(site, site->bob, site->den, title), REASON_NOT_PERMITTED);
	assert_int_equal(update(site, NULL, site->den, title), REASON_NONE);
}

static void a_change_has_limits_and_keeps_to_its_kind(void **state)
{
	struct site *site = *state;
	char text[LIMIT_TOPIC_BYTES + 2];
	memset(text, 'x', sizeof(text));
	text[LIMIT_TOPIC_BYTES + 1] = '\0';
	assert_int_equal(update(site, site->ada, site->den, (struct op_room_change){.topic = text}),
		REASON_TEXT_TOO_LONG);
	text[LIMIT_TITLE_BYTES + 1] = '\0';
	assert_int_equal(update(site, site->ada, site->den, (struct op_room_change){.title = text}),
		REASON_TEXT_TOO_LONG);
	assert_int_equal(
		update(site, site->ada, site->den, (struct op_room_change){.topic = "a\nb"}),
		REASON_INVALID_ARGUMENT);
	assert_int_equal(
		update(site, site->ada, site->den, (struct op_room_change){.visibility = direct}),
		REASON_INVALID_ARGUMENT);
	struct room *two;
	assert_int_equal(open_direct(site, site->bob, site->ada, &two), REASON_NONE);
	assert_int_equal(update(site, NULL, two, (struct op_room_change){.visibility = public}),
		REASON_INVALID_ARGUMENT);
	room_unref(two);
}

/* ---- deleting ---- */

static void a_deleted_room_is_gone_and_each_member_hears_of_it(void **state)
{
	struct site *site = *state;
	assert_int_equal(drop(site, site->bob, site->den), REASON_NOT_PERMITTED);
	assert_int_equal(drop(site, site->ada, site->den), REASON_NONE);
	assert_null(directory_find_room_name(site->directory, "den"));
	assert_null(directory_find_room(site->directory, site->den->id));
	assert_int_equal(site->heard.parted, 2);
	assert_int_equal(site->heard.seq, 0);
	assert_int_equal(site->ada->membership_count, 0);
	assert_true(site->den->shared.deleted);
	assert_int_equal(create(site, site->bob, "den", public), REASON_NONE);
}

static void who_writes_to_a_room_just_deleted_is_told_that_there_is_none(void **state)
{
	struct site *site = *state;
	struct op_message m = message("hello?", 0);
	assert_int_equal(drop(site, site->ada, site->den), REASON_NONE);
	struct write *write = begin(site, site->bob, site->den, NULL); /* its session knew it */
	assert_int_equal(run(write, op_send(write, &m)), REASON_UNKNOWN_ROOM);
}

static void changes_at_once_do_not_undo_each_other(void **state)
{
	struct site *site = *state;
	const struct op_room_change changes[] = {{.title = "Title"}, {.topic = "topic"},
		{.visibility = GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE}, {.topic = "another"}};
	struct write *writes[GC_LENGTH(changes)];
	enum reason reasons[GC_LENGTH(changes)];
	struct room_info info;
	for (size_t i = 0; i < GC_LENGTH(changes); i++) {
		writes[i] = begin(site, site->ada, site->den, NULL);
		reasons[i] = op_update_room(writes[i], &changes[i]);
	}
	for (size_t i = 0; i < GC_LENGTH(changes); i++)
		start(writes[i], reasons[i]);
	for (size_t i = 0; i < GC_LENGTH(changes); i++)
		assert_int_equal(await(writes[i]), REASON_NONE);
	for (size_t i = 1; i < GC_LENGTH(changes); i++)
		assert_int_equal(writes[i]->seq, writes[i - 1]->seq + 1);
	for (size_t i = 0; i < GC_LENGTH(changes); i++)
		end(writes[i]);
	room_get_info(site->den, &info);
	assert_string_equal(info.title, "Title");
	assert_string_equal(info.topic, "another");
	assert_int_equal(info.visibility, GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE);
}

static void a_room_is_deleted_once(void **state)
{
	struct site *site = *state;
	struct write *a = begin(site, site->ada, site->den, NULL);
	struct write *b = begin(site, NULL, site->den, NULL);
	enum reason first = op_delete_room(a);
	enum reason second = op_delete_room(b);
	start(a, first);
	start(b, second);
	assert_int_equal(await(a), REASON_NONE);
	assert_int_equal(await(b), REASON_UNKNOWN_ROOM);
	end(a);
	end(b);
}

/* What was asked for before the deletion took effect, and is committed behind it. */
static void what_comes_too_late_for_a_deleted_room_is_told_so(void **state)
{
	struct site *site = *state;
	struct op_message m = message("hello", 0);
	struct op_room_change change = {.topic = "two"};
	struct write *late[6];
	enum reason reasons[6];
	struct write *deletion = begin(site, site->ada, site->den, NULL);
	late[0] = begin(site, site->bob, site->den, NULL);
	late[1] = begin(site, site->eve, site->den, NULL);
	late[2] = begin(site, site->ada, site->den, site->bob);
	late[3] = begin(site, site->bob, site->den, NULL);
	late[4] = begin(site, site->ada, site->den, site->eve);
	late[5] = begin(site, site->ada, site->den, NULL);
	reasons[0] = op_send(late[0], &m);
	reasons[1] = op_join(late[1]);
	reasons[2] = op_set_role(late[2], GCHAT__V1__ROLE__ROLE_READER);
	reasons[3] = op_leave(late[3]);
	reasons[4] = op_invite(late[4]);
	reasons[5] = op_update_room(late[5], &change);
	start(deletion, op_delete_room(deletion));
	for (size_t i = 0; i < GC_LENGTH(late); i++)
		start(late[i], reasons[i]);
	assert_int_equal(await(deletion), REASON_NONE);
	for (size_t i = 0; i < GC_LENGTH(late); i++) {
		assert_int_equal(await(late[i]), REASON_UNKNOWN_ROOM);
		end(late[i]);
	}
	assert_int_equal(site->heard.joined, 0);
	assert_int_equal(site->eve->membership_count, 0);
	assert_false(directory_is_invited(site->directory, site->den->id, site->eve->id));
	end(deletion);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		TEST(an_administrator_makes_rooms_with_an_owner_or_without),
		TEST(rooms_of_administrators_count_against_the_limit_too),
		TEST(a_new_room_is_listed_and_its_maker_owns_it),
		TEST(a_name_is_taken_once),
		TEST(of_two_rooms_of_one_name_at_once_one_is_made),
		TEST(the_same_request_again_finds_the_room_it_made),
		TEST(what_a_room_cannot_be_is_refused),
		TEST(guests_make_no_rooms),
		TEST(rooms_have_limits_per_account_and_in_all),
		TEST(rooms_under_way_count_against_both_limits),
		TEST(two_people_have_one_room_whoever_opens_it),
		TEST(a_room_of_two_takes_no_third),
		TEST(nobody_talks_to_himself_in_a_room_of_two),
		TEST(who_has_left_a_room_of_two_is_in_it_again_once_it_is_opened),
		TEST(an_owner_changes_a_part_and_the_rest_stays),
		TEST(a_moderator_changes_the_topic_alone),
		TEST(a_change_has_limits_and_keeps_to_its_kind),
		TEST(a_deleted_room_is_gone_and_each_member_hears_of_it),
		TEST(who_writes_to_a_room_just_deleted_is_told_that_there_is_none),
		TEST(changes_at_once_do_not_undo_each_other),
		TEST(a_room_is_deleted_once),
		TEST(what_comes_too_late_for_a_deleted_room_is_told_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
