/*
 * What a peer makes the daemon keep or do for nothing: answers that it doesn't read, and requests that
 * are refused. Both are bounded, and end with what caused them.
 */
#include "cmocka_std.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "proto/limits.h"
#include "raw.h"

enum {
	TEXTS = 60, /* of the longest kind: together nearly a page of history */
	UNREAD = 90, /* pages asked for and not read */
	REFUSAL_MS = 900, /* of the second that a refusal takes: clocks are rounded */
	REFUSED = 400,
	REFUSED_MS_MIN = 1500, /* 128 at once, and then a hundred a second */
};

static const char history_path[] = "/gchat.v1.Chat/GetHistory";

struct deaf {
	struct h2_loop *loop; /* owned */
	const char *token;
	uint64_t room;
	bool has_asked;
};

static void fill_request(Gchat__V1__GetHistoryRequest *request, uint64_t room)
{
	gchat__v1__get_history_request__init(request);
	request->room_id = room;
	request->page_size = LIMIT_PAGE_MAX;
	request->place_case = GCHAT__V1__GET_HISTORY_REQUEST__PLACE_AFTER_SEQ;
}

static const struct h2_call_events no_call_events = {0};

/* Reads nothing from here on. */
static void ask_and_be_deaf(void *arg, struct h2_conn *conn)
{
	struct deaf *deaf = arg;
	Gchat__V1__GetHistoryRequest request;
	size_t len = 0;

	fill_request(&request, deaf->room);
	uint8_t *bytes = codec_encode_new(&request.base, &len);
	for (int i = 0; i < UNREAD; i++)
		h2_call_send(h2_call_start(conn, history_path, deaf->token, &no_call_events, deaf),
			bytes, len, true);
	free(bytes);
	h2_conn_pause(conn, true);
	deaf->has_asked = true;
}

static const struct h2_conn_events deaf_events = {.on_open = ask_and_be_deaf};

static void deaf_begin(struct deaf *deaf, struct td *td, const char *token, uint64_t room)
{
	const struct h2_target to = {.host = "127.0.0.1", .port = td_port(td)};

	*deaf = (struct deaf){.loop = h2_loop_new(), .token = token, .room = room};
	assert_non_null(h2_conn_open(deaf->loop, &to, &deaf_events, deaf));
}

/* A page of history, or how the call ended. */
static bool ask(struct raw *raw, const char *token, uint64_t room, struct h2_status *ret_status)
{
	Gchat__V1__GetHistoryRequest request;

	fill_request(&request, room);
	ProtobufCMessage *page = raw_ask(raw, history_path, token, &request.base,
		&gchat__v1__get_history_response__descriptor, ret_status);
	if (page)
		codec_free(page);
	return page;
}

static void join(struct raw_stream *s, uint64_t room)
{
	Gchat__V1__Join request;
	Gchat__V1__ClientFrame frame;

	gchat__v1__join__init(&request);
	gchat__v1__client_frame__init(&frame);
	request.room_case = GCHAT__V1__JOIN__ROOM_ROOM_ID;
	request.room_id = room;
	frame.request_id = 2;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_JOIN;
	frame.join = &request;
	raw_put(s, &frame.base);
	codec_free(&raw_take_reply(s)->base);
}

static uint64_t make_history(struct td_client *bob)
{
	char text[LIMIT_TEXT_BYTES + 1];
	uint64_t room = td_create_room(bob, "heap");

	memset(text, 'x', LIMIT_TEXT_BYTES);
	text[LIMIT_TEXT_BYTES] = '\0';
	for (int i = 0; i < TEXTS; i++)
		(void)td_expect_committed(bob, td_send(bob, room, text));
	return room;
}

/* Who was told to wait and asks again is answered a second later; who has waited is told so at once. */
static void expect_slow_refusals(struct td *td, struct raw *raw, const char *token, uint64_t room)
{
	struct mono deadline = clock_mono_add_ms(clock_mono(), TD_WAIT_MS);
	struct mono start;

	do {
		struct h2_status status = {0};

		start = clock_mono();
		assert_false(ask(raw, token, room, &status));
		assert_string_equal(status.reason, "RATE_LIMITED");
		if (clock_mono_ms_since(deadline, start) <= 0)
			td_fail(td, "refusals come as fast as one asks");
	} while (clock_mono_ms_since(clock_mono(), start) < REFUSAL_MS);
}

