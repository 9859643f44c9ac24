/*
 * What no good client sends: wrong and hostile frames. Each is told its own reason; what deserves it
 * ends its own stream, and the other stream on the same connection goes on.
 */
#include "cmocka_std.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "raw.h"

/* One connection with a good stream beside the bad one. */
struct site {
	struct td *td;
	struct raw *raw;
	struct raw_stream *good;
	struct raw_stream *bad;
	uint64_t room;
	char ann[RAW_TOKEN_BYTES];
};

static uint64_t make_room(struct raw *raw, const char *token)
{
	Gchat__V1__CreateRoomRequest request;
	gchat__v1__create_room_request__init(&request);

	request.name = (char[]){"lobby"};
	ProtobufCMessage *answer = raw_ask(raw, "/gchat.v1.Chat/CreateRoom", token, &request.base,
		&gchat__v1__create_room_response__descriptor, NULL);
	uint64_t id = GC_CONTAINER_OF(answer, Gchat__V1__CreateRoomResponse, base)->room->room_id;
	codec_free(answer);
	return id;
}

static struct site open_site(void)
{
	struct site s = {.td = td_start(NULL)};

	s.raw = raw_open(s.td);
	raw_sign_up(s.td, "ann", s.ann);
	s.room = make_room(s.raw, s.ann);
	s.good = raw_talk(s.raw, s.ann);
	s.bad = raw_talk(s.raw, s.ann);
	return s;
}

/* The good stream still talks; then all is closed. */
static void close_site(struct site *s)
{
	static const uint8_t id[RAW_ID_BYTES] = "the good stream";

	raw_put_send(s->good, 7, s->room, id, "still here");
	Gchat__V1__ServerFrame *frame = raw_take_reply(s->good);
	assert_int_equal(frame->replies[0]->request_id, 7);
	assert_int_equal(frame->replies[0]->result_case, GCHAT__V1__REPLY__RESULT_COMMITTED);
	codec_free(&frame->base);
	assert_false(raw_has_ended(s->good));
	raw_close(s->raw);
	td_stop(s->td);
}

static void expect_end(struct raw_stream *s, const char *reason)
{
	const struct h2_status *status = raw_end(s);

	assert_string_equal(status->reason, reason);
	assert_true(status->code > 0);
	assert_int_equal(strncmp(status->message, reason, strlen(reason)), 0);
}

static void expect_refused(struct raw_stream *s, uint64_t request_id, const char *reason)
{
	Gchat__V1__ServerFrame *frame = raw_take_reply(s);
	const Gchat__V1__Reply *reply = frame->replies[0];

	assert_int_equal(reply->request_id, request_id);
	assert_int_equal(reply->result_case, GCHAT__V1__REPLY__RESULT_ERROR);
	assert_string_equal(reply->error->reason, reason);
	assert_true(reply->error->code > 0 && reply->error->message[0]);
	codec_free(&frame->base);
}

static Gchat__V1__ClientFrame frame_with(uint64_t request_id)
{
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);

	frame.request_id = request_id;
	return frame;
}

/* ---- bytes ---- */

static void a_truncated_frame_ends_its_stream_alone(void **state)
{
	struct site s = open_site();
	Gchat__V1__Ping ping;
	gchat__v1__ping__init(&ping);
	Gchat__V1__ClientFrame frame = frame_with(300);
	size_t len = 0;

	(void)state;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_PING;
	frame.ping = &ping;
	uint8_t *bytes = codec_encode_new(&frame.base, &len);
	raw_put_bytes(s.bad, bytes, len - 1);
	free(bytes);
	expect_end(s.bad, "BAD_FRAME");
	close_site(&s);
}

static void every_cut_of_a_frame_is_survived(void **state)
{
	struct site s = open_site();
	Gchat__V1__Send send;
	gchat__v1__send__init(&send);
	Gchat__V1__ClientFrame frame = frame_with(2);
	uint8_t id[RAW_ID_BYTES] = "cut, cut, cut..";
	size_t len = 0;

	(void)state;
	send.room_id = s.room;
	send.client_msg_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	send.text = (char[]){"a text that is cut"};
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SEND;
	frame.send = &send;
	uint8_t *bytes = codec_encode_new(&frame.base, &len);
	for (size_t cut = 0; cut < len; cut++) {
		struct raw_stream *bad = raw_talk(s.raw, s.ann);
		raw_put_bytes(bad, bytes, cut);
		expect_end(bad, "BAD_FRAME");
	}
	free(bytes);
	close_site(&s);
}

