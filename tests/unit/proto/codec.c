/* Every rule of proto/codec.h, with encodings that sample.c writes by itself. */
#include "proto/codec.h"

#include "base/mem.h"
#include "gchat/v1/chat.pb-c.h"
#include "proto/limits.h"
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FRAME (&gchat__v1__client_frame__descriptor)
#define SEND  (&gchat__v1__send__descriptor)

enum {
	SEND_FIELD = 3, /* ClientFrame.send */
	ID_FIELD = 2, /* Send.client_msg_id */
	TEXT_FIELD = 3, /* Send.text */
	UNKNOWN_FIELD = 1000,
};

static struct codec_arena arena;

static int set_up(void **state)
{
	(void)state;
	codec_arena_init(&arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	codec_arena_deinit(&arena);
	return 0;
}

static enum codec_status decode(
	const ProtobufCMessageDescriptor *type, const void *data, size_t len)
{
	ProtobufCMessage *msg;
	return codec_decode(&arena, type, data, len, &msg);
}

/* ---- what is right ---- */

static void check_round_trip(const ProtobufCMessageDescriptor *type)
{
	uint8_t in[SAMPLE_BYTES_MAX];
	for (unsigned pick = 0; pick < sample_picks(type); pick++) {
		ProtobufCMessage *msg;
		size_t len = sample_write(type, pick, in), out_len;
		assert_int_equal(codec_decode(&arena, type, in, len, &msg), CODEC_OK);
		assert_int_equal(codec_size(msg), len);
		uint8_t *out = codec_encode_new(msg, &out_len);
		assert_int_equal(out_len, len);
		assert_memory_equal(out, in, len);
		free(out);
	}
}

static void every_message_kind_survives_decoding_and_encoding(void **state)
{
	(void)state;
	sample_each_type(check_round_trip);
}

static void check_load(const ProtobufCMessageDescriptor *type)
{
	uint8_t in[SAMPLE_BYTES_MAX], out[SAMPLE_BYTES_MAX];
	for (unsigned pick = 0; pick < sample_picks(type); pick++) {
		size_t len = sample_write(type, pick, in);
		ProtobufCMessage *msg = codec_load(type, in, len);
		assert_non_null(msg);
		assert_int_equal(codec_size(msg), len);
		codec_encode(msg, out);
		assert_memory_equal(out, in, len);
		codec_free(msg);
	}
}

static void every_message_kind_can_be_loaded_on_the_heap(void **state)
{
	(void)state;
	sample_each_type(check_load);
}

static void no_bytes_are_an_empty_message(void **state)
{
	(void)state;
	ProtobufCMessage *msg;
	size_t len = 1;
	assert_int_equal(codec_decode(&arena, FRAME, NULL, 0, &msg), CODEC_OK);
	uint8_t *out = codec_encode_new(msg, &len);
	assert_non_null(out);
	assert_int_equal(len, 0);
	free(out);
}

static size_t put_send(uint8_t *out, const char *text, size_t text_len)
{
	uint8_t send[256];
	size_t len = sample_put_bytes(send, ID_FIELD, "0123456789abcdef", 16);
	len += sample_put_bytes(send + len, TEXT_FIELD, text, text_len);
	return sample_put_bytes(out, SEND_FIELD, send, len);
}

static void unknown_fields_of_every_wire_type_are_accepted(void **state)
{
	(void)state;
	uint8_t in[512];
	ProtobufCMessage *msg;
	size_t len = sample_put_varint(in, UNKNOWN_FIELD, UINT64_MAX);
	len += sample_put_bytes(in + len, UNKNOWN_FIELD + 1, "\xff\x00", 2);
	static const uint8_t fixed64[] = {0xd1, 0x3e, 1, 2, 3, 4, 5, 6, 7, 8}; /* field 1002 */
	static const uint8_t fixed32[] = {0xdd, 0x3e, 1, 2, 3, 4}; /* field 1003 */
	memcpy(in + len, fixed64, sizeof(fixed64));
	len += sizeof(fixed64);
	memcpy(in + len, fixed32, sizeof(fixed32));
	len += sizeof(fixed32);
	len += put_send(in + len, "hello", 5);
	assert_int_equal(codec_decode(&arena, FRAME, in, len, &msg), CODEC_OK);
	const Gchat__V1__ClientFrame *frame = (const Gchat__V1__ClientFrame *)msg;
	assert_int_equal(frame->request_case, GCHAT__V1__CLIENT_FRAME__REQUEST_SEND);
	assert_string_equal(frame->send->text, "hello");
}

static void the_last_of_a_repeated_oneof_counts(void **state)
{
	(void)state;
	uint8_t in[512];
	ProtobufCMessage *msg;
	size_t len = put_send(in, "first", 5);
	len += sample_put_bytes(in + len, 14, NULL, 0); /* ping */
	len += put_send(in + len, "last", 4);
	assert_int_equal(codec_decode(&arena, FRAME, in, len, &msg), CODEC_OK);
	assert_string_equal(((const Gchat__V1__ClientFrame *)msg)->send->text, "last");
}

/* ---- what is wrong ---- */

static void check_truncation(const ProtobufCMessageDescriptor *type)
{
	uint8_t part[SAMPLE_BYTES_MAX], in[SAMPLE_BYTES_MAX + 16];
	for (unsigned pick = 0; pick < sample_picks(type); pick++) {
		size_t part_len = sample_write(type, pick, part);
		/* As one field of another message, so that no cut falls between two fields. */
		size_t len = sample_put_bytes(in, UNKNOWN_FIELD, part, part_len);
		for (size_t cut = 1; cut < len; cut++) {
			uint8_t *exact = mem_dup(in, cut); /* so that a read past it is seen */
			assert_int_equal(decode(type, exact, cut), CODEC_MALFORMED);
			free(exact);
		}
	}
}

static void a_field_cut_at_any_byte_is_malformed(void **state)
{
	(void)state;
	sample_each_type(check_truncation);
}

static void check_every_prefix(const ProtobufCMessageDescriptor *type)
{
	uint8_t in[SAMPLE_BYTES_MAX];
	for (unsigned pick = 0; pick < sample_picks(type); pick++) {
		size_t len = sample_write(type, pick, in);
		for (size_t cut = 0; cut < len; cut++) {
			uint8_t *exact = mem_dup(in, cut);
			enum codec_status status = decode(type, exact, cut);
			ProtobufCMessage *msg = codec_load(type, exact, cut);
			assert_true(status == CODEC_OK || status == CODEC_MALFORMED);
			assert_int_equal(msg != NULL, status == CODEC_OK);
			codec_free(msg);
			free(exact);
		}
	}
}

static void every_prefix_of_a_message_is_either_whole_or_malformed(void **state)
{
	(void)state;
	sample_each_type(check_every_prefix);
}

static void malformed_bytes_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *data;
		size_t len;
	} cases[] = {
		{"\x00\x00", 2}, /* field number 0 */
		{"\x0b\x0c", 2}, /* a group */
		{"\x0e\x00", 2}, /* wire type 6 */
		{"\x0f\x00", 2}, /* wire type 7 */
		{"\x08", 1}, /* no value */
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12}, /* 11 bytes of varint */
		{"\x1a\x05xy", 4}, /* longer than what is left */
		{"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, /* longest length */
		{"\x1a\x02\x18\x01", 4}, /* a text sent as a varint */
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 11}, /* largest tag */
		{"\x80\x80\x80\x80\x10\x00", 6}, /* field number 2^29 */
		{"\xff\xff\xff\xff\x7f\x00", 6}, /* field number 2^32 - 1 */
	};
	for (size_t i = 0; i < GC_LENGTH(cases); i++) {
		assert_int_equal(decode(FRAME, cases[i].data, cases[i].len), CODEC_MALFORMED);
		assert_null(codec_load(FRAME, (const uint8_t *)cases[i].data, cases[i].len));
	}
}

