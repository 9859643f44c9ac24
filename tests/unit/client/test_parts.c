/* The small parts: faults, kept values, lines of a descriptor, the output, the input row. */
#include "base/macros.h"
#include "client/fault.h"
#include "client/out.h"
#include "client/reader.h"
#include "client/screen.h"
#include "client/state.h"
#include "client/term.h"
#include "unit/client/capture.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* ---- faults ---- */

static void every_kind_of_error_has_its_exit_status(void **state)
{
	(void)state;
	static const struct {
		uint32_t code;
		const char *reason;
		int status;
	} CASES[] = {{14, "UNAVAILABLE", EX_UNAVAILABLE}, {16, "WRONG_CREDENTIALS", EX_NOPERM},
		{14, "CERTIFICATE_UNKNOWN", EX_NOPERM}, {9, "PROTOCOL_VERSION", EX_PROTOCOL},
		{5, "UNKNOWN_ROOM", EX_DATAERR}, {8, "RATE_LIMITED", EX_TEMPFAIL},
		{4, "TIMED_OUT", EX_TEMPFAIL}, {7, "NOT_A_MEMBER", EX_NOPERM},
		{99, "WHATEVER", EX_SOFTWARE}};
	for (size_t i = 0; i < GC_LENGTH(CASES); i++) {
		struct gchat_error error = {.code = CASES[i].code};
		snprintf(error.reason, sizeof(error.reason), "%s", CASES[i].reason);
		assert_int_equal(fault_exit(&error), CASES[i].status);
	}
}

static void an_error_of_the_server_is_made_harmless(void **state)
{
	(void)state;
	struct gchat_error error = {
		.code = 3, .reason = "EVIL\033[2J", .message = "a\033[31m\nb\xE2\x80\xAE"};
	fault_fill(&error, -EIO);
	assert_string_equal(error.reason, "EVIL__2J");
	assert_string_equal(error.message, "a\xE2\x90\x9B[31m b");
}

static void a_long_message_stays_valid_text(void **state)
{
	(void)state;
	struct gchat_error error = {.code = 3};
	memset(error.message, '\033', sizeof(error.message));
	fault_fill(&error, -EIO);
	assert_true(strlen(error.message) < sizeof(error.message));
	assert_int_equal(strlen(error.message) % 3, 0); /* whole pictures */
}

static void a_local_errno_becomes_a_reason(void **state)
{
	(void)state;
	struct gchat_error error;
	fault_fill(&error, -ENOSPC);
	assert_string_equal(error.reason, "OUTBOX_FULL");
	fault_fill(&error, -ENOTCONN);
	assert_int_equal(fault_exit(&error), EX_UNAVAILABLE);
	fault_fill(&error, -EACCES);
	assert_string_equal(error.reason, "INTERNAL");
}

/* ---- what is kept ---- */

static void a_kept_value_comes_back_and_is_private(void **state)
{
	(void)state;
	struct state s;
	struct err_text why = {0};
	char *dir = scratch_make(), path[128];
	snprintf(path, sizeof(path), "%s/a/b", dir);
	assert_int_equal(state_open(&s, path, &why), 0);
	assert_null(state_get(&s, "host:1", "user"));
	assert_int_equal(state_set(&s, "host:1", "user", "ann"), 0);
	assert_int_equal(state_set_token(&s, "host:1", "ann", "secret"), 0);
	char *user = state_get(&s, "host:1", "user"), *token = state_get_token(&s, "host:1", "ann");
	assert_string_equal(user, "ann");
	assert_string_equal(token, "secret");
	assert_null(state_get_token(&s, "host:2", "ann"));
	struct stat info;
	snprintf(path, sizeof(path), "%s/a/b/servers/host:1/token-ann", dir);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/a/b", dir);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0700);
	state_forget_token(&s, "host:1", "ann");
	assert_null(state_get_token(&s, "host:1", "ann"));
	free(user);
	free(token);
	state_deinit(&s);
	scratch_remove(dir);
}

