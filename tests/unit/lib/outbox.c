/* Requests that must not get lost. */
#include "lib/outbox.h"
#include "lib/uuid.h"

#include "base/fd.h"
#include "base/mem.h"
#include "folder.h"
#include "proto/codec.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka_std.h"

enum {
	ROOM = 5,
};

static struct folder folder;
static uint64_t next_tag;
static const struct mono now = {.us = 1000};

static int setup(void **state)
{
	(void)state;
	folder_make(&folder);
	next_tag = 1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static const char *stem(void)
{
	return folder_file(&folder, "outbox");
}

static void open_box(struct outbox *o)
{
	assert_int_equal(outbox_open(o, stem(), &next_tag), 0);
}

static int try_add(struct outbox *o, const char *text)
{
	uint8_t id[UUID_BYTES];
	uuid_make(id);
	Gchat__V1__Send send;
	gchat__v1__send__init(&send);
	send.room_id = ROOM;
	send.client_msg_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	send.text = (char *)(uintptr_t)text;
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	frame.request_id = next_tag++;
	frame.request_case = GCHAT__V1__CLIENT_FRAME__REQUEST_SEND;
	frame.send = &send;
	return outbox_add(o, &frame);
}

static void add(struct outbox *o, const char *text)
{
	assert_int_equal(try_add(o, text), 0);
}

/* The texts that wait, in order, with commas between. Valid until the next call. */
static const char *texts(struct outbox *o)
{
	static char joined[4096];
	struct gchat_outbox_list *list = outbox_list(o);
	size_t len = 0;
	joined[0] = '\0';
	for (size_t i = 0; i < list->count; i++)
		len += (size_t)snprintf(joined + len, sizeof(joined) - len, "%s%s", i ? "," : "",
			list->items[i].text);
	gchat_free(list);
	return joined;
}

static void settle(struct outbox *o, uint64_t tag)
{
	struct outbox_entry *entry = outbox_settle(o, tag);
	assert_non_null(entry);
	outbox_entry_free(entry);
}

static off_t file_size(const char *name)
{
	struct stat st;
	assert_int_equal(stat(folder_file(&folder, name), &st), 0);
	return st.st_size;
}

static void what_waits_comes_back_in_order(void **state)
{
	(void)state;
	struct outbox o = {0};
	open_box(&o);
	add(&o, "a");
	add(&o, "b");
	outbox_close(&o);
	open_box(&o);
	assert_string_equal(texts(&o), "a,b");
	outbox_close(&o);
}

static void what_comes_back_keeps_id_tag_and_time(void **state)
{
	(void)state;
	struct outbox o = {0};
	open_box(&o);
	add(&o, "a");
	struct gchat_outbox_list *before = outbox_list(&o);
	outbox_close(&o);
	open_box(&o);
	struct gchat_outbox_list *after = outbox_list(&o);
	assert_int_equal(after->count, 1);
	assert_memory_equal(after->items[0].id, before->items[0].id, GCHAT_ID_BYTES);
	assert_int_equal(after->items[0].tag, before->items[0].tag);
	assert_int_equal(after->items[0].time_us, before->items[0].time_us);
	assert_int_equal(after->items[0].room_id, ROOM);
	assert_false(before->items[0].earlier);
	assert_true(after->items[0].earlier);
	gchat_free(before);
	gchat_free(after);
	outbox_close(&o);
}

static void a_tag_that_none_can_follow_is_not_ours(void **state)
{
	(void)state;
	struct outbox bent = {0};
	struct outbox o = {0};
	open_box(&bent);
	next_tag = UINT64_MAX;
	add(&bent, "bent");
	next_tag = 1;
	open_box(&o);
	add(&o, "a");
	outbox_close(&o);
	outbox_close(&bent);
	open_box(&o);
	assert_string_equal(texts(&o), "a");
	outbox_close(&o);
}

static void new_tags_are_above_those_in_the_file(void **state)
{
	(void)state;
	struct outbox o = {0};
	next_tag = 1000;
	open_box(&o);
	add(&o, "a");
	outbox_close(&o);
	next_tag = 1;
	open_box(&o);
	assert_int_equal(next_tag, 1001);
	outbox_close(&o);
}

static void what_is_settled_does_not_come_back(void **state)
{
	(void)state;
	struct outbox o = {0};
	open_box(&o);
	add(&o, "a");
	add(&o, "b");
	settle(&o, 1);
	outbox_close(&o);
	open_box(&o);
	assert_string_equal(texts(&o), "b");
	outbox_close(&o);
}

/* Copies the whole of a file, then puts its first `len` bytes into the box's place. */
static void truncated_anywhere(const char *whole, size_t len, size_t cut)
{
	assert_true(cut <= len);
	assert_int_equal(fd_write_file(folder_file(&folder, "outbox.0"), whole, cut, 0600), 0);
}

static void a_tail_torn_anywhere_costs_the_torn_record_alone(void **state)
{
	(void)state;
	struct outbox o = {0};
	open_box(&o);
	add(&o, "a");
	size_t first = (size_t)file_size("outbox.0");
	add(&o, "b");
	outbox_close(&o);
	char *whole GC_CLEANUP(mem_freep) = NULL;
	size_t len;
	assert_int_equal(fd_read_file(folder_file(&folder, "outbox.0"), 65536, &whole, &len), 0);
	for (size_t cut = 0; cut < len; cut++) {
		truncated_anywhere(whole, len, cut);
		open_box(&o);
		assert_string_equal(texts(&o), cut < first ? "" : "a");
		assert_int_equal(file_size("outbox.0"), cut < first ? 0 : first);
		outbox_close(&o);
	}
}

static void after_a_torn_tail_new_records_are_sound(void **state)
{
	(void)state;
	struct outbox o = {0};
	open_box(&o);
	add(&o, "a");
	add(&o, "b");
	outbox_close(&o);
	assert_int_equal(truncate(folder_file(&folder, "outbox.0"), file_size("outbox.0") - 3), 0);
	open_box(&o);
	add(&o, "c");
	outbox_close(&o);
	open_box(&o);
	assert_string_equal(texts(&o), "a,c");
	outbox_close(&o);
}

static void a_flipped_bit_is_not_believed(void **state)
{
	(void)state;
	struct outbox o = {0};
	open_box(&o);
	add(&o, "a");
	outbox_close(&o);
	char *whole GC_CLEANUP(mem_freep) = NULL;
	size_t len;
	assert_int_equal(fd_read_file(folder_file(&folder, "outbox.0"), 65536, &whole, &len), 0);
	for (size_t i = 0; i < len; i++) {
		whole[i] ^= 1;
		truncated_anywhere(whole, len, len);
		whole[i] ^= 1;
		open_box(&o);
		assert_int_equal(outbox_count(&o), 0);
		outbox_close(&o);
	}
}

static void a_process_that_dies_leaves_its_requests(void **state)
{
	(void)state;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct outbox o = {0};
		open_box(&o);
		add(&o, "a");
		add(&o, "b");
		settle(&o, 1);
		(void)kill(getpid(), SIGKILL);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	struct outbox o = {0};
	open_box(&o);
	assert_string_equal(texts(&o), "b");
	outbox_close(&o);
}

static void a_second_client_has_a_slot_of_its_own(void **state)
{
	(void)state;
	struct outbox first = {0};
	struct outbox second = {0};
	open_box(&first);
	add(&first, "a");
	open_box(&second);
	assert_int_equal(second.slot, 1);
	assert_int_equal(outbox_count(&second), 0);
	outbox_close(&first);
	outbox_close(&second);
}

static void a_slot_that_no_one_holds_is_taken_over(void **state)
{
	(void)state;
	struct outbox first = {0};
	struct outbox second = {0};
	open_box(&first);
	open_box(&second);
	add(&first, "a");
	add(&second, "b");
	outbox_close(&second);
	outbox_close(&first);
	open_box(&first);
	assert_string_equal(texts(&first), "a,b");
	assert_int_equal(file_size("outbox.1"), 0);
	outbox_close(&first);
}

static void what_was_taken_over_twice_is_there_once(void **state)
{
	(void)state;
	struct outbox first = {0};
	struct outbox second = {0};
	open_box(&first);
	open_box(&second);
	add(&second, "b");
	char *whole GC_CLEANUP(mem_freep) = NULL;
	size_t len;
	assert_int_equal(fd_read_file(folder_file(&folder, "outbox.1"), 65536, &whole, &len), 0);
	outbox_close(&second);
	outbox_close(&first);
	open_box(&first);
	outbox_close(&first);
	/* As after a crash between taking over and emptying. */
	assert_int_equal(fd_write_file(folder_file(&folder, "outbox.1"), whole, len, 0600), 0);
	open_box(&first);
	assert_string_equal(texts(&first), "b");
	outbox_close(&first);
}

static void no_more_clients_than_slots(void **state)
{
	(void)state;
	struct outbox boxes[OUTBOX_SLOTS_MAX + 1] = {0};
	for (unsigned i = 0; i < OUTBOX_SLOTS_MAX; i++)
		open_box(&boxes[i]);
	assert_int_equal(outbox_open(&boxes[OUTBOX_SLOTS_MAX], stem(), &next_tag), -EBUSY);
	for (unsigned i = 0; i < OUTBOX_SLOTS_MAX; i++)
		outbox_close(&boxes[i]);
}

static void no_more_on_the_wire_than_the_window(void **state)
{
	(void)state;
	struct outbox o = {0};
	assert_int_equal(outbox_open(&o, NULL, &next_tag), 0);
	for (unsigned i = 0; i < OUTBOX_WINDOW + 5; i++)
		add(&o, "x");
	for (uint64_t tag = 1; tag <= OUTBOX_WINDOW; tag++)
		assert_int_equal(outbox_take_next(&o, now)->tag, tag);
	assert_null(outbox_take_next(&o, now));
	settle(&o, 3);
	assert_int_equal(outbox_take_next(&o, now)->tag, OUTBOX_WINDOW + 1);
	assert_null(outbox_take_next(&o, now));
	outbox_close(&o);
}

static void after_a_break_all_are_sent_again_in_order(void **state)
{
	(void)state;
	struct outbox o = {0};
	assert_int_equal(outbox_open(&o, NULL, &next_tag), 0);
	for (unsigned i = 0; i < 4; i++)
		add(&o, "x");
	for (unsigned i = 0; i < 3; i++)
		assert_non_null(outbox_take_next(&o, now));
	settle(&o, 2);
	outbox_rewind(&o);
	assert_int_equal(outbox_take_next(&o, now)->tag, 1);
	assert_int_equal(outbox_take_next(&o, now)->tag, 3);
	assert_int_equal(outbox_take_next(&o, now)->tag, 4);
	assert_null(outbox_take_next(&o, now));
	outbox_close(&o);
}

static void a_request_refused_for_now_holds_the_others_back(void **state)
{
	(void)state;
	struct outbox o = {0};
	struct mono due;
	struct mono later = {.us = now.us + 500};
	assert_int_equal(outbox_open(&o, NULL, &next_tag), 0);
	add(&o, "a");
	add(&o, "b");
	assert_int_equal(outbox_take_next(&o, now)->tag, 1);
	assert_false(outbox_next_due(&o, &due));
	assert_int_equal(outbox_delay(&o, 1, later)->tag, 1);
	assert_null(outbox_take_next(&o, now));
	assert_true(outbox_next_due(&o, &due));
	assert_int_equal(due.us, later.us);
	assert_int_equal(outbox_take_next(&o, later)->tag, 1);
	assert_int_equal(outbox_take_next(&o, later)->tag, 2);
	outbox_close(&o);
}

static void an_unknown_tag_settles_nothing(void **state)
{
	(void)state;
	struct outbox o = {0};
	assert_int_equal(outbox_open(&o, NULL, &next_tag), 0);
	add(&o, "a");
	assert_null(outbox_settle(&o, 99));
	assert_null(outbox_delay(&o, 99, now));
	assert_int_equal(outbox_count(&o), 1);
	outbox_close(&o);
}

static void what_is_on_the_wire_cannot_be_taken_back(void **state)
{
	(void)state;
	struct outbox o = {0};
	open_box(&o);
	add(&o, "a");
	add(&o, "b");
	assert_non_null(outbox_take_next(&o, now));
	assert_int_equal(outbox_drop(&o, 1), -EBUSY);
	assert_int_equal(outbox_drop(&o, 2), 0);
	assert_int_equal(outbox_drop(&o, 2), -ENOENT);
	outbox_close(&o);
	open_box(&o);
	assert_string_equal(texts(&o), "a");
	outbox_close(&o);
}

static void more_than_the_maximum_is_refused(void **state)
{
	(void)state;
	struct outbox o = {0};
	assert_int_equal(outbox_open(&o, NULL, &next_tag), 0);
	for (unsigned i = 0; i < GCHAT_OUTBOX_MAX; i++)
		add(&o, "x");
	assert_int_equal(try_add(&o, "x"), -ENOSPC);
	outbox_close(&o);
}

static void the_file_does_not_grow_with_what_is_done(void **state)
{
	(void)state;
	struct outbox o = {0};
	char text[16 * 1024];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	open_box(&o);
	add(&o, "stays");
	for (unsigned i = 0; i < 100; i++) {
		add(&o, text);
		settle(&o, next_tag - 1);
	}
	assert_in_range(file_size("outbox.0"), 1, 2 * OUTBOX_DEAD_BYTES);
	outbox_close(&o);
	open_box(&o);
	assert_string_equal(texts(&o), "stays");
	outbox_close(&o);
}

static void an_own_event_is_found_by_its_id(void **state)
{
	(void)state;
	struct outbox o = {0};
	assert_int_equal(outbox_open(&o, NULL, &next_tag), 0);
	add(&o, "a");
	struct gchat_outbox_list *list = outbox_list(&o);
	assert_int_equal(outbox_find(&o, list->items[0].id), 1);
	settle(&o, 1);
	assert_int_equal(outbox_find(&o, list->items[0].id), 0);
	gchat_free(list);
	outbox_close(&o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_waits_comes_back_in_order),
		TEST(what_comes_back_keeps_id_tag_and_time),
		TEST(a_tag_that_none_can_follow_is_not_ours),
		TEST(new_tags_are_above_those_in_the_file),
		TEST(what_is_settled_does_not_come_back),
		TEST(a_tail_torn_anywhere_costs_the_torn_record_alone),
		TEST(after_a_torn_tail_new_records_are_sound),
		TEST(a_flipped_bit_is_not_believed),
		TEST(a_process_that_dies_leaves_its_requests),
		TEST(a_second_client_has_a_slot_of_its_own),
		TEST(a_slot_that_no_one_holds_is_taken_over),
		TEST(what_was_taken_over_twice_is_there_once),
		TEST(no_more_clients_than_slots),
		TEST(no_more_on_the_wire_than_the_window),
		TEST(after_a_break_all_are_sent_again_in_order),
		TEST(a_request_refused_for_now_holds_the_others_back),
		TEST(an_unknown_tag_settles_nothing),
		TEST(what_is_on_the_wire_cannot_be_taken_back),
		TEST(more_than_the_maximum_is_refused),
		TEST(the_file_does_not_grow_with_what_is_done),
		TEST(an_own_event_is_found_by_its_id),
	};
	return cmocka_run_group_tests_name("lib.outbox", tests, NULL, NULL);
}
