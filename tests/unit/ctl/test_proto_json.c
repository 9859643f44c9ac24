/* Messages of the contract as JSON, by protobuf's own mapping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctl/proto_json.h"
#include "gchat/v1/admin.pb-c.h"
#include "gchat/v1/event.pb-c.h"
#include "gchat/v1/record.pb-c.h"

static void assert_json(const ProtobufCMessage *msg, const char *wanted)
{
	json_t *json = proto_json(msg);
	char *text = json_dumps(json, JSON_COMPACT);

	assert_string_equal(text, wanted);
	free(text);
	json_decref(json);
}

static void what_is_at_its_default_is_left_out(void **state)
{
	Gchat__V1__KickRequest kick;

	(void)state;
	gchat__v1__kick_request__init(&kick);
	assert_json(&kick.base, "{}");
}

static void each_type_has_its_form(void **state)
{
	char ann[] = "ann";
	char text[] = "a \"b\"";
	Gchat__V1__Message message;
	Gchat__V1__Event event;
	Gchat__V1__MemberRecord member;

	(void)state;
	gchat__v1__message__init(&message);
	gchat__v1__event__init(&event);
	message.text = text;
	message.reply_to = UINT64_MAX;
	event.seq = 7;
	event.author = ann;
	event.body_case = GCHAT__V1__EVENT__BODY_MESSAGE;
	event.message = &message;
	assert_json(&event.base, "{\"seq\":\"7\",\"author\":\"ann\",\"message\":{\"text\":"
				 "\"a \\\"b\\\"\",\"reply_to\":\"18446744073709551615\"}}");
	gchat__v1__member_record__init(&member);
	member.role = GCHAT__V1__ROLE__ROLE_OWNER;
	assert_json(&member.base, "{\"role\":\"ROLE_OWNER\"}");
	member.role = 99;
	assert_json(&member.base, "{\"role\":99}");
}

static void a_body_without_fields_is_there_all_the_same(void **state)
{
	Gchat__V1__MemberLeft left;
	Gchat__V1__Event event;

	(void)state;
	gchat__v1__member_left__init(&left);
	gchat__v1__event__init(&event);
	event.body_case = GCHAT__V1__EVENT__BODY_LEFT;
	event.left = &left;
	assert_json(&event.base, "{\"left\":{}}");
}

static void bytes_are_base64(void **state)
{
	static const char *const wanted[] = {"{}", "{\"image\":\"AQ==\"}", "{\"image\":\"Af8=\"}",
		"{\"image\":\"Af8C\"}", "{\"image\":\"Af8CAw==\"}"};
	uint8_t data[] = {0x01, 0xff, 0x02, 0x03};
	Gchat__V1__AvatarRecord avatar;

	(void)state;
	gchat__v1__avatar_record__init(&avatar);
	for (size_t i = 0; i <= sizeof(data); i++) {
		avatar.image = (ProtobufCBinaryData){.data = data, .len = i};
		assert_json(&avatar.base, wanted[i]);
	}
}

static void lists_are_arrays(void **state)
{
	char a[] = "a";
	char *names[] = {a, a};
	Gchat__V1__Certificate certificate;

	(void)state;
	gchat__v1__certificate__init(&certificate);
	certificate.names = names;
	certificate.n_names = 2;
	assert_json(&certificate.base, "{\"names\":[\"a\",\"a\"]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_at_its_default_is_left_out),
		cmocka_unit_test(each_type_has_its_form),
		cmocka_unit_test(a_body_without_fields_is_there_all_the_same),
		cmocka_unit_test(bytes_are_base64),
		cmocka_unit_test(lists_are_arrays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
