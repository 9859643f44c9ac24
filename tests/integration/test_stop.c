/*
 * What a stop is to those who are connected: let in, sent away, and not waited for in vain.
 */
#include "cmocka_std.h"

#include <signal.h>

#include "base/clock.h"
#include "raw.h"
#include "tool.h"

static bool has_connections(struct td *td, json_int_t count)
{
	json_t *status = tool_json(td, GCHATCTL, "status");
	bool has = json_integer_value(tool_at(td, status, "connections")) == count;

	json_decref(status);
	return has;
}

static bool has_none(void *td)
{
	return has_connections(td, 0);
}

static bool has_one(void *td)
{
	return has_connections(td, 1);
}

/* In a frame of its own, or in one with the welcome, or instead of it: as far as the daemon has got. */
static void expect_going_away(struct raw_stream *s)
{
	bool is_away = false;

	while (!is_away) {
		ProtobufCMessage *m = raw_take(s, &gchat__v1__server_frame__descriptor);

		is_away = GC_CONTAINER_OF(m, Gchat__V1__ServerFrame, base)->going_away;
		codec_free(m);
	}
}

static void whose_handshake_is_under_way_at_a_stop_is_let_in_and_then_sent_away(void **state)
{
	struct td *td = td_start(NULL);
	char token[RAW_TOKEN_BYTES];

	(void)state;
	raw_sign_up(td, "ann", token);
	td_wait_until(td, has_none, td, TD_WAIT_MS, "what the sign-up used is closed");
	struct raw *raw = raw_open(td); /* says nothing until it is used */
	td_wait_until(td, has_one, td, TD_WAIT_MS, "the connection is taken");
	td_signal(td, SIGTERM);
	td_wait_notify(td, "STOPPING=1", TD_WAIT_MS);
	struct raw_stream *s = raw_stream_open(raw, "/gchat.v1.Chat/Connect", token);
	raw_put_hello(s);
	expect_going_away(s);
	raw_close(raw);
	assert_int_equal(td_wait_exit(td, TD_WAIT_MS), 0);
	td_stop(td);
}

static void who_neither_reads_nor_leaves_holds_up_a_stop_for_a_moment_only(void **state)
{
	struct td *td = td_start(&(struct td_options){.config = "server: { drain_ms = 60000; };"});
	struct raw *raw = raw_open(td);
	char token[RAW_TOKEN_BYTES];
	struct mono start;

	(void)state;
	raw_sign_up(td, "ann", token);
	(void)raw_talk(raw, token);
	start = clock_mono();
	td_signal(td, SIGTERM); /* and the raw connection isn't looked at any more */
	assert_int_equal(td_wait_exit(td, TD_WAIT_MS), 0);
	assert_in_range(clock_mono_ms_since(clock_mono(), start), 0, TD_SANITIZED ? 10000 : 2500);
	raw_close(raw);
	td_stop(td);
}

static void those_sent_away_come_back_spread_out_as_far_as_they_are_many(void **state)
{
	enum {
		SESSIONS = 60,
		SPREAD_MS = SESSIONS, /* of at most 100 */
	};
	struct td *td = td_start(
		&(struct td_options){.config = "limits: { sessions_per_account = 100; };"});
	struct raw *raw = raw_open(td);
	struct raw_stream *streams[SESSIONS];
	char token[RAW_TOKEN_BYTES];
	uint32_t least = UINT32_MAX;
	uint32_t most = 0;

	(void)state;
	raw_sign_up(td, "ann", token);
	for (size_t i = 0; i < SESSIONS; i++)
		streams[i] = raw_talk(raw, token);
	td_signal(td, SIGTERM);
	for (size_t i = 0; i < SESSIONS; i++) {
		ProtobufCMessage *m = raw_take(streams[i], &gchat__v1__server_frame__descriptor);
		const Gchat__V1__ServerFrame *frame =
			GC_CONTAINER_OF(m, Gchat__V1__ServerFrame, base);
		assert_non_null(frame->going_away);
		uint32_t after = frame->going_away->reconnect_after_ms;
		least = after < least ? after : least;
		most = after > most ? after : most;
		codec_free(m);
	}
	assert_in_range(most, 1, SPREAD_MS + 1);
	assert_true(most - least > SPREAD_MS / 4); /* all within a quarter: once in 10^34 */
	raw_close(raw);
	assert_int_equal(td_wait_exit(td, TD_WAIT_MS), 0);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			whose_handshake_is_under_way_at_a_stop_is_let_in_and_then_sent_away,
			td_teardown),
		cmocka_unit_test_teardown(
			who_neither_reads_nor_leaves_holds_up_a_stop_for_a_moment_only,
			td_teardown),
		cmocka_unit_test_teardown(
			those_sent_away_come_back_spread_out_as_far_as_they_are_many, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
