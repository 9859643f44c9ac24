/* Line mode fed with events, and a session that finds no server. */
#include "client/chat.h"
#include "client/chat_events.h"
#include "client/complete.h"
#include "client/fault.h"
#include "client/session.h"
#include "client/signin.h"
#include "unit/client/capture.h"
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static struct options options;

static struct chat *chat_new(enum screen_kind kind)
{
	static struct chat c;
	options = (struct options){.no_save = true, .timeout_s = 1};
	c = (struct chat){.session.options = &options,
		.interactive = kind != SCREEN_PLAIN,
		.welcomed = true,
		.room_id = 1};
	c.session.user = (char[]){"ann"};
	TAILQ_INIT(&c.waiting);
	struct gchat_options how = {.server = "127.0.0.1:1", .client_name = "test"};
	struct gchat_error error;
	assert_int_equal(gchat_open(&how, &c.session.g, &error), 0);
	line_init(&c.line);
	screen_init(&c.screen, kind, false, &c.line);
	struct gchat_room room = {.room_id = 1, .name = "lobby", .topic = "", .title = ""};
	rooms_put(&c.rooms, &room)->member = true;
	return &c;
}

static void chat_free(struct chat *c)
{
	screen_deinit(&c->screen);
	line_deinit(&c->line);
	rooms_deinit(&c->rooms);
	gchat_close(c->session.g);
}

static struct gchat_event message(uint64_t seq, const char *text)
{
	return (struct gchat_event){.kind = GCHAT_EVENT_ENTRY,
		.entry = {.kind = GCHAT_ENTRY_MESSAGE,
			.room_id = 1,
			.room_name = "lobby",
			.seq = seq,
			.author = "bob",
			.text = text,
			.emoji = "",
			.reason = "",
			.user = "",
			.title = "",
			.topic = ""}};
}

static void an_entry_is_shown_once(void **state)
{
	(void)state;
	struct chat *c = chat_new(SCREEN_PLAIN);
	struct gchat_event events[] = {message(1, "one"), message(2, "two"), message(2, "two")};
	capture_start(1);
	for (size_t i = 0; i < 3; i++)
		chat_on_event(c, &events[i]);
	char *out = capture_stop();
	assert_string_equal(out, "#lobby [1] bob: one\n[2] bob: two\n");
	free(out);
	chat_free(c);
}

static void a_refused_line_comes_back_to_the_editor(void **state)
{
	(void)state;
	struct chat *c = chat_new(SCREEN_ANSI);
	struct gchat_event refused = {.kind = GCHAT_EVENT_REPLY,
		.reply = {.tag = 5,
			.kind = GCHAT_REPLY_ERROR,
			.error = {.code = 7, .reason = "READ_ONLY", .message = "no"}}};
	capture_start(1);
	chat_await(c, 0, 5, "/reply 3 hello", NULL);
	chat_on_event(c, &refused);
	char *out = capture_stop();
	assert_non_null(strstr(out, "-- not done: no (READ_ONLY)"));
	assert_string_equal(c->line.text, "/reply 3 hello");
	assert_int_equal(c->waiting_count, 0);
	free(out);
	chat_free(c);
}

static void a_refusal_from_a_pipe_sets_the_exit_status(void **state)
{
	(void)state;
	struct chat *c = chat_new(SCREEN_PLAIN);
	struct gchat_event refused = {.kind = GCHAT_EVENT_REPLY,
		.reply = {.tag = 5,
			.kind = GCHAT_REPLY_ERROR,
			.error = {.code = 5, .reason = "UNKNOWN_ROOM", .message = "no"}}};
	capture_start(2);
	chat_await(c, 0, 5, NULL, NULL);
	chat_hold(c);
	assert_int_equal(c->holding_count, 1);
	chat_on_event(c, &refused);
	char *out = capture_stop();
	assert_int_equal(c->status, EX_DATAERR);
	assert_int_equal(c->holding_count, 0);
	free(out);
	chat_free(c);
}

static void a_broken_connection_is_told_once(void **state)
{
	(void)state;
	struct chat *c = chat_new(SCREEN_PLAIN);
	struct gchat_event broken = {.kind = GCHAT_EVENT_STATE,
		.state = {.state = GCHAT_STATE_RECONNECTING, .error = {.reason = "UNAVAILABLE"}}};
	capture_start(2);
	for (int i = 0; i < 5; i++)
		chat_on_event(c, &broken);
	char *out = capture_stop();
	assert_string_equal(out, "-- connection lost (UNAVAILABLE); trying again until it works\n");
	free(out);
	chat_free(c);
}

static void a_gap_is_told(void **state)
{
	(void)state;
	struct chat *c = chat_new(SCREEN_PLAIN);
	struct gchat_event gap = {.kind = GCHAT_EVENT_GAP,
		.gap = {.room_id = 1, .from_seq = 3, .to_seq = 9, .reason = "RETENTION"}};
	capture_start(2);
	chat_on_event(c, &gap);
	char *out = capture_stop();
	assert_string_equal(out, "-- #lobby: 3 to 9 are no longer kept\n");
	free(out);
	chat_free(c);
}

