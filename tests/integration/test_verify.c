/*
 * A damaged store: the room with the damage says so and takes nothing more, all others go on, and
 * 'gchatctl verify' finds that room and no other.
 * timeout: 120
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "support/td_client.h"
#include "tool.h"

enum {
	ROOMS = 20,
	VICTIM = 11,
	MESSAGES = 40, /* of TEXT bytes in each room: some pages full */
	TEXT = 600,
	PAGE = 2048, /* of the store */
	FILE_MAX = 64 << 20,
	EXIT_FAILED = 1,
};

static uint64_t rooms[ROOMS];

static void say(struct td_client *c, unsigned room, unsigned number)
{
	char text[TEXT + 1];
	memset(text, 'x', TEXT);
	text[TEXT] = '\0';
	int len = snprintf(text, sizeof(text), "room %u message %u.", room, number);
	text[len] = 'x';
	(void)td_send_acked(c, rooms[room], text);
}

static void fill(struct td *td)
{
	struct td_client *ann = td_connect(td, "ann");
	for (unsigned i = 0; i < ROOMS; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "room-%u", i);
		rooms[i] = td_create_room(ann, name);
		for (unsigned n = 1; n <= MESSAGES; n++)
			say(ann, i, n);
		td_forget(ann);
	}
	td_disconnect(ann);
}

/* Overwrites the page that holds `text` (NULL: only the byte where it begins is changed). */
static void ruin(struct td *td, const char *text, bool page)
{
	char path[TD_PATH_BYTES + 16];
	char *data = NULL;
	size_t len = 0;
	(void)snprintf(path, sizeof(path), "%s/gchat.db", td_state_folder(td));
	assert_int_equal(fd_read_file(path, FILE_MAX, &data, &len), 0);
	char *at = memmem(data, len, text, strlen(text));
	assert_non_null(at);
	if (page)
		memset(data + (size_t)(at - data) / PAGE * PAGE, 0xa5, PAGE);
	else
		*at ^= 1;
	assert_int_equal(fd_write_file(path, data, len, 0600), 0);
	free(data);
}

static struct td *start_damaged(const char *text, bool page)
{
	struct td *td = td_start(NULL);
	fill(td);
	td_terminate(td);
	ruin(td, text, page);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	return td;
}

static const char *room_of(json_t *problem)
{
	return json_string_value(json_object_get(problem, "room"));
}

/* What verify says is about the victim, or the structure as a whole; how much about the victim. */
static size_t count_problems(struct td *td, json_t *problems)
{
	size_t count = 0;
	size_t i = 0;
	json_t *problem = NULL;
	json_array_foreach(problems, i, problem)
	{
		const char *text = json_string_value(json_object_get(problem, "problem"));
		if (strcmp(room_of(problem), "room-11") == 0)
			count++;
		else if (room_of(problem)[0] || strncmp(text, "structure:", 10) != 0)
			td_fail(td, "of room %s: %s", room_of(problem), text);
	}
	return count;
}

static void expect_verify_finds_the_victim(struct td *td)
{
	json_t *problems = NULL;
	assert_int_equal(tool_run(td, GCHATCTL, "verify", &problems), EXIT_FAILED);
	assert_true(json_is_array(problems));
	assert_true(count_problems(td, problems) >= 1);
	json_t *first = json_array_get(problems, 0);
	assert_string_equal(
		json_string_value(json_object_get(first, "problem")), "events can't be read");
	long long from = json_integer_value(json_object_get(first, "first_seq"));
	long long to = json_integer_value(json_object_get(first, "last_seq"));
	assert_true(from <= to && to <= MESSAGES + 2 && to - from < PAGE / TEXT + 1);
	json_decref(problems);
}

static void expect_victim_closed(struct td *td, struct td_client *ann)
{
	struct gchat_history *history = NULL;
	struct gchat_error error = {0};
	int r = gchat_history(td_gchat(ann),
		&(struct gchat_history_query){
			.room_id = rooms[VICTIM], .place = GCHAT_PLACE_AFTER, .seq = 0},
		&history, &error);
	td_check_refused(ann, r, &error, "DAMAGED");
	td_expect_error(ann, td_send(ann, rooms[VICTIM], "into the hole"), "DAMAGED");
	assert_true(td_log_has(td, "a room's log is damaged", TD_WAIT_MS));
	json_t *status = tool_json(td, GCHATCTL, "status");
	assert_int_equal(json_integer_value(tool_at(td, status, "store.damaged_rooms")), 1);
	json_decref(status);
}

static void expect_others_talk(struct td_client *ann)
{
	for (unsigned i = 0; i < ROOMS; i++)
		if (i != VICTIM)
			say(ann, i, MESSAGES + 1);
}

static void a_damaged_page_closes_its_own_room_alone(void **state)
{
	(void)state;
	struct td *td = start_damaged("room 11 message 20.", true);
	struct td_client *ann = td_connect(td, "ann");
	expect_others_talk(ann);
	expect_victim_closed(td, ann);
	expect_others_talk(ann);
	expect_verify_finds_the_victim(td);
	td_stop(td);
}

static void a_flipped_bit_is_found_by_verify(void **state)
{
	(void)state;
	struct td *td = start_damaged("room 11 message 20.", false);
	struct td_client *ann = td_connect(td, "ann");
	(void)td_send_acked(ann, rooms[VICTIM], "nobody has read that far yet");
	expect_verify_finds_the_victim(td);
	td_expect_error(ann, td_send(ann, rooms[VICTIM], "closed by verify"), "DAMAGED");
	expect_others_talk(ann);
	td_stop(td);
}

/* From its cursor on: what can be read, a gap with the reason, and what is behind it. */
static void a_session_gets_what_lies_around_the_damage(void **state)
{
	(void)state;
	struct td *td = start_damaged("room 11 message 20.", false);
	struct gchat_cursor cursor = {.room_id = rooms[VICTIM], .seq = 0};
	struct td_client *ann = td_connect_with(
		td, "ann", &(struct td_client_options){.cursors = &cursor, .cursor_count = 1});
	uint64_t seq = td_expect_entry(ann, rooms[VICTIM])->seq;
	const struct gchat_gap *gap = &td_expect_event(ann, GCHAT_EVENT_GAP)->gap;
	assert_int_equal(gap->room_id, rooms[VICTIM]);
	assert_string_equal(gap->reason, "DAMAGED");
	assert_int_equal(gap->from_seq, gap->to_seq);
	assert_true(gap->from_seq > seq);
	td_stop(td);
}

static void a_sound_store_has_no_problems(void **state)
{
	(void)state;
	struct td *td = td_start(NULL);
	fill(td);
	struct td_client *ann = td_connect(td, "ann");
	uint64_t tag = 0;
	td_check(ann, gchat_delete(td_gchat(ann), rooms[0], 5, NULL, &tag), NULL, "delete");
	(void)td_expect_committed(ann, tag);
	td_check(ann, gchat_delete_room(td_gchat(ann), rooms[1], NULL), NULL, "delete room");
	json_t *problems = tool_json(td, GCHATCTL, "verify");
	assert_int_equal(json_array_size(problems), 0);
	json_decref(problems);
	assert_true(td_log_has(td, "store verified", 0));
	td_stop(td);
}

#define TEST(name) cmocka_unit_test_teardown(name, td_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_damaged_page_closes_its_own_room_alone),
		TEST(a_flipped_bit_is_found_by_verify),
		TEST(a_session_gets_what_lies_around_the_damage),
		TEST(a_sound_store_has_no_problems),
	};
	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
