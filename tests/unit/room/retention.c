/* How long a room is kept: its own retention before the server's, by age and by count. */
#include "room/retention.h"

#include "room/ops.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY_US (86400ULL * CLOCK_US_PER_S)

static struct retention kept(uint32_t days, uint32_t events)
{
	const struct retention server = {.days = 30, .events = 500};
	const struct room_settings settings = {.retention_days = days, .retention_events = events};
	return retention_for(&server, &settings);
}

static void what_a_room_has_for_itself_holds_and_else_the_servers(void **state)
{
	(void)state;
	assert_int_equal(kept(0, 0).days, 30);
	assert_int_equal(kept(0, 0).events, 500);
	assert_int_equal(kept(7, 0).days, 7);
	assert_int_equal(kept(7, 0).events, 500);
	assert_int_equal(kept(365, 0).days, 365); /* longer, too */
	assert_int_equal(kept(0, 3).events, 3);
	assert_int_equal(kept(0, 3).days, 30);
}

struct sweep {
	struct store_job job;
	struct site *site;
	struct retention server;
	uint64_t now_us;
};

static void run_sweep(struct store_job *job, struct store_reader *reader)
{
	struct sweep *s = GC_CONTAINER_OF(job, struct sweep, job);
	retention_sweep(s->site->store, reader, s->site->den, &s->server, s->now_us);
}

/* The oldest event left after a sweep so many days from now. */
static uint64_t first_after(struct site *site, struct retention server, unsigned days)
{
	struct room_info info;
	struct sweep sweep = {.job.run = run_sweep,
		.site = site,
		.server = server,
		.now_us = clock_wall_us() + days * DAY_US};
	store_run_now(site->store, &sweep.job);
	room_get_info(site->den, &info);
	return info.first_seq;
}

static void set(struct site *site, uint32_t days, uint32_t events)
{
	const struct room_settings settings = {.retention_days = days, .retention_events = events};
	room_lock(site->den);
	room_set_settings(site->den, &settings);
	room_unlock(site->den);
}

static uint64_t fill(struct site *site)
{
	uint64_t head = 0;
	for (unsigned i = 0; i < 20; i++)
		head = say(site, site->ada, site->den, "x");
	return head;
}

static void without_any_retention_all_is_kept(void **state)
{
	struct site *site = *state;
	(void)fill(site);
	assert_int_equal(first_after(site, (struct retention){0}, 36500), 1);
}

static void so_many_of_the_newest_events_are_kept(void **state)
{
	struct site *site = *state;
	uint64_t head = fill(site);
	assert_int_equal(first_after(site, (struct retention){.events = 10}, 0), head - 9);
	set(site, 0, 4);
	assert_int_equal(first_after(site, (struct retention){.events = 10}, 0), head - 3);
	set(site, 0, 0); /* what is gone is gone */
	assert_int_equal(first_after(site, (struct retention){0}, 0), head - 3);
}

static void events_older_than_so_many_days_go(void **state)
{
	struct site *site = *state;
	uint64_t head = fill(site);
	set(site, 7, 0);
	assert_int_equal(first_after(site, (struct retention){0}, 6), 1);
	assert_int_equal(first_after(site, (struct retention){0}, 8), head + 1);
	assert_int_equal(say(site, site->ada, site->den, "y"), head + 1);
}

static void a_room_is_kept_longer_than_the_server_keeps_others(void **state)
{
	struct site *site = *state;
	uint64_t head = fill(site);
	const struct retention server = {.days = 1, .events = 2};
	set(site, 100, 1000);
	assert_int_equal(first_after(site, server, 50), 1);
	set(site, 0, 0);
	assert_int_equal(first_after(site, server, 50), head + 1);
}

static void what_was_swept_is_gone_after_a_restart(void **state)
{
	struct site *site = *state;
	struct room_info info;
	uint64_t head = fill(site);
	set(site, 0, 5);
	uint64_t first = first_after(site, (struct retention){0}, 0);
	assert_int_equal(first, head - 4);
	(void)say(site, site->ada, site->den, "y"); /* behind the trim, in the writer's order */
	site_reload(site);
	room_get_info(site->den, &info);
	assert_in_range(info.first_seq, 2, first);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_room_has_for_itself_holds_and_else_the_servers),
		TEST(without_any_retention_all_is_kept),
		TEST(so_many_of_the_newest_events_are_kept),
		TEST(events_older_than_so_many_days_go),
		TEST(a_room_is_kept_longer_than_the_server_keeps_others),
		TEST(what_was_swept_is_gone_after_a_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
