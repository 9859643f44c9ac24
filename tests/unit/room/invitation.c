/* Invitations: places that are taken once, whatever happens at once or is cut off. */
#include "room/invitation.h"

#include "base/clock.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct hash {
	uint8_t bytes[LIMIT_SHA256_BYTES];
};

static struct hash hash_of(const char *code)
{
	struct hash hash = {{0}};
	(void)snprintf((char *)hash.bytes, sizeof(hash.bytes), "%s", code);
	return hash;
}

static uint64_t invite(struct site *site, const char *code, uint32_t uses, uint64_t expires_us)
{
	struct hash hash = hash_of(code);
	const struct op_invitation new = {
		.hash = hash.bytes, .uses = uses, .expires_us = expires_us, .note = "for tests"};
	struct write *write = begin(site, NULL, NULL, NULL);
	start(write, op_create_invitation(write, &new));
	assert_int_equal(await(write), REASON_NONE);
	uint64_t id = write->invitation->id;
	end(write);
	return id;
}

static enum reason prepare(struct write *write, const char *user, const char *code)
{
	struct hash hash = hash_of(code);
	struct profile profile = {.guest = false};
	(void)snprintf(profile.user, sizeof(profile.user), "%s", user);
	const struct op_account new = {.profile = &profile,
		.password_hash = "",
		.device = "",
		.invitation_hash = hash.bytes};
	return op_create_account(write, &new);
}

static enum reason enter(struct site *site, const char *user, const char *code)
{
	struct write *write = begin(site, NULL, NULL, NULL);
	return run(write, prepare(write, user, code));
}

static enum reason revoke(struct site *site, uint64_t id)
{
	struct write *write = begin(site, NULL, NULL, NULL);
	write->invitation = invitation_find_id(site->directory, id);
	assert_non_null(write->invitation);
	return run(write, op_revoke_invitation(write));
}

static uint32_t used(struct site *site, const char *code)
{
	struct hash hash = hash_of(code);
	struct invitation *invitation = invitation_find(site->directory, hash.bytes);
	assert_non_null(invitation);
	uint32_t count = invitation_used(invitation);
	(void)invitation_unref(invitation);
	return count;
}

static void as_many_accounts_as_it_has_uses(void **state)
{
	struct site *site = *state;
	(void)invite(site, "abc", 2, 0);
	assert_int_equal(enter(site, "dan", "xyz"), REASON_INVITE_INVALID);
	assert_int_equal(enter(site, "dan", "abc"), REASON_NONE);
	site_reload(site);
	assert_int_equal(used(site, "abc"), 1);
	assert_int_equal(enter(site, "fay", "abc"), REASON_NONE);
	assert_int_equal(enter(site, "gil", "abc"), REASON_INVITE_INVALID);
	site_reload(site);
	assert_int_equal(enter(site, "gil", "abc"), REASON_INVITE_INVALID);
	struct account *gil = directory_find_user(site->directory, "gil");
	assert_null(gil);
}

static void of_many_at_once_exactly_so_many_come_in(void **state)
{
	enum {
		PEOPLE = 20,
		USES = 5
	};
	struct site *site = *state;
	struct write *writes[PEOPLE];
	enum reason reasons[PEOPLE];
	unsigned in = 0;
	(void)invite(site, "abc", USES, 0);
	for (unsigned i = 0; i < PEOPLE; i++) {
		char user[16];
		(void)snprintf(user, sizeof(user), "p%u", i);
		writes[i] = begin(site, NULL, NULL, NULL);
		reasons[i] = prepare(writes[i], user, "abc");
	}
	for (unsigned i = 0; i < PEOPLE; i++)
		start(writes[i], reasons[i]);
	for (unsigned i = 0; i < PEOPLE; i++) {
		enum reason reason = await(writes[i]);
		assert_true(reason == REASON_NONE || reason == REASON_INVITE_INVALID);
		in += reason == REASON_NONE;
		end(writes[i]);
	}
	assert_int_equal(in, USES);
	assert_int_equal(used(site, "abc"), USES);
}

static void a_sign_up_that_fails_gives_its_place_back(void **state)
{
	struct site *site = *state;
	(void)invite(site, "abc", 1, 0);
	struct write *first = begin(site, NULL, NULL, NULL);
	struct write *second = begin(site, NULL, NULL, NULL);
	enum reason reason = prepare(first, "dan", "abc");
	assert_int_equal(prepare(second, "fay", "abc"), REASON_INVITE_INVALID);
	end(second);
	const struct profile dan = {.user = "dan"};
	struct write *faster = begin(site, NULL, NULL, NULL);
	assert_int_equal(run(faster, op_create_account(faster, &(struct op_account){.profile = &dan,
								       .password_hash = "",
								       .device = ""})),
		REASON_NONE);
	assert_int_equal(run(first, reason), REASON_USER_EXISTS);
	assert_int_equal(used(site, "abc"), 0);
	assert_int_equal(enter(site, "fay", "abc"), REASON_NONE);
}

