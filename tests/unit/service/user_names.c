/* Names of the machine's users: asked for once, then remembered. */
#include "service/user_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOBODYS_UID UINT32_C(3987654321) /* no system gives this one */

static void a_name_is_unknown_until_it_is_learned(void **state)
{
	struct user_names names;
	char name[USER_NAMES_BYTES] = "untouched";
	(void)state;
	user_names_init(&names);
	assert_false(user_names_find(&names, 0, name));
	assert_string_equal(name, "untouched");
	user_names_learn(&names, 0, name);
	assert_string_equal(name, "root");
	memset(name, 0, sizeof(name));
	assert_true(user_names_find(&names, 0, name));
	assert_string_equal(name, "root");
	user_names_deinit(&names);
}

static void that_there_is_none_is_remembered_too(void **state)
{
	struct user_names names;
	char name[USER_NAMES_BYTES] = "x";
	(void)state;
	user_names_init(&names);
	user_names_learn(&names, NOBODYS_UID, name);
	assert_string_equal(name, "");
	assert_true(user_names_find(&names, NOBODYS_UID, name));
	user_names_deinit(&names);
}

static void the_oldest_makes_room_for_another(void **state)
{
	struct user_names names;
	char name[USER_NAMES_BYTES];
	(void)state;
	user_names_init(&names);
	for (uint32_t i = 0; i < USER_NAMES_MAX; i++)
		user_names_learn(&names, NOBODYS_UID - i, name);
	user_names_learn(&names, NOBODYS_UID - 1, name); /* again: takes no place */
	assert_true(user_names_find(&names, NOBODYS_UID, name));
	user_names_learn(&names, 0, name);
	assert_false(user_names_find(&names, NOBODYS_UID, name));
	assert_true(user_names_find(&names, 0, name));
	user_names_deinit(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_unknown_until_it_is_learned),
		cmocka_unit_test(that_there_is_none_is_remembered_too),
		cmocka_unit_test(the_oldest_makes_room_for_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
