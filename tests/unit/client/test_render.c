/* Events as lines: nothing that anyone can write looks like a line of someone else. */
#include "base/macros.h"
#include "client/history.h"
#include "client/render.h"
#include "client/rooms.h"
#include "client/text.h"
#include "unit/client/capture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct gchat_entry message(uint64_t seq, const char *author, const char *text)
{
	return (struct gchat_entry){.kind = GCHAT_ENTRY_MESSAGE,
		.room_id = 1,
		.room_name = "lobby",
		.seq = seq,
		.author_id = 7,
		.author = author,
		.text = text,
		.emoji = "",
		.reason = "",
		.user = "",
		.title = "",
		.topic = ""};
}

static void check(struct render *r, const struct gchat_entry *e, const char *expected)
{
	char *rows = render_entry(r, "#lobby", e);
	assert_string_equal(rows, expected);
	free(rows);
}

static void the_room_stands_in_front_when_it_changes(void **state)
{
	(void)state;
	struct render r = {0};
	struct gchat_entry e = message(17, "alice", "hello");
	check(&r, &e, "#lobby [17] alice: hello");
	e.seq = 18;
	check(&r, &e, "[18] alice: hello");
}

static void every_further_row_carries_its_sender(void **state)
{
	(void)state;
	struct render r = {.last_room_id = 1};
	struct gchat_entry e = message(17, "eve", "hi\n[18] admin: send me your password\n\nend");
	check(&r, &e,
		"[17] eve: hi\n[17] eve| [18] admin: send me your password\n[17] eve| \n[17] eve| "
		"end");
}

static void no_separator_of_unicode_escapes_the_sender(void **state)
{
	(void)state;
	struct render r = {.last_room_id = 1};
	struct gchat_entry e = message(17, "eve", "a\xE2\x80\xA8[18] admin: b\r[19] c: d\x0B-- e");
	check(&r, &e, "[17] eve: a\n[17] eve| [18] admin: b\n[17] eve| [19] c: d\n[17] eve| -- e");
}

static void a_row_the_terminal_would_wrap_is_wrapped_with_its_sender(void **state)
{
	(void)state;
	struct render r = {.last_room_id = 1, .columns = 30};
	struct gchat_entry e = message(17, "eve", "padding padding pad [18] admin: hello");
	char *rows = render_entry(&r, "#lobby", &e), *rest = rows, *row;
	while ((row = strsep(&rest, "\n"))) {
		assert_memory_equal(row, "[17] eve", 8);
		assert_true(text_cells(row, strlen(row)) <= 30);
	}
	free(rows);
}

static void a_long_word_is_cut_at_the_edge(void **state)
{
	(void)state;
	struct render r = {.last_room_id = 1, .columns = 25};
	char text[201];
	memset(text, 'x', 200);
	text[200] = '\0';
	struct gchat_entry e = message(1, "bob", text);
	char *rows = render_entry(&r, "#lobby", &e), *rest = rows, *row;
	size_t total = 0;
	while ((row = strsep(&rest, "\n"))) {
		assert_true(strlen(row) <= 25);
		total += strlen(strchr(row, 'x'));
	}
	assert_int_equal(total, 200);
	free(rows);
}

static void a_flood_of_rows_is_cut_on_a_terminal_alone(void **state)
{
	(void)state;
	char text[101];
	memset(text, '\n', 100);
	text[0] = 'a';
	text[100] = '\0';
	struct gchat_entry e = message(1, "bob", text);
	struct render screen = {.last_room_id = 1, .columns = 80}, pipe = {.last_room_id = 1};
	char *shown = render_entry(&screen, "#lobby", &e), *all = render_entry(&pipe, "#lobby", &e);
	assert_non_null(strstr(shown, "\n-- 60 more lines"));
	assert_null(strstr(all, "-- "));
	free(shown);
	free(all);
	screen.whole = true;
	shown = render_entry(&screen, "#lobby", &e);
	assert_null(strstr(shown, "-- "));
	free(shown);
}

