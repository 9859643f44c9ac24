/* Pages of sessions over several shards: in order, whole, each session once, and no more memory than a
 * page. */
#include "service/session_page.h"

#include "hall.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	SESSIONS = 37
};

static struct session *sessions[SESSIONS];

/* Numbered 1 to SESSIONS, spread over the shards without a pattern; every third is ada's. */
static void open_all(struct hall *hall)
{
	for (unsigned i = 0; i < SESSIONS; i++)
		sessions[i] = hall_enter(hall, i * i % HALL_SHARDS,
			i % 3 == 0 ? hall->site->ada : hall->site->bob, 0);
}

static void close_all(void)
{
	for (unsigned i = 0; i < SESSIONS; i++)
		hall_leave(sessions[i]);
}

static void make_page(struct hall *hall, struct session_page *page,
	const struct session_filter *filter, size_t size)
{
	*page = (struct session_page){.directory = hall->site->directory};
	session_page_init(page, filter, size);
	for (unsigned i = HALL_SHARDS; i > 0; i--) {
		session_page_visit(page, &hall->hub->shards[i - 1]);
		assert_true(page->first.count <= size + 1);
	}
}

/* All pages of that size; how many sessions they have, which come in the order of their numbers. */
static size_t count_pages(struct hall *hall, struct session_filter filter, size_t size)
{
	size_t total = 0;
	bool more = true;
	while (more) {
		struct session_page page;
		size_t count;
		make_page(hall, &page, &filter, size);
		struct session_row **rows = session_page_rows(&page, &count, &more);
		assert_true(count <= size && (!more || count == size));
		for (size_t i = 0; i < count; i++) {
			assert_true(rows[i]->id > filter.after);
			filter.after = rows[i]->id;
		}
		total += count;
		session_page_deinit(&page);
	}
	return total;
}

static void pages_of_any_size_have_each_session_once_in_order(void **state)
{
	struct hall *hall = *state;
	open_all(hall);
	for (size_t size = 1; size <= SESSIONS + 1; size++)
		assert_int_equal(count_pages(hall, (struct session_filter){0}, size), SESSIONS);
	close_all();
}

static void only_those_of_the_account_or_of_the_number_are_listed(void **state)
{
	struct hall *hall = *state;
	struct session_page page;
	size_t count;
	bool more;
	open_all(hall);
	struct session_filter filter = {.account_id = hall->site->ada->id};
	assert_int_equal(count_pages(hall, filter, 4), (SESSIONS + 2) / 3);
	filter = (struct session_filter){.session_id = sessions[5]->id};
	make_page(hall, &page, &filter, 10);
	struct session_row **rows = session_page_rows(&page, &count, &more);
	assert_int_equal(count, 1);
	assert_int_equal(rows[0]->id, sessions[5]->id);
	assert_string_equal(rows[0]->user, "bob");
	assert_string_equal(rows[0]->client, "test");
	assert_int_equal(rows[0]->state, SESSION_LIVE);
	assert_int_equal(rows[0]->shard, sessions[5]->shard->index);
	session_page_deinit(&page);
	close_all();
}

static void a_session_that_ends_is_not_listed(void **state)
{
	struct hall *hall = *state;
	open_all(hall);
	sessions[3]->state = SESSION_ENDING;
	assert_int_equal(count_pages(hall, (struct session_filter){0}, 5), SESSIONS - 1);
	sessions[3]->state = SESSION_LIVE;
	close_all();
}

static void nobody_there_is_an_empty_page(void **state)
{
	assert_int_equal(count_pages(*state, (struct session_filter){0}, 5), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, hall_setup, hall_teardown)
	const struct CMUnitTest tests[] = {
		TEST(pages_of_any_size_have_each_session_once_in_order),
		TEST(only_those_of_the_account_or_of_the_number_are_listed),
		TEST(a_session_that_ends_is_not_listed),
		TEST(nobody_there_is_an_empty_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
