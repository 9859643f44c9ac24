/*
 * The guarantees 1 to 6, one by one.
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "raw.h"

enum {
	MANY = 300,
	SHORT_TAIL = 16,
};

/* A room's log is longer than what stays in memory. */
static const struct td_options short_tail = {
	.config = "delivery: { tail_events = 16; batch_events = 7; };"};

static struct td_client *at_cursor(struct td *td, const char *user, uint64_t room_id, uint64_t seq)
{
	struct gchat_cursor cursor = {.room_id = room_id, .seq = seq};

	return td_connect_with(
		td, user, &(struct td_client_options){.cursors = &cursor, .cursor_count = 1});
}

static void say_many(struct td_client *c, uint64_t room, unsigned first, unsigned count)
{
	char text[32];
	uint64_t tag = 0;

	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(text, sizeof(text), "m%u", first + i);
		tag = td_send(c, room, text);
	}
	(void)td_expect_committed(c, tag); /* the outbox is in order: all before it, too */
}

static void expect_many(struct td_client *c, uint64_t room, unsigned first, unsigned count)
{
	char text[32];

	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(text, sizeof(text), "m%u", first + i);
		(void)td_expect_message(c, room, text);
	}
}

/* The next entries of the room have the places from..to, whatever their kind. */
static void expect_places(struct td_client *c, uint64_t room, uint64_t from, uint64_t to)
{
	for (uint64_t seq = from; seq <= to; seq++)
		assert_int_equal(td_expect_entry(c, room)->seq, seq);
}

static uint64_t head_of(struct td_client *c, uint64_t room_id)
{
	struct gchat_room *room = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_get_room(td_gchat(c), room_id, NULL, &room, &error), &error, "get room");
	uint64_t head = room->head_seq;
	gchat_free(room);
	return head;
}

/* ---- 1: acknowledged means durable ---- */

static void what_was_acknowledged_is_there_after_kill_9(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");
	struct gchat_history *page = NULL;
	struct gchat_error error = {0};

	(void)state;
	uint64_t seq = td_send_acked(ann, room, "never lost");
	td_kill9(td);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	struct td_client *again = td_sign_in(td, "ann", NULL);
	struct gchat_history_query query = {.room_id = room};
	td_check(again, gchat_history(td_gchat(again), &query, &page, &error), &error, "history");
	assert_int_equal(page->head_seq, seq);
	assert_string_equal(page->entries[page->count - 1].text, "never lost");
	gchat_free(page);
	td_stop(td);
}

static void clients_are_told_what_acknowledged_means(void **state)
{
	static const char *const modes[] = {"always", "process"};
	char config[64];

	(void)state;
	for (size_t i = 0; i < GC_LENGTH(modes); i++) {
		(void)snprintf(
			config, sizeof(config), "store: { durability = \"%s\"; };", modes[i]);
		struct td *td = td_start(&(struct td_options){.config = config});
		struct td_client *c = td_sign_in(td, "ann", NULL);
		td_check(c, gchat_connect(td_gchat(c), &(struct gchat_session_options){0}), NULL,
			"connect");
		assert_string_equal(td_expect_welcome(c)->durability, modes[i]);
		td_stop(td);
	}
}

/* ---- 2: exactly one copy ---- */

static const uint8_t an_id[RAW_ID_BYTES] = "sixteen bytes!!";

struct outcome {
	uint64_t seq;
	uint64_t time_us;
	bool duplicate;
	char reason[32];
};

static struct outcome take_outcome(struct raw_stream *s)
{
	Gchat__V1__ServerFrame *frame = raw_take_reply(s);
	const Gchat__V1__Reply *reply = frame->replies[0];
	struct outcome o = {0};

	if (reply->result_case == GCHAT__V1__REPLY__RESULT_COMMITTED) {
		o.seq = reply->committed->seq;
		o.time_us = reply->committed->time_us;
		o.duplicate = reply->committed->duplicate;
	} else {
		assert_int_equal(reply->result_case, GCHAT__V1__REPLY__RESULT_ERROR);
		(void)snprintf(o.reason, sizeof(o.reason), "%s", reply->error->reason);
	}
	codec_free(&frame->base);
	return o;
}

