/* What a line looks like in each sink. stderr is a memory file here; the journal is this file. */
#include "base/log.h"

#define SD_JOURNAL_SUPPRESS_LOCATION

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	TEXT_BYTES = 16384,
};

static struct {
	int memory; /* what stderr is meanwhile */
	int real_stderr;
	char text[TEXT_BYTES]; /* what stderr or the journal got */
	int journal_result;
} capture;

/* Takes the place of libsystemd's: one field a line. */
int sd_journal_sendv(const struct iovec *iov, int n)
{
	for (int i = 0; i < n; i++) {
		strncat(capture.text, iov[i].iov_base, iov[i].iov_len);
		strcat(capture.text, "\n");
	}
	return capture.journal_result;
}

static int begin(void **state)
{
	(void)state;
	memset(&capture, 0, sizeof(capture));
	capture.real_stderr = dup(STDERR_FILENO);
	capture.memory = memfd_create("stderr", MFD_CLOEXEC);
	(void)unsetenv("JOURNAL_STREAM");
	return capture.real_stderr < 0 || capture.memory < 0 ||
	       dup2(capture.memory, STDERR_FILENO) < 0;
}

static int end(void **state)
{
	(void)state;
	(void)dup2(capture.real_stderr, STDERR_FILENO);
	(void)close(capture.real_stderr);
	(void)close(capture.memory);
	return 0;
}

/* What was written to stderr so far. */
static const char *written(void)
{
	ssize_t n = pread(capture.memory, capture.text, sizeof(capture.text) - 1, 0);
	capture.text[n > 0 ? n : 0] = '\0';
	return capture.text;
}

