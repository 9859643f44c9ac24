/* What is set for one room: ranges, changes, the stored form, and who may change what. */
#include "room/settings.h"

#include "proto/codec.h"
#include "site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct room_settings every = {.read_only = true,
	.slow_mode_s = 30,
	.text_bytes_max = 50,
	.members_max = 3,
	.retention_days = 7,
	.retention_events = 1000};

enum {
	ALL = ROOM_SETS_VISIBLE | ROOM_SETS_MEMBERS | ROOM_SETS_RETENTION_DAYS |
	      ROOM_SETS_RETENTION_EVENTS
};

static void assert_same(const struct room_settings *a, const struct room_settings *b)
{
	assert_int_equal(a->read_only, b->read_only);
	assert_int_equal(a->slow_mode_s, b->slow_mode_s);
	assert_int_equal(a->text_bytes_max, b->text_bytes_max);
	assert_int_equal(a->members_max, b->members_max);
	assert_int_equal(a->retention_days, b->retention_days);
	assert_int_equal(a->retention_events, b->retention_events);
}

static void what_is_stored_is_what_is_loaded(void **state)
{
	(void)state;
	Gchat__V1__RoomRecord record;
	gchat__v1__room_record__init(&record);
	room_settings_store(&every, &record);
	const struct room_settings loaded = room_settings_load(&record);
	assert_same(&loaded, &every);
}

static void each_value_has_its_range(void **state)
{
	(void)state;
	const struct room_settings wrong[] = {
		{.slow_mode_s = LIMIT_SLOW_MODE_S + 1},
		{.text_bytes_max = LIMIT_TEXT_BYTES + 1},
		{.members_max = LIMIT_ROOM_MEMBERS + 1},
		{.retention_days = LIMIT_RETENTION_DAYS + 1},
		{.retention_events = LIMIT_RETENTION_EVENTS + 1},
	};
	assert_true(room_settings_fit(&every));
	for (size_t i = 0; i < GC_LENGTH(wrong); i++)
		assert_false(room_settings_fit(&wrong[i]));
}

static void a_change_takes_only_what_it_names(void **state)
{
	(void)state;
	for (unsigned bit = 1; bit <= ROOM_SETS_RETENTION_EVENTS; bit <<= 1) {
		struct room_settings one = {0};
		struct room_settings rest = every;
		room_settings_merge(&one, &every, bit);
		room_settings_merge(&rest, &(struct room_settings){0}, bit);
		assert_memory_not_equal(&one, &(struct room_settings){0}, sizeof(one));
		room_settings_merge(&rest, &one, bit);
		assert_same(&rest, &every);
	}
}

static void the_lower_limit_holds_and_none_leaves_the_servers(void **state)
{
	(void)state;
	assert_int_equal(room_settings_lower(10, 0), 10);
	assert_int_equal(room_settings_lower(10, 3), 3);
	assert_int_equal(room_settings_lower(10, 30), 10);
}

static enum reason change(struct site *site, struct account *actor,
	const struct room_settings *settings, unsigned sets)
{
	struct write *write = begin(site, actor, site->den, NULL);
	const struct op_room_change c = {.settings = *settings, .sets = sets};
	return run(write, op_update_room(write, &c));
}

static void a_restart_keeps_what_was_set(void **state)
{
	struct site *site = *state;
	struct room_info info;
	assert_int_equal(change(site, NULL, &every, ALL), REASON_NONE);
	site_reload(site);
	room_get_info(site->den, &info);
	assert_same(&info.settings, &every);
}

static void members_hear_of_what_they_see_and_of_nothing_else(void **state)
{
	struct site *site = *state;
	struct room_info info;
	room_get_info(site->den, &info);
	uint64_t head = info.head_seq;
	assert_int_equal(
		change(site, NULL, &every, ALL & ~(unsigned)ROOM_SETS_VISIBLE), REASON_NONE);
	room_get_info(site->den, &info);
	assert_int_equal(info.head_seq, head);
	assert_int_equal(info.settings.retention_days, 7);
	assert_int_equal(change(site, NULL, &every, ROOM_SETS_READ_ONLY), REASON_NONE);
	Gchat__V1__Event *event = event_at(site->den, head + 1);
	assert_int_equal(event->body_case, GCHAT__V1__EVENT__BODY_ROOM_CHANGED);
	assert_true(event->room_changed->read_only);
	assert_int_equal(event->room_changed->slow_mode_s, 0);
	codec_free(&event->base);
}

static void owners_set_what_members_see_and_only_administrators_the_limits(void **state)
{
	struct site *site = *state;
	const Gchat__V1__Role moderator = GCHAT__V1__ROLE__ROLE_MODERATOR;
	assert_int_equal(set_role(site, NULL, site->den, site->bob, moderator), REASON_NONE);
	assert_int_equal(change(site, site->ada, &every, ROOM_SETS_READ_ONLY), REASON_NONE);
	assert_int_equal(change(site, site->ada, &every, ROOM_SETS_SLOW_MODE), REASON_NONE);
	assert_int_equal(change(site, site->bob, &every, ROOM_SETS_SLOW_MODE), REASON_NONE);
	assert_int_equal(
		change(site, site->bob, &every, ROOM_SETS_READ_ONLY), REASON_NOT_PERMITTED);
	for (unsigned bit = ROOM_SETS_TEXT_BYTES; bit <= ROOM_SETS_RETENTION_EVENTS; bit <<= 1)
		assert_int_equal(change(site, site->ada, &every, bit), REASON_NOT_PERMITTED);
	assert_int_equal(change(site, site->eve, &every, ROOM_SETS_SLOW_MODE), REASON_NOT_A_MEMBER);
}