static void text_that_is_not_utf8_is_refused_as_such(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"\xff", /* never a byte of UTF-8 */
		"\xc3", /* cut */
		"a\x80", /* stray continuation */
		"\xc0\xaf", /* overlong */
		"\xed\xa0\x80", /* surrogate */
		"\xf4\x90\x80\x80", /* past U+10FFFF */
		"\xf8\x88\x80\x80\x80", /* five bytes */
	};
	uint8_t in[128];
	for (size_t i = 0; i < GC_LENGTH(bad); i++) {
		size_t len = put_send(in, bad[i], strlen(bad[i]));
		assert_int_equal(decode(FRAME, in, len), CODEC_BAD_TEXT);
		assert_null(codec_load(FRAME, in, len));
	}
}

static void a_nul_in_text_is_refused(void **state)
{
	(void)state;
	uint8_t in[128];
	size_t len = put_send(in, "a\0b", 3);
	assert_int_equal(decode(FRAME, in, len), CODEC_BAD_TEXT);
}

static void bytes_fields_may_hold_anything(void **state)
{
	(void)state;
	uint8_t in[64];
	size_t len = sample_put_bytes(in, ID_FIELD, "\xff\x00\x80", 3);
	assert_int_equal(decode(SEND, in, len), CODEC_OK);
}

/* ---- what is too much ---- */

