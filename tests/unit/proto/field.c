/* Fields that are there and fields that aren't. */
#include "proto/field.h"

#include "gchat/v1/admin.pb-c.h"
#include "gchat/v1/chat.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool is_set(const ProtobufCMessage *msg, const char *name)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(msg->descriptor, name);
	assert_non_null(field);
	return field_is_set(msg, field);
}

static void a_field_at_its_default_is_not_there(void **state)
{
	char bob[] = "bob";
	Gchat__V1__SuspendUserRequest request;
	(void)state;
	gchat__v1__suspend_user_request__init(&request);
	assert_false(is_set(&request.base, "user"));
	assert_false(is_set(&request.base, "suspended"));
	request.user = bob;
	request.suspended = true;
	assert_true(is_set(&request.base, "user"));
	assert_true(is_set(&request.base, "suspended"));
}

static void of_a_oneof_the_chosen_field_is_there_at_its_default_too(void **state)
{
	Gchat__V1__GetRoomRequest request;
	(void)state;
	gchat__v1__get_room_request__init(&request);
	assert_false(is_set(&request.base, "room_id"));
	request.room_case = GCHAT__V1__GET_ROOM_REQUEST__ROOM_ROOM_ID;
	assert_true(is_set(&request.base, "room_id"));
	assert_false(is_set(&request.base, "room_name"));
}

static void a_list_is_there_with_its_first_item(void **state)
{
	char name[] = "x";
	char *names[] = {name};
	Gchat__V1__Certificate certificate;
	(void)state;
	gchat__v1__certificate__init(&certificate);
	assert_false(is_set(&certificate.base, "names"));
	certificate.names = names;
	certificate.n_names = 1;
	assert_true(is_set(&certificate.base, "names"));
}

static void sizes_are_those_of_protobuf_c(void **state)
{
	(void)state;
	assert_int_equal(field_size(PROTOBUF_C_TYPE_FIXED64), sizeof(uint64_t));
	assert_int_equal(field_size(PROTOBUF_C_TYPE_UINT32), sizeof(uint32_t));
	assert_int_equal(field_size(PROTOBUF_C_TYPE_ENUM), sizeof(int));
	assert_int_equal(field_size(PROTOBUF_C_TYPE_BOOL), sizeof(protobuf_c_boolean));
	assert_int_equal(field_size(PROTOBUF_C_TYPE_STRING), sizeof(char *));
	assert_int_equal(field_size(PROTOBUF_C_TYPE_BYTES), sizeof(ProtobufCBinaryData));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_at_its_default_is_not_there),
		cmocka_unit_test(of_a_oneof_the_chosen_field_is_there_at_its_default_too),
		cmocka_unit_test(a_list_is_there_with_its_first_item),
		cmocka_unit_test(sizes_are_those_of_protobuf_c),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
