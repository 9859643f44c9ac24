/* What an administrator changes of accounts, over the reference store. */
#include "room/ops.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint64_t epoch_of(struct account *account)
{
	struct credentials now;
	account_get_credentials(account, &now);
	return now.token_epoch;
}

static enum reason add(struct write *write, const struct profile *profile)
{
	return op_create_account(
		write, &(struct op_account){.profile = profile, .password_hash = "", .device = ""});
}

static void an_account_without_a_token_has_none(void **state)
{
	struct site *site = *state;
	const struct profile profile = {.user = "dan"};
	struct write *write = begin(site, NULL, NULL, NULL);
	assert_int_equal(run(write, add(write, &profile)), REASON_NONE);
	struct account *dan = directory_find_user(site->directory, "dan");
	assert_non_null(dan);
	assert_true(LIST_EMPTY(&dan->tokens));
	account_unref(dan);
	site_reload(site);
	dan = directory_find_user(site->directory, "dan");
	assert_non_null(dan);
	account_unref(dan);
}

static enum reason suspend(struct site *site, struct account *account, bool suspended)
{
	struct write *write = begin(site, account, NULL, NULL);
	return run(write, op_suspend_account(write, suspended));
}

static void a_suspension_ends_sessions_and_lasts_until_it_is_taken_back(void **state)
{
	struct site *site = *state;
	assert_int_equal(suspend(site, site->bob, true), REASON_NONE);
	assert_true(atomic_load(&site->bob->suspended));
	assert_int_equal(site->heard.ended, 1);
	assert_int_equal(site->heard.account_id, site->bob->id);
	assert_int_equal(site->heard.reason, REASON_ACCOUNT_SUSPENDED);
	assert_int_equal(suspend(site, site->bob, true), REASON_NONE);
	assert_int_equal(site->heard.ended, 1); /* it was so already */
	site_reload(site);
	assert_true(atomic_load(&site->bob->suspended));
	assert_int_equal(suspend(site, site->bob, false), REASON_NONE);
	site_reload(site);
	assert_false(atomic_load(&site->bob->suspended));
}

static void a_suspension_survives_a_new_password_and_a_new_profile(void **state)
{
	struct site *site = *state;
	struct profile profile;
	assert_int_equal(suspend(site, site->bob, true), REASON_NONE);
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(
		run(write, op_set_password(write, "new", epoch_of(site->bob), 0)), REASON_NONE);
	account_get_profile(site->bob, &profile);
	write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_set_profile(write, &profile)), REASON_NONE);
	site_reload(site);
	assert_true(atomic_load(&site->bob->suspended));
}

static enum reason rename_user(struct site *site, struct account *account, const char *name)
{
	struct write *write = begin(site, account, NULL, NULL);
	return run(write, op_rename_account(write, name));
}

static bool is_named(struct site *site, const char *name, uint64_t id)
{
	struct account *account = directory_find_user(site->directory, name);
	bool named = account && account->id == id && strcmp(account->name, name) == 0;
	account_unref(account);
	return named;
}

static void another_name_is_found_and_the_old_one_is_free(void **state)
{
	struct site *site = *state;
	uint64_t id = site->bob->id;
	const char *before = site->bob->name;
	assert_int_equal(rename_user(site, site->bob, "robert"), REASON_NONE);
	assert_string_equal(before, "bob"); /* who reads it still may */
	assert_int_equal(site->heard.profiles, 1);
	for (unsigned round = 0; round < 2; round++) {
		assert_true(is_named(site, "robert", id));
		assert_false(is_named(site, "bob", id));
		site_reload(site);
	}
	const struct profile profile = {.user = "bob"};
	struct write *write = begin(site, NULL, NULL, NULL);
	assert_int_equal(run(write, add(write, &profile)), REASON_NONE);
	site_reload(site);
	assert_false(is_named(site, "bob", id));
	assert_true(is_named(site, "robert", id));
}

static void a_name_that_is_taken_or_improper_is_not_given(void **state)
{
	struct site *site = *state;
	uint64_t id = site->bob->id;
	assert_int_equal(rename_user(site, site->bob, "ada"), REASON_USER_EXISTS);
	assert_int_equal(rename_user(site, site->bob, "Bob"), REASON_INVALID_ARGUMENT);
	assert_int_equal(rename_user(site, site->bob, ""), REASON_INVALID_ARGUMENT);
	assert_int_equal(rename_user(site, site->bob, "bob"), REASON_NONE);
	site_reload(site);
	assert_true(is_named(site, "bob", id));
}

static void of_two_who_want_one_name_at_once_one_gets_it(void **state)
{
	struct site *site = *state;
	struct write *a = begin(site, site->bob, NULL, NULL);
	struct write *b = begin(site, site->eve, NULL, NULL);
	enum reason first = op_rename_account(a, "sam");
	enum reason second = op_rename_account(b, "sam");
	start(a, first);
	start(b, second);
	assert_int_equal(await(a), REASON_NONE);
	assert_int_equal(await(b), REASON_USER_EXISTS);
	end(a);
	end(b);
	site_reload(site);
	assert_null(site->bob);
	assert_non_null(site->eve);
}

static void who_is_being_renamed_is_not_deleted_at_once(void **state)
{
	struct site *site = *state;
	struct write *renaming = begin(site, site->eve, NULL, NULL);
	struct write *deleting = begin(site, site->eve, NULL, NULL);
	enum reason reason = op_rename_account(renaming, "sam");
	assert_int_equal(run(deleting, op_delete_account(deleting, false)), REASON_UNAVAILABLE);
	assert_int_equal(run(renaming, reason), REASON_NONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		TEST(an_account_without_a_token_has_none),
		TEST(a_suspension_ends_sessions_and_lasts_until_it_is_taken_back),
		TEST(a_suspension_survives_a_new_password_and_a_new_profile),
		TEST(another_name_is_found_and_the_old_one_is_free),
		TEST(a_name_that_is_taken_or_improper_is_not_given),
		TEST(of_two_who_want_one_name_at_once_one_gets_it),
		TEST(who_is_being_renamed_is_not_deleted_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