static void unread_answers_are_bounded_by_account_until_they_are_dropped(void **state)
{
	char token[RAW_TOKEN_BYTES];
	struct h2_status status = {0};
	struct td *td = td_start(&(struct td_options){
		.config = "limits: { unsent_bytes = 4194304; bytes_per_second = 100000000;\n"
			  "  bytes_burst = 100000000; message_bytes_per_minute = 100000000;\n"
			  "  streams_per_second = 0; };"});
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = make_history(bob);
	struct raw *ann = raw_open(td);
	struct mono deadline = clock_mono_add_ms(clock_mono(), TD_WAIT_MS);
	struct deaf deaf;
	struct gchat_history *page = NULL;
	struct gchat_error error = {0};

	(void)state;
	raw_sign_up(td, "ann", token);
	join(raw_talk(ann, token), room);
	assert_true(ask(ann, token, room, &status));
	deaf_begin(&deaf, td, token, room);
	/* alone: a page on its way to someone else would leave room for one when it is read */
	while (!deaf.has_asked || !td_log_has(td, "limits.unsent_bytes", 0)) {
		h2_loop_turn(deaf.loop, 0);
		if (clock_mono_ms_since(deadline, clock_mono()) <= 0)
			td_fail(td, "answers are kept without limit");
	}
	assert_false(ask(ann, token, room, &status));
	assert_int_equal(status.code, 8);
	assert_string_equal(status.reason, "RATE_LIMITED");
	expect_slow_refusals(td, ann, token, room);

	td_check(bob,
		gchat_history(td_gchat(bob), &(struct gchat_history_query){.room_id = room}, &page,
			&error),
		&error, "another account's history");
	gchat_free(page);

	(void)h2_loop_free(deaf.loop);
	deadline = clock_mono_add_ms(clock_mono(), TD_WAIT_MS);
	while (!ask(ann, token, room, &status))
		if (clock_mono_ms_since(deadline, clock_mono()) <= 0)
			td_fail(td, "the account's answers stay refused: %s", status.reason);
	raw_close(ann);
	td_stop(td);
}

/* ---- refusals ---- */

static void who_is_refused_again_and_again_is_read_slowly(void **state)
{
	char token[RAW_TOKEN_BYTES];
	struct td *td = td_start(
		&(struct td_options){.config = "limits: { refusals_per_minute = 6000; };"});
	struct raw *ann = raw_open(td);
	Gchat__V1__SetTyping typing;
	Gchat__V1__ClientFrame frame;
	uint64_t next = 2; /* that is to be answered */

	(void)state;
	raw_sign_up(td, "ann", token);
	struct raw_stream *s = raw_talk(ann, token);
	struct mono start = clock_mono();
	gchat__v1__set_typing__init(&typing);
	gchat__v1__client_frame__init(&frame);
	typing.room_id = 999; /* there is none */
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SET_TYPING;
	frame.set_typing = &typing;
	for (frame.request_id = next; frame.request_id < next + REFUSED; frame.request_id++)
		raw_put(s, &frame.base);
	while (next < 2 + REFUSED) {
		Gchat__V1__ServerFrame *answer = raw_take_reply(s);
		for (size_t i = 0; i < answer->n_replies; i++) {
			assert_int_equal(answer->replies[i]->request_id, next++);
			assert_int_equal(
				answer->replies[i]->result_case, GCHAT__V1__REPLY__RESULT_ERROR);
		}
		codec_free(&answer->base);
	}
	assert_true(clock_mono_ms_since(clock_mono(), start) >= REFUSED_MS_MIN);
	raw_close(ann);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			unread_answers_are_bounded_by_account_until_they_are_dropped, td_teardown),
		cmocka_unit_test_teardown(
			who_is_refused_again_and_again_is_read_slowly, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
