/* From frames to events. */
#include "bare.h"
#include "lib/convert.h"
#include "lib/request.h"
#include "lib/stream.h"

#include "base/mem.h"
#include "lib/memory.h"

#include <errno.h>

#include "cmocka_std.h"

static int setup(void **state)
{
	*state = bare_new();
	return 0;
}

static int teardown(void **state)
{
	bare_free(*state);
	return 0;
}

static uint64_t delivered(struct gchat *g)
{
	struct gchat_cursor at = {0};
	return gchat_get_cursors(g, &at, 1) ? at.seq : 0;
}

static void a_welcome_brings_the_session_online(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	assert_int_equal(g->stream.state, STREAM_ONLINE);
	assert_int_equal(cursors_find(&g->stream.at, BARE_ROOM)->at.seq, 10);
	assert_int_equal(delivered(g), 10);
}

static void a_second_welcome_breaks_the_stream(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	bare_welcome(g, 10);
	assert_true(g->stream.is_broken);
}

static void anything_before_the_welcome_breaks_the_stream(void **state)
{
	struct gchat *g = *state;
	bare_message(g, 1);
	assert_true(g->stream.is_broken);
	bare_expect_none(g);
}

static void a_welcome_for_another_account_breaks_the_stream(void **state)
{
	struct gchat *g = *state;
	g->shared.outbox_user = mem_strdup("mallory");
	bare_welcome(g, 10);
	assert_string_equal(g->stream.broken.reason, "ACCOUNT_MISMATCH");
}

static void a_welcome_for_the_same_account_under_another_name_is_fine(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	assert_true(g->shared.outbox_account != 0);
	g->shared.outbox_user = mem_strdup("its name before");
	g->stream.state = STREAM_CONNECTING; /* after a break */
	bare_welcome(g, 10);
	assert_false(g->stream.is_broken);
}

static void a_room_that_is_known_keeps_its_place(void **state)
{
	struct gchat *g = *state;
	cursors_set(&g->stream.at, BARE_ROOM, 4);
	cursors_set(&g->shared.delivered, BARE_ROOM, 3);
	bare_welcome(g, 10);
	assert_int_equal(cursors_find(&g->stream.at, BARE_ROOM)->at.seq, 4);
	assert_int_equal(delivered(g), 3);
}

static void a_message_becomes_an_entry(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	bare_message(g, 11);
	struct gchat_event *event = bare_expect(g, GCHAT_EVENT_ENTRY);
	assert_int_equal(event->entry.kind, GCHAT_ENTRY_MESSAGE);
	assert_string_equal(event->entry.text, "hello");
	assert_string_equal(event->entry.author, "bob");
	assert_string_equal(event->entry.room_name, "lobby");
	assert_int_equal(event->entry.seq, 11);
	assert_int_equal(event->entry.tag, 0);
	assert_int_equal(delivered(g), 11);
	gchat_free(event);
}

static void an_event_that_came_before_comes_no_second_time(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	bare_message(g, 11);
	gchat_free(bare_expect(g, GCHAT_EVENT_ENTRY));
	bare_message(g, 11);
	bare_expect_none(g);
	assert_false(g->stream.is_broken);
}

static void a_hole_breaks_the_stream_and_leaves_the_place(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	bare_message(g, 12);
	bare_expect_none(g);
	assert_true(g->stream.is_broken);
	assert_int_equal(cursors_find(&g->stream.at, BARE_ROOM)->at.seq, 10);
}

static void a_gap_is_told_and_stepped_over(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	Gchat__V1__Gap gap;
	Gchat__V1__ServerFrame frame;
	gchat__v1__gap__init(&gap);
	gchat__v1__server_frame__init(&frame);
	gap.room_id = BARE_ROOM;
	gap.from_seq = 11;
	gap.to_seq = 20;
	gap.reason = (char[]){"RETENTION"};
	frame.n_gaps = 1;
	frame.gaps = (Gchat__V1__Gap *[]){&gap};
	frame_take(g, &frame);
	struct gchat_event *event = bare_expect(g, GCHAT_EVENT_GAP);
	assert_string_equal(event->gap.reason, "RETENTION");
	assert_int_equal(delivered(g), 20);
	gchat_free(event);
	bare_message(g, 21);
	gchat_free(bare_expect(g, GCHAT_EVENT_ENTRY));
}

static void what_is_said_to_all_becomes_an_event(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	Gchat__V1__Notice notice;
	Gchat__V1__ServerFrame frame;
	gchat__v1__notice__init(&notice);
	gchat__v1__server_frame__init(&frame);
	notice.text = (char[]){"down at 5"};
	notice.time_us = 7;
	frame.n_notices = 1;
	frame.notices = (Gchat__V1__Notice *[]){&notice};
	frame_take(g, &frame);
	struct gchat_event *event = bare_expect(g, GCHAT_EVENT_NOTICE);
	assert_string_equal(event->notice.text, "down at 5");
	assert_int_equal(event->notice.time_us, 7);
	gchat_free(event);
}

