/* Names of rooms. */
#include "lib/names.h"

#include "cmocka_std.h"

static void an_unknown_room_has_no_name(void **state)
{
	(void)state;
	struct names n = {0};
	assert_string_equal(names_get(&n, 1), "");
}

static void rooms_are_found_in_any_order(void **state)
{
	(void)state;
	struct names n = {0};
	for (uint64_t room = 100; room > 0; room--)
		names_set(&n, room, room % 2 ? "odd" : "even");
	assert_int_equal(n.count, 100);
	assert_string_equal(names_get(&n, 51), "odd");
	assert_string_equal(names_get(&n, 100), "even");
	names_deinit(&n);
}

static void a_new_name_replaces_the_old_one(void **state)
{
	(void)state;
	struct names n = {0};
	names_set(&n, 1, "old");
	names_set(&n, 1, "new");
	names_set(&n, 1, "");
	assert_string_equal(names_get(&n, 1), "new");
	names_deinit(&n);
}

static void rooms_beyond_the_maximum_stay_nameless(void **state)
{
	(void)state;
	struct names n = {0};
	for (uint64_t room = 1; room <= NAMES_MAX + 1; room++)
		names_set(&n, room, "x");
	assert_int_equal(n.count, NAMES_MAX);
	assert_string_equal(names_get(&n, NAMES_MAX + 1), "");
	names_deinit(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_room_has_no_name),
		cmocka_unit_test(rooms_are_found_in_any_order),
		cmocka_unit_test(a_new_name_replaces_the_old_one),
		cmocka_unit_test(rooms_beyond_the_maximum_stay_nameless),
	};
	return cmocka_run_group_tests_name("lib.names", tests, NULL, NULL);
}
