/* What verifying makes of a store that is told what to be: sound, with holes, with damage. */
#include "room/verify.h"

#include "base/mem.h"
#include "gchat/v1/event.pb-c.h"
#include "room/event.h"
#include "site.h"
#include "store/store_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the engine: one log, that of the site's room ---- */

enum {
	HEAD = 2000,
};

static struct {
	uint64_t log;
	uint64_t head;
	uint64_t first;
	uint64_t missing_from, missing_to;
	uint64_t damaged_from, damaged_to;
	uint64_t garbled; /* can't be decoded */
	bool bad_record;
	bool flaw;
	enum store_status heads_status;
	const uint8_t *body;
	size_t body_len;
} script;

static bool within(uint64_t seq, uint64_t from, uint64_t to)
{
	return seq >= from && seq <= to;
}

static enum store_status script_read(
	struct store_reader *reader, const struct store_range *range, store_event_fn fn, void *arg)
{
	(void)reader;
	size_t count = 0;
	uint64_t from = range->from > script.first ? range->from : script.first;
	for (uint64_t seq = from; seq <= range->to && seq <= script.head; seq++) {
		struct store_event event = {
			.seq = seq, .body = script.body, .body_len = script.body_len};
		if (within(seq, script.missing_from, script.missing_to))
			continue;
		if (within(seq, script.damaged_from, script.damaged_to))
			return STORE_DAMAGED;
		if (seq == script.garbled)
			event.body_len--;
		if (count++ == range->max || !fn(arg, &event))
			break;
	}
	return STORE_OK;
}

static enum store_status script_head(
	struct store_reader *reader, uint64_t log, struct store_head *ret_head)
{
	(void)reader;
	*ret_head = (struct store_head){.log = log, .head = script.head, .first = script.first};
	return STORE_OK;
}

static enum store_status script_heads(struct store_reader *reader, store_head_fn fn, void *arg)
{
	(void)reader;
	const struct store_head head = {script.log, script.head, script.first};
	if (script.heads_status == STORE_OK)
		(void)fn(arg, &head);
	return script.heads_status;
}

static enum store_status script_scan(struct store_reader *reader, const struct store_search *search,
	store_record_fn fn, void *arg)
{
	(void)reader;
	static const uint8_t garbage[] = {0xff};
	if (script.bad_record && search->kind == RECORD_TOKEN)
		(void)fn(arg, garbage, 1, garbage, 1);
	return STORE_OK;
}

static enum store_status script_check(
	struct store_reader *reader, int64_t budget_ms, store_flaw_fn fn, void *arg, bool *ret_done)
{
	(void)reader;
	(void)budget_ms;
	const struct store_flaw flaw = {.log = script.log, .seq = 7, .text = "a flaw"};
	*ret_done = !script.flaw || fn(arg, &flaw);
	return STORE_OK;
}

static const struct store_engine SCRIPT = {
	.name = "script",
	.read = script_read,
	.head = script_head,
	.heads = script_heads,
	.scan = script_scan,
	.check = script_check,
};

/* ---- running it ---- */

static struct event *sound;

static int setup(void **state)
{
	static char engine[] = "mem";
	*state = engine;
	if (site_setup(state) != 0)
		return -1;
	struct site *site = *state;
	Gchat__V1__Event event;
	gchat__v1__event__init(&event);
	event.author = site->ada->name;
	sound = event_new(&event, 0, 0);
	memset(&script, 0, sizeof(script));
	script.log = site->den->id;
	script.head = HEAD;
	script.first = 1;
	script.body = event_body(sound);
	script.body_len = sound->body_len;
	return 0;
}

static int teardown(void **state)
{
	sound = event_unref(sound);
	return site_teardown(state);
}

static struct verify verify; /* until the next */

static void run_verify(struct site *site)
{
	struct store_reader reader = {.engine = &SCRIPT};
	unsigned steps = 0;
	verify_init(&verify, site->directory);
	while (verify_step(&verify, &reader))
		assert_true(++steps < 1000);
}

static void expect_problem(
	size_t i, const char *room, uint64_t first, uint64_t last, const char *text)
{
	assert_true(i < verify.problem_count);
	assert_string_equal(verify.problems[i].room, room);
	assert_int_equal(verify.problems[i].first_seq, first);
	assert_int_equal(verify.problems[i].last_seq, last);
	assert_string_equal(verify.problems[i].text, text);
}

/* ---- tests ---- */

static void a_sound_store_has_no_problems(void **state)
{
	struct site *site = *state;
	run_verify(site);
	assert_int_equal(verify.problem_total, 0);
	assert_int_equal(verify.events, HEAD);
	assert_int_equal(verify.rooms, 1);
	assert_true(verify.structure_done);
	assert_false(room_is_damaged(site->den));
	verify_deinit(&verify);
}

static void trimmed_events_are_not_missing(void **state)
{
	script.first = 1234;
	run_verify(*state);
	assert_int_equal(verify.problem_total, 0);
	assert_int_equal(verify.events, HEAD - 1233);
	verify_deinit(&verify);
}

