/* What is said: every op of messages.c over the reference store, and every reason against it. */
#include "room/ops.h"

#include "proto/codec.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef enum reason (*message_fn)(struct write *write, const struct op_message *m);

/* The op with its own write: what it came to. */
static enum reason ask(
	struct site *site, message_fn op, struct account *actor, const struct op_message *m)
{
	struct write *write = begin(site, actor, site->den, NULL);
	enum reason reason = op(write, m);
	if (reason != REASON_NONE) /* refused: nothing but references is held */
		assert_true(!write->events[0] && write->op.append_count == 0 &&
			    write->op.put_count == 0 && !write->puts && !write->state);
	return run(write, reason);
}

static enum reason ask_text(
	struct site *site, message_fn op, struct account *actor, const char *text, uint64_t target)
{
	struct op_message m = message(text, target);
	return ask(site, op, actor, &m);
}

static const char *text_at(struct site *site, uint64_t seq)
{
	static char text[256];
	Gchat__V1__Event *event = event_at(site->den, seq);
	assert_non_null(event);
	assert_int_equal(event->body_case, GCHAT__V1__EVENT__BODY_MESSAGE);
	strcpy(text, event->message->text);
	codec_free(&event->base);
	return text;
}

static Gchat__V1__Event__BodyCase case_at(struct site *site, uint64_t seq)
{
	Gchat__V1__Event *event = event_at(site->den, seq);
	assert_non_null(event);
	Gchat__V1__Event__BodyCase body = event->body_case;
	codec_free(&event->base);
	return body;
}

static uint64_t head(struct site *site)
{
	struct room_info info;
	room_get_info(site->den, &info);
	return info.head_seq;
}

static void a_member_says_something_and_it_is_in_the_log(void **state)
{
	struct site *site = *state;
	uint64_t before = head(site);
	uint64_t seq = say(site, site->bob, site->den, "hello");
	assert_int_equal(seq, before + 1);
	assert_int_equal(head(site), seq);
	assert_string_equal(text_at(site, seq), "hello");
}

static void all_ops_need_membership(void **state)
{
	struct site *site = *state;
	static const message_fn ops[] = {op_send, op_edit, op_delete, op_react};
	for (size_t i = 0; i < GC_LENGTH(ops); i++)
		assert_int_equal(ask_text(site, ops[i], site->eve, "x", 1), REASON_NOT_A_MEMBER);
}

static void a_reader_writes_nothing(void **state)
{
	struct site *site = *state;
	static const message_fn ops[] = {op_send, op_edit, op_delete, op_react};
	assert_int_equal(
		set_role(site, site->ada, site->den, site->bob, GCHAT__V1__ROLE__ROLE_READER),
		REASON_NONE);
	for (size_t i = 0; i < GC_LENGTH(ops); i++)
		assert_int_equal(ask_text(site, ops[i], site->bob, "x", 1), REASON_READ_ONLY);
}

static void a_text_is_neither_empty_nor_over_the_limit(void **state)
{
	struct site *site = *state;
	char text[102];
	memset(text, 'x', sizeof(text));
	text[101] = '\0';
	uint64_t seq = say(site, site->bob, site->den, "hello");
	assert_int_equal(ask_text(site, op_send, site->bob, text, 0), REASON_TEXT_TOO_LONG);
	assert_int_equal(ask_text(site, op_edit, site->bob, text, seq), REASON_TEXT_TOO_LONG);
	assert_int_equal(ask_text(site, op_send, site->bob, "", 0), REASON_INVALID_ARGUMENT);
	assert_int_equal(ask_text(site, op_edit, site->bob, "", seq), REASON_INVALID_ARGUMENT);
	text[100] = '\0';
	assert_int_equal(ask_text(site, op_send, site->bob, text, 0), REASON_NONE);
}

static void the_same_message_again_is_a_duplicate_of_the_first(void **state)
{
	struct site *site = *state;
	struct op_message m = message("hello", 0);
	struct write *first = begin(site, site->bob, site->den, NULL);
	struct write *again = begin(site, site->bob, site->den, NULL);
	start(first, op_send(first, &m));
	start(again, op_send(again, &m));
	assert_int_equal(await(first), REASON_NONE);
	assert_int_equal(await(again), REASON_NONE);
	assert_false(first->duplicate);
	assert_true(again->duplicate);
	assert_int_equal(again->seq, first->seq);
	assert_int_equal(again->time_us, first->time_us);
	assert_int_equal(head(site), first->seq);
	end(first);
	end(again);
}

