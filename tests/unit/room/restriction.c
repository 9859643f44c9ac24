/* The book of bans and mutes: its records, its pages, its words. */
#include "room/restriction.h"

#include "base/clock.h"
#include "base/macros.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct restriction ban_of(uint64_t id, uint64_t room_id, uint64_t account_id)
{
	return (struct restriction){.kind = RESTRICTION_BAN,
		.id = id,
		.target = {.room_id = room_id, .account_id = account_id},
		.reason = "spam",
		.author = "ada",
		.created_us = 5};
}

static bool again(const struct restriction *r, struct restriction *ret)
{
	struct record_value value = restriction_encode(r);
	struct record_key key = restriction_key(&r->target);
	bool sound = restriction_decode(r->kind, key.bytes, key.len, value.data, value.len, ret);
	free(value.data);
	return sound;
}

/* Field by field: what is between fields is nobody's. */
static void expect_target(
	const struct restriction_target *is, const struct restriction_target *want)
{
	assert_int_equal(is->room_id, want->room_id);
	assert_int_equal(is->account_id, want->account_id);
	assert_int_equal(is->network.bits, want->network.bits);
	assert_memory_equal(is->network.address, want->network.address, NETWORK_ADDRESS_BYTES);
}

static void what_is_recorded_is_read_back(void **state)
{
	(void)state;
	struct restriction read;
	struct restriction of_account = ban_of(7, 3, 4);
	struct restriction of_network = ban_of(8, 0, 0);
	of_account.expires_us = 99;
	assert_true(network_parse("192.0.2.0/24", &of_network.target.network));
	assert_true(again(&of_account, &read));
	expect_target(&read.target, &of_account.target);
	assert_int_equal(read.id, 7);
	assert_int_equal(read.expires_us, 99);
	assert_string_equal(read.reason, "spam");
	assert_string_equal(read.author, "ada");
	assert_true(again(&of_network, &read));
	expect_target(&read.target, &of_network.target);
}

static void a_record_that_says_what_nobody_wrote_is_refused(void **state)
{
	(void)state;
	struct restriction read;
	struct restriction bad = ban_of(0, 3, 4); /* no number */
	assert_false(again(&bad, &read));
	bad = ban_of(7, 3, 0); /* a network in a room */
	assert_false(again(&bad, &read));
	bad = ban_of(7, 0, 0); /* a network of no length */
	assert_false(again(&bad, &read));
	assert_true(network_parse("192.0.2.0/24", &bad.target.network));
	bad.target.network.address[NETWORK_ADDRESS_BYTES - 1] = 1; /* beyond its prefix */
	assert_false(again(&bad, &read));
	bad = ban_of(UINT64_MAX, 3, 4); /* no next number */
	assert_false(again(&bad, &read));
	struct restriction good = ban_of(7, 3, 4);
	struct record_value value = restriction_encode(&good);
	struct record_key key = record_key_pair(3, 5); /* another one's */
	assert_false(restriction_decode(
		RESTRICTION_BAN, key.bytes, key.len, value.data, value.len, &read));
	assert_false(restriction_decode(
		RESTRICTION_BAN, key.bytes, key.len, (const uint8_t *)"\xff", 1, &read));
	free(value.data);
}

static void pages_go_by_number_and_name_each_once(void **state)
{
	struct site *site = *state;
	uint64_t after = 0;
	uint64_t seen = 0;
	struct restriction_page page;
	for (uint64_t id = 1; id <= 50; id++) { /* out of order */
		struct restriction r = ban_of(id * 7 % 51, 0, 0);
		r.target.network.bits = 128;
		r.target.network.address[0] = (uint8_t)id;
		assert_true(restriction_put(site->directory, &r));
	}
	do {
		restriction_list(site->directory, RESTRICTION_BAN, 0, after, 4, &page);
		for (size_t i = 0; i < page.count; i++)
			assert_int_equal(page.items[i].id, ++seen);
		after = seen;
		free(page.items);
	} while (page.more);
	assert_int_equal(seen, 50);
	assert_int_equal(restriction_count(site->directory, 0), 50);
	restriction_list_networks(site->directory, &page);
	assert_int_equal(page.count, 50);
	free(page.items);
}

