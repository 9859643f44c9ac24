/* An unknown name is answered with the one that was most likely meant. */
#include "config/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_misspelt_key_finds_its_neighbour(void **state)
{
	(void)state;
	assert_string_equal(nearest_key("server.nmae"), "server.name");
	assert_string_equal(nearest_key("limits.connection"), "limits.connections");
	assert_string_equal(nearest_key("limits.messages_per_min"), "limits.messages_per_minute");
}

static void a_key_in_the_wrong_group_finds_the_right_one(void **state)
{
	(void)state;
	assert_string_equal(nearest_key("server.text_bytes"), "limits.text_bytes");
	assert_string_equal(nearest_key("level"), "log.level");
}

static void a_known_key_is_its_own_neighbour(void **state)
{
	(void)state;
	assert_string_equal(nearest_key("store.readers"), "store.readers");
}

static void a_misspelt_group_finds_its_neighbour(void **state)
{
	(void)state;
	assert_string_equal(nearest_group("severs"), "server");
	assert_string_equal(nearest_group("logs"), "log");
	assert_string_equal(nearest_group("delivery"), "delivery");
}

static void names_without_end_or_beginning_are_answered_too(void **state)
{
	(void)state;
	char name[1000];
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_non_null(nearest_key(name));
	assert_non_null(nearest_group(name));
	assert_non_null(nearest_key(""));
	assert_non_null(nearest_group(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_misspelt_key_finds_its_neighbour),
		cmocka_unit_test(a_key_in_the_wrong_group_finds_the_right_one),
		cmocka_unit_test(a_known_key_is_its_own_neighbour),
		cmocka_unit_test(a_misspelt_group_finds_its_neighbour),
		cmocka_unit_test(names_without_end_or_beginning_are_answered_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