static void take_reset(struct gchat *g, uint64_t seq, const char *reason)
{
	Gchat__V1__Reset reset;
	Gchat__V1__ServerFrame frame;
	gchat__v1__reset__init(&reset);
	gchat__v1__server_frame__init(&frame);
	reset.room_id = BARE_ROOM;
	reset.seq = seq;
	reset.reason = (char *)(uintptr_t)reason;
	frame.n_resets = 1;
	frame.resets = (Gchat__V1__Reset *[]){&reset};
	frame_take(g, &frame);
	gchat_free(bare_expect(g, GCHAT_EVENT_RESET));
}

static void a_reset_moves_the_place_back(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	take_reset(g, 3, "CURSOR_AHEAD");
	assert_int_equal(delivered(g), 3);
	bare_message(g, 4);
	gchat_free(bare_expect(g, GCHAT_EVENT_ENTRY));
}

static void a_room_lost_is_forgotten(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	take_reset(g, 0, "NOT_A_MEMBER");
	assert_null(cursors_find(&g->stream.at, BARE_ROOM));
	assert_int_equal(delivered(g), 0);
}

static void take_joined(struct gchat *g, uint64_t seq, uint64_t author_id)
{
	Gchat__V1__MemberJoined joined;
	Gchat__V1__Event event;
	Gchat__V1__ServerFrame frame;
	gchat__v1__member_joined__init(&joined);
	gchat__v1__event__init(&event);
	gchat__v1__server_frame__init(&frame);
	event.room_id = BARE_ROOM;
	event.seq = seq;
	event.author_id = author_id;
	event.body_case = GCHAT__V1__EVENT__BODY_JOINED;
	event.joined = &joined;
	frame.n_events = 1;
	frame.events = (Gchat__V1__Event *[]){&event};
	frame_take(g, &frame);
}

static void joining_again_starts_at_the_joining(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	take_joined(g, 30, BARE_ACCOUNT);
	assert_false(g->stream.is_broken);
	gchat_free(bare_expect(g, GCHAT_EVENT_ENTRY));
	assert_int_equal(delivered(g), 30);
}

static void someone_elses_joining_excuses_no_hole(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	take_joined(g, 30, 99);
	assert_true(g->stream.is_broken);
}

static void take_reply(struct gchat *g, Gchat__V1__Reply *reply)
{
	Gchat__V1__ServerFrame frame;
	gchat__v1__server_frame__init(&frame);
	frame.n_replies = 1;
	frame.replies = (Gchat__V1__Reply *[]){reply};
	frame_take(g, &frame);
}

/* Says something; it is on the wire then. */
static uint64_t say(struct gchat *g)
{
	Gchat__V1__Send send;
	Gchat__V1__ClientFrame frame;
	uint8_t id[GCHAT_ID_BYTES] = {1, 2, 3};
	gchat__v1__send__init(&send);
	gchat__v1__client_frame__init(&frame);
	send.client_msg_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	send.text = (char[]){"x"};
	frame.request_id = g->shared.next_tag++;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SEND;
	frame.send = &send;
	assert_int_equal(outbox_add(&g->outbox, &frame), 0);
	assert_non_null(outbox_take_next(&g->outbox, clock_mono()));
	return frame.request_id;
}

static void an_acknowledgement_ends_a_request(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	Gchat__V1__Committed committed;
	Gchat__V1__Reply reply;
	gchat__v1__committed__init(&committed);
	gchat__v1__reply__init(&reply);
	reply.request_id = say(g);
	reply.result_case = GCHAT__V1__REPLY__RESULT_COMMITTED;
	reply.committed = &committed;
	committed.seq = 11;
	take_reply(g, &reply);
	struct gchat_event *event = bare_expect(g, GCHAT_EVENT_REPLY);
	assert_int_equal(event->reply.kind, GCHAT_REPLY_COMMITTED);
	assert_int_equal(event->reply.tag, reply.request_id);
	assert_int_equal(event->reply.request, GCHAT_REQUEST_SEND);
	assert_int_equal(event->reply.seq, 11);
	assert_int_equal(outbox_count(&g->outbox), 0);
	gchat_free(event);
}

static void refuse(struct gchat *g, uint64_t tag, uint32_t code, uint32_t retry_after_ms)
{
	Gchat__V1__Error error;
	Gchat__V1__Reply reply;
	gchat__v1__error__init(&error);
	gchat__v1__reply__init(&reply);
	error.code = code;
	error.reason = (char[]){"SOME_REASON"};
	error.retry_after_ms = retry_after_ms;
	reply.request_id = tag;
	reply.result_case = GCHAT__V1__REPLY__RESULT_ERROR;
	reply.error = &error;
	take_reply(g, &reply);
}

