/* Limits agree with each other: what may be sent fits into a message, what is sent can be decoded. */
#include "proto/limits.h"

#include "gchat/v1/chat.pb-c.h"
#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void the_longest_text_fits_into_a_message(void **state)
{
	(void)state;
	assert_true(LIMIT_TEXT_BYTES + 1024 < LIMIT_MESSAGE_BYTES);
}

static void an_avatar_chunk_fits_into_a_message(void **state)
{
	(void)state;
	assert_true(LIMIT_AVATAR_CHUNK_BYTES + 1024 < LIMIT_MESSAGE_BYTES);
	assert_true(LIMIT_AVATAR_CHUNK_BYTES < LIMIT_AVATAR_BYTES);
}

static void a_hello_with_all_cursors_fits_and_decodes(void **state)
{
	(void)state;
	Gchat__V1__Cursor cursors[LIMIT_CURSORS_MAX], *list[LIMIT_CURSORS_MAX];
	for (size_t i = 0; i < LIMIT_CURSORS_MAX; i++) {
		gchat__v1__cursor__init(&cursors[i]);
		cursors[i].room_id = UINT64_MAX;
		cursors[i].seq = UINT64_MAX;
		list[i] = &cursors[i];
	}
	Gchat__V1__Hello hello;
	gchat__v1__hello__init(&hello);
	hello.cursors = list;
	hello.n_cursors = LIMIT_CURSORS_MAX;
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO;
	frame.hello = &hello;
	size_t len;
	uint8_t *bytes = codec_encode_new(&frame.base, &len);
	struct codec_arena arena;
	ProtobufCMessage *msg;
	codec_arena_init(&arena);
	assert_int_equal(
		codec_decode(&arena, &gchat__v1__client_frame__descriptor, bytes, len, &msg),
		CODEC_OK);
	codec_arena_deinit(&arena);
	free(bytes);
}

static void any_message_of_one_long_text_can_be_decoded(void **state)
{
	(void)state;
	assert_true(LIMIT_DECODE_BYTES >= 4 * LIMIT_MESSAGE_BYTES);
}

static void passwords_and_pages_have_sane_ranges(void **state)
{
	(void)state;
	assert_true(LIMIT_PASSWORD_BYTES_MIN >= 8);
	assert_true(LIMIT_PASSWORD_BYTES_MIN < LIMIT_PASSWORD_BYTES_MAX);
	assert_true(LIMIT_PAGE_DEFAULT > 0 && LIMIT_PAGE_DEFAULT <= LIMIT_PAGE_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_text_fits_into_a_message),
		cmocka_unit_test(an_avatar_chunk_fits_into_a_message),
		cmocka_unit_test(a_hello_with_all_cursors_fits_and_decodes),
		cmocka_unit_test(any_message_of_one_long_text_can_be_decoded),
		cmocka_unit_test(passwords_and_pages_have_sane_ranges),
	};
	return cmocka_run_group_tests_name("proto.limits", tests, NULL, NULL);
}
