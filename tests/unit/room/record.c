/* Keys and values of records. */
#include "room/record.h"

#include "gchat/v1/record.pb-c.h"
#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void keys_of_numbers_sort_by_them(void **state)
{
	(void)state;
	static const uint64_t numbers[] = {0, 1, 255, 256, 65535, 1ULL << 32, UINT64_MAX};
	for (size_t i = 1; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct record_key a = record_key_id(numbers[i - 1]);
		struct record_key b = record_key_id(numbers[i]);
		assert_int_equal(a.len, 8);
		assert_true(memcmp(a.bytes, b.bytes, 8) < 0);
		struct record_key c = record_key_pair(numbers[i - 1], UINT64_MAX);
		struct record_key d = record_key_pair(numbers[i], 0);
		assert_int_equal(c.len, 16);
		assert_true(memcmp(c.bytes, d.bytes, 16) < 0);
	}
}

static void the_form_of_a_key_never_changes(void **state)
{
	(void)state;
	static const uint8_t pair[] = {0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 3, 4, 5};
	struct record_key key = record_key_pair(0x102, 0x30405);
	assert_int_equal(key.len, sizeof(pair));
	assert_memory_equal(key.bytes, pair, sizeof(pair));
	key = record_key_bytes("den", 3);
	assert_int_equal(key.len, 3);
	assert_memory_equal(key.bytes, "den", 3);
}

static void the_kinds_never_change(void **state)
{
	(void)state;
	static const enum record_kind kinds[] = {RECORD_META, RECORD_ACCOUNT, RECORD_USER_NAME,
		RECORD_TOKEN, RECORD_ROOM, RECORD_ROOM_NAME, RECORD_MEMBER, RECORD_INVITE,
		RECORD_MARKER, RECORD_AVATAR};
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		assert_int_equal(kinds[i], i + 1);
}

static void a_value_decodes_as_what_was_encoded(void **state)
{
	(void)state;
	Gchat__V1__MarkerRecord record;
	gchat__v1__marker_record__init(&record);
	record.read_seq = 12345;
	struct record_value value = record_encode(&record.base);
	ProtobufCMessage *msg =
		codec_load(&gchat__v1__marker_record__descriptor, value.data, value.len);
	assert_non_null(msg);
	assert_int_equal(GC_CONTAINER_OF(msg, Gchat__V1__MarkerRecord, base)->read_seq, 12345);
	codec_free(msg);
	free(value.data);
}

static void an_empty_message_is_a_record_all_the_same(void **state)
{
	(void)state;
	Gchat__V1__MarkerRecord record;
	gchat__v1__marker_record__init(&record);
	struct record_value value = record_encode(&record.base);
	assert_non_null(value.data); /* NULL would delete */
	assert_int_equal(value.len, 0);
	free(value.data);
}

static void a_number_has_the_form_of_a_key(void **state)
{
	(void)state;
	struct record_value value = record_number(0x102);
	struct record_key key = record_key_id(0x102);
	assert_int_equal(value.len, key.len);
	assert_memory_equal(value.data, key.bytes, key.len);
	free(value.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_numbers_sort_by_them),
		cmocka_unit_test(the_form_of_a_key_never_changes),
		cmocka_unit_test(the_kinds_never_change),
		cmocka_unit_test(a_value_decodes_as_what_was_encoded),
		cmocka_unit_test(an_empty_message_is_a_record_all_the_same),
		cmocka_unit_test(a_number_has_the_form_of_a_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
