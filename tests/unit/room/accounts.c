/* Accounts and tokens: every op of accounts.c over the reference store. */
#include "room/account.h"

#include "gchat/v1/record.pb-c.h"
#include "proto/codec.h"
#include "room/ops.h"
#include "site.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct hash {
	uint8_t bytes[LIMIT_SHA256_BYTES];
};

static struct hash hash_of(unsigned number)
{
	struct hash hash = {{0}};
	(void)snprintf((char *)hash.bytes, sizeof(hash.bytes), "sign-in %u", number);
	return hash;
}

static uint64_t epoch_of(struct account *account)
{
	struct credentials now;
	account_get_credentials(account, &now);
	return now.token_epoch;
}

/* Signs in; returns the token's id. */
static uint64_t sign_in(struct site *site, struct account *account, unsigned number)
{
	struct hash hash = hash_of(number);
	struct write *write = begin(site, account, NULL, NULL);
	start(write, op_sign_in(write, hash.bytes, "test", epoch_of(account)));
	assert_int_equal(await(write), REASON_NONE);
	uint64_t id = write->number;
	end(write);
	return id;
}

static bool is_valid(struct site *site, unsigned number)
{
	struct hash hash = hash_of(number);
	uint64_t id;
	struct account *account = directory_find_token(site->directory, hash.bytes, &id);
	account_unref(account);
	return account != NULL;
}

static enum reason create_op(struct write *write, const struct profile *profile,
	const char *password_hash, const struct hash *token)
{
	const struct op_account new = {.profile = profile,
		.password_hash = password_hash,
		.token_hash = token ? token->bytes : NULL,
		.device = "test"};
	return op_create_account(write, &new);
}

static enum reason create(struct site *site, const struct profile *profile)
{
	struct hash hash = hash_of(99);
	struct write *write = begin(site, NULL, NULL, NULL);
	return run(write, create_op(write, profile, "hash", &hash));
}

static void a_new_account_is_found_and_signed_in(void **state)
{
	struct site *site = *state;
	struct profile profile = {.user = "dan", .display_name = "Dan D."};
	assert_int_equal(create(site, &profile), REASON_NONE);
	struct account *dan = directory_find_user(site->directory, "dan");
	assert_non_null(dan);
	assert_string_equal(dan->shared.password_hash, "hash");
	assert_string_equal(dan->shared.display_name, "Dan D.");
	assert_false(dan->guest);
	assert_true(is_valid(site, 99));
	account_unref(dan);
}

static void names_are_proper_and_taken_once(void **state)
{
	struct site *site = *state;
	struct profile profile = {.user = "ada"};
	assert_int_equal(create(site, &profile), REASON_USER_EXISTS);
	profile = (struct profile){.user = "Dan"};
	assert_int_equal(create(site, &profile), REASON_INVALID_ARGUMENT);
	profile = (struct profile){.user = "dan", .display_name = "two\nlines"};
	assert_int_equal(create(site, &profile), REASON_INVALID_ARGUMENT);
}

static void of_two_accounts_of_one_name_at_once_one_is_made(void **state)
{
	struct site *site = *state;
	struct profile profile = {.user = "dan"};
	struct hash one = hash_of(1);
	struct hash two = hash_of(2);
	struct write *a = begin(site, NULL, NULL, NULL);
	struct write *b = begin(site, NULL, NULL, NULL);
	enum reason first = create_op(a, &profile, "", &one);
	enum reason second = create_op(b, &profile, "", &two);
	start(a, first);
	start(b, second);
	assert_int_equal(await(a), REASON_NONE);
	assert_int_equal(await(b), REASON_USER_EXISTS);
	assert_true(is_valid(site, 1));
	assert_false(is_valid(site, 2));
	end(a);
	end(b);
}

static void one_token_ends_and_the_others_stay(void **state)
{
	struct site *site = *state;
	uint64_t id = sign_in(site, site->bob, 1);
	(void)sign_in(site, site->bob, 2);
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_sign_out(write, id)), REASON_NONE);
	assert_false(is_valid(site, 1));
	assert_true(is_valid(site, 2));
	assert_int_equal(site->heard.signed_out, 1);
	assert_int_equal(site->heard.token_id, id);
	write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_sign_out(write, id)), REASON_NOT_FOUND);
	site_reload(site);
	assert_false(is_valid(site, 1));
	assert_true(is_valid(site, 2));
}

static void nobody_ends_the_token_of_another(void **state)
{
	struct site *site = *state;
	uint64_t id = sign_in(site, site->bob, 1);
	struct write *write = begin(site, site->eve, NULL, NULL);
	assert_int_equal(run(write, op_sign_out(write, id)), REASON_NOT_FOUND);
	assert_true(is_valid(site, 1));
}

