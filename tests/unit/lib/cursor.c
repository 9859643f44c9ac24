/* The rule of exactly-once, and the file of places. */
#include "lib/cursor.h"

#include "folder.h"

#include <errno.h>

#include "cmocka_std.h"

enum {
	ROOM = 7,
};

static void a_room_without_a_cursor_starts_with_whatever_comes(void **state)
{
	(void)state;
	struct cursors c = {0};
	assert_int_equal(cursors_admit(&c, ROOM, 41), CURSOR_NEXT);
	assert_int_equal(cursors_find(&c, ROOM)->at.seq, 41);
	cursors_deinit(&c);
}

static void the_next_event_is_taken(void **state)
{
	(void)state;
	struct cursors c = {0};
	cursors_set(&c, ROOM, 41);
	assert_int_equal(cursors_admit(&c, ROOM, 42), CURSOR_NEXT);
	assert_int_equal(cursors_admit(&c, ROOM, 43), CURSOR_NEXT);
	cursors_deinit(&c);
}

static void an_event_seen_before_is_dropped(void **state)
{
	(void)state;
	struct cursors c = {0};
	cursors_set(&c, ROOM, 41);
	assert_int_equal(cursors_admit(&c, ROOM, 41), CURSOR_DUPLICATE);
	assert_int_equal(cursors_admit(&c, ROOM, 1), CURSOR_DUPLICATE);
	assert_int_equal(cursors_find(&c, ROOM)->at.seq, 41);
	cursors_deinit(&c);
}

static void a_jump_is_a_hole_and_moves_nothing(void **state)
{
	(void)state;
	struct cursors c = {0};
	cursors_set(&c, ROOM, 41);
	assert_int_equal(cursors_admit(&c, ROOM, 43), CURSOR_HOLE);
	assert_int_equal(cursors_find(&c, ROOM)->at.seq, 41);
	cursors_deinit(&c);
}

static void rooms_do_not_touch_each_other(void **state)
{
	(void)state;
	struct cursors c = {0};
	cursors_set(&c, 9, 1);
	cursors_set(&c, 3, 10);
	cursors_set(&c, 5, 100);
	assert_int_equal(cursors_admit(&c, 5, 101), CURSOR_NEXT);
	assert_int_equal(cursors_find(&c, 3)->at.seq, 10);
	assert_int_equal(cursors_find(&c, 9)->at.seq, 1);
	cursors_drop(&c, 5);
	assert_null(cursors_find(&c, 5));
	assert_int_equal(cursors_find(&c, 9)->at.seq, 1);
	cursors_deinit(&c);
}

static void a_gap_that_comes_next_is_stepped_over(void **state)
{
	(void)state;
	struct cursors c = {0};
	cursors_set(&c, ROOM, 10);
	assert_true(cursors_note_gap(&c, ROOM, 11, 20));
	assert_int_equal(cursors_admit(&c, ROOM, 21), CURSOR_NEXT);
	cursors_deinit(&c);
}

static void a_gap_that_comes_later_waits_for_its_place(void **state)
{
	(void)state;
	struct cursors c = {0};
	cursors_set(&c, ROOM, 10);
	assert_true(cursors_note_gap(&c, ROOM, 12, 20));
	assert_int_equal(cursors_admit(&c, ROOM, 11), CURSOR_NEXT);
	assert_int_equal(cursors_admit(&c, ROOM, 21), CURSOR_NEXT);
	cursors_deinit(&c);
}

static void a_gap_does_not_excuse_a_hole_elsewhere(void **state)
{
	(void)state;
	struct cursors c = {0};
	cursors_set(&c, ROOM, 10);
	assert_true(cursors_note_gap(&c, ROOM, 12, 20));
	assert_int_equal(cursors_admit(&c, ROOM, 21), CURSOR_HOLE);
	cursors_deinit(&c);
}

static void a_gap_known_already_is_no_news(void **state)
{
	(void)state;
	struct cursors c = {0};
	cursors_set(&c, ROOM, 30);
	assert_false(cursors_note_gap(&c, ROOM, 11, 20));
	assert_int_equal(cursors_find(&c, ROOM)->at.seq, 30);
	cursors_deinit(&c);
}

