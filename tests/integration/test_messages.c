/*
 * What is said, and what becomes of it: replies, edits, deletions, reactions, history.
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "support/td_client.h"

struct talk {
	struct td *td;
	struct td_client *ann; /* owner */
	struct td_client *bob; /* member */
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

static uint64_t edit(struct td_client *c, uint64_t room, uint64_t target, const char *text)
{
	uint64_t tag = 0;

	td_check(c, gchat_edit(td_gchat(c), room, target, text, &tag), NULL, "edit");
	return tag;
}

static uint64_t erase(struct td_client *c, uint64_t room, uint64_t target, const char *reason)
{
	uint64_t tag = 0;

	td_check(c, gchat_delete(td_gchat(c), room, target, reason, &tag), NULL, "delete");
	return tag;
}

static uint64_t react(
	struct td_client *c, uint64_t room, uint64_t target, const char *emoji, bool take_back)
{
	uint64_t tag = 0;

	td_check(c, gchat_react(td_gchat(c), room, target, emoji, take_back, &tag), NULL, "react");
	return tag;
}

static struct gchat_history *history(struct td_client *c, const struct gchat_history_query *query)
{
	struct gchat_history *page = NULL;
	struct gchat_error error = {0};

	td_check(c, gchat_history(td_gchat(c), query, &page, &error), &error, "history");
	return page;
}

/* ---- replies, edits, reactions ---- */

static void a_reply_names_the_message_it_answers(void **state)
{
	struct talk t = start_talk(NULL);
	uint64_t tag = 0;

	(void)state;
	uint64_t first = td_send_acked(t.ann, t.room, "anyone?");
	td_check(t.bob, gchat_send(td_gchat(t.bob), t.room, "me", first, &tag), NULL, "send");
	(void)td_expect_committed(t.bob, tag);
	(void)td_expect_message(t.ann, t.room, "anyone?");
	assert_int_equal(td_expect_message(t.ann, t.room, "me")->reply_to, first);
	td_stop(t.td);
}

static void an_edit_is_an_event_of_the_author_alone(void **state)
{
	struct talk t = start_talk(NULL);

	(void)state;
	uint64_t first = td_send_acked(t.bob, t.room, "helo");
	td_expect_error(t.ann, edit(t.ann, t.room, first, "hallo"), "NOT_AUTHOR");
	uint64_t seq = td_expect_committed(t.bob, edit(t.bob, t.room, first, "hello"));
	const struct gchat_entry *entry = td_expect_kind(t.ann, t.room, GCHAT_ENTRY_EDIT);
	assert_int_equal(entry->seq, seq);
	assert_int_equal(entry->target_seq, first);
	assert_string_equal(entry->text, "hello");
	td_stop(t.td);
}

static void reactions_are_set_and_taken_back(void **state)
{
	struct talk t = start_talk(NULL);

	(void)state;
	uint64_t first = td_send_acked(t.ann, t.room, "cake!");
	(void)td_expect_committed(t.bob, react(t.bob, t.room, first, "🍰", false));
	(void)td_expect_committed(t.bob, react(t.bob, t.room, first, "🍰", true));
	const struct gchat_entry *entry = td_expect_kind(t.ann, t.room, GCHAT_ENTRY_REACTION);
	assert_string_equal(entry->emoji, "🍰");
	assert_string_equal(entry->author, "bob");
	assert_int_equal(entry->target_seq, first);
	assert_false(entry->taken_back);
	assert_true(td_expect_kind(t.ann, t.room, GCHAT_ENTRY_REACTION)->taken_back);
	td_stop(t.td);
}

static void only_a_message_that_is_there_can_be_changed(void **state)
{
	struct talk t = start_talk(NULL);
	const uint64_t joining = 2; /* bob's own event, but not a message */

	(void)state;
	uint64_t gone = td_send_acked(t.bob, t.room, "gone soon");
	(void)td_expect_committed(t.bob, erase(t.bob, t.room, gone, NULL));
	const uint64_t targets[] = {joining, gone, gone + 1, gone + 1000};
	for (size_t i = 0; i < GC_LENGTH(targets); i++) {
		td_expect_error(t.bob, edit(t.bob, t.room, targets[i], "new"), "UNKNOWN_MESSAGE");
		td_expect_error(
			t.bob, react(t.bob, t.room, targets[i], "👍", false), "UNKNOWN_MESSAGE");
		td_expect_error(t.bob, erase(t.bob, t.room, targets[i], NULL), "UNKNOWN_MESSAGE");
	}
	td_stop(t.td);
}

/* ---- deletions ---- */