static void missing_events_are_found_also_across_steps(void **state)
{
	struct site *site = *state;
	script.missing_from = VERIFY_EVENTS - 3;
	script.missing_to = VERIFY_EVENTS + 2;
	run_verify(site);
	assert_int_equal(verify.problem_total, 2); /* each step tells its own */
	expect_problem(0, "den", VERIFY_EVENTS - 3, VERIFY_EVENTS, "events are missing");
	expect_problem(1, "den", VERIFY_EVENTS + 1, VERIFY_EVENTS + 2, "events are missing");
	assert_true(room_is_damaged(site->den));
	verify_deinit(&verify);
}

static void a_room_that_is_sound_again_is_opened(void **state)
{
	struct site *site = *state;
	script.damaged_from = script.damaged_to = 7;
	run_verify(site);
	assert_true(room_is_damaged(site->den));
	assert_int_equal(verify.mended, 0);
	verify_deinit(&verify);
	run_verify(site); /* it still is */
	assert_true(room_is_damaged(site->den));
	verify_deinit(&verify);
	script.damaged_from = script.damaged_to = 0;
	run_verify(site);
	assert_false(room_is_damaged(site->den));
	assert_int_equal(verify.mended, 1);
	verify_deinit(&verify);
	run_verify(site); /* nothing is left to do */
	assert_int_equal(verify.mended, 0);
	verify_deinit(&verify);
}

static void a_room_stays_closed_while_the_store_as_a_whole_is_damaged(void **state)
{
	struct site *site = *state;
	room_mark_damaged(site->den);
	script.bad_record = true;
	run_verify(site);
	assert_true(room_is_damaged(site->den));
	verify_deinit(&verify);
}

static void damage_that_is_found_meanwhile_keeps_the_room_closed(void **state)
{
	struct site *site = *state;
	room_mark_damaged(site->den);
	unsigned finds = atomic_load(&site->den->damage_finds);
	room_mark_damaged(site->den);
	assert_false(room_mend(site->den, finds));
	assert_true(room_is_damaged(site->den));
	assert_true(room_mend(site->den, finds + 1));
	assert_false(room_is_damaged(site->den));
	assert_false(room_mend(site->den, finds + 1)); /* it is open */
}

static void damage_is_told_exactly_and_the_rest_is_read(void **state)
{
	static const uint64_t spans[][2] = {
		{1, 1}, {100, 113}, {499, 502}, {1990, HEAD}, {1, HEAD}};
	for (size_t i = 0; i < GC_LENGTH(spans); i++) {
		script.damaged_from = spans[i][0];
		script.damaged_to = spans[i][1];
		run_verify(*state);
		assert_int_equal(verify.problem_total, 1);
		expect_problem(0, "den", spans[i][0], spans[i][1], "events can't be read");
		assert_int_equal(verify.events, HEAD - (spans[i][1] - spans[i][0] + 1));
		verify_deinit(&verify);
	}
}

static void what_can_not_be_decoded_is_told(void **state)
{
	script.garbled = 42;
	script.bad_record = true;
	run_verify(*state);
	assert_int_equal(verify.problem_total, 2);
	expect_problem(0, "den", 42, 42, "an event can't be decoded");
	expect_problem(1, "", 0, 0, "a record can't be decoded: token");
	verify_deinit(&verify);
}

static void a_head_behind_memory_is_told(void **state)
{
	struct site *site = *state;
	uint64_t head = say(site, site->ada, site->den, "one more");
	script.head = head - 1;
	run_verify(site);
	assert_int_equal(verify.problem_total, 1);
	expect_problem(0, "den", head, head, "events are missing at the end");
	verify_deinit(&verify);
}

static void flaws_of_the_structure_are_told(void **state)
{
	script.flaw = true;
	run_verify(*state);
	expect_problem(0, "den", 7, 7, "a flaw");
	verify_deinit(&verify);
}

static void many_problems_are_counted_beyond_those_kept(void **state)
{
	(void)state;
	script.body_len = 1; /* all of them */
	run_verify(*state);
	assert_int_equal(verify.problem_count, VERIFY_PROBLEMS_MAX);
	assert_int_equal(verify.problem_total, HEAD);
	verify_deinit(&verify);
}

static void a_store_that_fails_ends_it(void **state)
{
	script.heads_status = STORE_UNAVAILABLE;
	run_verify(*state);
	assert_int_equal(verify.status, STORE_UNAVAILABLE);
	verify_deinit(&verify);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_store_has_no_problems),
		TEST(trimmed_events_are_not_missing),
		TEST(missing_events_are_found_also_across_steps),
		TEST(a_room_that_is_sound_again_is_opened),
		TEST(a_room_stays_closed_while_the_store_as_a_whole_is_damaged),
		TEST(damage_that_is_found_meanwhile_keeps_the_room_closed),
		TEST(damage_is_told_exactly_and_the_rest_is_read),
		TEST(what_can_not_be_decoded_is_told),
		TEST(a_head_behind_memory_is_told),
		TEST(flaws_of_the_structure_are_told),
		TEST(many_problems_are_counted_beyond_those_kept),
		TEST(a_store_that_fails_ends_it),
	};
	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
