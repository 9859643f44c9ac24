/* What is unread, as far as the tail in memory knows. */
#include "service/hello.h"

#include "room/ops.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t head_of(struct room *room)
{
	struct room_info info;
	room_get_info(room, &info);
	return info.head_seq;
}

static uint32_t unread(struct site *site, uint64_t after, struct account *account)
{
	uint32_t count = 99999;
	assert_true(unread_from_tail(site->den, after, account->id, &count));
	return count;
}

static void the_messages_of_others_behind_the_marker_are_unread(void **state)
{
	struct site *site = *state;
	uint64_t first = say(site, site->ada, site->den, "1");
	(void)say(site, site->bob, site->den, "2");
	(void)say(site, site->ada, site->den, "3");
	assert_int_equal(unread(site, 0, site->bob), 2);
	assert_int_equal(unread(site, 0, site->ada), 1);
	assert_int_equal(unread(site, first, site->bob), 1);
	assert_int_equal(unread(site, head_of(site->den), site->bob), 0);
}

static void what_is_no_message_is_not_unread(void **state)
{
	struct site *site = *state;
	uint64_t before = head_of(site->den);
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	uint64_t seq = say(site, site->ada, site->den, "1");
	struct op_message m = message("2", seq);
	struct write *write = begin(site, site->ada, site->den, NULL);
	assert_int_equal(run(write, op_edit(write, &m)), REASON_NONE);
	assert_int_equal(unread(site, before, site->bob), 1);
}

static void what_was_deleted_is_not_unread(void **state)
{
	struct site *site = *state;
	uint64_t seq = say(site, site->ada, site->den, "1");
	struct op_message m = message("", seq);
	struct write *write = begin(site, site->ada, site->den, NULL);
	assert_int_equal(run(write, op_delete(write, &m)), REASON_NONE);
	assert_int_equal(unread(site, 0, site->bob), 0);
}

static void a_marker_before_the_tail_needs_the_store(void **state)
{
	struct site *site = *state;
	uint32_t count;
	uint64_t before = say(site, site->ada, site->den, "1");
	site_reload(site); /* nothing is in memory */
	assert_false(unread_from_tail(site->den, before - 1, site->bob->id, &count));
	assert_true(unread_from_tail(site->den, before, site->bob->id, &count));
	assert_int_equal(count, 0);
	(void)say(site, site->ada, site->den, "2");
	assert_false(unread_from_tail(site->den, before - 1, site->bob->id, &count));
	assert_int_equal(unread(site, before, site->bob), 1);
}

static void counting_ends_at_its_limit(void **state)
{
	struct site *site = *state;
	for (unsigned i = 0; i < LIMIT_UNREAD_MAX + 5; i++)
		(void)say(site, site->ada, site->den, "x");
	uint64_t first = site->den->shared.log.first; /* the tail holds no more than this */
	assert_int_equal(unread(site, first - 1, site->bob), LIMIT_UNREAD_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		TEST(the_messages_of_others_behind_the_marker_are_unread),
		TEST(what_is_no_message_is_not_unread),
		TEST(what_was_deleted_is_not_unread),
		TEST(a_marker_before_the_tail_needs_the_store),
		TEST(counting_ends_at_its_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
