/* Erasing what a deleted account has said, in steps that a stop doesn't lose. */
#include "room/erase.h"

#include "room/cleanup.h"
#include "room/erase_priv.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

enum {
	EVENTS_MAX = 4096
};

struct look {
	struct store_job job;
	uint64_t log;
	size_t count;
	unsigned erased;
	bool tombstones[EVENTS_MAX + 1]; /* by seq */
};

static bool on_event(void *arg, const struct store_event *event)
{
	struct look *look = arg;
	look->count++;
	look->tombstones[event->seq] = event->flags & STORE_EVENT_ERASED;
	look->erased += look->tombstones[event->seq];
	return true;
}

static void look_run(struct store_job *job, struct store_reader *reader)
{
	struct look *look = (struct look *)(void *)job;
	for (uint64_t from = 1; from < EVENTS_MAX; from += STORE_PAGE_MAX)
		assert_int_equal(store_read(reader, look->log, from, from + STORE_PAGE_MAX - 1,
					 STORE_PAGE_MAX, on_event, look),
			STORE_OK);
}

static struct look look_at(struct site *site, struct room *room)
{
	struct look look = {.job.run = look_run, .log = room->id};
	store_run_now(site->store, &look.job);
	return look;
}

/* Deletes the account, which has left its rooms, with what it has said. */
static uint64_t delete_erasing(struct site *site, struct account *account)
{
	uint64_t id = account->id;
	struct write *write = begin(site, account, NULL, NULL);
	assert_int_equal(run(write, op_delete_account(write, true)), REASON_NONE);
	return id;
}

static void wait_erased(struct site *site)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	for (unsigned i = 0; erase_count(site->directory->eraser) > 0; i++) {
		assert_true(i < SITE_DEADLINE_S * 1000);
		(void)nanosleep(&pause, NULL);
	}
}

static void its_messages_become_tombstones_and_others_stay(void **state)
{
	struct site *site = *state;
	(void)say(site, site->ada, site->den, "ada's");
	uint64_t mine = say(site, site->bob, site->den, "bob's secret");
	struct op_message m = message("bob's edit", mine);
	struct write *write = begin(site, site->bob, site->den, NULL);
	assert_int_equal(run(write, op_edit(write, &m)), REASON_NONE);
	uint64_t hers = say(site, site->ada, site->den, "ada's too");
	m = message("\xf0\x9f\x91\x8d", hers);
	write = begin(site, site->bob, site->den, NULL);
	assert_int_equal(run(write, op_react(write, &m)), REASON_NONE);
	assert_int_equal(leave(site, site->bob, site->den), REASON_NONE);
	uint64_t id = delete_erasing(site, site->bob);
	assert_int_equal(erase_count(site->directory->eraser), 1);
	erase_release(site->directory->eraser, id);
	wait_erased(site);
	struct look look = look_at(site, site->den);
	assert_int_equal(look.erased, 3); /* the message, the edit, the reaction */
	assert_true(look.tombstones[mine]);
	assert_false(look.tombstones[hers]);
	Gchat__V1__Event *event = event_at(site->den, mine); /* also in memory */
	assert_int_equal(event->body_case, GCHAT__V1__EVENT__BODY_ERASED);
	gchat__v1__event__free_unpacked(event, NULL);
	struct erase_news news;
	assert_true(erase_take_news(site->directory->eraser, &news));
	assert_string_equal(news.user, "bob");
	assert_int_equal(news.events, 3);
	assert_int_equal(news.unreadable, 0);
	assert_false(erase_take_news(site->directory->eraser, &news));
}

static void nothing_is_erased_before_nothing_more_can_come(void **state)
{
	struct site *site = *state;
	(void)say(site, site->bob, site->den, "hello");
	assert_int_equal(leave(site, site->bob, site->den), REASON_NONE);
	uint64_t id = delete_erasing(site, site->bob);
	erase_tend(site->directory->eraser);
	assert_int_equal(look_at(site, site->den).erased, 0);
	erase_release(site->directory->eraser, id);
	wait_erased(site);
	assert_int_equal(look_at(site, site->den).erased, 1);
}

static void many_rooms_and_messages_are_erased(void **state)
{
	enum {
		EACH = 700
	};
	struct site *site = *state;
	struct room *rooms[3];
	for (unsigned r = 0; r < 3; r++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "room%u", r);
		rooms[r] =
			add_room(site, site->eve, name, GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC);
		for (unsigned i = 0; i < EACH; i++)
			(void)say(site, site->eve, rooms[r], "eve's");
		assert_int_equal(leave(site, site->eve, rooms[r]), REASON_NONE);
	}
	erase_release(site->directory->eraser, delete_erasing(site, site->eve));
	wait_erased(site);
	struct erase_news news;
	assert_true(erase_take_news(site->directory->eraser, &news));
	assert_int_equal(news.events, 3 * EACH);
	for (unsigned r = 0; r < 3; r++) {
		assert_int_equal(look_at(site, rooms[r]).erased, EACH);
		(void)room_unref(rooms[r]);
	}
}

static void what_a_stop_leaves_undone_is_done_after_the_start(void **state)
{
	struct site *site = *state;
	for (unsigned i = 0; i < 600; i++)
		(void)say(site, site->bob, site->den, "bob's");
	assert_int_equal(leave(site, site->bob, site->den), REASON_NONE);
	uint64_t id = delete_erasing(site, site->bob);
	erase_release(site->directory->eraser, id);
	site_reload(site); /* somewhere in between, or before the first step */
	wait_erased(site);
	assert_int_equal(look_at(site, site->den).erased, 600);
	site_reload(site);
	assert_int_equal(erase_count(site->directory->eraser), 0);
}

static void two_erasures_come_one_after_the_other(void **state)
{
	struct site *site = *state;
	(void)say(site, site->bob, site->den, "bob's");
	(void)say(site, site->ada, site->den, "ada's");
	assert_int_equal(leave(site, site->bob, site->den), REASON_NONE);
	assert_int_equal(leave(site, site->ada, site->den), REASON_NONE);
	uint64_t bob = delete_erasing(site, site->bob);
	uint64_t ada = delete_erasing(site, site->ada);
	erase_release(site->directory->eraser, ada);
	erase_release(site->directory->eraser, bob);
	wait_erased(site);
	assert_int_equal(look_at(site, site->den).erased, 2);
}

static void a_record_that_isnt_sound_is_refused(void **state)
{
	struct site *site = *state;
	const uint8_t key[8] = {0, 0, 0, 0, 0, 0, 0, 9};
	assert_true(
		erase_load(site->directory->eraser, key, sizeof(key), (const uint8_t *)"?", 1) < 0);
	assert_true(erase_load(site->directory->eraser, key, 3, (const uint8_t *)"", 0) < 0);
	assert_true(
		erase_load(site->directory->eraser, key, sizeof(key), (const uint8_t *)"", 0) < 0);
	assert_int_equal(erase_count(site->directory->eraser), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
#define FILE_TEST(name)                                                                            \
	cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, sqlite)
	static char mem[] = "mem";
	static char sqlite[] = "sqlite";
	const struct CMUnitTest tests[] = {
		TEST(its_messages_become_tombstones_and_others_stay),
		FILE_TEST(its_messages_become_tombstones_and_others_stay),
		TEST(nothing_is_erased_before_nothing_more_can_come),
		TEST(many_rooms_and_messages_are_erased),
		TEST(what_a_stop_leaves_undone_is_done_after_the_start),
		FILE_TEST(what_a_stop_leaves_undone_is_done_after_the_start),
		TEST(two_erasures_come_one_after_the_other),
		TEST(a_record_that_isnt_sound_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