static void a_name_can_not_leave_the_folder(void **state)
{
	(void)state;
	struct state s;
	struct err_text why = {0};
	char *dir = scratch_make(), path[128];
	assert_int_equal(state_open(&s, dir, &why), 0);
	assert_int_equal(state_set(&s, "../../x/y", "../z", "v"), 0);
	snprintf(path, sizeof(path), "%s/servers/.._.._x_y/.._z", dir);
	assert_int_equal(access(path, F_OK), 0);
	state_deinit(&s);
	scratch_remove(dir);
}

static void an_unusable_folder_is_told(void **state)
{
	(void)state;
	struct state s;
	struct err_text why = {0};
	assert_true(state_open(&s, "/dev/null/gchat", &why) < 0);
	assert_non_null(strstr(why.text, "/dev/null/gchat"));
	state_deinit(&s);
}

static void one_server_has_one_key(void **state)
{
	(void)state;
	static const char *const CASES[][2] = {{"Chat.Example", "chat.example:7443"},
		{"chat.example:1", "chat.example:1"}, {"192.0.2.1", "192.0.2.1:7443"},
		{"[2001:DB8::1]", "[2001:db8::1]:7443"}, {"[2001:db8::1]:7", "[2001:db8::1]:7"}};
	for (size_t i = 0; i < GC_LENGTH(CASES); i++) {
		char *key = state_server_key(CASES[i][0]);
		assert_string_equal(key, CASES[i][1]);
		free(key);
	}
}

/* ---- lines of a descriptor ---- */

static void read_all(size_t max, const char *text, const char *expected)
{
	struct reader r;
	char got[512] = "", *line;
	feed_input(text);
	reader_init(&r, STDIN_FILENO, max);
	for (enum reader_result result; (result = reader_next(&r, &line)) != READER_END;) {
		if (result == READER_MORE) {
			assert_int_equal(reader_fill(&r), 0);
			continue;
		}
		strcat(got, result == READER_LINE ? line : "(long)");
		strcat(got, ";");
		if (result == READER_LINE)
			free(line);
	}
	assert_string_equal(got, expected);
	reader_deinit(&r);
}

static void lines_end_by_lf_or_crlf_or_the_end(void **state)
{
	(void)state;
	read_all(100, "a\nb\r\n\nlast", "a;b;;last;");
	read_all(100, "", "");
	read_all(100, "\n", ";");
}

static void a_line_over_the_limit_is_left_out_alone(void **state)
{
	(void)state;
	read_all(3, "abcd\nxyz\nabcdefgh", "(long);xyz;(long);");
	char *huge = malloc(60001);
	assert_non_null(huge);
	memset(huge, 'x', 60000);
	strcpy(huge + 59990, "\nafter");
	read_all(100, huge, "(long);after;");
	free(huge);
}

/* ---- output ---- */

static void a_reader_that_went_away_ends_the_program_quietly(void **state)
{
	(void)state;
	int ends[2], status;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]); /* before there is a child that could still write */
	pid_t child = fork();
	if (child == 0) {
		(void)signal(SIGPIPE, SIG_IGN);
		(void)dup2(ends[1], STDOUT_FILENO);
		out_line("into nothing");
		_exit(99);
	}
	close(ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EX_OK);
}

static void the_first_line_of_a_descriptor_leaves_the_rest(void **state)
{
	(void)state;
	feed_input("first\r\nsecond");
	char *line = term_read_line(STDIN_FILENO);
	assert_string_equal(line, "first");
	term_free_secret(line);
	line = term_read_line(STDIN_FILENO);
	assert_string_equal(line, "second");
	term_free_secret(line);
	assert_null(term_read_line(STDIN_FILENO));
}

/* ---- the input row ---- */