static void a_message_of_the_limit_is_taken_and_one_byte_more_is_not(void **state)
{
	(void)state;
	size_t size = LIMIT_MESSAGE_BYTES + 1;
	uint8_t *in = mem_new(1, size);
	uint8_t *text = mem_new(1, size);
	memset(text, 'x', size);
	size_t len = sample_put_bytes(in, TEXT_FIELD, text, LIMIT_MESSAGE_BYTES - 4);
	assert_int_equal(len, LIMIT_MESSAGE_BYTES);
	assert_int_equal(decode(SEND, in, len), CODEC_OK);
	assert_int_equal(decode(SEND, in, len + 1), CODEC_TOO_LARGE);
	free(text);
	free(in);
}

/* Fills a whole message with one short piece, again and again. */
static void check_bomb(const ProtobufCMessageDescriptor *type, const void *piece, size_t size)
{
	uint8_t *in = mem_new(1, LIMIT_MESSAGE_BYTES);
	size_t len = 0;
	for (; len + size <= LIMIT_MESSAGE_BYTES; len += size)
		memcpy(in + len, piece, size);
	assert_int_equal(decode(type, in, len), CODEC_TOO_LARGE);
	assert_true(arena.used <= LIMIT_DECODE_BYTES);
	free(in);
}

static void small_messages_that_decode_to_much_memory_are_refused(void **state)
{
	(void)state;
	check_bomb(&gchat__v1__hello__descriptor, "\x1a\x00", 2); /* empty cursors */
	check_bomb(&gchat__v1__server_frame__descriptor, "\x0a\x00", 2); /* empty events */
	check_bomb(&gchat__v1__get_profiles_request__descriptor, "\x12\x00", 2); /* empty texts */
	check_bomb(FRAME, "\xc0\x3e\x00", 3); /* unknown fields */
	check_bomb(FRAME, "\x12\x02\x1a\x00", 4); /* hellos that are merged */
}

static void the_arena_is_usable_after_a_bomb(void **state)
{
	(void)state;
	uint8_t in[SAMPLE_BYTES_MAX];
	check_bomb(FRAME, "\xc0\x3e\x00", 3);
	assert_int_equal(decode(FRAME, in, sample_write(FRAME, 1, in)), CODEC_OK);
}

static void a_result_is_written_on_success_only(void **state)
{
	(void)state;
	ProtobufCMessage mark, *msg = &mark;
	assert_int_equal(
		codec_decode(&arena, FRAME, (const uint8_t *)"\x08", 1, &msg), CODEC_MALFORMED);
	assert_ptr_equal(msg, &mark);
}

static void freeing_nothing_is_allowed(void **state)
{
	(void)state;
	codec_free(NULL);
}

/* ---- helpers ---- */

static void varints_are_as_short_as_can_be(void **state)
{
	(void)state;
	uint8_t out[10];
	assert_int_equal(codec_put_varint(out, 0), 1);
	assert_int_equal(codec_put_varint(out, 127), 1);
	assert_int_equal(codec_put_varint(out, 128), 2);
	assert_memory_equal(out, "\x80\x01", 2);
	assert_int_equal(codec_put_varint(out, UINT64_MAX), 10);
}

static void text_is_valid_when_it_is_utf8_without_nul(void **state)
{
	(void)state;
	assert_true(codec_text_valid(NULL, 0));
	assert_true(codec_text_valid((const uint8_t *)"gr\xc3\xbc\xc3\x9f", 6));
	assert_false(codec_text_valid((const uint8_t *)"a\0", 2));
	assert_false(codec_text_valid((const uint8_t *)"\xe2\x82", 2));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_kind_survives_decoding_and_encoding),
		cmocka_unit_test(every_message_kind_can_be_loaded_on_the_heap),
		cmocka_unit_test(no_bytes_are_an_empty_message),
		cmocka_unit_test(unknown_fields_of_every_wire_type_are_accepted),
		cmocka_unit_test(the_last_of_a_repeated_oneof_counts),
		cmocka_unit_test(a_field_cut_at_any_byte_is_malformed),
		cmocka_unit_test(every_prefix_of_a_message_is_either_whole_or_malformed),
		cmocka_unit_test(malformed_bytes_are_refused),
		cmocka_unit_test(text_that_is_not_utf8_is_refused_as_such),
		cmocka_unit_test(a_nul_in_text_is_refused),
		cmocka_unit_test(bytes_fields_may_hold_anything),
		cmocka_unit_test(a_message_of_the_limit_is_taken_and_one_byte_more_is_not),
		cmocka_unit_test(small_messages_that_decode_to_much_memory_are_refused),
		cmocka_unit_test(the_arena_is_usable_after_a_bomb),
		cmocka_unit_test(a_result_is_written_on_success_only),
		cmocka_unit_test(freeing_nothing_is_allowed),
		cmocka_unit_test(varints_are_as_short_as_can_be),
		cmocka_unit_test(text_is_valid_when_it_is_utf8_without_nul),
	};
	return cmocka_run_group_tests_name("proto.codec", tests, set_up, tear_down);
}
