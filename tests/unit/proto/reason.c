/* The table of reasons is complete and its names can be relied on. */
#include "proto/reason.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum {
	CODE_OK = 0,
	CODE_UNAUTHENTICATED = 16, /* the last of grpc_status_code */
	NAME_BYTES_MAX = 64,
};

static void every_reason_has_a_name_of_capitals_and_a_sentence(void **state)
{
	(void)state;
	for (int r = REASON_NONE; r < _REASON_MAX; r++) {
		const char *name = reason_name((enum reason)r);
		size_t len = strlen(name);
		assert_true(len > 0 && len < NAME_BYTES_MAX);
		assert_int_equal(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), len);
		const char *text = reason_text((enum reason)r);
		assert_true(strlen(text) > 0);
		assert_false(isupper((unsigned char)text[0]));
		assert_int_not_equal(text[strlen(text) - 1], '.');
	}
}

static void every_name_is_found_again_so_names_are_unique(void **state)
{
	(void)state;
	for (int r = REASON_NONE; r < _REASON_MAX; r++)
		assert_int_equal(reason_find(reason_name((enum reason)r)), r);
}

static void an_unknown_name_is_none(void **state)
{
	(void)state;
	assert_int_equal(reason_find("NO_SUCH_REASON"), REASON_NONE);
	assert_int_equal(reason_find(""), REASON_NONE);
	assert_int_equal(reason_find("rate_limited"), REASON_NONE);
}

static void codes_are_those_of_grpc_and_only_none_is_ok(void **state)
{
	(void)state;
	assert_int_equal(reason_code(REASON_NONE), CODE_OK);
	for (int r = REASON_NONE + 1; r < _REASON_MAX; r++) {
		assert_true(reason_code((enum reason)r) > CODE_OK);
		assert_true(reason_code((enum reason)r) <= CODE_UNAUTHENTICATED);
	}
}

static void names_and_codes_that_clients_rely_on_stay(void **state)
{
	(void)state;
	assert_string_equal(reason_name(REASON_RATE_LIMITED), "RATE_LIMITED");
	assert_int_equal(reason_code(REASON_RATE_LIMITED), 8);
	assert_string_equal(reason_name(REASON_UNKNOWN_ROOM), "UNKNOWN_ROOM");
	assert_int_equal(reason_code(REASON_UNKNOWN_ROOM), 5);
	assert_string_equal(reason_name(REASON_TOKEN_INVALID), "TOKEN_INVALID");
	assert_int_equal(reason_code(REASON_TOKEN_INVALID), 16);
	assert_string_equal(reason_name(REASON_ID_REUSED), "ID_REUSED");
	assert_int_equal(reason_code(REASON_ID_REUSED), 6);
	assert_int_equal(reason_code(REASON_UNIMPLEMENTED), 12);
	assert_int_equal(reason_code(REASON_SHUTDOWN), 14);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_has_a_name_of_capitals_and_a_sentence),
		cmocka_unit_test(every_name_is_found_again_so_names_are_unique),
		cmocka_unit_test(an_unknown_name_is_none),
		cmocka_unit_test(codes_are_those_of_grpc_and_only_none_is_ok),
		cmocka_unit_test(names_and_codes_that_clients_rely_on_stay),
	};
	return cmocka_run_group_tests_name("proto.reason", tests, NULL, NULL);
}