static struct outcome put_once(
	struct td *td, const char *token, uint64_t room, const uint8_t *id, const char *text)
{
	struct raw *raw = raw_open(td);
	struct raw_stream *s = raw_talk(raw, token);

	raw_put_send(s, 2, room, id, text);
	struct outcome o = take_outcome(s);
	raw_close(raw);
	return o;
}

static uint64_t room_of(struct td *td, const char *token)
{
	struct raw *raw = raw_open(td);
	Gchat__V1__CreateRoomRequest request;

	gchat__v1__create_room_request__init(&request);
	request.name = (char[]){"lobby"};
	ProtobufCMessage *answer = raw_ask(raw, "/gchat.v1.Chat/CreateRoom", token, &request.base,
		&gchat__v1__create_room_response__descriptor, NULL);
	uint64_t id = GC_CONTAINER_OF(answer, Gchat__V1__CreateRoomResponse, base)->room->room_id;
	codec_free(answer);
	raw_close(raw);
	return id;
}

static void the_same_id_names_the_first_event_even_after_kill_9(void **state)
{
	struct td *td = td_start(NULL);
	char token[RAW_TOKEN_BYTES];

	(void)state;
	raw_sign_up(td, "ann", token);
	uint64_t room = room_of(td, token);
	struct outcome first = put_once(td, token, room, an_id, "once");
	struct outcome second = put_once(td, token, room, an_id, "once");
	td_kill9(td);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	struct outcome third = put_once(td, token, room, an_id, "once");
	assert_false(first.duplicate);
	assert_true(second.duplicate && third.duplicate);
	assert_int_equal(second.seq, first.seq);
	assert_int_equal(third.seq, first.seq);
	assert_int_equal(third.time_us, first.time_us);
	assert_int_equal(head_of(td_sign_in(td, "ann", NULL), room), first.seq);
	td_stop(td);
}

static void the_same_id_with_another_body_is_refused(void **state)
{
	struct td *td = td_start(NULL);
	char token[RAW_TOKEN_BYTES];

	(void)state;
	raw_sign_up(td, "ann", token);
	uint64_t room = room_of(td, token);
	struct outcome first = put_once(td, token, room, an_id, "once");
	assert_string_equal(put_once(td, token, room, an_id, "twice").reason, "ID_REUSED");
	assert_int_equal(head_of(td_sign_in(td, "ann", NULL), room), first.seq);
	td_stop(td);
}

static void the_same_id_from_many_streams_at_once_is_one_event(void **state)
{
	enum {
		STREAMS = 8
	};
	struct td *td = td_start(NULL);
	struct raw *raws[STREAMS];
	struct raw_stream *streams[STREAMS];
	char token[RAW_TOKEN_BYTES];
	unsigned firsts = 0;

	(void)state;
	raw_sign_up(td, "ann", token);
	uint64_t room = room_of(td, token);
	for (size_t i = 0; i < STREAMS; i++) {
		raws[i] = raw_open(td);
		streams[i] = raw_talk(raws[i], token);
	}
	for (size_t i = 0; i < STREAMS; i++)
		raw_put_send(streams[i], 2, room, an_id, "once");
	for (size_t i = 0; i < STREAMS; i++) {
		struct outcome o = take_outcome(streams[i]);
		assert_int_equal(o.seq, 2); /* the owner's joining is 1 */
		firsts += o.duplicate ? 0 : 1;
	}
	assert_int_equal(firsts, 1);
	for (size_t i = 0; i < STREAMS; i++)
		raw_close(raws[i]);
	td_stop(td);
}

static void another_account_may_use_the_same_id(void **state)
{
	struct td *td = td_start(NULL);
	char ann[RAW_TOKEN_BYTES];
	char bob[RAW_TOKEN_BYTES];

	(void)state;
	raw_sign_up(td, "ann", ann);
	raw_sign_up(td, "bob", bob);
	uint64_t room = room_of(td, ann);
	(void)td_join(td_connect(td, "bob"), "lobby");
	struct outcome one = put_once(td, ann, room, an_id, "mine");
	struct outcome two = put_once(td, bob, room, an_id, "mine, too");
	assert_false(two.duplicate);
	assert_int_equal(two.seq, one.seq + 1);
	td_stop(td);
}

