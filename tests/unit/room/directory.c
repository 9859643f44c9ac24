/* Who and what there is: found, linked both ways, unlinked, and the same after loading again. */
#include "room/directory.h"

#include "room/ops.h"
#include "room/record.h"
#include "site.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const Gchat__V1__Role member = GCHAT__V1__ROLE__ROLE_MEMBER;
static const Gchat__V1__Role owner = GCHAT__V1__ROLE__ROLE_OWNER;

static uint64_t read_of(struct site *site, struct account *account)
{
	room_lock(site->den);
	uint64_t seq = room_find_member(site->den, account->id)->read_seq;
	room_unlock(site->den);
	return seq;
}

static uint64_t head_of(struct room *room)
{
	struct room_info info;
	room_get_info(room, &info);
	return info.head_seq;
}

/* ---- finding ---- */

static void accounts_and_rooms_are_found_by_number_and_name(void **state)
{
	struct site *site = *state;
	struct account *bob = directory_find_account(site->directory, site->bob->id);
	struct room *den = directory_find_room(site->directory, site->den->id);
	assert_ptr_equal(bob, site->bob);
	assert_ptr_equal(den, site->den);
	account_unref(bob);
	room_unref(den);
	assert_null(directory_find_account(site->directory, 999));
	assert_null(directory_find_user(site->directory, ""));
	assert_null(directory_find_user(site->directory, "bo"));
	assert_null(directory_find_room(site->directory, 0));
	assert_null(directory_find_room_name(site->directory, "dens"));
}

static void a_token_is_found_until_its_life_is_over(void **state)
{
	struct site *site = *state;
	uint8_t hash[LIMIT_SHA256_BYTES] = {1, 2, 3};
	uint64_t id;
	struct write *write = begin(site, site->bob, NULL, NULL);
	start(write, op_sign_in(write, hash, "phone", 0));
	assert_int_equal(await(write), REASON_NONE);
	struct account *found = directory_find_token(site->directory, hash, &id);
	assert_ptr_equal(found, site->bob);
	assert_int_equal(id, write->number);
	account_unref(found);
	end(write);
	hash[0]++;
	assert_null(directory_find_token(site->directory, hash, &id));
	hash[0]--;
	site->limits.token_life_us = 0;
	directory_set_limits(site->directory, &site->limits);
	assert_null(directory_find_token(site->directory, hash, &id));
}

static void a_certificate_counts_while_the_account_is_there_and_not_suspended(void **state)
{
	struct site *site = *state;
	struct account *stray = account_new(999, "stray", false, 1);
	assert_true(directory_has_token(site->directory, site->bob, ACCOUNT_BY_CERTIFICATE));
	assert_false(directory_has_token(site->directory, site->bob, 1));
	char device[LIMIT_CLIENT_NAME_BYTES + 1];
	directory_token_device(site->directory, site->bob, ACCOUNT_BY_CERTIFICATE, device);
	assert_string_equal(device, "certificate");
	directory_token_device(site->directory, site->bob, 1, device);
	assert_string_equal(device, "");
	atomic_store(&site->bob->suspended, true);
	assert_false(directory_has_token(site->directory, site->bob, ACCOUNT_BY_CERTIFICATE));
	atomic_store(&site->bob->suspended, false);
	assert_false(directory_has_token(site->directory, stray, ACCOUNT_BY_CERTIFICATE));
	account_unref(stray);
}

static void the_limits_are_those_set_last(void **state)
{
	struct site *site = *state;
	struct directory_limits limits;
	site->limits.rooms_max = 3;
	directory_set_limits(site->directory, &site->limits);
	directory_get_limits(site->directory, &limits);
	assert_int_equal(limits.rooms_max, 3);
}

/* ---- links ---- */

static void a_membership_is_seen_from_both_sides(void **state)
{
	struct site *site = *state;
	size_t count;
	struct room **rooms = directory_rooms_of(site->directory, site->bob, &count);
	assert_int_equal(count, 1);
	assert_ptr_equal(rooms[0], site->den);
	room_unref(rooms[0]);
	free(rooms);
	assert_int_equal(room_role_of(site->den, site->bob->id), member);
	rooms = directory_rooms_of(site->directory, site->eve, &count);
	assert_int_equal(count, 0);
	free(rooms);
}

static void all_rooms_are_listed(void **state)
{
	struct site *site = *state;
	size_t count;
	room_unref(add_room(site, site->eve, "attic", GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE));
	struct room **rooms = directory_all_rooms(site->directory, &count);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++)
		room_unref(rooms[i]);
	free(rooms);
}

static void they_are_counted_as_they_come_and_go(void **state)
{
	struct site *site = *state;
	unsigned accounts;
	unsigned rooms;
	unsigned accounts_before;
	directory_count(site->directory, &accounts_before, &rooms);
	assert_int_equal(rooms, 1);
	struct account *dan = add_account(site, "dan", false);
	room_unref(add_room(site, dan, "attic", GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE));
	directory_count(site->directory, &accounts, &rooms);
	assert_int_equal(accounts, accounts_before + 1);
	assert_int_equal(rooms, 2);
	directory_remove_account(site->directory, dan);
	directory_remove_room(site->directory, site->den);
	directory_count(site->directory, &accounts, &rooms);
	assert_int_equal(accounts, accounts_before);
	assert_int_equal(rooms, 1);
}

