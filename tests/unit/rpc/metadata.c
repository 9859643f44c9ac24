/* Reading and making metadata pairs. */
#include "rpc/metadata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum {
	PAIRS = 3,
};

static grpc_metadata pairs[PAIRS];
static grpc_metadata_array array = {.count = PAIRS, .capacity = PAIRS, .metadata = pairs};

static int set_up(void **state)
{
	(void)state;
	grpc_init();
	pairs[0] = metadata_make("authorization", "Bearer abc");
	pairs[1] = metadata_make("x-empty", "");
	pairs[2] = metadata_make("authorization", "second");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAIRS; i++)
		metadata_unref(&pairs[i]);
	grpc_shutdown();
	return 0;
}

static void the_first_value_of_a_key_is_copied_out(void **state)
{
	(void)state;
	char buf[32];
	assert_true(metadata_get(&array, "authorization", buf, sizeof(buf)));
	assert_string_equal(buf, "Bearer abc");
}

static void an_absent_key_is_not_found(void **state)
{
	(void)state;
	char buf[32];
	assert_false(metadata_get(&array, "author", buf, sizeof(buf)));
	grpc_metadata_array none = {0};
	assert_false(metadata_get(&none, "authorization", buf, sizeof(buf)));
}

static void an_empty_value_is_an_empty_string(void **state)
{
	(void)state;
	char buf[1] = {'x'};
	assert_true(metadata_get(&array, "x-empty", buf, sizeof(buf)));
	assert_string_equal(buf, "");
}

static void a_value_that_fills_the_buffer_is_taken_and_a_longer_one_is_not(void **state)
{
	(void)state;
	char buf[11];
	assert_true(metadata_get(&array, "authorization", buf, sizeof("Bearer abc")));
	assert_false(metadata_get(&array, "authorization", buf, sizeof("Bearer abc") - 1));
}

static void a_made_value_is_a_copy(void **state)
{
	(void)state;
	char value[] = "first, in a buffer that is used again";
	char buf[64];
	grpc_metadata pair = metadata_make(METADATA_KEY_REASON, value);
	memset(value, 'x', sizeof(value) - 1);
	grpc_metadata_array one = {.count = 1, .capacity = 1, .metadata = &pair};
	assert_true(metadata_get(&one, METADATA_KEY_REASON, buf, sizeof(buf)));
	assert_string_equal(buf, "first, in a buffer that is used again");
	metadata_unref(&pair);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_value_of_a_key_is_copied_out),
		cmocka_unit_test(an_absent_key_is_not_found),
		cmocka_unit_test(an_empty_value_is_an_empty_string),
		cmocka_unit_test(a_value_that_fills_the_buffer_is_taken_and_a_longer_one_is_not),
		cmocka_unit_test(a_made_value_is_a_copy),
	};
	return cmocka_run_group_tests_name("rpc.metadata", tests, set_up, tear_down);
}