static void advancing_never_goes_back(void **state)
{
	(void)state;
	struct cursors c = {0};
	cursors_advance(&c, ROOM, 5);
	cursors_advance(&c, ROOM, 3);
	assert_int_equal(cursors_find(&c, ROOM)->at.seq, 5);
	cursors_set(&c, ROOM, 3);
	assert_int_equal(cursors_find(&c, ROOM)->at.seq, 3);
	cursors_deinit(&c);
}

static void rooms_not_listed_are_forgotten(void **state)
{
	(void)state;
	struct cursors c = {0};
	for (uint64_t room = 1; room <= 5; room++)
		cursors_set(&c, room, room);
	const struct gchat_room rooms[] = {{.room_id = 4}, {.room_id = 2}};
	cursors_keep(&c, rooms, 2);
	assert_int_equal(c.count, 2);
	assert_non_null(cursors_find(&c, 2));
	assert_non_null(cursors_find(&c, 4));
	cursors_deinit(&c);
}

static void more_rooms_than_the_maximum_go_unwatched(void **state)
{
	(void)state;
	struct cursors c = {0};
	for (uint64_t room = 1; room <= GCHAT_CURSORS_MAX + 1; room++)
		cursors_set(&c, room, 1);
	assert_int_equal(c.count, GCHAT_CURSORS_MAX);
	assert_int_equal(cursors_admit(&c, GCHAT_CURSORS_MAX + 1, 99), CURSOR_NEXT);
	cursors_deinit(&c);
}

static void places_come_back_from_the_file(void **state)
{
	(void)state;
	struct folder folder;
	folder_make(&folder);
	struct cursors c = {0};
	cursors_set(&c, 1, 2);
	cursors_set(&c, UINT64_MAX, UINT64_MAX - 1);
	assert_int_equal(cursors_save(&c, folder_file(&folder, "cursors")), 0);
	struct cursors back = {0};
	assert_int_equal(cursors_load(&back, folder_file(&folder, "cursors")), 0);
	assert_int_equal(back.count, 2);
	assert_int_equal(cursors_find(&back, 1)->at.seq, 2);
	assert_true(cursors_find(&back, UINT64_MAX)->at.seq == UINT64_MAX - 1);
	cursors_deinit(&c);
	cursors_deinit(&back);
	folder_remove(&folder);
}

static void a_missing_file_is_no_places(void **state)
{
	(void)state;
	struct cursors c = {0};
	assert_int_equal(cursors_load(&c, "/nonexistent/cursors"), 0);
	assert_int_equal(c.count, 0);
}

static void lines_that_do_not_parse_are_skipped(void **state)
{
	(void)state;
	struct folder folder;
	folder_make(&folder);
	folder_write(&folder, "cursors", "1 2\nx y\n3\n4 5 6\n99999999999999999999 1\n0 4\n7 8\n");
	struct cursors c = {0};
	assert_int_equal(cursors_load(&c, folder_file(&folder, "cursors")), 0);
	assert_int_equal(c.count, 2);
	assert_int_equal(cursors_find(&c, 7)->at.seq, 8);
	cursors_deinit(&c);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_room_without_a_cursor_starts_with_whatever_comes),
		cmocka_unit_test(the_next_event_is_taken),
		cmocka_unit_test(an_event_seen_before_is_dropped),
		cmocka_unit_test(a_jump_is_a_hole_and_moves_nothing),
		cmocka_unit_test(rooms_do_not_touch_each_other),
		cmocka_unit_test(a_gap_that_comes_next_is_stepped_over),
		cmocka_unit_test(a_gap_that_comes_later_waits_for_its_place),
		cmocka_unit_test(a_gap_does_not_excuse_a_hole_elsewhere),
		cmocka_unit_test(a_gap_known_already_is_no_news),
		cmocka_unit_test(advancing_never_goes_back),
		cmocka_unit_test(rooms_not_listed_are_forgotten),
		cmocka_unit_test(more_rooms_than_the_maximum_go_unwatched),
		cmocka_unit_test(places_come_back_from_the_file),
		cmocka_unit_test(a_missing_file_is_no_places),
		cmocka_unit_test(lines_that_do_not_parse_are_skipped),
	};
	return cmocka_run_group_tests_name("lib.cursor", tests, NULL, NULL);
}