static void removing_an_account_takes_its_memberships_invites_and_tokens(void **state)
{
	struct site *site = *state;
	struct account *dan = account_ref(add_account(site, "dan", false));
	uint64_t id = dan->id;
	assert_int_equal(join(site, dan, site->den), REASON_NONE);
	directory_add_invite(site->directory, 77, id);
	directory_remove_account(site->directory, dan);
	assert_null(directory_find_account(site->directory, id));
	assert_null(directory_find_user(site->directory, "dan"));
	assert_int_equal(room_role_of(site->den, id), GCHAT__V1__ROLE__ROLE_UNSPECIFIED);
	assert_int_equal(site->den->shared.member_count, 2);
	assert_false(directory_is_invited(site->directory, 77, id));
	assert_true(LIST_EMPTY(&dan->tokens));
	account_unref(dan);
}

static void removing_a_room_takes_its_memberships_and_invites(void **state)
{
	struct site *site = *state;
	uint64_t id = site->den->id;
	directory_add_invite(site->directory, id, site->eve->id);
	directory_remove_room(site->directory, site->den);
	assert_null(directory_find_room(site->directory, id));
	assert_int_equal(site->ada->membership_count, 0);
	assert_true(LIST_EMPTY(&site->bob->memberships));
	assert_false(directory_is_invited(site->directory, id, site->eve->id));
	assert_true(site->den->shared.deleted);
}

static void an_invite_is_there_until_it_is_removed(void **state)
{
	struct site *site = *state;
	directory_add_invite(site->directory, 7, 8);
	directory_add_invite(site->directory, 7, 8); /* twice is once */
	assert_true(directory_is_invited(site->directory, 7, 8));
	assert_false(directory_is_invited(site->directory, 8, 7));
	directory_remove_invite(site->directory, 7, 8);
	directory_remove_invite(site->directory, 7, 8);
	assert_false(directory_is_invited(site->directory, 7, 8));
}

/* ---- loading ---- */

static void everything_is_there_after_loading_again(void **state)
{
	struct site *site = *state;
	uint8_t hash[LIMIT_SHA256_BYTES] = {1, 2, 3};
	uint64_t token;
	uint64_t bob = site->bob->id;
	uint64_t den = site->den->id;
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_sign_in(write, hash, "phone", 0)), REASON_NONE);
	struct op_room_change change = {.title = "The den", .topic = "tea"};
	write = begin(site, site->ada, site->den, NULL);
	assert_int_equal(run(write, op_update_room(write, &change)), REASON_NONE);
	write = begin(site, site->ada, site->den, site->eve);
	assert_int_equal(run(write, op_invite(write)), REASON_NONE);
	uint64_t seq = say(site, site->ada, site->den, "hello");
	assert_int_equal(mark_read(site, site->bob, site->den, seq), REASON_NONE);
	struct room_info before;
	room_get_info(site->den, &before);

	site_reload(site);
	struct room_info after;
	room_get_info(site->den, &after);
	assert_int_equal(site->bob->id, bob);
	assert_int_equal(after.id, den);
	assert_string_equal(after.title, "The den");
	assert_string_equal(after.topic, "tea");
	assert_int_equal(after.visibility, before.visibility);
	assert_int_equal(after.head_seq, seq);
	assert_int_equal(after.first_seq, 1);
	assert_int_equal(after.created_us, before.created_us);
	assert_int_equal(after.member_count, 2);
	assert_int_equal(room_role_of(site->den, site->ada->id), owner);
	assert_int_equal(room_role_of(site->den, bob), member);
	assert_int_equal(read_of(site, site->bob), seq);
	assert_true(directory_is_invited(site->directory, den, site->eve->id));
	struct account *found = directory_find_token(site->directory, hash, &token);
	assert_ptr_equal(found, site->bob);
	account_unref(found);
}

static void the_log_goes_on_where_it_was(void **state)
{
	struct site *site = *state;
	uint64_t seq = say(site, site->ada, site->den, "before");
	site_reload(site);
	assert_int_equal(say(site, site->ada, site->den, "after"), seq + 1);
}