static void a_list_is_of_one_room_and_of_what_is_in_force(void **state)
{
	struct site *site = *state;
	struct restriction_page page;
	struct restriction in_den = ban_of(1, site->den->id, site->eve->id);
	struct restriction on_server = ban_of(2, 0, site->eve->id);
	struct restriction over = ban_of(3, site->den->id, site->bob->id);
	struct restriction unknown = ban_of(4, site->den->id, 12345);
	over.expires_us = 1;
	assert_true(restriction_put(site->directory, &in_den));
	assert_true(restriction_put(site->directory, &on_server));
	assert_true(restriction_put(site->directory, &over));
	assert_false(restriction_put(site->directory, &unknown));
	restriction_list(site->directory, RESTRICTION_BAN, site->den->id, 0, 10, &page);
	assert_int_equal(page.count, 1);
	assert_int_equal(page.items[0].id, 1);
	assert_false(page.more);
	free(page.items);
	restriction_list(site->directory, RESTRICTION_BAN, 0, 0, 10, &page);
	assert_int_equal(page.count, 2);
	free(page.items);
	assert_true(restriction_is_recorded(site->directory, RESTRICTION_BAN, &over.target));
	restriction_remove(site->directory, RESTRICTION_BAN, &in_den.target, 99); /* another one */
	assert_true(restriction_is_recorded(site->directory, RESTRICTION_BAN, &in_den.target));
	restriction_remove(site->directory, RESTRICTION_BAN, &in_den.target, 1);
	assert_false(restriction_is_recorded(site->directory, RESTRICTION_BAN, &in_den.target));
}

static void it_says_until_when_and_why(void **state)
{
	(void)state;
	char text[RESTRICTION_WHEN_BYTES];
	struct restriction r = ban_of(1, 0, 1);
	restriction_print(&r, text);
	assert_string_equal(text, "for ever: spam");
	r.expires_us = 1796126400ULL * CLOCK_US_PER_S;
	r.reason[0] = '\0';
	restriction_print(&r, text);
	assert_string_equal(text, "until 2026-12-01 12:00 UTC");
}

static void who_is_refused_is_told_until_when_and_why(void **state)
{
	struct site *site = *state;
	char text[RESTRICTION_TEXT_BYTES];
	struct restriction r = ban_of(1, site->den->id, site->eve->id);
	assert_null(
		restriction_explain(site->directory, site->den, site->eve, REASON_BANNED, text));
	assert_true(restriction_put(site->directory, &r));
	assert_string_equal(
		restriction_explain(site->directory, site->den, site->eve, REASON_BANNED, text),
		"you are banned from this room for ever: spam");
	assert_null(restriction_explain(site->directory, site->den, site->eve, REASON_MUTED, text));
	assert_null(restriction_explain(
		site->directory, site->den, site->eve, REASON_NOT_A_MEMBER, text));
	r.target.room_id = 0;
	assert_true(restriction_put(site->directory, &r));
	assert_string_equal(
		restriction_explain(site->directory, NULL, site->eve, REASON_BANNED, text),
		"you are banned from this server for ever: spam");
}

int main(void)
{
#define OVER(test) cmocka_unit_test_prestate_setup_teardown(test, site_setup, site_teardown, engine)
	static char engine[] = "mem";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_recorded_is_read_back),
		cmocka_unit_test(a_record_that_says_what_nobody_wrote_is_refused),
		OVER(pages_go_by_number_and_name_each_once),
		OVER(a_list_is_of_one_room_and_of_what_is_in_force),
		cmocka_unit_test(it_says_until_when_and_why),
		OVER(who_is_refused_is_told_until_when_and_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
