/*
 * Read markers and unread counts, which follow the account over its devices.
 */
#include "cmocka_std.h"

#include "support/td_client.h"

struct talk {
	struct td *td;
	struct td_client *ann; /* speaks */
	struct td_client *bob; /* reads */
	uint64_t room;
};

static struct talk start_talk(const struct td_options *options)
{
	struct talk t = {.td = td_start(options)};

	t.ann = td_connect(t.td, "ann");
	t.bob = td_connect(t.td, "bob");
	t.room = td_create_room(t.ann, "lobby");
	(void)td_join(t.bob, "lobby");
	return t;
}

/* What a new session of the account is told of its one room. */
static struct gchat_room told(struct td *td, const char *user)
{
	struct td_client *c = td_sign_in(td, user, NULL);

	td_check(
		c, gchat_connect(td_gchat(c), &(struct gchat_session_options){0}), NULL, "connect");
	const struct gchat_welcome *welcome = td_expect_welcome(c);
	assert_int_equal(welcome->room_count, 1);
	return welcome->rooms[0]; /* its numbers alone are looked at */
}

static uint64_t mark(struct td_client *c, uint64_t room, uint64_t seq)
{
	uint64_t tag = 0;

	td_check(c, gchat_mark_read(td_gchat(c), room, seq, &tag), NULL, "mark read");
	return tag;
}

static void unread_counts_the_messages_of_others_past_the_marker(void **state)
{
	struct talk t = start_talk(NULL);

	(void)state;
	for (int i = 0; i < 5; i++)
		(void)td_send_acked(t.ann, t.room, "from ann");
	(void)td_send_acked(t.bob, t.room, "from bob himself");
	assert_int_equal(told(t.td, "bob").unread, 5);
	assert_int_equal(told(t.td, "ann").unread, 1);
	td_stop(t.td);
}

static void a_marker_moved_on_one_device_is_told_to_the_other(void **state)
{
	struct talk t = start_talk(NULL);
	struct td_client *phone = td_connect(t.td, "bob");
	uint64_t third = 0;

	(void)state;
	for (int i = 0; i < 5; i++) {
		uint64_t seq = td_send_acked(t.ann, t.room, "news");
		third = i == 2 ? seq : third;
	}
	td_expect_ok(t.bob, mark(t.bob, t.room, third));
	const struct gchat_read_marker *moved =
		&td_expect_event(phone, GCHAT_EVENT_READ_MARKER)->read_marker;
	assert_int_equal(moved->room_id, t.room);
	assert_int_equal(moved->read_seq, third);
	assert_int_equal(moved->unread, 2);
	td_barrier(t.ann);
	td_expect_none(t.ann, GCHAT_EVENT_READ_MARKER); /* another account */
	td_stop(t.td);
}

static void a_marker_goes_forward_only_and_never_past_the_head(void **state)
{
	struct talk t = start_talk(NULL);

	(void)state;
	uint64_t first = td_send_acked(t.ann, t.room, "one");
	uint64_t second = td_send_acked(t.ann, t.room, "two");
	td_expect_ok(t.bob, mark(t.bob, t.room, second));
	td_expect_ok(t.bob, mark(t.bob, t.room, first));
	assert_int_equal(told(t.td, "bob").read_seq, second);
	td_expect_error(t.bob, mark(t.bob, t.room, second + 1), "CURSOR_AHEAD");
	td_stop(t.td);
}

static void markers_and_counts_are_the_same_after_kill_9(void **state)
{
	struct talk t = start_talk(NULL);

	(void)state;
	uint64_t first = td_send_acked(t.ann, t.room, "one");
	(void)td_send_acked(t.ann, t.room, "two");
	(void)td_send_acked(t.ann, t.room, "three");
	td_expect_ok(t.bob, mark(t.bob, t.room, first));
	td_kill9(t.td);
	td_spawn(t.td);
	td_wait_ready(t.td, TD_WAIT_MS);
	struct gchat_room room = told(t.td, "bob");
	assert_int_equal(room.read_seq, first);
	assert_int_equal(room.unread, 2);
	td_stop(t.td);
}

static void counts_longer_than_the_tail_come_from_the_store(void **state)
{
	enum {
		SAID = 200
	};
	struct talk t =
		start_talk(&(struct td_options){.config = "delivery: { tail_events = 8; };"});
	uint64_t tag = 0;

	(void)state;
	for (int i = 0; i < SAID; i++)
		tag = td_send(t.ann, t.room, "much to read");
	(void)td_expect_committed(t.ann, tag);
	assert_int_equal(told(t.td, "bob").unread, SAID);
	td_stop(t.td);
}

static void a_deleted_message_is_not_unread(void **state)
{
	struct talk t = start_talk(NULL);
	uint64_t tag = 0;

	(void)state;
	uint64_t slip = td_send_acked(t.ann, t.room, "a slip");
	(void)td_send_acked(t.ann, t.room, "meant");
	td_check(t.ann, gchat_delete(td_gchat(t.ann), t.room, slip, NULL, &tag), NULL, "delete");
	(void)td_expect_committed(t.ann, tag);
	assert_int_equal(told(t.td, "bob").unread, 1);
	td_stop(t.td);
}

static void who_joins_has_nothing_unread_from_before(void **state)
{
	struct talk t = start_talk(NULL);

	(void)state;
	(void)td_send_acked(t.ann, t.room, "before cat");
	struct td_client *cat = td_connect(t.td, "cat");
	(void)td_join(cat, "lobby");
	assert_int_equal(told(t.td, "cat").unread, 0);
	(void)td_send_acked(t.ann, t.room, "for cat, too");
	assert_int_equal(told(t.td, "cat").unread, 1);
	td_stop(t.td);
}

static void markers_are_listed_by_a_call(void **state)
{
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	struct gchat_read_marker_list *list = NULL;
	struct gchat_error error = {0};

	(void)state;
	td_check(bob, gchat_list_read_markers(td_gchat(bob), &list, &error), &error, "none");
	assert_int_equal(list->count, 0);
	gchat_free(list);
	uint64_t room = td_create_room(ann, "lobby");
	(void)td_join(bob, "lobby");
	uint64_t seq = td_send_acked(ann, room, "one");
	(void)td_send_acked(ann, room, "two");
	td_expect_ok(bob, mark(bob, room, seq));
	td_check(bob, gchat_list_read_markers(td_gchat(bob), &list, &error), &error, "markers");
	assert_int_equal(list->count, 1);
	assert_int_equal(list->read_markers[0].room_id, room);
	assert_int_equal(list->read_markers[0].read_seq, seq);
	assert_int_equal(list->read_markers[0].unread, 1);
	gchat_free(list);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			unread_counts_the_messages_of_others_past_the_marker, td_teardown),
		cmocka_unit_test_teardown(
			a_marker_moved_on_one_device_is_told_to_the_other, td_teardown),
		cmocka_unit_test_teardown(
			a_marker_goes_forward_only_and_never_past_the_head, td_teardown),
		cmocka_unit_test_teardown(
			markers_and_counts_are_the_same_after_kill_9, td_teardown),
		cmocka_unit_test_teardown(
			counts_longer_than_the_tail_come_from_the_store, td_teardown),
		cmocka_unit_test_teardown(a_deleted_message_is_not_unread, td_teardown),
		cmocka_unit_test_teardown(who_joins_has_nothing_unread_from_before, td_teardown),
		cmocka_unit_test_teardown(markers_are_listed_by_a_call, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
