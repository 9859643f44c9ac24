/* Events: sealed once, read by anyone. */
#include "room/event.h"

#include "gchat/v1/chat.pb-c.h"
#include "proto/codec.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t client_id[] = "0123456789abcdef"; /* 16 bytes and the end */

/* A message of ada's, not sealed. */
static struct event *message(const char *text)
{
	char copy[20000];
	Gchat__V1__Message said;
	Gchat__V1__Event body;
	gchat__v1__message__init(&said);
	gchat__v1__event__init(&body);
	assert_true(strlen(text) < sizeof(copy));
	strcpy(copy, text);
	said.text = copy;
	body.author_id = 7;
	body.author = (char[]){"ada"};
	body.client_msg_id = (ProtobufCBinaryData){.data = client_id, .len = 16};
	body.body_case = GCHAT__V1__EVENT__BODY_MESSAGE;
	body.message = &said;
	return event_new(&body, 3, STORE_EVENT_COUNTED);
}

static struct event *sealed(const char *text, uint64_t seq)
{
	struct event *event = message(text);
	event_seal(event, 5, seq, 1234567);
	return event;
}

static Gchat__V1__ServerFrame *decode(const uint8_t *wire, size_t len)
{
	ProtobufCMessage *msg = codec_load(&gchat__v1__server_frame__descriptor, wire, len);
	assert_non_null(msg);
	return GC_CONTAINER_OF(msg, Gchat__V1__ServerFrame, base);
}

static void a_sealed_event_decodes_as_one_element_of_a_frame(void **state)
{
	(void)state;
	struct event *event = sealed("hello", 9);
	Gchat__V1__ServerFrame *frame = decode(event->wire, event->wire_len);
	assert_int_equal(frame->n_events, 1);
	const Gchat__V1__Event *e = frame->events[0];
	assert_int_equal(e->room_id, 5);
	assert_int_equal(e->seq, 9);
	assert_int_equal(e->time_us, 1234567);
	assert_int_equal(e->author_id, 7);
	assert_string_equal(e->author, "ada");
	assert_int_equal(e->client_msg_id.len, 16);
	assert_memory_equal(e->client_msg_id.data, client_id, 16);
	assert_int_equal(e->body_case, GCHAT__V1__EVENT__BODY_MESSAGE);
	assert_string_equal(e->message->text, "hello");
	codec_free(&frame->base);
	event_unref(event);
}

static void every_length_of_text_gets_its_prefix_right(void **state)
{
	(void)state;
	static char text[16385];
	memset(text, 'x', sizeof(text) - 1);
	static const size_t lengths[] = {1, 40, 41, 42, 43, 44, 45, 46, 60, 61, 62, 63, 64, 65, 66,
		67, 127, 128, 129, 16310, 16311, 16312, 16313, 16314, 16315, 16316, 16317, 16318,
		16319, 16320, 16321, 16322, 16383, 16384};
	for (size_t i = 0; i < GC_LENGTH(lengths); i++) {
		struct event *event = sealed(text + sizeof(text) - 1 - lengths[i], 1);
		Gchat__V1__ServerFrame *frame = decode(event->wire, event->wire_len);
		assert_int_equal(strlen(frame->events[0]->message->text), lengths[i]);
		assert_ptr_equal(
			event->wire + event->wire_len, event_body(event) + event->body_len);
		codec_free(&frame->base);
		event_unref(event);
	}
}

static void a_body_as_large_as_it_can_be_fits_its_headroom(void **state)
{
	(void)state;
	static uint8_t body[1 << 21]; /* a length of four bytes */
	struct store_event stored = {.seq = 1, .body = body, .body_len = sizeof(body)};
	struct event *event = event_from_stored(5, &stored);
	assert_true(event->wire >= event->bytes);
	assert_int_equal(event->wire_len, 1 + 4 + EVENT_PLACE_BYTES + sizeof(body));
	event_unref(event);
}

