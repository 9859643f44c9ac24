/* Bans and mutes as rows: names instead of numbers, page by page. */
#include "service/restriction_page.h"

#include "room/ops.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void put(struct site *site, uint64_t id, uint64_t room_id, uint64_t account_id,
	enum restriction_kind kind)
{
	assert_true(restriction_put(
		site->directory, &(struct restriction){.kind = kind,
					 .id = id,
					 .target = {.room_id = room_id, .account_id = account_id},
					 .reason = "spam",
					 .author = "uid 0",
					 .created_us = 3}));
}

static void rows_name_accounts_rooms_and_networks(void **state)
{
	struct site *site = *state;
	struct restriction_rows rows;
	struct restriction of_network = {.kind = RESTRICTION_BAN, .id = 3, .author = "uid 0"};
	assert_true(network_parse("192.0.2.0/24", &of_network.target.network));
	put(site, 1, site->den->id, site->bob->id, RESTRICTION_BAN);
	put(site, 2, 0, site->eve->id, RESTRICTION_BAN);
	assert_true(restriction_put(site->directory, &of_network));
	restriction_rows_make(site->directory, RESTRICTION_BAN, 0, "", 2, &rows);
	assert_int_equal(rows.page.count, 2);
	assert_string_equal(rows.list[0]->target, "bob");
	assert_string_equal(rows.list[0]->room, "den");
	assert_string_equal(rows.list[0]->reason, "spam");
	assert_string_equal(rows.list[1]->target, "eve");
	assert_string_equal(rows.list[1]->room, "");
	assert_string_equal(rows.next, "2");
	restriction_rows_deinit(&rows);
	restriction_rows_make(site->directory, RESTRICTION_BAN, 0, "2", 2, &rows);
	assert_int_equal(rows.page.count, 1);
	assert_string_equal(rows.list[0]->target, "192.0.2.0/24");
	assert_string_equal(rows.next, "");
	restriction_rows_deinit(&rows);
}

static void those_of_an_account_are_on_the_server_and_in_the_room(void **state)
{
	struct site *site = *state;
	struct restriction_rows rows;
	put(site, 1, site->den->id, site->bob->id, RESTRICTION_MUTE);
	put(site, 2, 0, site->bob->id, RESTRICTION_MUTE);
	restriction_rows_of(site->directory, RESTRICTION_MUTE, site->den->id, site->bob->id, &rows);
	assert_int_equal(rows.page.count, 2);
	restriction_rows_deinit(&rows);
	restriction_rows_of(site->directory, RESTRICTION_MUTE, 0, site->bob->id, &rows);
	assert_int_equal(rows.page.count, 1);
	assert_int_equal(rows.list[0]->ban_id, 2);
	restriction_rows_deinit(&rows);
	restriction_rows_of(site->directory, RESTRICTION_BAN, site->den->id, site->bob->id, &rows);
	assert_int_equal(rows.page.count, 0);
	restriction_rows_deinit(&rows);
}

int main(void)
{
#define OVER(test) cmocka_unit_test_prestate_setup_teardown(test, site_setup, site_teardown, engine)
	static char engine[] = "mem";
	const struct CMUnitTest tests[] = {
		OVER(rows_name_accounts_rooms_and_networks),
		OVER(those_of_an_account_are_on_the_server_and_in_the_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
