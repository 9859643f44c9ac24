/* Pages of rooms and members: in order, whole, and each item once. */
#include "service/page.h"

#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	ROOMS = 23
};

/* Rooms "r00" to "r22", listed in another order; the den goes. */
static void add_rooms(struct site *site)
{
	directory_remove_room(site->directory, site->den);
	for (unsigned i = 0; i < ROOMS; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "r%02u", i * 7 % ROOMS);
		directory_add_room(site->directory, room_new(100 + i, name, 1));
	}
}

static bool fits_all(void *arg, struct room *room)
{
	(void)arg;
	(void)room;
	return true;
}

static bool fits_even(void *arg, struct room *room)
{
	(void)arg;
	return (room->name[2] - '0') % 2 == 0;
}

/* All pages of that size, as "r00 r01 ..."; *ret_pages: how many it took. */
static const char *list_rooms(struct site *site, size_t size,
	bool (*fits)(void *arg, struct room *room), unsigned *ret_pages)
{
	static char out[1024];
	char token[LIMIT_ROOM_NAME_BYTES + 1] = "";
	struct room_page page;
	bool more = true;
	out[0] = '\0';
	for (*ret_pages = 0; more && *ret_pages < 100; ++*ret_pages) {
		room_page_make(site->directory, token, size, fits, NULL, &page);
		assert_true(page.count <= size);
		assert_true(!page.more || page.count == size);
		for (size_t i = 0; i < page.count; i++) {
			strcat(out, page.rooms[i]->name);
			strcat(out, " ");
			strcpy(token, page.rooms[i]->name);
		}
		more = page.more;
		room_page_deinit(&page);
	}
	return out;
}

static void pages_of_any_size_are_the_whole_list_in_order(void **state)
{
	struct site *site = *state;
	char all[1024] = "";
	add_rooms(site);
	for (unsigned i = 0; i < ROOMS; i++)
		(void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "r%02u ", i);
	for (size_t size = 1; size <= ROOMS + 1; size++) {
		unsigned pages;
		assert_string_equal(list_rooms(site, size, fits_all, &pages), all);
		assert_int_equal(pages, (ROOMS + size - 1) / size);
	}
}

static void only_rooms_that_fit_are_listed(void **state)
{
	struct site *site = *state;
	unsigned pages;
	add_rooms(site);
	assert_string_equal(list_rooms(site, 5, fits_even, &pages),
		"r00 r02 r04 r06 r08 r10 r12 r14 r16 r18 r20 r22 ");
	assert_int_equal(pages, 3);
}

static void a_token_that_is_gone_still_marks_its_place(void **state)
{
	struct site *site = *state;
	struct room_page page;
	add_rooms(site);
	struct room *room = directory_find_room_name(site->directory, "r05");
	directory_remove_room(site->directory, room);
	room_unref(room);
	room_page_make(site->directory, "r05", 2, fits_all, NULL, &page);
	assert_int_equal(page.count, 2);
	assert_string_equal(page.rooms[0]->name, "r06");
	room_page_deinit(&page);
}

static void an_empty_page_is_the_last(void **state)
{
	struct site *site = *state;
	struct room_page page;
	add_rooms(site);
	room_page_make(site->directory, "z", 5, fits_all, NULL, &page);
	assert_int_equal(page.count, 0);
	assert_false(page.more);
	room_page_deinit(&page);
}

static void a_page_outlives_its_rooms(void **state)
{
	struct site *site = *state;
	struct room_page page;
	add_rooms(site);
	room_page_make(site->directory, "", 1, fits_all, NULL, &page);
	directory_remove_room(site->directory, page.rooms[0]);
	assert_string_equal(page.rooms[0]->name, "r00");
	room_page_deinit(&page);
}

static void members_come_by_name_with_their_roles(void **state)
{
	struct site *site = *state;
	struct member_page page;
	member_page_make(site->den, "", 10, &page);
	assert_int_equal(page.count, 2);
	assert_int_equal(page.member_count, 2);
	assert_false(page.more);
	assert_string_equal(page.entries[0].account->name, "ada");
	assert_int_equal(page.entries[0].role, GCHAT__V1__ROLE__ROLE_OWNER);
	assert_true(page.entries[0].joined_us > 0);
	assert_string_equal(page.entries[1].account->name, "bob");
	assert_int_equal(page.entries[1].role, GCHAT__V1__ROLE__ROLE_MEMBER);
	member_page_deinit(&page);
}

static void pages_of_members_lose_and_repeat_nobody(void **state)
{
	struct site *site = *state;
	struct member_page page;
	char token[LIMIT_USER_NAME_BYTES + 1] = "";
	char all[64] = "";
	bool more = true;
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	for (unsigned pages = 0; more && pages < 10; pages++) {
		member_page_make(site->den, token, 1, &page);
		assert_int_equal(page.count, 1);
		assert_int_equal(page.member_count, 3);
		strcpy(token, page.entries[0].account->name);
		strcat(all, token);
		strcat(all, " ");
		more = page.more;
		member_page_deinit(&page);
	}
	assert_string_equal(all, "ada bob eve ");
}

static bool fits_any_account(void *arg, const struct account *account)
{
	(void)arg;
	(void)account;
	return true;
}

static bool fits_guests(void *arg, const struct account *account)
{
	(void)arg;
	return account->guest;
}

/* All pages of that size; how many accounts they had, in order and each once. */
static size_t list_users(
	struct site *site, size_t size, bool (*fits)(void *arg, const struct account *account))
{
	char token[LIMIT_USER_NAME_BYTES + 1] = "";
	struct user_page page;
	size_t count = 0;
	bool more = true;
	while (more) {
		user_page_make(site->directory, token, size, fits, NULL, &page);
		assert_true(page.count <= size);
		assert_true(!page.more || page.count == size);
		for (size_t i = 0; i < page.count; i++, count++) {
			assert_true(strcmp(page.accounts[i]->name, token) > 0);
			strcpy(token, page.accounts[i]->name);
		}
		more = page.more;
		user_page_deinit(&page);
	}
	return count;
}

static void pages_of_users_are_whole_and_in_order_whatever_their_size(void **state)
{
	enum {
		USERS = 97
	};
	struct site *site = *state;
	for (unsigned i = 0; i < USERS; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "u%02u", i * 31 % USERS);
		(void)add_account(site, name, i % 10 == 0);
	}
	for (size_t size = 1; size <= USERS + 4; size += 7)
		assert_int_equal(list_users(site, size, fits_any_account), USERS + 3);
	assert_int_equal(list_users(site, 3, fits_guests), 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		TEST(pages_of_any_size_are_the_whole_list_in_order),
		TEST(only_rooms_that_fit_are_listed),
		TEST(a_token_that_is_gone_still_marks_its_place),
		TEST(an_empty_page_is_the_last),
		TEST(a_page_outlives_its_rooms),
		TEST(members_come_by_name_with_their_roles),
		TEST(pages_of_members_lose_and_repeat_nobody),
		TEST(pages_of_users_are_whole_and_in_order_whatever_their_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
