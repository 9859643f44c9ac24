/* Bans and mutes that have run out leave the store and memory; the others stay. */
#include "room/expire.h"

#include "base/clock.h"
#include "room/ops.h"
#include "site.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static enum reason mute(struct site *site, struct account *subject, uint64_t duration_s)
{
	struct write *write = begin(site, NULL, site->den, subject);
	struct op_restriction o = {.reason = "", .author = "uid 0", .duration_s = duration_s};
	return run(write, op_mute(write, &o));
}

static struct restriction_target target_of(struct site *site, const struct account *account)
{
	return (struct restriction_target){.room_id = site->den->id, .account_id = account->id};
}

/* Its time has come. */
static void run_out(struct site *site, const struct account *account)
{
	struct restriction r;
	struct restriction_target target = target_of(site, account);
	assert_true(restriction_find(site->directory, RESTRICTION_MUTE, &target, &r));
	r.expires_us = 1;
	assert_true(restriction_put(site->directory, &r));
}

static bool is_recorded(struct site *site, const struct account *account)
{
	struct restriction_target target = target_of(site, account);
	return restriction_is_recorded(site->directory, RESTRICTION_MUTE, &target);
}

static void what_has_run_out_goes_and_the_rest_stays(void **state)
{
	struct site *site = *state;
	struct mono deadline = clock_mono_add_ms(clock_mono(), SITE_DEADLINE_S * CLOCK_MS_PER_S);
	assert_int_equal(mute(site, site->bob, 3600), REASON_NONE);
	assert_int_equal(mute(site, site->eve, 3600), REASON_NONE);
	run_out(site, site->bob);
	expire_start(site->directory);
	while (is_recorded(site, site->bob) && clock_mono().us < deadline.us)
		(void)sched_yield();
	assert_false(is_recorded(site, site->bob));
	assert_true(is_recorded(site, site->eve));
	site_reload(site);
	assert_false(is_recorded(site, site->bob));
	assert_true(is_recorded(site, site->eve));
}

static void nothing_is_swept_while_one_is_being_written(void **state)
{
	struct site *site = *state;
	assert_int_equal(mute(site, site->bob, 3600), REASON_NONE);
	run_out(site, site->bob);
	restriction_begin(site->directory);
	expire_start(site->directory);
	assert_int_equal(mute(site, site->eve, 3600), REASON_NONE); /* the writer has passed */
	assert_true(is_recorded(site, site->bob));
	restriction_end(site->directory);
}

static void nothing_is_swept_once_the_store_is_about_to_close(void **state)
{
	struct site *site = *state;
	assert_int_equal(mute(site, site->bob, 3600), REASON_NONE);
	run_out(site, site->bob);
	restriction_stop_sweep(site->directory);
	expire_start(site->directory);
	assert_int_equal(mute(site, site->eve, 3600), REASON_NONE); /* the writer has passed */
	assert_true(is_recorded(site, site->bob));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_prestate_setup_teardown(test, site_setup, site_teardown, engine)
	static char engine[] = "sqlite";
	const struct CMUnitTest tests[] = {
		TEST(what_has_run_out_goes_and_the_rest_stays),
		TEST(nothing_is_swept_while_one_is_being_written),
		TEST(nothing_is_swept_once_the_store_is_about_to_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