static void above_the_limit_the_longest_unused_token_ends(void **state)
{
	struct site *site = *state;
	struct account *dan = add_account(site, "dan", false); /* with a token of its own */
	struct write *write = begin(site, dan, NULL, NULL);
	assert_int_equal(run(write, op_sign_out(write, 0)), REASON_NONE);
	uint64_t second = 0;
	for (unsigned i = 0; i < ACCOUNT_TOKENS_MAX; i++) {
		uint64_t id = sign_in(site, dan, i);
		second = i == 1 ? id : second;
	}
	assert_true(is_valid(site, 0)); /* and used just now */
	site->heard = (struct heard){0};
	(void)sign_in(site, dan, ACCOUNT_TOKENS_MAX);
	assert_int_equal(site->heard.signed_out, 1);
	assert_int_equal(site->heard.token_id, second);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i <= ACCOUNT_TOKENS_MAX; i++)
			assert_int_equal(is_valid(site, i), i != 1);
		site_reload(site);
	}
}

static void all_tokens_end_for_good(void **state)
{
	struct site *site = *state;
	for (unsigned i = 0; i < 20; i++)
		(void)sign_in(site, site->bob, i);
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_sign_out(write, 0)), REASON_NONE);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 20; i++)
			assert_false(is_valid(site, i));
		site_reload(site); /* not even after a restart */
	}
}

static void a_new_password_ends_all_other_tokens_for_good(void **state)
{
	struct site *site = *state;
	uint64_t kept = 0;
	for (unsigned i = 0; i < 20; i++) {
		uint64_t id = sign_in(site, site->bob, i);
		kept = i == 7 ? id : kept;
	}
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_set_password(write, "new", 0, kept)), REASON_NONE);
	assert_int_equal(site->heard.signed_out, 1);
	assert_int_equal(site->heard.but, kept);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 20; i++)
			assert_int_equal(is_valid(site, i), i == 7);
		assert_string_equal(site->bob->shared.password_hash, "new");
		site_reload(site);
	}
}

/* A sign-in with the old password, committed before or after the change: void either way, for those
 * who ask now and after a restart. */
static void race_sign_in(struct site *site, bool sign_in_first)
{
	struct hash late = hash_of(50);
	uint64_t kept = sign_in(site, site->bob, 1);
	uint64_t epoch = epoch_of(site->bob); /* the password was right then */
	struct write *change = begin(site, site->bob, NULL, NULL);
	struct write *in = begin(site, site->bob, NULL, NULL);
	enum reason changing = op_set_password(change, "new", epoch, kept);
	enum reason entering = op_sign_in(in, late.bytes, "test", epoch);
	if (sign_in_first)
		start(in, entering);
	start(change, changing);
	if (!sign_in_first)
		start(in, entering);
	assert_int_equal(await(change), REASON_NONE);
	assert_int_equal(await(in), sign_in_first ? REASON_NONE : REASON_WRONG_CREDENTIALS);
	end(change);
	end(in);
	for (unsigned round = 0; round < 2; round++) {
		assert_true(is_valid(site, 1));
		assert_false(is_valid(site, 50));
		site_reload(site);
	}
}

static void a_sign_in_stored_just_before_the_new_password_ends_with_it(void **state)
{
	race_sign_in(*state, true);
}

static void a_sign_in_stored_just_after_the_new_password_is_none(void **state)
{
	race_sign_in(*state, false);
}

static void an_old_password_changes_nothing_any_more(void **state)
{
	struct site *site = *state;
	uint64_t epoch = epoch_of(site->bob); /* checked, and then the other change came first */
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_set_password(write, "new", epoch, 0)), REASON_NONE);
	write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_rehash(write, "old", epoch)), REASON_WRONG_CREDENTIALS);
	write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(
		run(write, op_set_password(write, "old", epoch, 0)), REASON_WRONG_CREDENTIALS);
	assert_string_equal(site->bob->shared.password_hash, "new");
}

static void all_tokens_end_with_those_under_way(void **state)
{
	struct site *site = *state;
	struct hash late = hash_of(50);
	struct write *in = begin(site, site->bob, NULL, NULL);
	enum reason entering = op_sign_in(in, late.bytes, "test", epoch_of(site->bob));
	struct write *out = begin(site, site->bob, NULL, NULL);
	enum reason ending = op_sign_out(out, 0); /* doesn't know of the other one yet */
	start(in, entering);
	start(out, ending);
	assert_int_equal(await(in), REASON_NONE);
	assert_int_equal(await(out), REASON_NONE);
	end(in);
	end(out);
	for (unsigned round = 0; round < 2; round++) {
		assert_false(is_valid(site, 50));
		site_reload(site);
	}
}

