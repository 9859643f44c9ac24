/* Requests as a line of text: what is set, by name, without secrets. */
#include "service/request_text.h"

#include "gchat/v1/admin.pb-c.h"
#include "gchat/v1/auth.pb-c.h"
#include "gchat/v1/chat.pb-c.h"
#include "gchat/v1/record.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static char text[2048];

static const char *text_of(const ProtobufCMessage *msg)
{
	request_text(msg, text, sizeof(text));
	return text;
}

static void what_is_set_stands_in_the_order_of_the_contract(void **state)
{
	char bob[] = "bob";
	char lobby[] = "lobby";
	Gchat__V1__KickRequest kick;
	(void)state;
	gchat__v1__kick_request__init(&kick);
	assert_string_equal(text_of(&kick.base), "");
	kick.room = lobby;
	kick.user = bob;
	assert_string_equal(text_of(&kick.base), "user=bob room=lobby");
}

static void what_a_request_says_no_to_is_written(void **state)
{
	Gchat__V1__SuspendUserRequest restore;
	Gchat__V1__AdminUpdateRoomRequest update;
	char user[] = "bob";
	(void)state;
	gchat__v1__suspend_user_request__init(&restore);
	restore.user = user;
	assert_string_equal(text_of(&restore.base), "user=bob suspended=false");
	gchat__v1__admin_update_room_request__init(&update);
	update.room = user;
	assert_string_equal(text_of(&update.base), "room=bob");
}

static void passwords_tokens_and_page_tokens_are_left_out(void **state)
{
	char bob[] = "bob";
	char secret[] = "hunter22";
	Gchat__V1__SetPasswordRequest set;
	Gchat__V1__CreateAccountRequest create;
	Gchat__V1__ListAuditRequest list;
	Gchat__V1__AccountRecord account;
	(void)state;
	gchat__v1__set_password_request__init(&set);
	set.user = bob;
	set.password = secret;
	assert_string_equal(text_of(&set.base), "user=bob");
	gchat__v1__create_account_request__init(&create);
	create.password = secret;
	create.invite = secret;
	assert_null(strstr(text_of(&create.base), secret));
	gchat__v1__list_audit_request__init(&list);
	list.page_token = secret;
	assert_string_equal(text_of(&list.base), "by_uid=false");
	gchat__v1__account_record__init(&account);
	account.password_hash = secret;
	account.token_epoch = 7;
	assert_string_equal(text_of(&account.base), "guest=false suspended=false");
}

static void no_request_of_admin_shows_a_field_that_sounds_secret(void **state)
{
	static const char *const words[] = {"password", "secret", "token", "code"};
	char value[] = "hunter22";
	const ProtobufCServiceDescriptor *admin = &gchat__v1__admin__descriptor;
	(void)state;
	for (unsigned m = 0; m < admin->n_methods; m++) {
		const ProtobufCMessageDescriptor *type = admin->methods[m].input;
		for (unsigned f = 0; f < type->n_fields; f++) {
			bool secret = false;
			for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
				secret = secret || strstr(type->fields[f].name, words[w]);
			if (!secret || type->fields[f].type != PROTOBUF_C_TYPE_STRING)
				continue;
			max_align_t room[64];
			assert_true(type->sizeof_message <= sizeof(room));
			protobuf_c_message_init(type, room);
			char *at = (char *)room + type->fields[f].offset;
			*(char **)(void *)at = value;
			assert_null(strstr(text_of((void *)room), value));
		}
	}
}

static void each_kind_of_field_has_its_form(void **state)
{
	char room[] = "a b\"c\n";
	Gchat__V1__AdminUpdateRoomRequest update;
	Gchat__V1__EndSessionRequest end;
	uint8_t bytes[] = {0xab, 0x01};
	Gchat__V1__AvatarRecord avatar;
	(void)state;
	gchat__v1__admin_update_room_request__init(&update);
	update.room = room;
	update.set_visibility = true;
	update.visibility = GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE;
	assert_string_equal(text_of(&update.base),
		"room=\"a b\\\"c?\" set_visibility=true visibility=VISIBILITY_PRIVATE");
	update.visibility = 99;
	assert_non_null(strstr(text_of(&update.base), "visibility=99"));
	gchat__v1__end_session_request__init(&end);
	end.session_id = UINT64_MAX;
	assert_string_equal(text_of(&end.base), "session_id=18446744073709551615");
	gchat__v1__avatar_record__init(&avatar);
	avatar.image = (ProtobufCBinaryData){.data = bytes, .len = sizeof(bytes)};
	assert_string_equal(text_of(&avatar.base), "image=ab01");
}

static void lists_and_messages_within_are_written_too(void **state)
{
	char name[] = "x";
	char *names[REQUEST_TEXT_ITEMS_MAX + 1];
	Gchat__V1__Certificate certificate;
	Gchat__V1__GetCertificateResponse outer;
	(void)state;
	for (size_t i = 0; i <= REQUEST_TEXT_ITEMS_MAX; i++)
		names[i] = name;
	gchat__v1__certificate__init(&certificate);
	gchat__v1__get_certificate_response__init(&outer);
	certificate.names = names;
	certificate.n_names = 2;
	outer.certificate = &certificate;
	assert_string_equal(text_of(&outer.base), "names=x,x");
	certificate.n_names = REQUEST_TEXT_ITEMS_MAX + 1;
	assert_string_equal(text_of(&outer.base), "names=x,x,x,x,x,x,x,x,...");
}

static void long_values_are_cut_between_characters(void **state)
{
	char long_text[3 * REQUEST_TEXT_VALUE_BYTES + 1];
	Gchat__V1__KickRequest kick;
	(void)state;
	for (size_t i = 0; i < REQUEST_TEXT_VALUE_BYTES; i++)
		memcpy(long_text + 3 * i, "\xe2\x82\xac", 3);
	long_text[sizeof(long_text) - 1] = '\0';
	gchat__v1__kick_request__init(&kick);
	kick.user = long_text;
	size_t whole = REQUEST_TEXT_VALUE_BYTES / 3 * 3;
	assert_int_equal(strlen(text_of(&kick.base)), strlen("user=") + whole + strlen("..."));
}

static void what_does_not_fit_is_cut_between_fields(void **state)
{
	char bob[] = "bob";
	char lobby[] = "lobby";
	char small[sizeof("user=bob room=lobby") - 1];
	Gchat__V1__KickRequest kick;
	(void)state;
	gchat__v1__kick_request__init(&kick);
	kick.user = bob;
	kick.room = lobby;
	request_text(&kick.base, small, sizeof(small));
	assert_string_equal(small, "user=bob");
	request_text(&kick.base, small, 1);
	assert_string_equal(small, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_set_stands_in_the_order_of_the_contract),
		cmocka_unit_test(what_a_request_says_no_to_is_written),
		cmocka_unit_test(passwords_tokens_and_page_tokens_are_left_out),
		cmocka_unit_test(no_request_of_admin_shows_a_field_that_sounds_secret),
		cmocka_unit_test(each_kind_of_field_has_its_form),
		cmocka_unit_test(lists_and_messages_within_are_written_too),
		cmocka_unit_test(long_values_are_cut_between_characters),
		cmocka_unit_test(what_does_not_fit_is_cut_between_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