/* The acknowledgement was lost; then the right to write was. */
static void the_same_again_is_known_to_who_may_write_no_more(void **state)
{
	struct site *site = *state;
	struct op_message m = message("hello", 0);
	struct op_message edit = message("hullo", 0);
	edit.client_id = (const uint8_t *)"an id of its own";
	assert_int_equal(ask(site, op_send, site->bob, &m), REASON_NONE);
	edit.target_seq = head(site);
	assert_int_equal(ask(site, op_edit, site->bob, &edit), REASON_NONE);
	uint64_t before = head(site);
	assert_int_equal(
		set_role(site, site->ada, site->den, site->bob, GCHAT__V1__ROLE__ROLE_READER),
		REASON_NONE);
	assert_int_equal(ask(site, op_send, site->bob, &m), REASON_NONE);
	assert_int_equal(ask_text(site, op_send, site->bob, "more", 0), REASON_READ_ONLY);
	assert_int_equal(leave(site, site->bob, site->den), REASON_NONE);
	struct write *again = begin(site, site->bob, site->den, NULL);
	start(again, op_send(again, &m));
	assert_int_equal(await(again), REASON_NONE);
	assert_true(again->duplicate);
	assert_int_equal(again->seq, before - 1);
	end(again);
	assert_int_equal(ask(site, op_edit, site->bob, &edit), REASON_NONE);
	assert_int_equal(ask_text(site, op_send, site->bob, "more", 0), REASON_NOT_A_MEMBER);
	m.text = (char[]){"other"};
	assert_int_equal(ask(site, op_send, site->bob, &m), REASON_ID_REUSED);
	assert_int_equal(head(site), before + 2); /* the role and the leaving */
}

static void another_text_under_the_same_id_is_refused(void **state)
{
	struct site *site = *state;
	struct op_message m = message("hello", 0);
	assert_int_equal(ask(site, op_send, site->bob, &m), REASON_NONE);
	uint64_t before = head(site);
	m.text = (char[]){"other"};
	assert_int_equal(ask(site, op_send, site->bob, &m), REASON_ID_REUSED);
	assert_int_equal(head(site), before);
}

static void two_people_may_use_the_same_id(void **state)
{
	struct site *site = *state;
	struct op_message m = message("hello", 0);
	uint64_t before = head(site);
	assert_int_equal(ask(site, op_send, site->bob, &m), REASON_NONE);
	assert_int_equal(ask(site, op_send, site->ada, &m), REASON_NONE);
	assert_int_equal(head(site), before + 2);
}

static void an_author_edits_and_nobody_else_does(void **state)
{
	struct site *site = *state;
	uint64_t seq = say(site, site->bob, site->den, "helo");
	assert_int_equal(ask_text(site, op_edit, site->bob, "hello", seq), REASON_NONE);
	assert_int_equal(case_at(site, head(site)), GCHAT__V1__EVENT__BODY_EDIT);
	/* not even the room's owner */
	assert_int_equal(ask_text(site, op_edit, site->ada, "no", seq), REASON_NOT_AUTHOR);
}

static void only_messages_can_be_edited_deleted_and_reacted_to(void **state)
{
	struct site *site = *state;
	static const message_fn ops[] = {op_edit, op_delete, op_react};
	uint64_t next = head(site) + 2; /* behind the head */
	const uint64_t targets[] = {0, 1 /* ada joined */, next, UINT64_MAX};
	for (size_t i = 0; i < GC_LENGTH(ops); i++)
		for (size_t k = 0; k < GC_LENGTH(targets); k++)
			assert_int_equal(ask_text(site, ops[i], site->ada, "x", targets[k]),
				REASON_UNKNOWN_MESSAGE);
}

static void an_author_deletes_and_the_content_is_gone(void **state)
{
	struct site *site = *state;
	uint64_t seq = say(site, site->bob, site->den, "secret");
	assert_int_equal(ask_text(site, op_edit, site->bob, "secret too", seq), REASON_NONE);
	assert_int_equal(ask_text(site, op_delete, site->bob, "", seq), REASON_NONE);
	assert_int_equal(case_at(site, seq), GCHAT__V1__EVENT__BODY_ERASED);
	assert_int_equal(case_at(site, seq + 1), GCHAT__V1__EVENT__BODY_ERASED);
	assert_int_equal(case_at(site, seq + 2), GCHAT__V1__EVENT__BODY_DELETION);
	assert_int_equal(head(site), seq + 2);
}

static void what_was_deleted_is_no_target_any_more(void **state)
{
	struct site *site = *state;
	static const message_fn ops[] = {op_edit, op_delete, op_react};
	uint64_t seq = say(site, site->bob, site->den, "secret");
	assert_int_equal(ask_text(site, op_delete, site->bob, "", seq), REASON_NONE);
	for (size_t i = 0; i < GC_LENGTH(ops); i++)
		assert_int_equal(
			ask_text(site, ops[i], site->bob, "x", seq), REASON_UNKNOWN_MESSAGE);
}

static void a_moderator_deletes_the_messages_of_others_and_a_member_does_not(void **state)
{
	struct site *site = *state;
	assert_int_equal(join(site, site->eve, site->den), REASON_NONE);
	uint64_t seq = say(site, site->bob, site->den, "rude");
	assert_int_equal(ask_text(site, op_delete, site->eve, "", seq), REASON_NOT_AUTHOR);
	assert_int_equal(
		set_role(site, site->ada, site->den, site->eve, GCHAT__V1__ROLE__ROLE_MODERATOR),
		REASON_NONE);
	assert_int_equal(ask_text(site, op_delete, site->eve, "rude", seq), REASON_NONE);
	assert_int_equal(case_at(site, seq), GCHAT__V1__EVENT__BODY_ERASED);
}