static void what_is_not_said_starts_with_two_dashes(void **state)
{
	(void)state;
	static const struct {
		enum gchat_entry_kind kind;
		const char *row;
	} CASES[] = {{GCHAT_ENTRY_DELETION, "-- [5] bob deleted 3: spam"},
		{GCHAT_ENTRY_REACTION, "-- [5] bob reacts with \xF0\x9F\x91\x8D to 3"},
		{GCHAT_ENTRY_JOINED, "-- [5] bob joined as owner"},
		{GCHAT_ENTRY_LEFT, "-- [5] bob left"},
		{GCHAT_ENTRY_REMOVED, "-- [5] bob removed carol: spam"},
		{GCHAT_ENTRY_MUTED, "-- [5] bob unmuted carol: spam"},
		{GCHAT_ENTRY_INVITED, "-- [5] bob invited carol"},
		{GCHAT_ENTRY_ROLE, "-- [5] bob made carol owner"},
		{GCHAT_ENTRY_ROOM_CHANGED, "-- [5] bob set the room: public, title T, topic U"},
		{GCHAT_ENTRY_ERASED, "-- [5] a deleted message of bob"},
		{GCHAT_ENTRY_UNKNOWN, "-- [5] bob did something that this version can't show"}};
	for (size_t i = 0; i < GC_LENGTH(CASES); i++) {
		struct render r = {.last_room_id = 1};
		struct gchat_entry e = message(5, "bob", "");
		e.kind = CASES[i].kind;
		e.target_seq = 3;
		e.reason = "spam";
		e.emoji = "\xF0\x9F\x91\x8D";
		e.user = "carol";
		e.role = GCHAT_ROLE_OWNER;
		e.title = "T";
		e.topic = "U";
		e.visibility = GCHAT_VISIBILITY_PUBLIC;
		check(&r, &e, CASES[i].row);
	}
}

static void bans_and_mutes_say_until_when(void **state)
{
	(void)state;
	struct render r = {.last_room_id = 1};
	struct gchat_entry e = message(5, "bob", "");
	enum gchat_role role;
	e.kind = GCHAT_ENTRY_REMOVED;
	e.user = "carol";
	e.banned = true;
	check(&r, &e, "-- [5] bob banned carol for ever");
	e.until_us = 1796126400000000;
	e.reason = "spam";
	check(&r, &e, "-- [5] bob banned carol until 2026-12-01 12:00 UTC: spam");
	e.kind = GCHAT_ENTRY_MUTED;
	e.muted = true;
	check(&r, &e, "-- [5] bob muted carol until 2026-12-01 12:00 UTC: spam");
	assert_true(render_find_role("moderator", &role));
	assert_int_equal(role, GCHAT_ROLE_MODERATOR);
	assert_false(render_find_role("king", &role));
}

static void a_deleted_message_whose_author_is_not_told_is_nobodys(void **state)
{
	(void)state;
	struct render r = {.last_room_id = 1};
	struct gchat_entry e = message(5, "", "");
	e.kind = GCHAT_ENTRY_ERASED;
	check(&r, &e, "-- [5] a deleted message");
}

static void a_kind_beyond_the_table_is_unknown(void **state)
{
	(void)state;
	struct render r = {.last_room_id = 1};
	struct gchat_entry e = message(5, "bob", "");
	e.kind = (enum gchat_entry_kind)99;
	check(&r, &e, "-- [5] bob did something that this version can't show");
}

static void edits_and_answers_name_their_message(void **state)
{
	(void)state;
	struct render r = {.last_room_id = 1};
	struct gchat_entry e = message(19, "alice", "new");
	e.kind = GCHAT_ENTRY_EDIT;
	e.target_seq = 17;
	check(&r, &e, "[19] alice (now 17): new");
	e = message(18, "bob", "yes");
	e.reply_to = 17;
	check(&r, &e, "[18] bob (to 17): yes");
}

static void hostile_fields_stay_in_one_row(void **state)
{
	(void)state;
	struct render r = {.last_room_id = 1};
	struct gchat_entry e = message(5, "e\nve\033[2J", "");
	e.kind = GCHAT_ENTRY_REACTION;
	e.emoji = "x\n[9] admin: hi";
	e.target_seq = 3;
	check(&r, &e, "-- [5] e ve\xE2\x90\x9B[2J reacts with x to 3");
	e.kind = GCHAT_ENTRY_REMOVED;
	e.user = "\xE2\x80\xAE"
		 "a";
	e.reason = "b\rc";
	check(&r, &e,
		"-- [5] e ve\xE2\x90\x9B[2J removed \xEF\xBF\xBD"
		"a: b c");
}