static void a_frame_over_the_limit_ends_its_stream_alone(void **state)
{
	enum {
		TOO_LARGE = 64 * 1024 + 1
	};
	struct site s = open_site();
	uint8_t *bytes = mem_new(1, TOO_LARGE);

	(void)state;
	memset(bytes, 0xff, TOO_LARGE);
	raw_put_bytes(s.bad, bytes, TOO_LARGE);
	free(bytes);
	const struct h2_status *status = raw_end(s.bad);
	assert_int_equal(status->code, 8); /* RESOURCE_EXHAUSTED */
	close_site(&s);
}

static void text_that_is_not_utf8_ends_its_stream_alone(void **state)
{
	static const char *const bad[] = {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xe6\xbc", "ok until here \x80"};
	struct site s = open_site();
	static const uint8_t id[RAW_ID_BYTES] = "not a text.....";

	(void)state;
	for (size_t i = 0; i < GC_LENGTH(bad); i++) {
		struct raw_stream *stream = raw_talk(s.raw, s.ann);
		raw_put_send(stream, 2, s.room, id, bad[i]);
		expect_end(stream, "BAD_TEXT");
	}
	close_site(&s);
}

static void a_frame_without_a_request_or_a_number_ends_its_stream_alone(void **state)
{
	struct site s = open_site();
	Gchat__V1__Ping ping;
	gchat__v1__ping__init(&ping);
	Gchat__V1__ClientFrame frame = frame_with(5);

	(void)state;
	raw_put(s.bad, &frame.base);
	expect_end(s.bad, "BAD_FRAME");
	s.bad = raw_talk(s.raw, s.ann);
	frame = frame_with(0);
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_PING;
	frame.ping = &ping;
	raw_put(s.bad, &frame.base);
	expect_end(s.bad, "BAD_FRAME");
	close_site(&s);
}

static void unknown_fields_are_passed_over(void **state)
{
	static const uint8_t bytes[] = {
		0x08, 0x09, 0x72, 0x00, /* request_id 9, ping */
		0xa2, 0x06, 0x03, 'n', 'e', 'w' /* field 100, from a later version */
	};
	struct site s = open_site();

	(void)state;
	raw_put_bytes(s.bad, bytes, sizeof(bytes));
	Gchat__V1__ServerFrame *frame = raw_take_reply(s.bad);
	assert_int_equal(frame->replies[0]->request_id, 9);
	assert_int_equal(frame->replies[0]->result_case, GCHAT__V1__REPLY__RESULT_OK);
	codec_free(&frame->base);
	close_site(&s);
}

/* ---- the hello ---- */

static void a_stream_without_a_hello_ends_alone(void **state)
{
	struct site s = open_site();
	static const uint8_t id[RAW_ID_BYTES] = "too early......";

	(void)state;
	struct raw_stream *bad = raw_stream_open(s.raw, "/gchat.v1.Chat/Connect", s.ann);
	raw_put_send(bad, 1, s.room, id, "no hello");
	expect_end(bad, "NO_HELLO");
	close_site(&s);
}

static void a_hello_after_its_token_ended_opens_nothing(void **state)
{
	struct site s = open_site();
	char token[RAW_TOKEN_BYTES];
	struct h2_status status;
	Gchat__V1__LogoutRequest request;
	gchat__v1__logout_request__init(&request);

	(void)state;
	raw_sign_up(s.td, "eve", token);
	struct raw_stream *bad = raw_stream_open(s.raw, "/gchat.v1.Chat/Connect", token);
	ProtobufCMessage *done = raw_ask(s.raw, "/gchat.v1.Auth/Logout", token, &request.base,
		&gchat__v1__logout_response__descriptor, &status);
	assert_non_null(done);
	codec_free(done);
	raw_put_hello(bad);
	expect_end(bad, "SIGNED_OUT");
	close_site(&s);
}

static void a_second_hello_ends_its_stream_alone(void **state)
{
	struct site s = open_site();

	(void)state;
	raw_put_hello(s.bad);
	expect_end(s.bad, "SECOND_HELLO");
	close_site(&s);
}

static void a_hello_of_another_version_or_with_too_many_cursors_is_refused(void **state)
{
	enum {
		CURSORS = 1025
	};
	static Gchat__V1__Cursor cursors[CURSORS];
	static Gchat__V1__Cursor *list[CURSORS];
	struct site s = open_site();
	Gchat__V1__Hello hello;
	gchat__v1__hello__init(&hello);
	Gchat__V1__ClientFrame frame = frame_with(1);

	(void)state;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO;
	frame.hello = &hello;
	hello.protocol_version = 2;
	struct raw_stream *bad = raw_stream_open(s.raw, "/gchat.v1.Chat/Connect", s.ann);
	raw_put(bad, &frame.base);
	expect_end(bad, "PROTOCOL_VERSION");
	for (size_t i = 0; i < CURSORS; i++) {
		gchat__v1__cursor__init(&cursors[i]);
		cursors[i].room_id = i + 1;
		list[i] = &cursors[i];
	}
	hello.protocol_version = 1;
	hello.cursors = list;
	hello.n_cursors = CURSORS;
	bad = raw_stream_open(s.raw, "/gchat.v1.Chat/Connect", s.ann);
	raw_put(bad, &frame.base);
	expect_end(bad, "INVALID_ARGUMENT");
	close_site(&s);
}

static void the_same_room_twice_among_the_cursors_is_one_subscription(void **state)
{
	struct site s = open_site();
	Gchat__V1__Hello hello;
	gchat__v1__hello__init(&hello);
	Gchat__V1__ClientFrame frame = frame_with(1);
	Gchat__V1__Cursor cursors[2];
	Gchat__V1__Cursor *list[] = {&cursors[0], &cursors[1]};
	size_t events = 0;

	(void)state;
	gchat__v1__cursor__init(&cursors[0]);
	gchat__v1__cursor__init(&cursors[1]);
	cursors[0].room_id = cursors[1].room_id = s.room;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_HELLO;
	frame.hello = &hello;
	hello.protocol_version = 1;
	hello.cursors = list;
	hello.n_cursors = GC_LENGTH(list);
	struct raw_stream *twice = raw_stream_open(s.raw, "/gchat.v1.Chat/Connect", s.ann);
	raw_put(twice, &frame.base);
	raw_put_send(twice, 2, s.room, (const uint8_t *)"the last of all", "end");
	for (bool done = false; !done;) {
		ProtobufCMessage *m = raw_take(twice, &gchat__v1__server_frame__descriptor);
		Gchat__V1__ServerFrame *got = GC_CONTAINER_OF(m, Gchat__V1__ServerFrame, base);
		for (size_t i = 0; i < got->n_events; i++, events++)
			assert_int_equal(got->events[i]->seq, events + 1);
		done = got->n_replies > 0 && events == 2;
		codec_free(m);
	}
	close_site(&s);
}

/* ---- requests: refused, and the stream goes on ---- */

static void a_request_about_no_room_or_without_the_right_is_refused_alone(void **state)
{
	struct site s = open_site();
	static const uint8_t id[RAW_ID_BYTES] = "refused........";
	char eve[RAW_TOKEN_BYTES];

	(void)state;
	raw_put_send(s.bad, 2, s.room + 999, id, "nowhere");
	expect_refused(s.bad, 2, "UNKNOWN_ROOM");
	raw_put_send(s.bad, 3, 0, id, "nowhere");
	expect_refused(s.bad, 3, "UNKNOWN_ROOM");
	raw_put_send(s.bad, 4, s.room, id, "");
	expect_refused(s.bad, 4, "INVALID_ARGUMENT");
	raw_sign_up(s.td, "eve", eve);
	struct raw_stream *stranger = raw_talk(s.raw, eve);
	raw_put_send(stranger, 5, s.room, id, "not mine");
	expect_refused(stranger, 5, "NOT_A_MEMBER");
	assert_false(raw_has_ended(s.bad));
	assert_false(raw_has_ended(stranger));
	close_site(&s);
}

static void an_id_of_another_length_is_refused_alone(void **state)
{
	static const size_t lengths[] = {0, 1, 15, 17, 300};
	struct site s = open_site();
	uint8_t id[300] = {1};

	(void)state;
	for (size_t i = 0; i < GC_LENGTH(lengths); i++) {
		Gchat__V1__Send send;
		gchat__v1__send__init(&send);
		Gchat__V1__ClientFrame frame = frame_with(2 + i);
		send.room_id = s.room;
		send.client_msg_id = (ProtobufCBinaryData){.data = id, .len = lengths[i]};
		send.text = (char[]){"text"};
		frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SEND;
		frame.send = &send;
		raw_put(s.bad, &frame.base);
		expect_refused(s.bad, 2 + i, "INVALID_ARGUMENT");
	}
	close_site(&s);
}

static void a_replayed_id_with_another_body_room_or_kind_is_refused_alone(void **state)
{
	struct site s = open_site();
	uint8_t id[RAW_ID_BYTES] = "said once......";
	Gchat__V1__React react;
	gchat__v1__react__init(&react);
	Gchat__V1__ClientFrame frame = frame_with(4);

	(void)state;
	raw_put_send(s.bad, 2, s.room, id, "once");
	codec_free(&raw_take_reply(s.bad)->base);
	raw_put_send(s.bad, 3, s.room, id, "twice");
	expect_refused(s.bad, 3, "ID_REUSED");
	react.room_id = s.room;
	react.client_msg_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	react.target_seq = 2;
	react.emoji = (char[]){"👍"};
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_REACT;
	frame.react = &react;
	raw_put(s.bad, &frame.base);
	expect_refused(s.bad, 4, "ID_REUSED");
	close_site(&s);
}

/* ---- unary calls ---- */

static void a_bad_unary_request_is_told_why(void **state)
{
	static const struct {
		const char *path, *bytes, *reason;
		int code;
		bool signed_in;
	} cases[] = {
		{"/gchat.v1.Chat/ListRooms", "\xff\xff\xff", "BAD_FRAME", 3, true},
		{"/gchat.v1.Chat/GetRoom", "\x12\x02\xff\xff", "BAD_TEXT", 3, true},
		{"/gchat.v1.Chat/ListRooms", "", "NOT_SIGNED_IN", 16, false},
		{"/gchat.v1.Chat/SearchMessages", "", "UNIMPLEMENTED", 12, true},
		{"/gchat.v1.Chat/NoSuchMethod", "", "UNIMPLEMENTED", 12, true},
		{"/gchat.v1.Admin/GetStatus", "", "UNIMPLEMENTED", 12, true},
		{"/no.such.Service/Call", "", "UNIMPLEMENTED", 12, false},
	};
	struct site s = open_site();

	(void)state;
	for (size_t i = 0; i < GC_LENGTH(cases); i++) {
		struct raw_stream *call =
			raw_stream_open(s.raw, cases[i].path, cases[i].signed_in ? s.ann : NULL);
		raw_put_bytes(call, cases[i].bytes, strlen(cases[i].bytes));
		const struct h2_status *status = raw_end(call);
		assert_string_equal(status->reason, cases[i].reason);
		assert_int_equal(status->code, cases[i].code);
	}
	close_site(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_truncated_frame_ends_its_stream_alone, td_teardown),
		cmocka_unit_test_teardown(every_cut_of_a_frame_is_survived, td_teardown),
		cmocka_unit_test_teardown(
			a_frame_over_the_limit_ends_its_stream_alone, td_teardown),
		cmocka_unit_test_teardown(text_that_is_not_utf8_ends_its_stream_alone, td_teardown),
		cmocka_unit_test_teardown(
			a_frame_without_a_request_or_a_number_ends_its_stream_alone, td_teardown),
		cmocka_unit_test_teardown(unknown_fields_are_passed_over, td_teardown),
		cmocka_unit_test_teardown(a_stream_without_a_hello_ends_alone, td_teardown),
		cmocka_unit_test_teardown(a_hello_after_its_token_ended_opens_nothing, td_teardown),
		cmocka_unit_test_teardown(a_second_hello_ends_its_stream_alone, td_teardown),
		cmocka_unit_test_teardown(
			a_hello_of_another_version_or_with_too_many_cursors_is_refused,
			td_teardown),
		cmocka_unit_test_teardown(
			the_same_room_twice_among_the_cursors_is_one_subscription, td_teardown),
		cmocka_unit_test_teardown(
			a_request_about_no_room_or_without_the_right_is_refused_alone, td_teardown),
		cmocka_unit_test_teardown(an_id_of_another_length_is_refused_alone, td_teardown),
		cmocka_unit_test_teardown(
			a_replayed_id_with_another_body_room_or_kind_is_refused_alone, td_teardown),
		cmocka_unit_test_teardown(a_bad_unary_request_is_told_why, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