static void a_hash_of_another_cost_ends_nothing(void **state)
{
	struct site *site = *state;
	(void)sign_in(site, site->bob, 1);
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_rehash(write, "slower", 0)), REASON_NONE);
	assert_true(is_valid(site, 1));
	assert_int_equal(site->heard.signed_out, 0);
	site_reload(site);
	assert_string_equal(site->bob->shared.password_hash, "slower");
}

static enum reason set_profile(
	struct site *site, struct account *account, const char *display, const char *status)
{
	struct profile profile;
	account_get_profile(account, &profile);
	(void)snprintf(profile.display_name, sizeof(profile.display_name), "%s", display);
	(void)snprintf(profile.status_text, sizeof(profile.status_text), "%s", status);
	struct write *write = begin(site, account, NULL, NULL);
	return run(write, op_set_profile(write, &profile));
}

static void a_changed_profile_is_shown_told_and_kept(void **state)
{
	struct site *site = *state;
	struct profile profile;
	assert_int_equal(set_profile(site, site->bob, "Bob", "here"), REASON_NONE);
	assert_int_equal(site->heard.profiles, 1);
	assert_int_equal(site->heard.account_id, site->bob->id);
	for (unsigned round = 0; round < 2; round++) {
		account_get_profile(site->bob, &profile);
		assert_string_equal(profile.user, "bob");
		assert_string_equal(profile.display_name, "Bob");
		assert_string_equal(profile.status_text, "here");
		site_reload(site);
	}
}

static void a_profile_is_of_single_lines(void **state)
{
	struct site *site = *state;
	assert_int_equal(set_profile(site, site->bob, "a\nb", ""), REASON_INVALID_ARGUMENT);
	assert_int_equal(set_profile(site, site->bob, "", "a\x1b[31m"), REASON_INVALID_ARGUMENT);
	assert_int_equal(site->heard.profiles, 0);
}

static void a_profile_changed_beside_the_password_keeps_the_new_one(void **state)
{
	struct site *site = *state;
	struct profile profile;
	struct write *a = begin(site, site->bob, NULL, NULL);
	struct write *b = begin(site, site->bob, NULL, NULL);
	account_get_profile(site->bob, &profile);
	strcpy(profile.display_name, "Bob");
	enum reason first = op_set_password(a, "new", 0, 0);
	enum reason second = op_set_profile(b, &profile); /* before the first took effect */
	start(a, first);
	start(b, second);
	assert_int_equal(await(a), REASON_NONE);
	(void)await(b); /* done, or asked to try again */
	end(a);
	end(b);
	site_reload(site);
	assert_string_equal(site->bob->shared.password_hash, "new");
}

/* Copies the record's value. */
struct found {
	struct store_job job;
	struct record_key key;
	Gchat__V1__AvatarRecord *record; /* owned */
};

static bool on_record(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	(void)key;
	(void)key_len;
	struct found *found = arg;
	ProtobufCMessage *msg = codec_load(&gchat__v1__avatar_record__descriptor, value, value_len);
	found->record = GC_CONTAINER_OF(msg, Gchat__V1__AvatarRecord, base);
	return true;
}

static void find_avatar(struct store_job *job, struct store_reader *reader)
{
	struct found *found = GC_CONTAINER_OF(job, struct found, job);
	assert_int_equal(store_get(reader, RECORD_AVATAR, found->key.bytes, found->key.len,
				 on_record, found),
		STORE_OK);
}

static void an_avatar_is_kept_under_its_hash(void **state)
{
	struct site *site = *state;
	static const uint8_t image[] = "not checked here";
	struct profile profile;
	account_get_profile(site->bob, &profile);
	assert_false(profile.has_avatar);
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(
		run(write, op_set_avatar(write, &profile, image, sizeof(image), "image/png")),
		REASON_NONE);
	assert_int_equal(site->heard.profiles, 1);
	site_reload(site);
	account_get_profile(site->bob, &profile);
	assert_true(profile.has_avatar);
	struct found found = {.job.run = find_avatar,
		.key = record_key_bytes(profile.avatar_hash, LIMIT_SHA256_BYTES)};
	store_run_now(site->store, &found.job);
	assert_non_null(found.record);
	assert_string_equal(found.record->media_type, "image/png");
	assert_int_equal(found.record->image.len, sizeof(image));
	assert_memory_equal(found.record->image.data, image, sizeof(image));
	codec_free(&found.record->base);
}