/* ---- 3: one order ---- */

static void all_members_see_one_gapless_order_under_concurrent_senders(void **state)
{
	enum {
		PEOPLE = 5,
		EACH = 60
	};
	static const char *const names[PEOPLE] = {"ann", "bob", "cat", "dan", "eve"};
	struct td *td = td_start(NULL);
	struct td_client *people[PEOPLE];
	char *log[PEOPLE * EACH];
	char text[32];
	uint64_t room = 0;

	(void)state;
	for (size_t i = 0; i < PEOPLE; i++) {
		people[i] = td_connect(td, names[i]);
		room = td_enter_room(people[i], "lobby");
	}
	uint64_t first = head_of(people[0], room) + 1;
	for (unsigned n = 0; n < EACH; n++) {
		for (size_t i = 0; i < PEOPLE; i++) {
			(void)snprintf(text, sizeof(text), "%s %u", names[i], n);
			(void)td_send(people[i], room, text);
		}
	}
	for (size_t i = 0; i < PEOPLE; i++) {
		for (uint64_t n = 0; n < PEOPLE * EACH; n++) {
			const struct gchat_entry *entry = td_expect_entry(people[i], room);
			while (entry->seq < first)
				entry = td_expect_entry(people[i], room);
			assert_int_equal(entry->seq, first + n);
			if (i == 0)
				log[n] = mem_strdup(entry->text);
			assert_string_equal(entry->text, log[n]);
		}
	}
	for (size_t n = 0; n < PEOPLE * EACH; n++)
		free(log[n]);
	td_stop(td);
}

/* ---- 4: resume without a window ---- */

static void after_a_break_a_client_goes_on_where_it_was(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	struct gchat_cursor place[2];
	uint64_t room = td_enter_room(ann, "lobby");

	(void)state;
	(void)td_join(bob, "lobby");
	say_many(ann, room, 0, 5);
	expect_many(bob, room, 0, 5);
	gchat_disconnect(td_gchat(bob));
	(void)td_expect_state(bob, GCHAT_STATE_CLOSED);
	say_many(ann, room, 5, 40);
	struct gchat_session_options options = {
		.cursors = place, .cursor_count = gchat_get_cursors(td_gchat(bob), place, 2)};
	assert_int_equal(options.cursor_count, 1);
	td_check(bob, gchat_connect(td_gchat(bob), &options), NULL, "connect");
	say_many(ann, room, 45, 5);
	expect_many(bob, room, 5, 45);
	td_stop(td);
}

static void restart_with_a_conversation(void (*restart)(struct td *td))
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	uint64_t room = td_enter_room(ann, "lobby");

	(void)td_join(bob, "lobby");
	say_many(ann, room, 0, 20);
	uint64_t tag = td_send(ann, room, "m20"); /* acknowledged before or after: once */
	restart(td);
	(void)td_expect_committed(ann, tag);
	say_many(ann, room, 21, 20);
	expect_many(bob, room, 0, 41);
	td_barrier(bob);
	td_expect_none(bob, GCHAT_EVENT_GAP);
	td_expect_none(bob, GCHAT_EVENT_RESET);
	td_expect_none(bob, GCHAT_EVENT_ENTRY);
	td_stop(td);
}

static void kill_and_start(struct td *td)
{
	td_kill9(td);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
}

static void a_conversation_goes_on_over_a_restart(void **state)
{
	(void)state;
	restart_with_a_conversation(td_restart);
}

static void a_conversation_goes_on_over_kill_9(void **state)
{
	(void)state;
	restart_with_a_conversation(kill_and_start);
}