static void a_refusal_for_now_is_told_and_tried_again(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	refuse(g, say(g), GRPC_STATUS_RESOURCE_EXHAUSTED, 50);
	struct gchat_event *event = bare_expect(g, GCHAT_EVENT_REPLY);
	assert_int_equal(event->reply.kind, GCHAT_REPLY_DELAYED);
	assert_int_equal(event->reply.error.retry_after_ms, 50);
	assert_int_equal(outbox_count(&g->outbox), 1);
	gchat_free(event);
}

static void unavailable_without_a_time_is_tried_again(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	refuse(g, say(g), GRPC_STATUS_UNAVAILABLE, 0);
	struct gchat_event *event = bare_expect(g, GCHAT_EVENT_REPLY);
	assert_int_equal(event->reply.error.retry_after_ms, OUTBOX_RETRY_MS);
	gchat_free(event);
}

static void a_refusal_for_good_ends_a_request(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	refuse(g, say(g), GRPC_STATUS_PERMISSION_DENIED, 0);
	struct gchat_event *event = bare_expect(g, GCHAT_EVENT_REPLY);
	assert_int_equal(event->reply.kind, GCHAT_REPLY_ERROR);
	assert_string_equal(event->reply.error.reason, "SOME_REASON");
	assert_int_equal(outbox_count(&g->outbox), 0);
	gchat_free(event);
}

static void an_own_event_names_the_request_that_waits(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	uint64_t tag = say(g);
	uint8_t id[GCHAT_ID_BYTES] = {1, 2, 3};
	Gchat__V1__Message message;
	Gchat__V1__Event msg;
	Gchat__V1__ServerFrame frame;
	gchat__v1__message__init(&message);
	gchat__v1__event__init(&msg);
	gchat__v1__server_frame__init(&frame);
	msg.room_id = BARE_ROOM;
	msg.seq = 11;
	msg.author_id = BARE_ACCOUNT;
	msg.client_msg_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	msg.body_case = GCHAT__V1__EVENT__BODY_MESSAGE;
	msg.message = &message;
	frame.n_events = 1;
	frame.events = (Gchat__V1__Event *[]){&msg};
	frame_take(g, &frame);
	struct gchat_event *event = bare_expect(g, GCHAT_EVENT_ENTRY);
	assert_int_equal(event->entry.tag, tag);
	gchat_free(event);
}

static void requests_fail_when_the_connection_breaks(void **state)
{
	struct gchat *g = *state;
	bare_welcome(g, 10);
	struct request *request = mem_new(1, sizeof(*request));
	request->tag = 77;
	request->kind = GCHAT_REQUEST_JOIN;
	TAILQ_INSERT_TAIL(&g->shared.requests, request, next);
	g->shared.request_count = 1;
	assert_ptr_equal(request_first_unsent(g), request);
	const struct gchat_error error = {.message = "gone"};
	request_fail_all(g, &error);
	struct gchat_event *event = bare_expect(g, GCHAT_EVENT_REPLY);
	assert_int_equal(event->reply.tag, 77);
	assert_int_equal(event->reply.kind, GCHAT_REPLY_ERROR);
	assert_string_equal(event->reply.error.reason, "UNAVAILABLE");
	assert_int_equal(gchat_ping(g, NULL), -ENOTCONN);
	gchat_free(event);
}

static void an_event_of_a_newer_kind_keeps_its_place(void **state)
{
	(void)state;
	Gchat__V1__Event msg;
	gchat__v1__event__init(&msg);
	msg.seq = 8;
	void *owner = memory_new(1);
	struct gchat_entry entry = convert_entry(owner, &msg);
	assert_int_equal(entry.kind, GCHAT_ENTRY_UNKNOWN);
	assert_int_equal(entry.seq, 8);
	assert_string_equal(entry.text, "");
	gchat_free(owner);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_welcome_brings_the_session_online),
		TEST(a_second_welcome_breaks_the_stream),
		TEST(anything_before_the_welcome_breaks_the_stream),
		TEST(a_welcome_for_another_account_breaks_the_stream),
		TEST(a_welcome_for_the_same_account_under_another_name_is_fine),
		TEST(a_room_that_is_known_keeps_its_place),
		TEST(a_message_becomes_an_entry),
		TEST(an_event_that_came_before_comes_no_second_time),
		TEST(a_hole_breaks_the_stream_and_leaves_the_place),
		TEST(a_gap_is_told_and_stepped_over),
		TEST(what_is_said_to_all_becomes_an_event),
		TEST(a_reset_moves_the_place_back),
		TEST(a_room_lost_is_forgotten),
		TEST(joining_again_starts_at_the_joining),
		TEST(someone_elses_joining_excuses_no_hole),
		TEST(an_acknowledgement_ends_a_request),
		TEST(a_refusal_for_now_is_told_and_tried_again),
		TEST(unavailable_without_a_time_is_tried_again),
		TEST(a_refusal_for_good_ends_a_request),
		TEST(an_own_event_names_the_request_that_waits),
		TEST(requests_fail_when_the_connection_breaks),
		TEST(an_event_of_a_newer_kind_keeps_its_place),
	};
	return cmocka_run_group_tests_name("lib.frame", tests, NULL, NULL);
}
