/* The tail of a log in memory. */
#include "room/roomlog.h"

#include "gchat/v1/chat.pb-c.h"
#include "log.h"
#include "proto/codec.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct roomlog_limits roomy = {.events = 1000, .bytes = 1 << 20};

static void fill(struct roomlog *log, size_t count, const struct roomlog_limits *limits)
{
	for (size_t i = 0; i < count; i++)
		roomlog_append(log, log_event(log->head + 1, 0, 10), limits);
}

static void check_sums(const struct roomlog *log)
{
	size_t bytes = 0;
	for (uint64_t seq = log->first; seq <= log->head; seq++) {
		const struct event *event = roomlog_find(log, seq);
		assert_non_null(event);
		assert_int_equal(event->seq, seq);
		bytes += event->wire_len;
	}
	assert_int_equal(log->bytes, bytes);
}

static void a_new_log_has_a_head_and_nothing_in_memory(void **state)
{
	(void)state;
	struct roomlog log;
	roomlog_init(&log, 41);
	assert_int_equal(log.head, 41);
	assert_int_equal(log.first, 42);
	assert_null(roomlog_find(&log, 41));
	assert_null(roomlog_find(&log, 42));
	roomlog_deinit(&log);
}

static void what_is_appended_is_found_by_its_seq(void **state)
{
	(void)state;
	struct roomlog log;
	roomlog_init(&log, 41);
	fill(&log, 100, &roomy);
	assert_int_equal(log.first, 42);
	assert_int_equal(log.head, 141);
	assert_null(roomlog_find(&log, 41));
	assert_null(roomlog_find(&log, 142));
	check_sums(&log);
	roomlog_deinit(&log);
}

static void over_its_events_the_oldest_go(void **state)
{
	(void)state;
	struct roomlog log;
	const struct roomlog_limits ten = {.events = 10, .bytes = 1 << 20};
	roomlog_init(&log, 0);
	fill(&log, 95, &ten);
	assert_int_equal(log.first, 86);
	assert_int_equal(log.head, 95);
	check_sums(&log);
	roomlog_deinit(&log);
}

static void over_its_bytes_the_oldest_go(void **state)
{
	(void)state;
	struct roomlog log;
	struct event *probe = log_event(1, 0, 10);
	const struct roomlog_limits three = {.events = 1000, .bytes = 3 * probe->wire_len};
	event_unref(probe);
	roomlog_init(&log, 0);
	fill(&log, 9, &three);
	assert_int_equal(log.first, 7);
	check_sums(&log);
	roomlog_deinit(&log);
}

static void the_newest_stays_even_over_all_limits(void **state)
{
	(void)state;
	struct roomlog log;
	const struct roomlog_limits none = {.events = 0, .bytes = 0};
	roomlog_init(&log, 0);
	fill(&log, 5, &none);
	assert_int_equal(log.first, 5);
	assert_int_equal(log.head, 5);
	check_sums(&log);
	roomlog_deinit(&log);
}

static void lowered_limits_take_effect_at_the_next_event(void **state)
{
	(void)state;
	struct roomlog log;
	const struct roomlog_limits two = {.events = 2, .bytes = 1 << 20};
	roomlog_init(&log, 0);
	fill(&log, 50, &roomy);
	fill(&log, 1, &two);
	assert_int_equal(log.first, 50);
	check_sums(&log);
	roomlog_deinit(&log);
}

static void a_run_ends_at_its_bytes_its_events_or_the_head(void **state)
{
	(void)state;
	struct roomlog log;
	size_t bytes;
	roomlog_init(&log, 0);
	fill(&log, 9, &roomy); /* all of one size */
	size_t one = roomlog_find(&log, 1)->wire_len;
	assert_int_equal(roomlog_run(&log, 1, 1 << 20, 100, &bytes), 9);
	assert_int_equal(bytes, 9 * one);
	assert_int_equal(roomlog_run(&log, 3, 1 << 20, 4, &bytes), 6);
	assert_int_equal(bytes, 4 * one);
	assert_int_equal(roomlog_run(&log, 3, 3 * one, 100, &bytes), 5);
	assert_int_equal(bytes, 3 * one);
	assert_int_equal(roomlog_run(&log, 3, 3 * one - 1, 100, &bytes), 4);
	roomlog_deinit(&log);
}

static void a_run_holds_one_event_at_least(void **state)
{
	(void)state;
	struct roomlog log;
	size_t bytes;
	roomlog_init(&log, 0);
	fill(&log, 9, &roomy);
	assert_int_equal(roomlog_run(&log, 4, 0, 0, &bytes), 4);
	assert_int_equal(bytes, roomlog_find(&log, 4)->wire_len);
	roomlog_deinit(&log);
}