static void a_deleted_guest_is_gone_and_its_name_is_free(void **state)
{
	struct site *site = *state;
	struct account *guest = account_ref(add_account(site, "guest-1", true));
	for (unsigned i = 0; i < 6; i++)
		(void)sign_in(site, guest, i);
	assert_int_equal(join(site, guest, site->den), REASON_NONE);
	struct write *left = begin(site, guest, site->den, NULL);
	struct write *gone = begin(site, guest, NULL, NULL);
	start(left, op_leave(left)); /* they take effect in this order */
	start(gone, op_delete_account(gone, false));
	assert_int_equal(await(left), REASON_NONE);
	assert_int_equal(await(gone), REASON_NONE);
	end(left);
	end(gone);
	assert_int_equal(site->heard.ended, 1);
	assert_int_equal(site->heard.reason, REASON_SIGNED_OUT);
	account_unref(guest);
	for (unsigned round = 0; round < 2; round++) {
		assert_null(directory_find_user(site->directory, "guest-1"));
		for (unsigned i = 0; i < 6; i++)
			assert_false(is_valid(site, i));
		site_reload(site);
	}
	(void)add_account(site, "guest-1", true);
}

struct waiting {
	struct settling settling;
	_Atomic unsigned calls;
};

static void on_settled(struct settling *settling)
{
	GC_CONTAINER_OF(settling, struct waiting, settling)->calls++;
}

static void an_account_that_ends_enters_no_room_and_waits_for_those_it_enters(void **state)
{
	struct site *site = *state;
	struct account *guest = account_ref(add_account(site, "guest-1", true));
	struct waiting waiting = {.settling.settled = on_settled};
	struct write *joining = begin(site, guest, site->den, NULL);
	enum reason reason = op_join(joining);
	assert_true(directory_begin_end(site->directory, guest));
	assert_false(directory_begin_end(site->directory, guest)); /* once */
	assert_false(directory_is_settled(site->directory, guest, &waiting.settling));
	assert_int_equal(join(site, guest, site->den), REASON_SIGNED_OUT);
	struct write *write = begin(site, site->eve, NULL, guest);
	assert_int_equal(run(write, op_open_direct(write)), REASON_UNKNOWN_USER);
	assert_int_equal(waiting.calls, 0);
	start(joining, reason);
	assert_int_equal(await(joining), REASON_NONE);
	end(joining);
	assert_int_equal(waiting.calls, 1);
	assert_true(directory_is_settled(site->directory, guest, &waiting.settling));
	assert_int_equal(leave(site, guest, site->den), REASON_NONE);
	write = begin(site, guest, NULL, NULL);
	assert_int_equal(run(write, op_delete_account(write, false)), REASON_NONE);
	assert_int_equal(site->den->shared.member_count, 2);
	account_unref(guest);
}

static void an_account_whose_end_came_to_nothing_goes_on(void **state)
{
	struct site *site = *state;
	struct account *guest = add_account(site, "guest-1", true);
	assert_true(directory_begin_end(site->directory, guest));
	struct write *write = begin(site, guest, NULL, NULL);
	assert_int_equal(op_delete_account(write, false), REASON_NONE);
	end(write); /* never started */
	assert_int_equal(join(site, guest, site->den), REASON_NONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		TEST(a_new_account_is_found_and_signed_in),
		TEST(names_are_proper_and_taken_once),
		TEST(of_two_accounts_of_one_name_at_once_one_is_made),
		TEST(one_token_ends_and_the_others_stay),
		TEST(nobody_ends_the_token_of_another),
		TEST(above_the_limit_the_longest_unused_token_ends),
		TEST(all_tokens_end_for_good),
		TEST(a_new_password_ends_all_other_tokens_for_good),
		TEST(a_sign_in_stored_just_before_the_new_password_ends_with_it),
		TEST(a_sign_in_stored_just_after_the_new_password_is_none),
		TEST(an_old_password_changes_nothing_any_more),
		TEST(all_tokens_end_with_those_under_way),
		TEST(a_hash_of_another_cost_ends_nothing),
		TEST(a_changed_profile_is_shown_told_and_kept),
		TEST(a_profile_is_of_single_lines),
		TEST(a_profile_changed_beside_the_password_keeps_the_new_one),
		TEST(an_avatar_is_kept_under_its_hash),
		TEST(a_deleted_guest_is_gone_and_its_name_is_free),
		TEST(an_account_that_ends_enters_no_room_and_waits_for_those_it_enters),
		TEST(an_account_whose_end_came_to_nothing_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