static void wires_one_behind_the_other_are_a_frame_of_all(void **state)
{
	(void)state;
	struct event *a = sealed("first", 1);
	struct event *b = sealed("second", 2);
	uint8_t both[1024];
	memcpy(both, a->wire, a->wire_len);
	memcpy(both + a->wire_len, b->wire, b->wire_len);
	Gchat__V1__ServerFrame *frame = decode(both, a->wire_len + b->wire_len);
	assert_int_equal(frame->n_events, 2);
	assert_string_equal(frame->events[0]->message->text, "first");
	assert_string_equal(frame->events[1]->message->text, "second");
	assert_int_equal(frame->events[1]->seq, 2);
	codec_free(&frame->base);
	event_unref(a);
	event_unref(b);
}

static void what_the_store_gives_back_has_the_same_wire(void **state)
{
	(void)state;
	struct event *event = sealed("hello", 9);
	struct store_event stored = {.seq = 9,
		.time_us = 1234567,
		.author = 7,
		.target_seq = 3,
		.flags = STORE_EVENT_COUNTED,
		.client_id = client_id,
		.body = event_body(event),
		.body_len = event->body_len};
	struct event *back = event_from_stored(5, &stored);
	assert_int_equal(back->wire_len, event->wire_len);
	assert_memory_equal(back->wire, event->wire, event->wire_len);
	assert_int_equal(back->author_id, 7);
	assert_int_equal(back->target_seq, 3);
	assert_int_equal(back->flags, STORE_EVENT_COUNTED);
	assert_int_equal(back->room_id, 5);
	event_unref(back);
	event_unref(event);
}

static void check_is_tombstone(const struct event *event)
{
	Gchat__V1__ServerFrame *frame = decode(event->wire, event->wire_len);
	const Gchat__V1__Event *e = frame->events[0];
	assert_int_equal(e->room_id, 5);
	assert_int_equal(e->seq, 9);
	assert_int_equal(e->time_us, 1234567);
	assert_int_equal(e->author_id, 7);
	assert_int_equal(e->client_msg_id.len, 0);
	assert_int_equal(e->body_case, GCHAT__V1__EVENT__BODY_ERASED);
	assert_int_equal(event->flags, STORE_EVENT_ERASED);
	codec_free(&frame->base);
}

static void a_tombstone_keeps_place_and_author_and_loses_the_content(void **state)
{
	(void)state;
	struct event *event = sealed("secret", 9);
	struct event *tombstone = event_tombstone(event);
	check_is_tombstone(tombstone);
	assert_null(memmem(tombstone->wire, tombstone->wire_len, "secret", 6));
	event_unref(tombstone);
	event_unref(event);
}

static void an_erased_event_comes_back_from_the_store_as_a_tombstone(void **state)
{
	(void)state;
	struct store_event stored = {.seq = 9,
		.time_us = 1234567,
		.author = 7,
		.flags = STORE_EVENT_COUNTED | STORE_EVENT_ERASED};
	struct event *event = event_from_stored(5, &stored);
	check_is_tombstone(event);
	event_unref(event);
}

static void an_event_lives_until_its_last_reference_goes(void **state)
{
	(void)state;
	struct event *event = sealed("hello", 1);
	assert_ptr_equal(event_ref(event), event);
	assert_null(event_unref(event));
	assert_int_equal(event->seq, 1);
	assert_null(event_unref(event));
	assert_null(event_unref(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sealed_event_decodes_as_one_element_of_a_frame),
		cmocka_unit_test(every_length_of_text_gets_its_prefix_right),
		cmocka_unit_test(a_body_as_large_as_it_can_be_fits_its_headroom),
		cmocka_unit_test(wires_one_behind_the_other_are_a_frame_of_all),
		cmocka_unit_test(what_the_store_gives_back_has_the_same_wire),
		cmocka_unit_test(a_tombstone_keeps_place_and_author_and_loses_the_content),
		cmocka_unit_test(an_erased_event_comes_back_from_the_store_as_a_tombstone),
		cmocka_unit_test(an_event_lives_until_its_last_reference_goes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
