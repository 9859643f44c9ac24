/*
 * What must never be logged: passwords, tokens and what people write. A daemon at the level debug goes
 * through all of it, good and bad, with strings of our own; then its whole output is searched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/macros.h"
#include "base/mem.h"
#include "raw.h"
#include "spell.h"
#include "support/td.h"
#include "tool.h"

enum {
	LOG_BYTES = 64 << 20,
	REQUEST_BYTES = 512,
};

#define PASSWORD "marker-password-4711"
#define WRONG    "marker-wrong-password-0815"
#define LATER    "marker-later-password-1234"
#define BODY     "marker-body-of-a-message"
#define EDITED   "marker-body-once-edited"
#define TOPIC    "marker-topic"
#define BEARER   "marker-bearer-that-was-made-up"

struct talk {
	struct td *td;
	struct raw *raw;
	char token[RAW_TOKEN_BYTES];
	char room[32]; /* its id */
};

static const char *look_up(void *arg, const char *name)
{
	return strcmp(name, "room") == 0 ? ((struct talk *)arg)->room : NULL;
}

/* A call, whatever comes of it; *ret_answer (owned) may be NULL. */
static void ask(struct talk *t, const char *path, const char *token, const char *request,
	const ProtobufCMethodDescriptor *method, ProtobufCMessage **ret_answer)
{
	struct h2_status status;
	ProtobufCMessage *message = spell_message(method->input, request, look_up, t);
	ProtobufCMessage *answer = raw_ask(t->raw, path, token, message, method->output, &status);
	codec_free(message);
	if (ret_answer)
		*ret_answer = answer;
	else
		codec_free(answer);
}

static void ask_auth(struct talk *t, const char *method, const char *token, const char *request,
	ProtobufCMessage **ret_answer)
{
	char path[REQUEST_BYTES];
	(void)snprintf(path, sizeof(path), "/gchat.v1.Auth/%s", method);
	ask(t, path, token, request,
		protobuf_c_service_descriptor_get_method_by_name(
			&gchat__v1__auth__descriptor, method),
		ret_answer);
}

static void ask_chat(struct talk *t, const char *method, const char *token, const char *request,
	ProtobufCMessage **ret_answer)
{
	char path[REQUEST_BYTES];
	(void)snprintf(path, sizeof(path), "/gchat.v1.Chat/%s", method);
	ask(t, path, token, request,
		protobuf_c_service_descriptor_get_method_by_name(
			&gchat__v1__chat__descriptor, method),
		ret_answer);
}

/* A frame on a stream of its own, whatever is answered. */
static void say(struct talk *t, const char *what, const char *request)
{
	struct raw_stream *s = raw_talk(t->raw, t->token);
	const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(
		&gchat__v1__client_frame__descriptor, what);
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	ProtobufCMessage *inner = spell_message(field->descriptor, request, look_up, t);
	frame.request_id = 7;
	frame.request_case = (Gchat__V1__ClientFrame__RequestCase)field->id;
	frame.ping = (void *)inner; /* the union's members are all pointers */
	raw_put(s, &frame.base);
	codec_free(inner);
	codec_free(&raw_take_reply(s)->base);
	raw_stream_cancel(s);
}

static void sign_in_well_and_badly(struct talk *t)
{
	ProtobufCMessage *answer = NULL;
	ask_auth(t, "CreateAccount", NULL, "user=ann password=" PASSWORD, &answer);
	assert_non_null(answer);
	(void)snprintf(t->token, sizeof(t->token), "%s",
		((const Gchat__V1__CreateAccountResponse *)(void *)answer)->token);
	codec_free(answer);
	ask_auth(t, "CreateAccount", NULL, "user=ann password=" PASSWORD, NULL);
	ask_auth(t, "CreateAccount", NULL, "user=Bad!Name password=" PASSWORD, NULL);
	ask_auth(t, "Login", NULL, "user=ann password=" WRONG, NULL);
	ask_auth(t, "Login", NULL, "user=nobody password=" WRONG, NULL);
	ask_auth(t, "Login", NULL, "user=" PASSWORD " password=" WRONG,
		NULL); /* in the wrong field */
	ask_auth(t, "ChangePassword", t->token, "old_password=" WRONG " new_password=" LATER, NULL);
	ask_auth(t, "ChangePassword", t->token, "old_password=" PASSWORD " new_password=" LATER,
		NULL);
	ask_auth(t, "ListTokens", BEARER, "", NULL);
	ask_auth(t, "ListTokens", t->token, "", NULL);
}

