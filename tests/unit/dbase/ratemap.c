/* Buckets by key: separate, bounded, the least recently used forgotten first. */
#include "base/ratemap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
	ENTRIES = 3,
	MANY = 5000,
};

static const struct mono now = {.us = 1000000};

/* One attempt per key, for longer than any test takes. */
static int make_map(void **state)
{
	*state = ratemap_new(ENTRIES, 1, 1);
	return 0;
}

static int free_map(void **state)
{
	ratemap_free(*state);
	return 0;
}

static void each_key_has_a_bucket_of_its_own(void **state)
{
	uint32_t wait_ms = 0;
	assert_true(ratemap_take(*state, "192.0.2.1", now, &wait_ms));
	assert_false(ratemap_take(*state, "192.0.2.1", now, &wait_ms));
	assert_in_range(wait_ms, 60000, 60002);
	assert_true(ratemap_take(*state, "192.0.2.2", now, &wait_ms));
}

static void a_bucket_refills_with_time(void **state)
{
	uint32_t wait_ms = 0;
	assert_true(ratemap_take(*state, "a", now, &wait_ms));
	assert_true(ratemap_take(*state, "a", clock_mono_add_ms(now, 60001), &wait_ms));
}

static void what_is_charged_delays_that_key_alone(void **state)
{
	uint32_t wait_ms = 0;
	ratemap_charge(*state, "a", 2, now);
	assert_false(ratemap_take(*state, "a", clock_mono_add_ms(now, 60001), &wait_ms));
	assert_true(ratemap_take(*state, "a", clock_mono_add_ms(now, 120001), &wait_ms));
	assert_true(ratemap_take(*state, "b", now, &wait_ms));
}

static void it_never_holds_more_entries_than_its_maximum(void **state)
{
	uint32_t wait_ms = 0;
	for (int i = 0; i < MANY; i++) {
		char key[32];
		(void)snprintf(key, sizeof(key), "2001:db8:%x::/64", (unsigned)i);
		assert_true(ratemap_take(*state, key, now, &wait_ms));
		assert_in_range(ratemap_count(*state), 1, ENTRIES);
	}
}

static void the_least_recently_used_is_forgotten_first(void **state)
{
	uint32_t wait_ms = 0;
	assert_true(ratemap_take(*state, "a", now, &wait_ms));
	assert_true(ratemap_take(*state, "b", now, &wait_ms));
	assert_true(ratemap_take(*state, "c", now, &wait_ms));
	assert_false(ratemap_take(*state, "a", now, &wait_ms)); /* used again, though refused */
	assert_true(ratemap_take(*state, "d", now, &wait_ms)); /* b goes */
	assert_false(ratemap_take(*state, "a", now, &wait_ms));
	assert_false(ratemap_take(*state, "c", now, &wait_ms));
	assert_true(ratemap_take(*state, "b", now, &wait_ms));
}

static void a_key_is_compared_by_its_first_64_bytes(void **state)
{
	uint32_t wait_ms = 0;
	char key[RATEMAP_KEY_BYTES + 8];
	memset(key, 'x', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	assert_true(ratemap_take(*state, key, now, &wait_ms));
	key[RATEMAP_KEY_BYTES] = 'y';
	assert_false(ratemap_take(*state, key, now, &wait_ms));
	key[RATEMAP_KEY_BYTES - 1] = 'y';
	assert_true(ratemap_take(*state, key, now, &wait_ms));
}

static void a_forgotten_key_starts_full(void **state)
{
	uint32_t wait_ms = 0;
	assert_true(ratemap_take(*state, "a", now, &wait_ms));
	ratemap_forget(*state, "a");
	ratemap_forget(*state, "never seen");
	assert_int_equal(ratemap_count(*state), 0);
	assert_true(ratemap_take(*state, "a", now, &wait_ms));
}

static void a_new_rate_holds_for_known_keys(void **state)
{
	uint32_t wait_ms = 0;
	assert_true(ratemap_take(*state, "a", now, &wait_ms));
	ratemap_reconfigure(*state, 60000, 1);
	assert_true(ratemap_take(*state, "a", clock_mono_add_ms(now, 2), &wait_ms));
}

static void known_keys_start_full_where_there_was_no_limit(void **state)
{
	(void)state;
	uint32_t wait_ms = 0;
	struct ratemap *map = ratemap_new(ENTRIES, 0, 1);
	assert_true(ratemap_take(map, "a", now, &wait_ms));
	ratemap_reconfigure(map, 1, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_true(ratemap_take(map, "a", now, &wait_ms));
	assert_false(ratemap_take(map, "a", now, &wait_ms));
	ratemap_free(map);
}

static void a_limit_per_hour_is_sixty_of_a_minutes_tokens_each(void **state)
{
	(void)state;
	uint32_t wait_ms = 0;
	struct ratemap *map = ratemap_new(ENTRIES, 2, INT64_C(2) * 60);
	assert_true(ratemap_take_many(map, "a", 60, now, &wait_ms));
	assert_true(ratemap_take_many(map, "a", 60, now, &wait_ms));
	assert_false(ratemap_take_many(map, "a", 60, now, &wait_ms));
	assert_in_range(wait_ms, 1800000, 1800002);
	assert_true(ratemap_take_many(map, "a", 60, clock_mono_add_ms(now, 1800001), &wait_ms));
	ratemap_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			each_key_has_a_bucket_of_its_own, make_map, free_map),
		cmocka_unit_test_setup_teardown(a_bucket_refills_with_time, make_map, free_map),
		cmocka_unit_test_setup_teardown(
			what_is_charged_delays_that_key_alone, make_map, free_map),
		cmocka_unit_test_setup_teardown(
			it_never_holds_more_entries_than_its_maximum, make_map, free_map),
		cmocka_unit_test_setup_teardown(
			the_least_recently_used_is_forgotten_first, make_map, free_map),
		cmocka_unit_test_setup_teardown(
			a_key_is_compared_by_its_first_64_bytes, make_map, free_map),
		cmocka_unit_test_setup_teardown(a_forgotten_key_starts_full, make_map, free_map),
		cmocka_unit_test_setup_teardown(
			a_new_rate_holds_for_known_keys, make_map, free_map),
		cmocka_unit_test(known_keys_start_full_where_there_was_no_limit),
		cmocka_unit_test(a_limit_per_hour_is_sixty_of_a_minutes_tokens_each),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