static void a_cursor_far_behind_the_tail_comes_from_the_store_and_joins_live(void **state)
{
	struct td *td = td_start(&short_tail);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");
	uint64_t last = 0;

	(void)state;
	say_many(ann, room, 0, MANY);
	struct td_client *late = at_cursor(td, "ann", room, 0);
	for (unsigned i = 0; i < MANY; i++) /* while it catches up */
		last = td_send(ann, room, "live");
	last = td_expect_committed(ann, last);
	assert_int_equal(last, 1 + 2 * MANY);
	expect_places(late, room, 1, last);
	td_barrier(late);
	td_expect_none(late, GCHAT_EVENT_GAP);
	td_expect_none(late, GCHAT_EVENT_ENTRY);
	td_stop(td);
}

static void many_cursors_at_different_places_each_get_the_rest(void **state)
{
	struct td *td = td_start(&short_tail);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");
	static const uint64_t places[] = {0, 1, 50, MANY - SHORT_TAIL - 1, MANY - SHORT_TAIL,
		MANY - SHORT_TAIL + 1, MANY - SHORT_TAIL + 2, MANY, MANY + 1};

	(void)state;
	say_many(ann, room, 0, MANY);
	for (size_t i = 0; i < GC_LENGTH(places); i++) {
		struct td_client *c = at_cursor(td, "ann", room, places[i]);
		expect_places(c, room, places[i] + 1, MANY + 1);
		td_barrier(c);
		td_expect_none(c, GCHAT_EVENT_ENTRY);
		td_disconnect(c);
	}
	td_stop(td);
}

/* ---- 5: gaps are never silent ---- */

struct trimmed {
	struct td_client *c;
	uint64_t room;
	uint64_t least; /* first_seq must have reached this */
};

static bool is_trimmed(void *arg)
{
	struct trimmed *t = arg;
	struct gchat_room *room = NULL;
	struct gchat_error error = {0};

	td_check(t->c, gchat_get_room(td_gchat(t->c), t->room, NULL, &room, &error), &error,
		"get room");
	bool done = room->first_seq >= t->least;
	gchat_free(room);
	return done;
}

static void a_cursor_older_than_retention_gets_a_gap(void **state)
{
	struct td *td = td_start(
		&(struct td_options){.config = "retention: { max_events = 10; interval_s = 1; };"
					       "delivery: { tail_events = 4; };"});
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");
	enum {
		SAID = 50,
		HEAD = SAID + 1,
		KEPT = 10
	};

	(void)state;
	say_many(ann, room, 0, SAID);
	struct trimmed t = {.c = ann, .room = room, .least = HEAD - KEPT + 1};
	td_wait_until(td, is_trimmed, &t, TD_WAIT_MS, "retention");
	struct td_client *late = at_cursor(td, "ann", room, 3);
	const struct gchat_gap *gap = &td_expect_event(late, GCHAT_EVENT_GAP)->gap;
	assert_int_equal(gap->room_id, room);
	assert_int_equal(gap->from_seq, 4);
	assert_int_equal(gap->to_seq, HEAD - KEPT);
	assert_string_equal(gap->reason, "RETENTION");
	expect_places(late, room, HEAD - KEPT + 1, HEAD);
	td_restart(td); /* the same from the store alone */
	late = at_cursor(td, "ann", room, 3);
	assert_int_equal(td_expect_event(late, GCHAT_EVENT_GAP)->gap.to_seq, HEAD - KEPT);
	expect_places(late, room, HEAD - KEPT + 1, HEAD);
	td_stop(td);
}

static void a_cursor_ahead_of_the_head_gets_a_reset(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	uint64_t head = td_send_acked(ann, room, "the head");
	struct td_client *ahead = at_cursor(td, "ann", room, head + 1000);
	const struct gchat_reset *reset = &td_expect_event(ahead, GCHAT_EVENT_RESET)->reset;
	assert_int_equal(reset->seq, head);
	assert_string_equal(reset->reason, "CURSOR_AHEAD");
	(void)td_send_acked(ann, room, "goes on");
	(void)td_expect_message(ahead, room, "goes on");
	td_stop(td);
}