static void a_reason_for_deleting_has_its_limit(void **state)
{
	struct site *site = *state;
	char text[LIMIT_REASON_BYTES + 2];
	memset(text, 'x', sizeof(text));
	text[LIMIT_REASON_BYTES + 1] = '\0';
	uint64_t seq = say(site, site->bob, site->den, "rude");
	assert_int_equal(ask_text(site, op_delete, site->ada, text, seq), REASON_TEXT_TOO_LONG);
	text[LIMIT_REASON_BYTES] = '\0';
	assert_int_equal(ask_text(site, op_delete, site->ada, text, seq), REASON_NONE);
}

static void a_reaction_is_an_emoji_set_or_taken_back(void **state)
{
	struct site *site = *state;
	uint64_t seq = say(site, site->bob, site->den, "hello");
	assert_int_equal(ask_text(site, op_react, site->ada, "a b", seq), REASON_INVALID_ARGUMENT);
	assert_int_equal(ask_text(site, op_react, site->ada, "", seq), REASON_INVALID_ARGUMENT);
	struct op_message m = message("\xf0\x9f\x91\x8d", seq);
	m.remove = true;
	assert_int_equal(ask(site, op_react, site->ada, &m), REASON_NONE);
	Gchat__V1__Event *event = event_at(site->den, head(site));
	assert_int_equal(event->body_case, GCHAT__V1__EVENT__BODY_REACTION);
	assert_true(event->reaction->removed);
	assert_int_equal(event->reaction->target_seq, seq);
	assert_string_equal(event->reaction->emoji, "\xf0\x9f\x91\x8d");
	codec_free(&event->base);
}

static void messages_within_the_rate_pass_and_the_next_one_waits(void **state)
{
	struct site *site = *state;
	uint32_t wait_ms = 0;
	site->limits.messages_per_minute = 60;
	site->limits.messages_burst = 3;
	directory_set_limits(site->directory, &site->limits);
	struct account *dan = add_account(site, "dan", false);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(op_charge(dan, 10, &wait_ms), REASON_NONE);
	assert_int_equal(op_charge(dan, 10, &wait_ms), REASON_RATE_LIMITED);
	assert_true(wait_ms > 0 && wait_ms <= 1001);
	assert_int_equal(op_charge(site->ada, 10, &wait_ms), REASON_NONE);
}

static void bytes_have_a_rate_of_their_own(void **state)
{
	struct site *site = *state;
	uint32_t wait_ms = 0;
	site->limits.message_bytes_per_minute = 1000;
	site->limits.message_bytes_burst = 1500;
	directory_set_limits(site->directory, &site->limits);
	struct account *dan = add_account(site, "dan", false);
	assert_int_equal(op_charge(dan, 900, &wait_ms), REASON_NONE);
	assert_int_equal(op_charge(dan, 900, &wait_ms), REASON_RATE_LIMITED);
	assert_in_range(wait_ms, 17000, 18001); /* 300 bytes, at 1000 a minute */
}

static void a_message_refused_for_its_bytes_is_not_counted_as_one(void **state)
{
	struct site *site = *state;
	uint32_t wait_ms = 0;
	site->limits.messages_per_minute = 1;
	site->limits.messages_burst = 2;
	site->limits.message_bytes_per_minute = 1000;
	site->limits.message_bytes_burst = 1000;
	directory_set_limits(site->directory, &site->limits);
	struct account *dan = add_account(site, "dan", false);
	assert_int_equal(op_charge(dan, 900, &wait_ms), REASON_NONE);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(op_charge(dan, 900, &wait_ms), REASON_RATE_LIMITED);
	assert_int_equal(op_charge(dan, 50, &wait_ms), REASON_NONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		TEST(a_member_says_something_and_it_is_in_the_log),
		TEST(all_ops_need_membership),
		TEST(a_reader_writes_nothing),
		TEST(a_text_is_neither_empty_nor_over_the_limit),
		TEST(the_same_message_again_is_a_duplicate_of_the_first),
		TEST(the_same_again_is_known_to_who_may_write_no_more),
		TEST(another_text_under_the_same_id_is_refused),
		TEST(two_people_may_use_the_same_id),
		TEST(an_author_edits_and_nobody_else_does),
		TEST(only_messages_can_be_edited_deleted_and_reacted_to),
		TEST(an_author_deletes_and_the_content_is_gone),
		TEST(what_was_deleted_is_no_target_any_more),
		TEST(a_moderator_deletes_the_messages_of_others_and_a_member_does_not),
		TEST(a_reason_for_deleting_has_its_limit),
		TEST(a_reaction_is_an_emoji_set_or_taken_back),
		TEST(messages_within_the_rate_pass_and_the_next_one_waits),
		TEST(bytes_have_a_rate_of_their_own),
		TEST(a_message_refused_for_its_bytes_is_not_counted_as_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