static void what_is_out_of_range_is_refused(void **state)
{
	struct site *site = *state;
	const struct room_settings wrong = {.slow_mode_s = LIMIT_SLOW_MODE_S + 1};
	assert_int_equal(change(site, NULL, &wrong, ROOM_SETS_SLOW_MODE), REASON_INVALID_ARGUMENT);
}

static void a_conversation_of_two_cannot_be_silenced(void **state)
{
	struct site *site = *state;
	struct write *write = begin(site, site->ada, NULL, site->bob);
	start(write, op_open_direct(write));
	assert_int_equal(await(write), REASON_NONE);
	struct room *two = room_ref(write->room);
	end(write);
	write = begin(site, NULL, two, NULL);
	struct op_room_change c = {.settings = every, .sets = ROOM_SETS_READ_ONLY};
	assert_int_equal(run(write, op_update_room(write, &c)), REASON_INVALID_ARGUMENT);
	write = begin(site, NULL, two, NULL);
	c.sets = ROOM_SETS_RETENTION_DAYS;
	assert_int_equal(run(write, op_update_room(write, &c)), REASON_NONE);
	room_unref(two);
}

static enum reason say_as(
	struct site *site, struct account *who, const struct op_message *m, uint32_t *ret_retry_ms)
{
	struct write *write = begin(site, who, site->den, NULL);
	start(write, op_send(write, m));
	enum reason reason = await(write);
	*ret_retry_ms = write->retry_ms;
	end(write);
	return reason;
}

static void in_slow_mode_the_next_message_comes_later_and_the_same_one_at_any_time(void **state)
{
	struct site *site = *state;
	const struct room_settings slow = {.slow_mode_s = 1000};
	struct op_message one = message("one", 0);
	struct op_message two = message("two", 0);
	uint32_t retry_ms;
	assert_int_equal(change(site, NULL, &slow, ROOM_SETS_SLOW_MODE), REASON_NONE);
	assert_int_equal(say_as(site, site->bob, &one, &retry_ms), REASON_NONE);
	assert_int_equal(say_as(site, site->bob, &two, &retry_ms), REASON_SLOW_MODE);
	assert_in_range(retry_ms, 900 * 1000, 1000 * 1000);
	assert_int_equal(say_as(site, site->bob, &one, &retry_ms), REASON_NONE); /* a duplicate */
	assert_int_equal(say_as(site, site->ada, &one, &retry_ms), REASON_NONE);
	assert_int_equal(say_as(site, site->ada, &two, &retry_ms), REASON_NONE); /* its owner */
	assert_int_equal(
		change(site, NULL, &(struct room_settings){0}, ROOM_SETS_SLOW_MODE), REASON_NONE);
	assert_int_equal(say_as(site, site->bob, &two, &retry_ms), REASON_NONE);
}

static void a_text_is_as_long_as_the_room_allows_and_the_server(void **state)
{
	struct site *site = *state;
	struct room_settings small = {.text_bytes_max = 5};
	struct op_message fits = message("12345", 0);
	struct op_message longer = message("123456", 0);
	uint32_t retry_ms;
	assert_int_equal(change(site, NULL, &small, ROOM_SETS_TEXT_BYTES), REASON_NONE);
	assert_int_equal(say_as(site, site->bob, &fits, &retry_ms), REASON_NONE);
	struct write *write = begin(site, site->bob, site->den, NULL);
	assert_int_equal(run(write, op_send(write, &longer)), REASON_TEXT_TOO_LONG);
	small.text_bytes_max = LIMIT_TEXT_BYTES; /* the server's is 100 */
	assert_int_equal(change(site, NULL, &small, ROOM_SETS_TEXT_BYTES), REASON_NONE);
	char text[102];
	memset(text, 'x', 101);
	text[101] = '\0';
	longer = message(text, 0);
	write = begin(site, site->bob, site->den, NULL);
	assert_int_equal(run(write, op_send(write, &longer)), REASON_TEXT_TOO_LONG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, site_setup, site_teardown, mem)
	static char mem[] = "mem";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_stored_is_what_is_loaded),
		cmocka_unit_test(each_value_has_its_range),
		cmocka_unit_test(a_change_takes_only_what_it_names),
		cmocka_unit_test(the_lower_limit_holds_and_none_leaves_the_servers),
		TEST(a_restart_keeps_what_was_set),
		TEST(members_hear_of_what_they_see_and_of_nothing_else),
		TEST(owners_set_what_members_see_and_only_administrators_the_limits),
		TEST(what_is_out_of_range_is_refused),
		TEST(a_conversation_of_two_cannot_be_silenced),
		TEST(in_slow_mode_the_next_message_comes_later_and_the_same_one_at_any_time),
		TEST(a_text_is_as_long_as_the_room_allows_and_the_server),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