static void a_copied_run_decodes_as_a_frame_of_its_events(void **state)
{
	(void)state;
	struct roomlog log;
	size_t bytes;
	roomlog_init(&log, 20);
	fill(&log, 30, &roomy);
	uint64_t to = roomlog_run(&log, 25, 1 << 20, 10, &bytes);
	uint8_t *copy = malloc(bytes);
	roomlog_copy(&log, 25, to, copy);
	ProtobufCMessage *msg = codec_load(&gchat__v1__server_frame__descriptor, copy, bytes);
	assert_non_null(msg);
	Gchat__V1__ServerFrame *frame = GC_CONTAINER_OF(msg, Gchat__V1__ServerFrame, base);
	assert_int_equal(frame->n_events, 10);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(frame->events[i]->seq, 25 + i);
	codec_free(msg);
	free(copy);
	roomlog_deinit(&log);
}

static bool is_erased(const struct roomlog *log, uint64_t seq)
{
	return roomlog_find(log, seq)->flags & STORE_EVENT_ERASED;
}

/* 5 messages; 3 and 4 refer to 2. */
static void fill_referring(struct roomlog *log)
{
	roomlog_init(log, 0);
	fill(log, 2, &roomy);
	roomlog_append(log, log_event(3, 2, 20), &roomy);
	roomlog_append(log, log_event(4, 2, 30), &roomy);
	fill(log, 1, &roomy);
}

static void erasing_entombs_the_target_and_what_refers_to_it(void **state)
{
	(void)state;
	struct roomlog log;
	fill_referring(&log);
	roomlog_erase(&log, 2);
	assert_false(is_erased(&log, 1));
	assert_true(is_erased(&log, 2));
	assert_true(is_erased(&log, 3));
	assert_true(is_erased(&log, 4));
	assert_false(is_erased(&log, 5));
	check_sums(&log);
	roomlog_deinit(&log);
}

static void erasing_reaches_the_newest_event_too(void **state)
{
	(void)state;
	struct roomlog log;
	roomlog_init(&log, 0);
	fill(&log, 1, &roomy);
	roomlog_append(&log, log_event(2, 1, 20), &roomy);
	roomlog_erase(&log, 1);
	assert_true(is_erased(&log, 1));
	assert_true(is_erased(&log, 2));
	fill(&log, 1, &roomy);
	roomlog_erase(&log, 3);
	assert_true(is_erased(&log, 3));
	check_sums(&log);
	roomlog_deinit(&log);
}

static void erasing_reaches_what_refers_to_a_target_before_the_tail(void **state)
{
	(void)state;
	struct roomlog log;
	roomlog_init(&log, 7);
	roomlog_append(&log, log_event(8, 2, 20), &roomy);
	fill(&log, 2, &roomy);
	roomlog_erase(&log, 2);
	assert_true(is_erased(&log, 8));
	assert_false(is_erased(&log, 9));
	roomlog_deinit(&log);
}

static void whoever_holds_an_erased_event_goes_on_reading_it(void **state)
{
	(void)state;
	struct roomlog log;
	roomlog_init(&log, 0);
	fill(&log, 3, &roomy);
	struct event *held = event_ref(roomlog_find(&log, 2));
	roomlog_erase(&log, 2);
	assert_false(held->flags & STORE_EVENT_ERASED);
	assert_ptr_not_equal(roomlog_find(&log, 2), held);
	roomlog_deinit(&log);
	assert_int_equal(held->seq, 2);
	event_unref(held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_log_has_a_head_and_nothing_in_memory),
		cmocka_unit_test(what_is_appended_is_found_by_its_seq),
		cmocka_unit_test(over_its_events_the_oldest_go),
		cmocka_unit_test(over_its_bytes_the_oldest_go),
		cmocka_unit_test(the_newest_stays_even_over_all_limits),
		cmocka_unit_test(lowered_limits_take_effect_at_the_next_event),
		cmocka_unit_test(a_run_ends_at_its_bytes_its_events_or_the_head),
		cmocka_unit_test(a_run_holds_one_event_at_least),
		cmocka_unit_test(a_copied_run_decodes_as_a_frame_of_its_events),
		cmocka_unit_test(erasing_entombs_the_target_and_what_refers_to_it),
		cmocka_unit_test(erasing_reaches_the_newest_event_too),
		cmocka_unit_test(erasing_reaches_what_refers_to_a_target_before_the_tail),
		cmocka_unit_test(whoever_holds_an_erased_event_goes_on_reading_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