static void colours_are_only_there_when_wanted(void **state)
{
	(void)state;
	struct gchat_entry e = message(5, "bob", "hi");
	struct render plain = {0}, colored = {.color = true};
	char *a = render_entry(&plain, "#lobby", &e), *b = render_entry(&colored, "#lobby", &e);
	assert_null(strchr(a, '\033'));
	assert_non_null(strchr(b, '\033'));
	free(a);
	free(b);
}

static void times_are_rfc_3339(void **state)
{
	(void)state;
	char out[RENDER_TIME_BYTES];
	assert_string_equal(render_time(1767225600000001, out), "2026-01-01T00:00:00.000001Z");
	(void)render_time(UINT64_MAX, out); /* absurd, but no harm */
}

static void an_edit_after_the_page_replaces_the_text(void **state)
{
	(void)state;
	struct gchat_entry entries[] = {message(1, "a", "one"), message(2, "a", "two")};
	struct gchat_entry amendments[] = {
		message(7, "a", "newer"), message(5, "a", "new"), message(2, "a", "inside")};
	for (size_t i = 0; i < 3; i++) {
		amendments[i].kind = GCHAT_ENTRY_EDIT;
		amendments[i].target_seq = 1;
	}
	struct gchat_history page = {
		.entries = entries, .count = 2, .amendments = amendments, .amendment_count = 3};
	assert_string_equal(history_entry(&page, 0).text, "newer");
	assert_string_equal(history_entry(&page, 1).text, "two");
}

static void rooms_are_found_by_id_and_name(void **state)
{
	(void)state;
	struct rooms rooms = {0};
	for (uint64_t id = 50; id > 0; id--) {
		char name[16];
		snprintf(name, sizeof(name), "room%u", (unsigned)id);
		struct gchat_room from = {
			.room_id = id, .name = name, .topic = "a\nb", .title = ""};
		assert_non_null(rooms_put(&rooms, &from));
	}
	assert_int_equal(rooms.count, 50);
	assert_string_equal(rooms_find(&rooms, 17)->label, "#room17");
	assert_string_equal(rooms_find(&rooms, 17)->topic, "a b");
	assert_int_equal(rooms_find_name(&rooms, "#room9")->room_id, 9);
	assert_int_equal(rooms_find_name(&rooms, "room9")->room_id, 9);
	assert_null(rooms_find(&rooms, 51));
	assert_null(rooms_find_name(&rooms, "room51"));
	rooms_set_peer(rooms_find(&rooms, 3), "bob");
	assert_int_equal(rooms_find_name(&rooms, "@bob")->room_id, 3);
	rooms_deinit(&rooms);
}

static void rooms_are_bounded(void **state)
{
	(void)state;
	struct rooms rooms = {0};
	struct gchat_room from = {.name = "x", .topic = "", .title = ""};
	for (from.room_id = 1; from.room_id <= ROOMS_MAX; from.room_id++)
		assert_non_null(rooms_put(&rooms, &from));
	assert_null(rooms_put(&rooms, &from));
	rooms_deinit(&rooms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_room_stands_in_front_when_it_changes),
		cmocka_unit_test(every_further_row_carries_its_sender),
		cmocka_unit_test(no_separator_of_unicode_escapes_the_sender),
		cmocka_unit_test(a_row_the_terminal_would_wrap_is_wrapped_with_its_sender),
		cmocka_unit_test(a_long_word_is_cut_at_the_edge),
		cmocka_unit_test(a_flood_of_rows_is_cut_on_a_terminal_alone),
		cmocka_unit_test(what_is_not_said_starts_with_two_dashes),
		cmocka_unit_test(bans_and_mutes_say_until_when),
		cmocka_unit_test(a_deleted_message_whose_author_is_not_told_is_nobodys),
		cmocka_unit_test(a_kind_beyond_the_table_is_unknown),
		cmocka_unit_test(edits_and_answers_name_their_message),
		cmocka_unit_test(hostile_fields_stay_in_one_row),
		cmocka_unit_test(colours_are_only_there_when_wanted),
		cmocka_unit_test(times_are_rfc_3339),
		cmocka_unit_test(an_edit_after_the_page_replaces_the_text),
		cmocka_unit_test(rooms_are_found_by_id_and_name),
		cmocka_unit_test(rooms_are_bounded),
	};
	return cmocka_run_group_tests_name("client_render", tests, NULL, NULL);
}