static void a_revoked_one_lets_nobody_in(void **state)
{
	struct site *site = *state;
	uint64_t id = invite(site, "abc", 3, 0);
	assert_int_equal(enter(site, "dan", "abc"), REASON_NONE);
	struct write *late = begin(site, NULL, NULL, NULL);
	enum reason reason = prepare(late, "fay", "abc"); /* it was good then */
	assert_int_equal(revoke(site, id), REASON_NONE);
	assert_int_equal(run(late, reason), REASON_INVITE_INVALID);
	assert_int_equal(enter(site, "gil", "abc"), REASON_INVITE_INVALID);
	site_reload(site);
	assert_null(invitation_find_id(site->directory, id));
	struct account *dan = directory_find_user(site->directory, "dan");
	assert_non_null(dan); /* who came in stays */
	(void)account_unref(dan);
}

static void an_expired_one_lets_nobody_in(void **state)
{
	struct site *site = *state;
	uint64_t id = invite(site, "abc", 3, clock_wall_us() + CLOCK_US_PER_S);
	struct invitation *invitation = invitation_find_id(site->directory, id);
	assert_false(invitation_is_spent(invitation, clock_wall_us()));
	invitation->expires_us = clock_wall_us(); /* its time has come */
	assert_true(invitation_is_spent(invitation, clock_wall_us()));
	assert_int_equal(enter(site, "dan", "abc"), REASON_INVITE_INVALID);
	(void)invitation_unref(invitation);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct site *site = *state;
	struct hash hash = hash_of("abc");
	const struct op_invitation bad[] = {
		{.hash = hash.bytes, .uses = 0, .note = ""},
		{.hash = hash.bytes, .uses = INVITATION_USES_MAX + 1, .note = ""},
		{.hash = hash.bytes, .uses = 1, .note = "two\nlines"},
		{.hash = hash.bytes, .uses = 1, .note = "", .expires_us = 1},
	};
	for (size_t i = 0; i < GC_LENGTH(bad); i++) {
		struct write *write = begin(site, NULL, NULL, NULL);
		assert_int_equal(
			run(write, op_create_invitation(write, &bad[i])), REASON_INVALID_ARGUMENT);
	}
}

static void they_are_listed_page_by_page(void **state)
{
	struct site *site = *state;
	uint64_t ids[5];
	size_t count;
	for (unsigned i = 0; i < 5; i++) {
		char code[8];
		(void)snprintf(code, sizeof(code), "c%u", i);
		ids[i] = invite(site, code, 1, 0);
	}
	struct invitation **page = invitation_page(site->directory, ids[1], 2, &count);
	assert_int_equal(count, 2);
	assert_int_equal(page[0]->id, ids[2]);
	assert_int_equal(page[1]->id, ids[3]);
	assert_string_equal(page[0]->note, "for tests");
	for (size_t i = 0; i < count; i++)
		(void)invitation_unref(page[i]);
	free(page);
}

static void their_number_is_limited(void **state)
{
	struct site *site = *state;
	for (unsigned i = 0; i < INVITATIONS_MAX; i++) {
		char code[8];
		(void)snprintf(code, sizeof(code), "c%u", i);
		(void)invite(site, code, 1, 0);
	}
	struct hash hash = hash_of("one more");
	const struct op_invitation new = {.hash = hash.bytes, .uses = 1, .note = ""};
	struct write *write = begin(site, NULL, NULL, NULL);
	assert_int_equal(
		run(write, op_create_invitation(write, &new)), REASON_TOO_MANY_INVITATIONS);
}

static void in_a_lockdown_only_the_administrator_adds_accounts(void **state)
{
	struct site *site = *state;
	struct profile profile = {.user = "dan"};
	struct op_account new = {.profile = &profile, .password_hash = "", .device = ""};
	struct write *write = begin(site, NULL, NULL, NULL);
	assert_int_equal(run(write, op_set_lockdown(write, true)), REASON_NONE);
	site_reload(site);
	assert_true(atomic_load(&site->directory->lockdown));
	write = begin(site, NULL, NULL, NULL);
	assert_int_equal(run(write, op_create_account(write, &new)), REASON_LOCKDOWN);
	new.by_administrator = true;
	write = begin(site, NULL, NULL, NULL);
	assert_int_equal(run(write, op_create_account(write, &new)), REASON_NONE);
	write = begin(site, NULL, NULL, NULL);
	assert_int_equal(run(write, op_set_lockdown(write, false)), REASON_NONE);
	site_reload(site);
	assert_false(atomic_load(&site->directory->lockdown));
	(void)add_account(site, "fay", false);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
#define FILE_TEST(name)                                                                            \
	cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, sqlite)
	static char mem[] = "mem";
	static char sqlite[] = "sqlite";
	const struct CMUnitTest tests[] = {
		FILE_TEST(as_many_accounts_as_it_has_uses),
		TEST(of_many_at_once_exactly_so_many_come_in),
		TEST(a_sign_up_that_fails_gives_its_place_back),
		FILE_TEST(a_revoked_one_lets_nobody_in),
		TEST(an_expired_one_lets_nobody_in),
		TEST(what_makes_no_sense_is_refused),
		TEST(they_are_listed_page_by_page),
		TEST(their_number_is_limited),
		TEST(in_a_lockdown_only_the_administrator_adds_accounts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