static void a_pipe_gets_the_rows_alone(void **state)
{
	(void)state;
	struct line line;
	struct screen s;
	line_init(&line);
	screen_init(&s, SCREEN_PLAIN, false, &line);
	screen_set_prompt(&s, "#lobby> ");
	capture_start(1);
	screen_print(&s, "[1] a: x", false);
	screen_update(&s);
	screen_close(&s);
	char *out = capture_stop();
	assert_string_equal(out, "[1] a: x\n");
	free(out);
	screen_deinit(&s);
	line_deinit(&line);
}

static void a_dumb_terminal_holds_rows_back_without_one_escape(void **state)
{
	(void)state;
	struct line line;
	struct screen s;
	line_init(&line);
	screen_init(&s, SCREEN_DUMB, false, &line);
	capture_start(1);
	line_set(&line, "ab");
	screen_update(&s);
	screen_print(&s, "[1] a: x", false);
	screen_print(&s, "[2] a: y", false);
	screen_update(&s);
	line_set(&line, "a");
	screen_update(&s);
	line_set(&line, "");
	screen_update(&s);
	char *out = capture_stop();
	assert_string_equal(out, "ab\a\b \b\n[1] a: x\n[2] a: y\n");
	assert_null(strchr(out, '\033'));
	free(out);
	screen_deinit(&s);
	line_deinit(&line);
}

static void held_rows_are_bounded_and_never_lost(void **state)
{
	(void)state;
	struct line line;
	struct screen s;
	line_init(&line);
	screen_init(&s, SCREEN_ANSI, true, &line);
	line_set(&line, "draft");
	capture_start(1);
	for (int i = 0; i < 2 * SCREEN_HELD_MAX; i++)
		screen_print(&s, "row", false);
	screen_close(&s);
	char *out = capture_stop();
	int rows = 0;
	for (const char *at = out; (at = strstr(at, "row\n")); at += 4)
		rows++;
	assert_int_equal(rows, 2 * SCREEN_HELD_MAX);
	free(out);
	screen_deinit(&s);
	line_deinit(&line);
}

static void a_row_goes_above_the_draft(void **state)
{
	(void)state;
	struct line line;
	struct screen s;
	line_init(&line);
	screen_init(&s, SCREEN_ANSI, false, &line);
	screen_set_prompt(&s, "#a> ");
	line_set(&line, "draft");
	capture_start(1);
	screen_update(&s);
	screen_print(&s, "[1] a: x", false);
	screen_update(&s);
	char *out = capture_stop();
	assert_string_equal(out, "\r\033[K#a> draft\033[10G\r\033[K[1] a: x\n"
				 "\r\033[K#a> draft\033[10G");
	free(out);
	screen_deinit(&s);
	line_deinit(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_error_has_its_exit_status),
		cmocka_unit_test(an_error_of_the_server_is_made_harmless),
		cmocka_unit_test(a_long_message_stays_valid_text),
		cmocka_unit_test(a_local_errno_becomes_a_reason),
		cmocka_unit_test(a_kept_value_comes_back_and_is_private),
		cmocka_unit_test(a_name_can_not_leave_the_folder),
		cmocka_unit_test(an_unusable_folder_is_told),
		cmocka_unit_test(one_server_has_one_key),
		cmocka_unit_test(lines_end_by_lf_or_crlf_or_the_end),
		cmocka_unit_test(a_line_over_the_limit_is_left_out_alone),
		cmocka_unit_test(a_reader_that_went_away_ends_the_program_quietly),
		cmocka_unit_test(the_first_line_of_a_descriptor_leaves_the_rest),
		cmocka_unit_test(a_pipe_gets_the_rows_alone),
		cmocka_unit_test(a_dumb_terminal_holds_rows_back_without_one_escape),
		cmocka_unit_test(held_rows_are_bounded_and_never_lost),
		cmocka_unit_test(a_row_goes_above_the_draft),
	};
	return cmocka_run_group_tests_name("client_parts", tests, NULL, NULL);
}