static void what_is_said_to_all_is_told_and_moves_no_terminal(void **state)
{
	(void)state;
	struct chat *c = chat_new(SCREEN_PLAIN);
	struct gchat_event notice = {
		.kind = GCHAT_EVENT_NOTICE, .notice = {.text = "down at 5\033[31m"}};
	capture_start(2);
	chat_on_event(c, &notice);
	char *out = capture_stop();
	assert_true(strncmp(out, "-- notice to all: down at 5", 27) == 0);
	assert_null(strchr(out, '\033'));
	free(out);
	chat_free(c);
}

static void tab_completes_commands_and_rooms(void **state)
{
	(void)state;
	static const char *const CASES[][2] = {{"/jo", "/join "}, {"/join lo", "/join lobby "},
		{"look at #lo", "look at #lobby "}, {"/re", "/re"}, {"/his", "/history "},
		{"/nonsense", "/nonsense"}, {"plain", "plain"}, {"", ""}};
	struct chat *c = chat_new(SCREEN_ANSI);
	capture_start(1);
	for (size_t i = 0; i < GC_LENGTH(CASES); i++) {
		line_set(&c->line, CASES[i][0]);
		complete_line(c);
		assert_string_equal(c->line.text, CASES[i][1]);
	}
	free(capture_stop());
	chat_free(c);
}

/* ---- sessions ---- */

static void a_server_must_be_named_where_nobody_can_be_asked(void **state)
{
	(void)state;
	struct session s;
	char *dir = scratch_make();
	struct options o = {.state_dir = dir, .timeout_s = 1, .password_fd = UINT64_MAX};
	feed_input("");
	capture_start(2);
	assert_int_equal(session_open(&s, &o, &(struct session_wish){false}), EX_USAGE);
	session_close(&s);
	free(capture_stop());
	scratch_remove(dir);
}

static void a_server_that_is_not_there_gives_69(void **state)
{
	(void)state;
	struct session s;
	char *dir = scratch_make();
	struct options o = {.state_dir = dir,
		.server = "127.0.0.1:1",
		.timeout_s = 5,
		.password_fd = UINT64_MAX};
	feed_input("");
	capture_start(2);
	assert_int_equal(session_open(&s, &o, &(struct session_wish){false}), EX_OK);
	assert_int_equal(signin_run(&s, false), EX_UNAVAILABLE);
	char *out = capture_stop();
	assert_non_null(strstr(out, "127.0.0.1:1"));
	free(out);
	session_close(&s);
	scratch_remove(dir);
}

static void a_kept_token_is_used_and_forgotten_when_void(void **state)
{
	(void)state;
	struct session s;
	char *dir = scratch_make();
	struct options o = {.state_dir = dir, .server = "127.0.0.1:1", .password_fd = UINT64_MAX};
	assert_int_equal(session_open(&s, &o, &(struct session_wish){false}), EX_OK);
	assert_int_equal(state_set(&s.state, "127.0.0.1:1", "user", "ann"), 0);
	assert_int_equal(state_set_token(&s.state, "127.0.0.1:1", "ann", "secret"), 0);
	assert_int_equal(signin_run(&s, false), EX_OK);
	assert_string_equal(s.user, "ann");
	assert_string_equal(s.token, "secret");
	signin_forget(&s);
	assert_null(s.token);
	assert_null(state_get_token(&s.state, "127.0.0.1:1", "ann"));
	session_close(&s);
	scratch_remove(dir);
}

static void a_missing_token_file_gives_66(void **state)
{
	(void)state;
	struct session s;
	char *dir = scratch_make();
	struct options o = {.state_dir = dir,
		.server = "127.0.0.1:1",
		.user = "ann",
		.token_file = "/nowhere/token",
		.password_fd = UINT64_MAX};
	capture_start(2);
	assert_int_equal(session_open(&s, &o, &(struct session_wish){false}), EX_OK);
	assert_int_equal(signin_run(&s, false), EX_NOINPUT);
	free(capture_stop());
	session_close(&s);
	scratch_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_shown_once),
		cmocka_unit_test(a_refused_line_comes_back_to_the_editor),
		cmocka_unit_test(a_refusal_from_a_pipe_sets_the_exit_status),
		cmocka_unit_test(a_broken_connection_is_told_once),
		cmocka_unit_test(a_gap_is_told),
		cmocka_unit_test(what_is_said_to_all_is_told_and_moves_no_terminal),
		cmocka_unit_test(tab_completes_commands_and_rooms),
		cmocka_unit_test(a_server_must_be_named_where_nobody_can_be_asked),
		cmocka_unit_test(a_server_that_is_not_there_gives_69),
		cmocka_unit_test(a_kept_token_is_used_and_forgotten_when_void),
		cmocka_unit_test(a_missing_token_file_gives_66),
	};
	return cmocka_run_group_tests_name("client_chat", tests, NULL, NULL);
}
