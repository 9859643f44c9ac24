/* The end of an account: its rooms, its name, its records. */
#include "room/ending.h"

#include "gchat/v1/record.pb-c.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;

struct end {
	struct ending_result result;
	bool done; /* under mu */
};

static void on_done(void *arg, const struct ending_result *result)
{
	struct end *end = arg;
	pthread_mutex_lock(&mu);
	end->result = *result;
	end->done = true;
	pthread_cond_broadcast(&ended);
	pthread_mutex_unlock(&mu);
}

static struct ending_result end_account(struct site *site, struct account *account)
{
	struct end end = {.done = false};
	const struct ending_options options = {.directory = site->directory,
		.audience = &site->audience,
		.account = account,
		.done = on_done,
		.arg = &end};
	assert_int_equal(ending_start(&options), REASON_NONE);
	pthread_mutex_lock(&mu);
	while (!end.done)
		pthread_cond_wait(&ended, &mu);
	pthread_mutex_unlock(&mu);
	return end.result;
}

static bool exists(struct site *site, const char *name)
{
	struct account *account = directory_find_user(site->directory, name);
	(void)account_unref(account);
	return account != NULL;
}

static void it_leaves_its_rooms_and_is_gone_for_good(void **state)
{
	struct site *site = *state;
	struct room *own =
		add_room(site, site->bob, "own", GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
	struct ending_result result = end_account(site, site->bob);
	assert_int_equal(result.reason, REASON_NONE);
	assert_int_equal(result.left, 2);
	assert_int_equal(site->heard.parted, 2);
	assert_int_equal(site->heard.ended, 1);
	assert_int_equal(site->heard.reason, REASON_ACCOUNT_DELETED);
	assert_int_equal(site->den->shared.member_count, 1);
	assert_int_equal(own->shared.member_count, 0);
	Gchat__V1__Event *event = event_at(site->den, site->den->shared.log.head);
	assert_int_equal(event->body_case, GCHAT__V1__EVENT__BODY_LEFT);
	assert_string_equal(event->author, "bob");
	gchat__v1__event__free_unpacked(event, NULL);
	(void)room_unref(own);
	for (unsigned round = 0; round < 2; round++) {
		assert_false(exists(site, "bob"));
		assert_true(exists(site, "ada"));
		site_reload(site);
	}
	(void)add_account(site, "bob", false); /* the name is free */
}

static void more_rooms_than_a_slice_are_left(void **state)
{
	enum {
		ROOMS = 150
	};
	struct site *site = *state;
	struct directory_limits limits = site->limits;
	limits.rooms_max = limits.rooms_per_account = ROOMS + 8;
	directory_set_limits(site->directory, &limits);
	for (unsigned i = 0; i < ROOMS; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "room%u", i);
		(void)room_unref(
			add_room(site, site->eve, name, GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC));
	}
	struct ending_result result = end_account(site, site->eve);
	assert_int_equal(result.reason, REASON_NONE);
	assert_int_equal(result.left, ROOMS);
	assert_int_equal(result.ownerless, 0); /* nobody is in them */
}

static void the_longest_standing_moderator_inherits_a_room(void **state)
{
	struct site *site = *state;
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	assert_int_equal(
		set_role(site, NULL, site->den, site->eve, GCHAT__V1__ROLE__ROLE_MODERATOR),
		REASON_NONE);
	struct ending_result result = end_account(site, site->ada);
	assert_int_equal(result.reason, REASON_NONE);
	assert_int_equal(result.inherited, 1);
	assert_int_equal(result.ownerless, 0);
	assert_int_equal(room_role_of(site->den, site->eve->id), GCHAT__V1__ROLE__ROLE_OWNER);
	assert_int_equal(room_role_of(site->den, site->bob->id), GCHAT__V1__ROLE__ROLE_MEMBER);
}

static void without_a_moderator_a_room_stays_without_an_owner(void **state)
{
	struct site *site = *state;
	struct ending_result result = end_account(site, site->ada);
	assert_int_equal(result.reason, REASON_NONE);
	assert_int_equal(result.inherited, 0);
	assert_int_equal(result.ownerless, 1);
	assert_int_equal(room_role_of(site->den, site->bob->id), GCHAT__V1__ROLE__ROLE_MEMBER);
}

static struct room *open_direct(struct site *site, struct account *a, struct account *b)
{
	struct write *write = begin(site, a, NULL, b);
	start(write, op_open_direct(write));
	assert_int_equal(await(write), REASON_NONE);
	struct room *room = room_ref(write->room);
	end(write);
	return room;
}