static void open_journal(int result)
{
	struct stat st;
	char stream[64];
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(
		stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	capture.journal_result = result;
	log_open(LOG_LEVEL_INFO);
}

static void a_pipe_gets_lines_with_a_level_in_front(void **state)
{
	(void)state;
	log_open(LOG_LEVEL_DEBUG);
	log_error("one n=%d", 1);
	log_warning("two");
	log_notice("three");
	log_info("four");
	log_debug("five");
	assert_string_equal(written(), "<3>one n=1\n<4>two\n<5>three\n<6>four\n<7>five\n");
}

static void lines_above_the_level_are_dropped_until_it_is_raised(void **state)
{
	(void)state;
	log_open(LOG_LEVEL_WARNING);
	log_info("not yet");
	log_set_level(LOG_LEVEL_INFO);
	log_info("now");
	assert_string_equal(written(), "<6>now\n");
}

static void debug_arguments_are_not_evaluated_when_debug_is_off(void **state)
{
	(void)state;
	int evaluated = 0;
	log_open(LOG_LEVEL_INFO);
	log_debug("n=%d", ++evaluated);
	assert_int_equal(evaluated, 0);
}

static void fields_follow_the_sentence_as_key_and_value(void **state)
{
	(void)state;
	struct log_fields fields = {.room = "lobby",
		.session = 7,
		.peer = "[2001:db8::1]:999",
		.user = "ada",
		.reason = "REMOVED",
		.uid = &(uint32_t){1000}};
	log_open(LOG_LEVEL_INFO);
	log_with(LOG_LEVEL_NOTICE, &fields, LOG_ID_SESSION_ENDED, "session ended why=%s", "idle");
	assert_string_equal(written(), "<5>session ended why=idle room=lobby session=7 "
				       "peer=[2001:db8::1]:999 user=ada cause=REMOVED uid=1000\n");
}

static void nothing_a_peer_says_begins_another_line_or_moves_a_terminal(void **state)
{
	(void)state;
	struct log_fields fields = {.user = "a\x1b[2Jb"};
	log_open(LOG_LEVEL_INFO);
	log_with(LOG_LEVEL_INFO, &fields, NULL, "x=%s", "\n<3>forged\r\t\x7f\xc2\x9b caf\xc3\xa9");
	assert_string_equal(written(), "<6>x=?<3>forged????? caf\xc3\xa9 user=a?[2Jb\n");
}

static void a_long_line_is_cut_and_stays_one_line(void **state)
{
	(void)state;
	char text[2 * LOG_LINE_BYTES];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	struct log_fields fields = {.user = text};
	log_open(LOG_LEVEL_INFO);
	log_with(LOG_LEVEL_INFO, &fields, NULL, "%s", text);
	size_t len = strlen(written());
	assert_int_equal(len, strlen("<6>") + LOG_LINE_BYTES - 1 + strlen("\n"));
	assert_ptr_equal(strchr(capture.text, '\n'), capture.text + len - 1);
}

static void the_journal_gets_fields_and_stderr_nothing(void **state)
{
	(void)state;
	struct log_fields fields = {.room = "lobby",
		.session = 7,
		.peer = "192.0.2.1",
		.user = "ada",
		.reason = "cut_bytes",
		.uid = &(uint32_t){0}};
	open_journal(0);
	log_with(LOG_LEVEL_WARNING, &fields, LOG_ID_GUARD_CUT, "cut bytes=%d", 9);
	assert_string_equal(capture.text,
		"PRIORITY=4\nMESSAGE_ID=" LOG_ID_GUARD_CUT
		"\nGCHAT_ROOM=lobby\nGCHAT_SESSION=7\nGCHAT_PEER=192.0.2.1\n"
		"GCHAT_USER=ada\nGCHAT_REASON=cut_bytes\nGCHAT_UID=0\nMESSAGE=cut bytes=9\n");
	assert_string_equal(written(), "");
}

static void fields_that_are_not_said_are_absent_from_the_journal(void **state)
{
	(void)state;
	open_journal(0);
	log_info("plain");
	assert_string_equal(capture.text, "PRIORITY=6\nMESSAGE=plain\n");
}

static void a_journal_that_fails_leaves_the_line_on_stderr(void **state)
{
	(void)state;
	open_journal(-1);
	log_info("plain");
	assert_string_equal(written(), "<6>plain\n");
}

static void a_journal_stream_of_someone_else_is_not_ours(void **state)
{
	(void)state;
	assert_int_equal(setenv("JOURNAL_STREAM", "1:2", 1), 0);
	log_open(LOG_LEVEL_INFO);
	log_info("plain");
	assert_string_equal(written(), "<6>plain\n");
}

static void a_limited_call_site_says_what_it_dropped(void **state)
{
	(void)state;
	log_open(LOG_LEVEL_INFO);
	for (int i = 0; i < LOG_LIMIT_LINES + 5; i++)
		log_limited(LOG_LEVEL_INFO, NULL, NULL, "again");
	size_t lines = 0;
	for (const char *c = written(); *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, LOG_LIMIT_LINES);
}

static void each_level_is_found_by_its_name_and_no_other(void **state)
{
	(void)state;
	int level = 0;
	for (int i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++) {
		assert_true(log_level_find(log_level_name(i), &level));
		assert_int_equal(level, i);
	}
	assert_false(log_level_find("loud", &level));
	assert_false(log_level_find("", &level));
	assert_false(log_level_find("Error", &level));
}

static void message_ids_are_128_bits_in_hex_and_differ(void **state)
{
	(void)state;
	static const char *const ids[] = {LOG_ID_STARTED, LOG_ID_STOPPING, LOG_ID_CERT_MADE,
		LOG_ID_CERT_ROTATED, LOG_ID_CERT_REFUSED, LOG_ID_CERT_UNTIMELY, LOG_ID_STORE_FULL,
		LOG_ID_STORE_DAMAGED, LOG_ID_GUARD_CUT, LOG_ID_SESSION_ENDED,
		LOG_ID_CONFIG_REFUSED};
	for (size_t i = 0; i < GC_LENGTH(ids); i++) {
		assert_int_equal(strlen(ids[i]), 32);
		assert_int_equal(strspn(ids[i], "0123456789abcdef"), 32);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(ids[i], ids[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_pipe_gets_lines_with_a_level_in_front, begin, end),
		cmocka_unit_test_setup_teardown(
			lines_above_the_level_are_dropped_until_it_is_raised, begin, end),
		cmocka_unit_test_setup_teardown(
			debug_arguments_are_not_evaluated_when_debug_is_off, begin, end),
		cmocka_unit_test_setup_teardown(
			fields_follow_the_sentence_as_key_and_value, begin, end),
		cmocka_unit_test_setup_teardown(
			nothing_a_peer_says_begins_another_line_or_moves_a_terminal, begin, end),
		cmocka_unit_test_setup_teardown(a_long_line_is_cut_and_stays_one_line, begin, end),
		cmocka_unit_test_setup_teardown(
			the_journal_gets_fields_and_stderr_nothing, begin, end),
		cmocka_unit_test_setup_teardown(
			fields_that_are_not_said_are_absent_from_the_journal, begin, end),
		cmocka_unit_test_setup_teardown(
			a_journal_that_fails_leaves_the_line_on_stderr, begin, end),
		cmocka_unit_test_setup_teardown(
			a_journal_stream_of_someone_else_is_not_ours, begin, end),
		cmocka_unit_test_setup_teardown(
			a_limited_call_site_says_what_it_dropped, begin, end),
		cmocka_unit_test(each_level_is_found_by_its_name_and_no_other),
		cmocka_unit_test(message_ids_are_128_bits_in_hex_and_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