static void members_delete_their_own_messages_and_moderators_anyones(void **state)
{
	struct talk t = start_talk(NULL);

	(void)state;
	uint64_t of_ann = td_send_acked(t.ann, t.room, "by ann");
	uint64_t of_bob = td_send_acked(t.bob, t.room, "by bob");
	td_expect_error(t.bob, erase(t.bob, t.room, of_ann, NULL), "NOT_AUTHOR");
	(void)td_expect_committed(t.ann, erase(t.ann, t.room, of_bob, "off topic"));
	const struct gchat_entry *entry = td_expect_kind(t.bob, t.room, GCHAT_ENTRY_DELETION);
	assert_int_equal(entry->target_seq, of_bob);
	assert_string_equal(entry->reason, "off topic");
	assert_string_equal(entry->author, "ann");
	td_stop(t.td);
}

static bool file_holds(const char *path, const char *text)
{
	enum {
		CHUNK = 1 << 20
	};
	static char data[CHUNK];
	FILE *f = fopen(path, "re");
	bool found = false;

	if (!f)
		return false; /* no such file holds nothing */
	size_t n = fread(data, 1, sizeof(data), f);
	found = memmem(data, n, text, strlen(text));
	(void)fclose(f);
	return found;
}

static bool store_holds(struct td *td, const char *text)
{
	static const char *const names[] = {"gchat.db", "gchat.db-wal", "gchat.db-shm"};
	char path[TD_PATH_BYTES * 2];
	bool found = false;

	for (size_t i = 0; i < GC_LENGTH(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", td_state_folder(td), names[i]);
		found = file_holds(path, text) || found;
	}
	return found;
}

static void deleted_content_is_gone_from_history_and_from_the_file(void **state)
{
	static const char secret[] = "the-secret-of-the-first-text";
	static const char edited[] = "the-secret-of-the-second-text";
	static const char kept[] = "what-stays-is-still-in-the-file";
	struct talk t = start_talk(NULL);

	(void)state;
	uint64_t first = td_send_acked(t.ann, t.room, secret);
	uint64_t second = td_expect_committed(t.ann, edit(t.ann, t.room, first, edited));
	(void)td_send_acked(t.ann, t.room, kept);
	uint64_t last = td_expect_committed(t.ann, erase(t.ann, t.room, first, NULL));
	struct gchat_history_query query = {
		.room_id = t.room, .place = GCHAT_PLACE_AFTER, .seq = first - 1};
	struct gchat_history *page = history(t.bob, &query);
	assert_int_equal(page->count, last - first + 1);
	for (size_t i = 0; i < page->count; i++)
		assert_int_equal(page->entries[i].seq, first + i);
	assert_int_equal(page->entries[0].kind, GCHAT_ENTRY_ERASED);
	assert_int_equal(page->entries[0].author_id, page->entries[page->count - 1].author_id);
	assert_string_equal(page->entries[0].text, "");
	assert_int_equal(page->entries[second - first].kind, GCHAT_ENTRY_ERASED);
	gchat_free(page);
	td_terminate(t.td);
	assert_true(store_holds(t.td, kept));
	assert_false(store_holds(t.td, secret));
	assert_false(store_holds(t.td, edited));
	td_stop(t.td);
}

static void a_long_deleted_text_leaves_nothing_in_the_file(void **state)
{
	enum {
		TEXT_BYTES = 12000
	};
	static const char mark[] = "needle-in-overflow-pages";
	static char text[TEXT_BYTES + 1];
	struct talk t = start_talk(NULL);

	(void)state;
	memset(text, '.', TEXT_BYTES);
	memcpy(text + TEXT_BYTES - sizeof(mark), mark, strlen(mark));
	uint64_t seq = td_send_acked(t.ann, t.room, text);
	(void)td_expect_committed(t.ann, erase(t.ann, t.room, seq, NULL));
	td_terminate(t.td);
	assert_false(store_holds(t.td, mark));
	td_stop(t.td);
}

static void the_tail_in_memory_forgets_deleted_content_too(void **state)
{
	struct talk t = start_talk(NULL);
	struct gchat_cursor cursor = {.room_id = t.room, .seq = 2};

	(void)state;
	uint64_t seq = td_send_acked(t.ann, t.room, "a slip");
	(void)td_expect_committed(t.ann, erase(t.ann, t.room, seq, NULL));
	struct td_client *late = td_connect_with(
		t.td, "bob", &(struct td_client_options){.cursors = &cursor, .cursor_count = 1});
	const struct gchat_entry *entry = td_expect_entry(late, t.room);
	assert_int_equal(entry->seq, seq);
	assert_int_equal(entry->kind, GCHAT_ENTRY_ERASED);
	assert_int_equal(td_expect_entry(late, t.room)->kind, GCHAT_ENTRY_DELETION);
	td_stop(t.td);
}

/* ---- history ---- */

static void history_is_read_before_after_around_and_newest(void **state)
{
	enum {
		SAID = 30,
		PAGE = 5,
		HEAD = SAID + 2
	};
	struct talk t =
		start_talk(&(struct td_options){.config = "delivery: { tail_events = 4; };"});
	static const struct {
		enum gchat_place place;
		uint64_t seq, first, last;
	} pages[] = {
		{GCHAT_PLACE_NEWEST, 0, HEAD - PAGE + 1, HEAD},
		{GCHAT_PLACE_BEFORE, 20, 15, 19},
		{GCHAT_PLACE_BEFORE, 3, 1, 2},
		{GCHAT_PLACE_AFTER, 20, 21, 25},
		{GCHAT_PLACE_AFTER, HEAD - 1, HEAD, HEAD},
		{GCHAT_PLACE_AROUND, 20, 18, 22},
		{GCHAT_PLACE_AROUND, 1, 1, 5},
	};

	(void)state;
	for (int i = 0; i < SAID; i++)
		(void)td_send_acked(t.ann, t.room, "line");
	for (size_t i = 0; i < GC_LENGTH(pages); i++) {
		struct gchat_history_query query = {.room_id = t.room,
			.place = pages[i].place,
			.seq = pages[i].seq,
			.page_size = PAGE};
		struct gchat_history *page = history(t.bob, &query);
		assert_int_equal(page->count, pages[i].last - pages[i].first + 1);
		for (size_t n = 0; n < page->count; n++)
			assert_int_equal(page->entries[n].seq, pages[i].first + n);
		assert_int_equal(page->head_seq, HEAD);
		gchat_free(page);
	}
	td_stop(t.td);
}

static void a_page_of_history_tells_what_became_of_its_messages(void **state)
{
	struct talk t = start_talk(NULL);

	(void)state;
	uint64_t first = td_send_acked(t.ann, t.room, "teh");
	for (int i = 0; i < 20; i++)
		(void)td_send_acked(t.bob, t.room, "in between");
	uint64_t later = td_expect_committed(t.ann, edit(t.ann, t.room, first, "the"));
	struct gchat_history_query query = {
		.room_id = t.room, .place = GCHAT_PLACE_AFTER, .seq = first - 1, .page_size = 3};
	struct gchat_history *page = history(t.bob, &query);
	assert_int_equal(page->count, 3);
	assert_int_equal(page->amendment_count, 1);
	assert_int_equal(page->amendments[0].seq, later);
	assert_int_equal(page->amendments[0].target_seq, first);
	assert_string_equal(page->amendments[0].text, "the");
	gchat_free(page);
	td_stop(t.td);
}

static void history_is_for_members(void **state)
{
	struct talk t = start_talk(NULL);
	struct td_client *eve = td_sign_in(t.td, "eve", NULL);
	struct gchat_history_query query = {.room_id = t.room};
	struct gchat_history *page = NULL;
	struct gchat_error error = {0};

	(void)state;
	td_check_refused(
		eve, gchat_history(td_gchat(eve), &query, &page, &error), &error, "NOT_A_MEMBER");
	td_stop(t.td);
}

static void text_of_any_script_arrives_byte_for_byte(void **state)
{
	static const char text[] =
		"äöü 漢字 🙂 עברית \x1b[31m \xe2\x80\xae e\xcc\x81 \t tab\nline";
	struct talk t = start_talk(NULL);

	(void)state;
	(void)td_send_acked(t.ann, t.room, text);
	(void)td_expect_message(t.bob, t.room, text);
	td_restart(t.td);
	(void)td_expect_welcome(t.bob);
	struct gchat_history_query query = {.room_id = t.room};
	struct gchat_history *page = history(t.bob, &query);
	assert_string_equal(page->entries[page->count - 1].text, text);
	gchat_free(page);
	td_stop(t.td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_reply_names_the_message_it_answers, td_teardown),
		cmocka_unit_test_teardown(an_edit_is_an_event_of_the_author_alone, td_teardown),
		cmocka_unit_test_teardown(reactions_are_set_and_taken_back, td_teardown),
		cmocka_unit_test_teardown(only_a_message_that_is_there_can_be_changed, td_teardown),
		cmocka_unit_test_teardown(
			members_delete_their_own_messages_and_moderators_anyones, td_teardown),
		cmocka_unit_test_teardown(
			deleted_content_is_gone_from_history_and_from_the_file, td_teardown),
		cmocka_unit_test_teardown(
			a_long_deleted_text_leaves_nothing_in_the_file, td_teardown),
		cmocka_unit_test_teardown(
			the_tail_in_memory_forgets_deleted_content_too, td_teardown),
		cmocka_unit_test_teardown(
			history_is_read_before_after_around_and_newest, td_teardown),
		cmocka_unit_test_teardown(
			a_page_of_history_tells_what_became_of_its_messages, td_teardown),
		cmocka_unit_test_teardown(history_is_for_members, td_teardown),
		cmocka_unit_test_teardown(text_of_any_script_arrives_byte_for_byte, td_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
