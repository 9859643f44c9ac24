/* The queue to the application, and the memory of what is in it. */
#include "lib/event.h"
#include "lib/memory.h"

#include <poll.h>
#include <pthread.h>

#include "cmocka_std.h"

static int setup(void **state)
{
	static struct event_queue q;
	*state = &q;
	return event_queue_init(&q);
}

static int teardown(void **state)
{
	event_queue_deinit(*state);
	return 0;
}

static bool is_readable(struct event_queue *q)
{
	struct pollfd fd = {.fd = q->fd, .events = POLLIN};
	return poll(&fd, 1, 0) == 1;
}

static void push(struct event_queue *q, uint64_t tag)
{
	struct gchat_event *event = event_new(GCHAT_EVENT_REPLY);
	event->reply.tag = tag;
	event_queue_push(q, event);
}

static void events_come_in_order(void **state)
{
	struct event_queue *q = *state;
	for (uint64_t tag = 1; tag <= 3; tag++)
		push(q, tag);
	for (uint64_t tag = 1; tag <= 3; tag++) {
		struct gchat_event *event = event_queue_pop(q);
		assert_int_equal(event->reply.tag, tag);
		gchat_event_free(event);
	}
	assert_null(event_queue_pop(q));
}

static void the_descriptor_is_readable_while_something_waits(void **state)
{
	struct event_queue *q = *state;
	assert_false(is_readable(q));
	push(q, 1);
	push(q, 2);
	assert_true(is_readable(q));
	gchat_free(event_queue_pop(q));
	assert_true(is_readable(q));
	gchat_free(event_queue_pop(q));
	assert_false(is_readable(q));
}

static void waiting_ends_with_its_time(void **state)
{
	assert_null(event_queue_wait(*state, 0));
	assert_null(event_queue_wait(*state, 5));
}

static void *push_one(void *q)
{
	push(q, 7);
	return NULL;
}

static void waiting_ends_with_an_event(void **state)
{
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, push_one, *state), 0);
	struct gchat_event *event = event_queue_wait(*state, -1);
	assert_int_equal(event->reply.tag, 7);
	gchat_free(event);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void many_events_fill_the_queue(void **state)
{
	struct event_queue *q = *state;
	for (unsigned i = 0; i < GCHAT_EVENTS_MAX; i++) {
		assert_false(event_queue_is_full(q));
		push(q, i);
	}
	assert_true(event_queue_is_full(q));
	gchat_free(event_queue_pop(q));
	assert_false(event_queue_is_full(q));
}

static void large_events_fill_the_queue(void **state)
{
	struct event_queue *q = *state;
	struct gchat_event *event = event_new(GCHAT_EVENT_ENTRY);
	(void)memory_add(event, EVENT_QUEUE_BYTES_MAX, 1);
	event_queue_push(q, event);
	assert_true(event_queue_is_full(q));
	gchat_free(event_queue_pop(q));
	assert_false(event_queue_is_full(q));
}

static void what_is_added_counts_and_goes_with_its_owner(void **state)
{
	(void)state;
	char *owner = memory_new(10);
	size_t before = memory_size(owner);
	assert_string_equal(memory_text(owner, "text"), "text");
	assert_string_equal(memory_text(owner, NULL), "");
	assert_true(memory_size(owner) >= before + 5);
	gchat_free(owner);
	gchat_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(events_come_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_descriptor_is_readable_while_something_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(waiting_ends_with_its_time, setup, teardown),
		cmocka_unit_test_setup_teardown(waiting_ends_with_an_event, setup, teardown),
		cmocka_unit_test_setup_teardown(many_events_fill_the_queue, setup, teardown),
		cmocka_unit_test_setup_teardown(large_events_fill_the_queue, setup, teardown),
		cmocka_unit_test(what_is_added_counts_and_goes_with_its_owner),
	};
	return cmocka_run_group_tests_name("lib.event", tests, NULL, NULL);
}