static void no_number_is_given_twice(void **state)
{
	struct site *site = *state;
	struct account *dan = add_account(site, "dan", false);
	uint64_t dan_id = dan->id;
	struct room *attic = add_room(site, dan, "attic", GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
	uint64_t attic_id = attic->id;
	struct write *write = begin(site, dan, attic, NULL);
	room_unref(attic);
	assert_int_equal(run(write, op_delete_room(write)), REASON_NONE);
	write = begin(site, dan, NULL, NULL);
	assert_int_equal(run(write, op_delete_account(write, false)), REASON_NONE);
	site_reload(site);
	dan = add_account(site, "dan", false);
	assert_true(dan->id > dan_id);
	attic = add_room(site, dan, "attic", GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
	assert_true(attic->id > attic_id);
	assert_int_equal(head_of(attic), 1);
	room_unref(attic);
}

static void what_is_left_of_deleted_rooms_and_accounts_is_not_loaded(void **state)
{
	struct site *site = *state;
	struct account *dan = add_account(site, "dan", false);
	uint64_t dan_id = dan->id;
	uint64_t den_id = site->den->id;
	struct write *write = begin(site, site->ada, site->den, dan);
	assert_int_equal(run(write, op_invite(write)), REASON_NONE);
	write = begin(site, site->ada, site->den, NULL);
	assert_int_equal(run(write, op_delete_room(write)), REASON_NONE);
	site_reload(site);
	assert_null(site->den);
	assert_int_equal(site->ada->membership_count, 0);
	assert_false(directory_is_invited(site->directory, den_id, dan_id));
	struct room *den =
		add_room(site, site->ada, "den", GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
	assert_int_equal(den->shared.member_count, 1);
	room_unref(den);
}

static void who_never_marked_anything_has_it_unread_after_loading(void **state)
{
	struct site *site = *state;
	uint64_t ada = read_of(site, site->ada);
	uint64_t bob = read_of(site, site->bob);
	(void)say(site, site->ada, site->den, "1");
	uint64_t seq = say(site, site->bob, site->den, "2");
	assert_true(bob < seq);
	site_reload(site);
	assert_int_equal(read_of(site, site->bob), bob);
	assert_int_equal(read_of(site, site->ada), ada);
}

static void who_comes_back_begins_where_he_came_in(void **state)
{
	struct site *site = *state;
	assert_int_equal(mark_read(site, site->bob, site->den, 2), REASON_NONE);
	assert_int_equal(leave(site, site->bob, site->den), REASON_NONE);
	(void)say(site, site->ada, site->den, "1");
	uint64_t seq = say(site, site->ada, site->den, "2");
	assert_int_equal(join(site, site->bob, site->den), REASON_NONE);
	uint64_t read = read_of(site, site->bob);
	assert_true(read >= seq);
	site_reload(site);
	assert_int_equal(read_of(site, site->bob), read);
}

static void a_direct_room_is_found_again(void **state)
{
	struct site *site = *state;
	struct write *write = begin(site, site->bob, NULL, site->ada);
	assert_int_equal(run(write, op_open_direct(write)), REASON_NONE);
	site_reload(site);
	write = begin(site, site->ada, NULL, site->bob);
	assert_int_equal(op_open_direct(write), REASON_NONE);
	assert_true(write->already);
	assert_int_equal(write->room->shared.member_count, 2);
	end(write);
}

static void a_record_that_cannot_be_read_is_no_empty_directory(void **state)
{
	struct site *site = *state;
	static char bad[] = "\xff\xff";
	struct directory *directory = NULL;
	struct err_text err = {0};
	struct write *write = begin(site, site->bob, NULL, NULL);
	write_put(write, RECORD_ACCOUNT, record_key_id(999),
		(struct record_value){.data = memcpy(malloc(2), bad, 2), .len = 2}, STORE_ANY);
	assert_int_equal(run(write, REASON_NONE), REASON_NONE);
	assert_true(directory_open(site->store, &site->limits, &site->tail, &directory, &err) < 0);
	assert_null(directory);
	assert_non_null(strstr(err.text, "1 record"));
}

int main(void)
{
#define TEST_ON(name, engine)                                                                      \
	{                                                                                          \
#name " (" #engine ")", name, site_setup, site_teardown, engine                    \
	}
#define TEST(name) TEST_ON(name, mem), TEST_ON(name, sqlite)
	static char mem[] = "mem";
	static char sqlite[] = "sqlite";
	const struct CMUnitTest tests[] = {
		TEST_ON(accounts_and_rooms_are_found_by_number_and_name, mem),
		TEST_ON(a_token_is_found_until_its_life_is_over, mem),
		TEST_ON(a_certificate_counts_while_the_account_is_there_and_not_suspended, mem),
		TEST_ON(the_limits_are_those_set_last, mem),
		TEST_ON(a_membership_is_seen_from_both_sides, mem),
		TEST_ON(all_rooms_are_listed, mem),
		TEST_ON(they_are_counted_as_they_come_and_go, mem),
		TEST_ON(removing_an_account_takes_its_memberships_invites_and_tokens, mem),
		TEST_ON(removing_a_room_takes_its_memberships_and_invites, mem),
		TEST_ON(an_invite_is_there_until_it_is_removed, mem),
		TEST(everything_is_there_after_loading_again),
		TEST(the_log_goes_on_where_it_was),
		TEST(no_number_is_given_twice),
		TEST(what_is_left_of_deleted_rooms_and_accounts_is_not_loaded),
		TEST(who_never_marked_anything_has_it_unread_after_loading),
		TEST(who_comes_back_begins_where_he_came_in),
		TEST(a_direct_room_is_found_again),
		TEST(a_record_that_cannot_be_read_is_no_empty_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