static void a_direct_room_that_nobody_is_left_in_goes(void **state)
{
	struct site *site = *state;
	struct room *room = open_direct(site, site->bob, site->eve);
	uint64_t id = room->id;
	assert_int_equal(end_account(site, site->bob).left, 2);
	struct room *kept = directory_find_room(site->directory, id);
	assert_non_null(kept); /* the other one reads it still */
	(void)room_unref(kept);
	assert_int_equal(end_account(site, site->eve).reason, REASON_NONE);
	assert_null(directory_find_room(site->directory, id));
	(void)room_unref(room);
	site_reload(site);
	assert_null(directory_find_room(site->directory, id));
}

static void a_suspended_account_can_end(void **state)
{
	struct site *site = *state;
	struct write *write = begin(site, site->bob, NULL, NULL);
	assert_int_equal(run(write, op_suspend_account(write, true)), REASON_NONE);
	assert_int_equal(end_account(site, site->bob).reason, REASON_NONE);
	assert_int_equal(site->den->shared.member_count, 1);
}

static void an_account_ends_once(void **state)
{
	struct site *site = *state;
	struct account *bob = account_ref(site->bob);
	const struct ending_options options = {.directory = site->directory, .account = bob};
	assert_true(directory_begin_end(site->directory, bob));
	assert_int_equal(ending_start(&options), REASON_SIGNED_OUT);
	directory_cancel_end(site->directory, bob);
	assert_int_equal(end_account(site, bob).reason, REASON_NONE);
	(void)account_unref(bob);
}

static void who_cant_end_now_stays_and_can_later(void **state)
{
	struct site *site = *state;
	struct write *renaming = begin(site, site->bob, NULL, NULL);
	enum reason reason = op_rename_account(renaming, "rob"); /* holds the record */
	assert_int_equal(end_account(site, site->bob).reason, REASON_UNAVAILABLE);
	assert_int_equal(run(renaming, reason), REASON_NONE);
	assert_true(exists(site, "rob"));
	assert_int_equal(end_account(site, site->bob).reason, REASON_NONE);
	assert_false(exists(site, "rob"));
}

/* ---- avatars ---- */

static uint8_t image[] = "an image";

static void give_avatar(struct site *site, struct account *account)
{
	struct profile profile;
	account_get_profile(account, &profile);
	struct write *write = begin(site, account, NULL, NULL);
	assert_int_equal(
		run(write, op_set_avatar(write, &profile, image, sizeof(image), "image/png")),
		REASON_NONE);
}

struct look {
	struct store_job job;
	unsigned avatars;
};

static bool on_avatar(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len)
{
	(void)key;
	(void)key_len;
	(void)value;
	(void)value_len;
	((struct look *)arg)->avatars++;
	return true;
}

static void look_run(struct store_job *job, struct store_reader *reader)
{
	assert_int_equal(store_scan(reader, RECORD_AVATAR, NULL, 0, on_avatar, job), STORE_OK);
}

static unsigned count_avatars(struct site *site)
{
	struct look look = {.job.run = look_run};
	struct write *write =
		begin(site, site->ada, site->den, NULL); /* what came before is done */
	struct op_message m = message("hello", 0);
	assert_int_equal(run(write, op_send(write, &m)), REASON_NONE);
	store_run_now(site->store, &look.job);
	return look.avatars;
}

static void an_avatar_goes_with_the_last_who_shows_it(void **state)
{
	struct site *site = *state;
	give_avatar(site, site->bob);
	give_avatar(site, site->eve);
	assert_int_equal(count_avatars(site), 1);
	assert_int_equal(end_account(site, site->bob).reason, REASON_NONE);
	assert_int_equal(count_avatars(site), 1);
	assert_int_equal(end_account(site, site->eve).reason, REASON_NONE);
	assert_int_equal(count_avatars(site), 0);
}

static void an_avatar_that_someone_is_about_to_show_stays(void **state)
{
	struct site *site = *state;
	struct profile profile;
	give_avatar(site, site->bob);
	account_get_profile(site->eve, &profile);
	struct write *write = begin(site, site->eve, NULL, NULL);
	enum reason reason = op_set_avatar(write, &profile, image, sizeof(image), "image/png");
	assert_int_equal(end_account(site, site->bob).reason, REASON_NONE);
	assert_int_equal(run(write, reason), REASON_NONE);
	assert_int_equal(count_avatars(site), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		TEST(it_leaves_its_rooms_and_is_gone_for_good),
		TEST(more_rooms_than_a_slice_are_left),
		TEST(the_longest_standing_moderator_inherits_a_room),
		TEST(without_a_moderator_a_room_stays_without_an_owner),
		TEST(a_direct_room_that_nobody_is_left_in_goes),
		TEST(a_suspended_account_can_end),
		TEST(an_account_ends_once),
		TEST(who_cant_end_now_stays_and_can_later),
		TEST(an_avatar_goes_with_the_last_who_shows_it),
		TEST(an_avatar_that_someone_is_about_to_show_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
