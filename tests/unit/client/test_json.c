/* Script mode: what goes out, and how bad lines are answered. No server is needed. */
#include "client/json_mode.h"
#include "client/json_out.h"
#include "unit/client/capture.h"
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static struct options options;

/* Feeds one line; what was printed. Owned by the caller. */
static json_t *answer(struct json_mode *mode, const char *line)
{
	capture_start(1);
	json_take_line(mode, line, 7);
	char *out = capture_stop();
	json_t *object = *out ? json_loads(out, 0, NULL) : NULL;
	assert_true(object || !*out);
	free(out);
	return object;
}

static struct json_mode *mode_new(void)
{
	static struct json_mode mode;
	mode = (struct json_mode){.session.options = &options};
	TAILQ_INIT(&mode.waiting);
	struct gchat_options how = {.server = "127.0.0.1:1", .client_name = "test"};
	struct gchat_error error;
	assert_int_equal(gchat_open(&how, &mode.session.g, &error), 0);
	return &mode;
}

static void mode_free(struct json_mode *mode)
{
	gchat_close(mode->session.g);
	rooms_deinit(&mode->rooms);
}

static const char *text_at(const json_t *object, const char *key, const char *inner)
{
	const json_t *value = json_object_get(object, key);
	return json_string_value(inner ? json_object_get(value, inner) : value);
}

static void the_hello_tells_the_protocol(void **state)
{
	(void)state;
	json_t *hello = json_hello();
	assert_string_equal(text_at(hello, "type", NULL), "hello");
	assert_int_equal(json_integer_value(json_object_get(hello, "protocol")), 1);
	json_decref(hello);
}

static void a_line_that_is_no_request_gives_an_error_with_its_number(void **state)
{
	(void)state;
	static const char *const BAD[] = {"nonsense", "{", "[1]", "17", "{}", "{\"op\":1}",
		"{\"op\":\"nonsense\"}", "{\"op\":\"ping\",\"op\":\"ping\"}", "\xFF",
		"{\"op\":\"ping\"} {\"op\":\"ping\"}"};
	struct json_mode *mode = mode_new();
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		json_t *object = answer(mode, BAD[i]);
		assert_string_equal(text_at(object, "type", NULL), "error");
		assert_int_equal(json_integer_value(json_object_get(object, "line")), 7);
		assert_string_equal(text_at(object, "error", "reason"), "BAD_LINE");
		json_decref(object);
	}
	assert_false(mode->stopped);
	mode_free(mode);
}

static void an_empty_line_means_nothing(void **state)
{
	(void)state;
	struct json_mode *mode = mode_new();
	assert_null(answer(mode, ""));
	assert_null(answer(mode, "  "));
	mode_free(mode);
}

static void strict_ends_at_a_bad_line(void **state)
{
	(void)state;
	struct json_mode *mode = mode_new();
	options.strict = true;
	json_decref(answer(mode, "nonsense"));
	assert_true(mode->stopped);
	assert_int_equal(mode->status, EX_DATAERR);
	options.strict = false;
	mode_free(mode);
}

static void a_refused_request_repeats_its_id(void **state)
{
	(void)state;
	static const char *const BAD[] = {
		"{\"op\":\"send\",\"id\":{\"a\":[1]},\"room_id\":1}",
		"{\"op\":\"send\",\"id\":{\"a\":[1]},\"room_id\":1,\"text\":7}",
		"{\"op\":\"send\",\"id\":{\"a\":[1]},\"room_id\":-1,\"text\":\"x\"}",
		"{\"op\":\"send\",\"id\":{\"a\":[1]},\"room_id\":\"1\",\"text\":\"x\"}",
		"{\"op\":\"send\",\"id\":{\"a\":[1]},\"room_id\":1,\"text\":\"\"}",
		"{\"op\":\"presence\",\"id\":{\"a\":[1]},\"presence\":\"gone\"}",
		"{\"op\":\"typing\",\"id\":{\"a\":[1]},\"room_id\":1,\"typing\":1}",
	};
	struct json_mode *mode = mode_new();
	json_t *id = json_loads("{\"a\":[1]}", 0, NULL);
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		json_t *object = answer(mode, BAD[i]);
		assert_string_equal(text_at(object, "type", NULL), "reply");
		assert_true(json_is_false(json_object_get(object, "ok")));
		assert_true(json_equal(json_object_get(object, "id"), id));
		assert_non_null(text_at(object, "error", "reason"));
		json_decref(object);
	}
	json_decref(id);
	mode_free(mode);
}

