/* Pieces of a ServerFrame, put together without one. */
#include "shard/control.h"

#include "gchat/v1/chat.pb-c.h"
#include "shard/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static Gchat__V1__ServerFrame *decode(const struct control *control)
{
	ProtobufCMessage *msg =
		codec_load(&gchat__v1__server_frame__descriptor, control->data, control->len);
	assert_non_null(msg);
	return GC_CONTAINER_OF(msg, Gchat__V1__ServerFrame, base);
}

static void elements_of_all_fields_decode_where_they_belong(void **state)
{
	(void)state;
	struct control control = {0};
	Gchat__V1__Reply reply;
	gchat__v1__reply__init(&reply);
	Gchat__V1__Welcome welcome;
	gchat__v1__welcome__init(&welcome);
	Gchat__V1__RoomSnapshot snapshot;
	gchat__v1__room_snapshot__init(&snapshot);
	Gchat__V1__Presence presence;
	gchat__v1__presence__init(&presence);
	Gchat__V1__Typing typing;
	gchat__v1__typing__init(&typing);
	Gchat__V1__Profile profile;
	gchat__v1__profile__init(&profile);
	Gchat__V1__Gap gap;
	gchat__v1__gap__init(&gap);
	Gchat__V1__Reset reset;
	gchat__v1__reset__init(&reset);
	Gchat__V1__GoingAway away;
	gchat__v1__going_away__init(&away);
	Gchat__V1__ReadMarker marker;
	gchat__v1__read_marker__init(&marker);
	reply.request_id = 41;
	gap.to_seq = 9;
	control_put(&control, FRAME_REPLIES, &reply.base);
	control_put(&control, FRAME_WELCOME, &welcome.base);
	control_put(&control, FRAME_ROOMS, &snapshot.base);
	control_put(&control, FRAME_PRESENCE, &presence.base);
	control_put(&control, FRAME_TYPING, &typing.base);
	control_put(&control, FRAME_PROFILES, &profile.base);
	control_put(&control, FRAME_GAPS, &gap.base);
	control_put(&control, FRAME_RESETS, &reset.base);
	control_put(&control, FRAME_GOING_AWAY, &away.base);
	control_put(&control, FRAME_READ_MARKERS, &marker.base);
	reply.request_id = 42;
	control_put(&control, FRAME_REPLIES, &reply.base);
	Gchat__V1__ServerFrame *frame = decode(&control);
	assert_int_equal(frame->n_replies, 2);
	assert_int_equal(frame->replies[0]->request_id, 41);
	assert_int_equal(frame->replies[1]->request_id, 42);
	assert_non_null(frame->welcome);
	assert_int_equal(frame->n_rooms, 1);
	assert_int_equal(frame->n_presence, 1);
	assert_int_equal(frame->n_typing, 1);
	assert_int_equal(frame->n_profiles, 1);
	assert_int_equal(frame->n_gaps, 1);
	assert_int_equal(frame->gaps[0]->to_seq, 9);
	assert_int_equal(frame->n_resets, 1);
	assert_non_null(frame->going_away);
	assert_int_equal(frame->n_read_markers, 1);
	codec_free(&frame->base);
	control_deinit(&control);
}

static void it_grows_as_far_as_it_must(void **state)
{
	(void)state;
	static char text[70000];
	struct control control = {0};
	Gchat__V1__GoingAway away;
	gchat__v1__going_away__init(&away);
	memset(text, 'x', sizeof(text) - 1);
	away.message = text;
	control_put(&control, FRAME_GOING_AWAY, &away.base);
	assert_true(control.len > sizeof(text) && control.len <= control.capacity);
	Gchat__V1__ServerFrame *frame = decode(&control);
	assert_int_equal(strlen(frame->going_away->message), sizeof(text) - 1);
	codec_free(&frame->base);
	control_deinit(&control);
	assert_null(control.data);
	assert_int_equal(control.len, 0);
}

static void bytes_that_are_a_piece_already_are_taken_as_they_are(void **state)
{
	(void)state;
	struct control first = {0};
	struct control second = {0};
	Gchat__V1__Reply reply;
	gchat__v1__reply__init(&reply);
	control_put(&first, FRAME_REPLIES, &reply.base);
	control_add(&second, first.data, first.len);
	control_add(&second, first.data, first.len);
	Gchat__V1__ServerFrame *frame = decode(&second);
	assert_int_equal(frame->n_replies, 2);
	codec_free(&frame->base);
	control_deinit(&first);
	control_deinit(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_of_all_fields_decode_where_they_belong),
		cmocka_unit_test(it_grows_as_far_as_it_must),
		cmocka_unit_test(bytes_that_are_a_piece_already_are_taken_as_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
