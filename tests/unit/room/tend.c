/* What goes by itself with time. */
#include "room/tend.h"

#include "base/clock.h"
#include "room/invitation.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

static const uint64_t hour_us = 3600ULL * CLOCK_US_PER_S;

static void tend(struct site *site, uint64_t now_us)
{
	struct tender *tender = tender_new(site->directory, &site->audience);
	tender_run(tender, now_us);
	assert_null(tender_free(tender)); /* waits */
}

static bool exists(struct site *site, const char *name)
{
	struct account *account = directory_find_user(site->directory, name);
	(void)account_unref(account);
	return account != NULL;
}

static void a_guest_goes_with_its_expired_token(void **state)
{
	struct site *site = *state;
	struct account *guest = add_account(site, "guest-1", true);
	assert_int_equal(join(site, guest, site->den), REASON_NONE);
	tend(site, clock_wall_us());
	assert_true(exists(site, "guest-1"));
	assert_int_equal(site->den->shared.member_count, 3);
	tend(site, clock_wall_us() + hour_us + 1);
	assert_false(exists(site, "guest-1"));
	assert_int_equal(site->den->shared.member_count, 2);
	assert_int_equal(site->heard.ended, 1);
	assert_int_equal(site->heard.reason, REASON_SIGNED_OUT);
	site_reload(site);
	assert_false(exists(site, "guest-1"));
}

static void a_guest_goes_when_its_token_was_revoked(void **state)
{
	struct site *site = *state;
	struct account *guest = add_account(site, "guest-1", true);
	uint64_t made_us = guest->created_us;
	struct write *write = begin(site, guest, NULL, NULL);
	assert_int_equal(
		run(write, op_sign_out(write, LIST_FIRST(&guest->tokens)->id)), REASON_NONE);
	tend(site, made_us); /* one that has just been made may be about to get one */
	assert_true(exists(site, "guest-1"));
	tend(site, made_us + 2ULL * TEND_GUEST_AGE_S * CLOCK_US_PER_S);
	assert_false(exists(site, "guest-1"));
}

static void expired_tokens_of_people_go_and_the_people_stay(void **state)
{
	struct site *site = *state;
	assert_false(LIST_EMPTY(&site->ada->tokens));
	tend(site, clock_wall_us() + hour_us + 1);
	assert_true(exists(site, "ada"));
	assert_true(LIST_EMPTY(&site->ada->tokens));
	assert_int_equal(site->heard.signed_out, 3); /* ada's, bob's, eve's */
	site_reload(site);
	assert_true(LIST_EMPTY(&site->ada->tokens));
}

static void more_than_fit_one_round_go_in_the_next(void **state)
{
	enum {
		GUESTS = TEND_AT_ONCE + 10
	};
	struct site *site = *state;
	uint64_t later_us = clock_wall_us() + 2 * hour_us;
	for (unsigned i = 0; i < GUESTS; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "guest-%u", i);
		(void)add_account(site, name, true);
	}
	unsigned before = site->directory->account_count;
	tend(site, later_us);
	assert_true(site->directory->account_count < before);
	tend(site, later_us);
	assert_int_equal(site->directory->account_count, 3);
}

static void spent_invitations_go(void **state)
{
	struct site *site = *state;
	uint8_t hash[LIMIT_SHA256_BYTES] = "a code";
	struct op_invitation new = {
		.hash = hash, .uses = 1, .note = "", .expires_us = clock_wall_us() + hour_us};
	struct write *write = begin(site, NULL, NULL, NULL);
	assert_int_equal(run(write, op_create_invitation(write, &new)), REASON_NONE);
	struct invitation *found = invitation_find(site->directory, hash);
	assert_non_null(found);
	tend(site, clock_wall_us());
	struct invitation *kept = invitation_find(site->directory, hash);
	assert_non_null(kept);
	(void)invitation_unref(kept);
	tend(site, clock_wall_us() + hour_us + 1);
	assert_null(invitation_find(site->directory, hash));
	(void)invitation_unref(found);
	site_reload(site);
	assert_null(invitation_find(site->directory, hash));
}

static void a_round_waits_for_the_one_before(void **state)
{
	struct site *site = *state;
	struct tender *tender = tender_new(site->directory, &site->audience);
	assert_false(tender_is_busy(tender));
	tender_run(tender, clock_wall_us() + hour_us + 1);
	tender_run(tender, clock_wall_us() + hour_us + 1);
	(void)tender_free(tender);
	assert_true(LIST_EMPTY(&site->ada->tokens));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		TEST(a_guest_goes_with_its_expired_token),
		TEST(a_guest_goes_when_its_token_was_revoked),
		TEST(expired_tokens_of_people_go_and_the_people_stay),
		TEST(more_than_fit_one_round_go_in_the_next),
		TEST(spent_invitations_go),
		TEST(a_round_waits_for_the_one_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