static void an_entry_has_its_place_author_and_time(void **state)
{
	(void)state;
	struct gchat_entry e = {.kind = GCHAT_ENTRY_MESSAGE,
		.room_id = 3,
		.room_name = "lobby",
		.seq = 17,
		.time_us = 1767225600000000,
		.author_id = 9,
		.author = "ann",
		.text = "hi",
		.emoji = "",
		.reason = "",
		.user = "",
		.title = "",
		.topic = ""};
	json_t *object = json_of_entry(&e);
	char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text,
		"{\"author\":\"ann\",\"author_id\":9,\"event\":\"message\",\"room\":\"lobby\","
		"\"room_id\":3,\"seq\":17,\"text\":\"hi\",\"time\":\"2026-01-01T00:00:00.000000Z\","
		"\"type\":\"event\"}");
	free(text);
	json_decref(object);
}

static void a_ban_and_a_mute_say_whom_until_when_and_why(void **state)
{
	(void)state;
	struct gchat_entry e = {.kind = GCHAT_ENTRY_REMOVED,
		.room_name = "",
		.author = "ann",
		.text = "",
		.emoji = "",
		.reason = "spam",
		.account_id = 7,
		.user = "cat",
		.title = "",
		.topic = "",
		.banned = true,
		.until_us = 1767225600000000};
	json_t *object = json_of_entry(&e);
	assert_string_equal(text_at(object, "event", NULL), "removed");
	assert_string_equal(text_at(object, "user", NULL), "cat");
	assert_string_equal(text_at(object, "reason", NULL), "spam");
	assert_string_equal(text_at(object, "until", NULL), "2026-01-01T00:00:00.000000Z");
	assert_true(json_is_true(json_object_get(object, "banned")));
	json_decref(object);
	e.kind = GCHAT_ENTRY_MUTED;
	e.until_us = 0;
	object = json_of_entry(&e);
	assert_string_equal(text_at(object, "event", NULL), "muted");
	assert_true(json_is_false(json_object_get(object, "muted")));
	assert_null(json_object_get(object, "until"));
	json_decref(object);
}

static void printed_text_is_exact_and_harmless(void **state)
{
	(void)state;
	static const char TEXT[] = "a\033[31m\xE2\x80\xAE\xC2\x9B\x7F\n\xC3\xA9\xF3\xA0\x81\x81";
	json_t *object = json_object();
	json_set_text(object, "t", TEXT);
	capture_start(1);
	json_print(object);
	char *out = capture_stop();
	for (const char *at = out; at[1]; at++)
		assert_true((unsigned char)*at >= ' ' && *at != 0x7F);
	assert_null(strstr(out, "\xE2\x80\xAE"));
	assert_null(strstr(out, "\xC2\x9B"));
	json_t *back = json_loads(out, 0, NULL);
	assert_string_equal(text_at(back, "t", NULL), TEXT);
	json_decref(back);
	free(out);
}

static void every_kind_of_event_has_an_object(void **state)
{
	(void)state;
	for (int kind = GCHAT_EVENT_STATE; kind <= GCHAT_EVENT_NOTICE; kind++) {
		struct gchat_event event = {.kind = (enum gchat_event_kind)kind};
		if (kind == GCHAT_EVENT_WELCOME)
			event.welcome.account = (struct gchat_profile){
				.user = "a", .display_name = "", .status_text = ""};
		if (kind == GCHAT_EVENT_PROFILE)
			event.profile = (struct gchat_profile){
				.user = "a", .display_name = "", .status_text = ""};
		if (kind == GCHAT_EVENT_ENTRY)
			event.entry.text = NULL;
		json_t *object = json_of_event(&event);
		if (kind == GCHAT_EVENT_REPLY) {
			assert_null(object);
			continue;
		}
		assert_string_equal(text_at(object, "type", NULL), "event");
		assert_non_null(text_at(object, "event", NULL));
		json_decref(object);
	}
}

static void a_committed_reply_tells_its_place(void **state)
{
	(void)state;
	struct gchat_reply reply = {.kind = GCHAT_REPLY_COMMITTED, .room_id = 3, .seq = 17};
	json_t *id = json_string("x"), *object = json_of_reply(id, &reply);
	assert_true(json_is_true(json_object_get(object, "ok")));
	assert_int_equal(json_integer_value(json_object_get(object, "seq")), 17);
	assert_string_equal(text_at(object, "id", NULL), "x");
	json_decref(object);
	json_decref(id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hello_tells_the_protocol),
		cmocka_unit_test(a_line_that_is_no_request_gives_an_error_with_its_number),
		cmocka_unit_test(an_empty_line_means_nothing),
		cmocka_unit_test(strict_ends_at_a_bad_line),
		cmocka_unit_test(a_refused_request_repeats_its_id),
		cmocka_unit_test(an_entry_has_its_place_author_and_time),
		cmocka_unit_test(a_ban_and_a_mute_say_whom_until_when_and_why),
		cmocka_unit_test(printed_text_is_exact_and_harmless),
		cmocka_unit_test(every_kind_of_event_has_an_object),
		cmocka_unit_test(a_committed_reply_tells_its_place),
	};
	return cmocka_run_group_tests_name("client_json", tests, NULL, NULL);
}