static void talk_well_and_badly(struct talk *t)
{
	ProtobufCMessage *answer = NULL;
	ask_chat(t, "CreateRoom", t->token, "name=lobby topic=" TOPIC, &answer);
	assert_non_null(answer);
	(void)snprintf(t->room, sizeof(t->room), "%llu",
		(unsigned long long)((const Gchat__V1__CreateRoomResponse *)(void *)answer)
			->room->room_id);
	codec_free(answer);
	say(t, "send", "room_id=$room client_msg_id=id text=" BODY);
	say(t, "send", "room_id=$room client_msg_id=short text=" BODY);
	say(t, "send", "room_id=999999 client_msg_id=id text=" BODY);
	say(t, "edit", "room_id=$room client_msg_id=id target_seq=2 text=" EDITED);
	say(t, "edit", "room_id=$room client_msg_id=id target_seq=99 text=" EDITED);
	say(t, "send", "room_id=$room client_msg_id=0123456789abcdef text=" BODY);
	say(t, "send", "room_id=$room client_msg_id=0123456789abcdef text=" EDITED);
	say(t, "set_topic", "room_id=$room topic=" TOPIC);
	say(t, "delete", "room_id=$room client_msg_id=id target_seq=2");
	ask_chat(t, "GetHistory", t->token, "room_id=$room after_seq=0", NULL);
}

/* Bytes that are no frame, with a body in them. */
static void send_nonsense(struct talk *t)
{
	static const char bytes[] = "\xff\xff" BODY;
	struct raw_stream *s = raw_talk(t->raw, t->token);
	raw_put_bytes(s, bytes, sizeof(bytes));
	(void)raw_end(s);
	raw_stream_cancel(s);
}

/* What an administrator hands over, and what is handed out; *ret_code: an invitation's, owned. */
static void administer(struct talk *t, char **ret_code)
{
	char path[TD_PATH_BYTES];
	char words[REQUEST_BYTES];
	FILE *f = fopen(td_path(t->td, "password", path), "we");
	assert_non_null(f);
	assert_true(fputs(LATER "\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
	(void)snprintf(words, sizeof(words), "user add carl --password-file=%s", path);
	json_decref(tool_json(t->td, GCHATCTL, words));
	(void)snprintf(words, sizeof(words), "user passwd carl --password-file=%s", path);
	json_decref(tool_json(t->td, GCHATCTL, words));
	json_t *invite = tool_json(t->td, GCHATCTL, "invite create");
	*ret_code = mem_strdup(json_string_value(tool_at(t->td, invite, "code")));
	json_decref(invite);
	assert_true(strlen(*ret_code) > 8);
}

static void expect_absent(struct td *td, const char *log, const char *what)
{
	const char *at = strstr(log, what);
	if (at)
		td_fail(td, "logged: %.*s", 200, at > log + 100 ? at - 100 : log);
}

static void nothing_secret_and_nothing_said_is_ever_logged(void **state)
{
	static const char *const markers[] = {"marker-", PASSWORD, BODY, TOPIC, BEARER};
	struct talk t = {.td = td_start(NULL)};
	char *log = NULL;
	char *code = NULL;
	size_t len = 0;
	(void)state;
	t.raw = raw_open(t.td);
	sign_in_well_and_badly(&t);
	talk_well_and_badly(&t);
	send_nonsense(&t);
	administer(&t, &code);
	raw_close(t.raw);
	td_terminate(t.td);
	assert_int_equal(fd_read_file(td_log_path(t.td), LOG_BYTES, &log, &len), 0);
	assert_non_null(strstr(log, "<7>")); /* the level is debug */
	for (size_t i = 0; i < GC_LENGTH(markers); i++)
		expect_absent(t.td, log, markers[i]);
	expect_absent(t.td, log, t.token);
	expect_absent(t.td, log, code);
	free(code);
	free(log);
	td_spawn(t.td);
	td_wait_ready(t.td, TD_WAIT_MS);
	td_stop(t.td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			nothing_secret_and_nothing_said_is_ever_logged, td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