static void a_cursor_of_a_room_one_is_not_in_gets_a_reset(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t room = td_create_room(ann, "lobby");

	(void)state;
	struct td_client *bob = at_cursor(td, "bob", room, 1);
	const struct gchat_reset *reset = &td_expect_event(bob, GCHAT_EVENT_RESET)->reset;
	assert_int_equal(reset->seq, 0);
	assert_string_equal(reset->reason, "NOT_A_MEMBER");
	td_stop(td);
}

/* ---- 6: one slow reader harms nobody ---- */

static void one_who_does_not_read_delays_nobody_and_catches_up(void **state)
{
	enum {
		SAID = 400,
		TEXT_BYTES = 8000
	};
	struct td *td = td_start(&(struct td_options){
		.config = "delivery: { tail_events = 64; send_buffer_bytes = 16384; };"});
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	struct raw *raw = raw_open(td);
	char token[RAW_TOKEN_BYTES];
	static char text[TEXT_BYTES + 1];
	uint64_t room = td_enter_room(ann, "lobby");

	(void)state;
	(void)td_join(bob, "lobby");
	raw_sign_up(td, "sloth", token);
	struct td_client *sloth = td_connect(td, "sloth");
	(void)td_join(sloth, "lobby");
	uint64_t start = head_of(ann, room);
	td_disconnect(sloth);
	struct raw_stream *slow = raw_talk(raw, token); /* its loop isn't turned from here on */
	memset(text, 'x', TEXT_BYTES);
	for (unsigned i = 0; i < SAID; i++)
		(void)td_send(ann, room, text);
	uint64_t last = td_send_acked(ann, room, "the last");
	assert_int_equal(last, start + SAID + 1);
	const struct gchat_entry *entry = td_expect_entry(bob, room);
	while (entry->seq < last)
		entry = td_expect_entry(bob, room);
	assert_false(raw_has_ended(slow));
	for (uint64_t seq = start; seq < last;) {
		ProtobufCMessage *m = raw_take(slow, &gchat__v1__server_frame__descriptor);
		Gchat__V1__ServerFrame *frame = GC_CONTAINER_OF(m, Gchat__V1__ServerFrame, base);
		for (size_t i = 0; i < frame->n_events; i++)
			assert_int_equal(frame->events[i]->seq, ++seq);
		codec_free(m);
	}
	raw_close(raw);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_was_acknowledged_is_there_after_kill_9, td_teardown),
		cmocka_unit_test_teardown(clients_are_told_what_acknowledged_means, td_teardown),
		cmocka_unit_test_teardown(
			the_same_id_names_the_first_event_even_after_kill_9, td_teardown),
		cmocka_unit_test_teardown(the_same_id_with_another_body_is_refused, td_teardown),
		cmocka_unit_test_teardown(
			the_same_id_from_many_streams_at_once_is_one_event, td_teardown),
		cmocka_unit_test_teardown(another_account_may_use_the_same_id, td_teardown),
		cmocka_unit_test_teardown(
			all_members_see_one_gapless_order_under_concurrent_senders, td_teardown),
		cmocka_unit_test_teardown(after_a_break_a_client_goes_on_where_it_was, td_teardown),
		cmocka_unit_test_teardown(a_conversation_goes_on_over_a_restart, td_teardown),
		cmocka_unit_test_teardown(a_conversation_goes_on_over_kill_9, td_teardown),
		cmocka_unit_test_teardown(
			a_cursor_far_behind_the_tail_comes_from_the_store_and_joins_live,
			td_teardown),
		cmocka_unit_test_teardown(
			many_cursors_at_different_places_each_get_the_rest, td_teardown),
		cmocka_unit_test_teardown(a_cursor_older_than_retention_gets_a_gap, td_teardown),
		cmocka_unit_test_teardown(a_cursor_ahead_of_the_head_gets_a_reset, td_teardown),
		cmocka_unit_test_teardown(
			a_cursor_of_a_room_one_is_not_in_gets_a_reset, td_teardown),
		cmocka_unit_test_teardown(
			one_who_does_not_read_delays_nobody_and_catches_up, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
