/*
 * The negative matrix: every call of Auth and Chat and every frame of the stream, asked by everyone
 * there is, and what each is told. The methods and frames are those of the contract: one without a row
 * here fails the test, so none can be forgotten. Each row has people and rooms of its own.
 *
 * timeout: 300
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"
#include "proto/reason.h"
#include "raw.h"
#include "spell.h"
#include "support/td.h"
#include "tool.h"

enum {
	NAME_BYTES = 48,
	PATH_BYTES = 96,
};

/* Who asks, in this order: those who may do the most come last, for what they do is done. */
enum person {
	NOBODY, /* no token */
	GUEST, /* in no room */
	OTHER, /* signed in, in no room */
	BANNED, /* from the hall; never in the den */
	MUTED, /* in the hall; a member of both */
	SUSPENDED, /* a member of both */
	MEMBER,
	MODERATOR,
	OWNER,
	_PERSON_MAX,
	TARGET = _PERSON_MAX, /* a member whom things are done to */
	_PEOPLE,
};

static const char *const person_names[_PEOPLE] = {"nobody", "guest", "other", "banned", "muted",
	"suspended", "member", "moderator", "owner", "target"};

/* A letter for each answer, so that a row is a word. */
static const struct {
	char letter;
	enum reason reason;
} letters[] = {
	{'.', REASON_NONE},
	{'s', REASON_NOT_SIGNED_IN},
	{'m', REASON_NOT_A_MEMBER},
	{'p', REASON_NOT_PERMITTED},
	{'r', REASON_UNKNOWN_ROOM},
	{'a', REASON_NOT_AUTHOR},
	{'n', REASON_NOT_FOUND},
	{'u', REASON_UNIMPLEMENTED},
	{'w', REASON_WRONG_CREDENTIALS},
	{'v', REASON_INVALID_ARGUMENT},
	{'e', REASON_USER_EXISTS},
	{'2', REASON_SECOND_HELLO},
	{'l', REASON_LAST_OWNER},
	{'i', REASON_BAD_IMAGE},
	{'o', REASON_UNKNOWN_USER},
	{'k', REASON_UNKNOWN_MESSAGE},
	{'b', REASON_BANNED},
	{'q', REASON_MUTED},
	{'x', REASON_ACCOUNT_SUSPENDED},
};

/* "$hall" is a public room, "$den" a private one; member, moderator, owner and target are in both.
 * "$target" is the target's name, "$seq" a new message of the target's in the hall, "$mine" one of
 * the asker's, where it can have one. */
struct row {
	const char *what; /* the method without its package, or the frame */
	const char *request; /* see spell.h */
	const char *told; /* a letter for each person */
};

/* clang-format off */
static const struct row call_rows[] = {
	/*                      nobody guest other banned muted suspended member moderator owner */
	{"Auth/GetServerInfo", "",                                          "........."},
	{"Auth/CreateAccount", "user=$target password=longenough",          "eeeeeeeee"},
	{"Auth/Login", "user=$target password=wrong-password",              "wwwwwwwww"},
	{"Auth/Login", "user=$suspended password=correct-horse",           "xxxxxxxxx"},
	{"Auth/LoginGuest", "",                                             "........."},
	{"Auth/ListTokens", "",                                             "s....x..."},
	{"Auth/RevokeToken", "token_id=$their_token",                       "snnnnxnnn"},
	{"Auth/ChangePassword", "old_password=wrong-password new_password=longenough2", "swwwwxwww"},
	{"Auth/Logout", "",                                                 "s....x..."},
	{"Chat/Connect", "",                                                "s....x..."},
	{"Chat/ListRooms", "",                                              "s....x..."},
	{"Chat/GetRoom", "room_id=$hall",                                   "s....x..."},
	{"Chat/GetRoom", "room_id=$den",                                    "srrr.x..."},
	{"Chat/CreateRoom", "name=$fresh",                                  "sp...x..."},
	{"Chat/UpdateRoom", "room_id=$hall set_title=true title=x",         "smmmqxpp."},
	{"Chat/UpdateRoom", "room_id=$hall set_topic=true topic=x",         "smmmqxp.."},
	{"Chat/UpdateRoom", "room_id=$hall set_visibility=true visibility=VISIBILITY_PRIVATE", "smmmqxpp."},
	{"Chat/UpdateRoom", "room_id=$den set_topic=true topic=x",          "srrrpxp.."},
	{"Chat/DeleteRoom", "room_id=$hall",                                "smmmpxpp."},
	{"Chat/DeleteRoom", "room_id=$den",                                 "srrrpxpp."},
	{"Chat/ListMembers", "room_id=$hall",                               "smmm.x..."},
	{"Chat/ListMembers", "room_id=$den",                                "srrr.x..."},
	{"Chat/GetHistory", "room_id=$hall after_seq=0",                    "smmm.x..."},
	{"Chat/GetHistory", "room_id=$den after_seq=0",                     "srrr.x..."},
	{"Chat/SearchMessages", "query=x",                                  "uuuuuuuuu"},
	{"Chat/GetProfiles", "users=$target",                               "s....x..."},
	{"Chat/UpdateProfile", "set_status_text=true status_text=x",        "s....x..."},
	{"Chat/SetAvatar", "total_bytes=4 chunk=none",                      "siiiixiii"},
	{"Chat/DeleteAvatar", "",                                           "s....x..."},
	{"Chat/GetAvatar", "avatar_hash=0123456789abcdef0123456789abcdef",  "snnnnxnnn"},
	{"Chat/ListReadMarkers", "",                                        "s....x..."},
	{"Chat/OpenDirectRoom", "user=$target",                             "sp...x..."},
	{"Chat/RemoveMember", "room_id=$hall user=$target",                 "smmmpxp.."},
	{"Chat/RemoveMember", "room_id=$den user=$target",                  "srrrpxp.m"},
	{"Chat/RemoveMember", "room_id=$hall user=$owner",                  "smmmpxppp"},
	{"Chat/SetMemberRole", "room_id=$hall user=$target role=ROLE_READER", "smmmpxp.."},
	{"Chat/SetMemberRole", "room_id=$hall user=$target role=ROLE_MODERATOR", "smmmpxpp."},
	{"Chat/SetMemberRole", "room_id=$hall user=$owner role=ROLE_READER", "smmmpxppl"},
	{"Chat/BanMember", "room_id=$hall user=$target",                    "smmmpxp.."},
	{"Chat/BanMember", "room_id=$den user=$target",                     "srrrpxp.."},
	{"Chat/BanMember", "room_id=$hall user=$owner",                     "smmmpxppp"},
	{"Chat/UnbanMember", "room_id=$hall user=$banned",                  "smmmpxp.n"},
	{"Chat/ListRoomBans", "room_id=$hall",                              "smmmpxp.."},
	{"Chat/ListRoomBans", "room_id=$den",                               "srrrpxp.."},
	{"Chat/MuteMember", "room_id=$hall user=$target duration_s=60",     "smmmpxp.."},
	{"Chat/MuteMember", "room_id=$den user=$target duration_s=60",      "srrrpxp.."},
	{"Chat/MuteMember", "room_id=$hall user=$owner duration_s=60",      "smmmpxppp"},
	{"Chat/SetMemberRole", "room_id=$den user=$target role=ROLE_READER", "srrrpxp.."},
};

static const struct row frame_rows[] = {
	{"hello", "protocol_version=1",                                     "s2222x222"},
	{"send", "room_id=$hall client_msg_id=id text=x",                   "smmmqx..."},
	{"send", "room_id=$den client_msg_id=id text=x",                    "smmm.x..."},
	{"edit", "room_id=$hall client_msg_id=id target_seq=$seq text=x",   "smmmqxaaa"},
	{"edit", "room_id=$hall client_msg_id=id target_seq=$mine text=x",  "smmmqx..."},
	{"delete", "room_id=$hall client_msg_id=id target_seq=$seq",        "smmmaxa.."},
	{"delete", "room_id=$hall client_msg_id=id target_seq=$mine",       "smmmkx..."},
	{"react", "room_id=$hall client_msg_id=id target_seq=$seq emoji=+", "smmmqx..."},
	{"join", "room_id=$hall",                                           "s..b.x..."},
	{"join", "room_id=$den",                                            "srrr.x..."},
	{"leave", "room_id=$hall",                                          "smmm.x..l"},
	{"leave", "room_id=$den",                                           "smmm.x..l"},
	{"invite", "room_id=$den user=$other",                              "smmmpxp.."},
	{"set_topic", "room_id=$hall topic=x",                              "smmmqxp.."},
	{"mark_read", "room_id=$hall seq=1",                                "smmm.x..."},
	{"set_typing", "room_id=$hall typing=true",                         "smmmqx..."},
	{"set_presence", "state=PRESENCE_AWAY",                       "s....x..."},
	{"ping", "",                                                        "s....x..."},
};
/* clang-format on */

struct world {
	struct td *td;
	struct raw *raw;
	int number; /* of the row: names are its own */
	char names[_PEOPLE][NAME_BYTES];
	char tokens[_PEOPLE][RAW_TOKEN_BYTES]; /* "": none */
	uint64_t hall;
	uint64_t den;
	bool suspended; /* whose place it is, by now */
	enum person asker;
	char value[NAME_BYTES]; /* of the last thing looked up */
};

static const char *token_of(const struct world *w, enum person person)
{
	return w->tokens[person][0] ? w->tokens[person] : NULL;
}

/* ---- one question ---- */

static const ProtobufCMethodDescriptor *find_method(const char *what)
{
	const ProtobufCServiceDescriptor *service = strncmp(what, "Auth/", strlen("Auth/")) == 0
							    ? &gchat__v1__auth__descriptor
							    : &gchat__v1__chat__descriptor;
	const ProtobufCMethodDescriptor *method =
		protobuf_c_service_descriptor_get_method_by_name(service, strchr(what, '/') + 1);
	if (!method)
		fail_msg("%s: no such method", what);
	return method;
}

static const char *look_up(void *arg, const char *name);

/* A unary call; *ret_answer: owned, NULL where it was refused; may be NULL. */
static enum reason ask(struct world *w, enum person person, const char *what, const char *request,
	ProtobufCMessage **ret_answer)
{
	char path[PATH_BYTES];
	struct h2_status status;
	const ProtobufCMethodDescriptor *method = find_method(what);
	ProtobufCMessage *message = spell_message(method->input, request, look_up, w);
	(void)snprintf(path, sizeof(path), "/gchat.v1.%s", what);
	ProtobufCMessage *answer =
		raw_ask(w->raw, path, token_of(w, person), message, method->output, &status);
	codec_free(message);
	if (ret_answer)
		*ret_answer = answer;
	else
		codec_free(answer);
	if (status.code == 0)
		return REASON_NONE;
	enum reason reason = reason_find(status.reason);
	if (reason == REASON_NONE || (int)reason_code(reason) != status.code)
		td_fail(w->td, "%s: code %d with reason \"%s\"", what, status.code, status.reason);
	return reason;
}

static void put_frame(struct world *w, struct raw_stream *s, const char *what, const char *request)
{
	Gchat__V1__ClientFrame frame;
	gchat__v1__client_frame__init(&frame);
	const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(
		&gchat__v1__client_frame__descriptor, what);
	assert_non_null(field);
	ProtobufCMessage *inner = spell_message(field->descriptor, request, look_up, w);
	frame.request_id = 7;
	frame.request_case = (Gchat__V1__ClientFrame__RequestCase)field->id;
	frame.ping = (void *)inner; /* the union's members are all pointers */
	raw_put(s, &frame.base);
	codec_free(inner);
}

/* What the reply says; *ret_seq: where it was committed, or 0; may be NULL. */
static enum reason reply_of(struct raw_stream *s, uint64_t *ret_seq)
{
	Gchat__V1__ServerFrame *frame = raw_take_reply(s);
	const Gchat__V1__Reply *reply = frame->replies[0];
	enum reason reason = REASON_NONE;
	if (reply->result_case == GCHAT__V1__REPLY__RESULT_ERROR) {
		reason = reason_find(reply->error->reason);
		assert_int_not_equal(reason, REASON_NONE);
		assert_int_equal(reply->error->code, reason_code(reason));
	}
	if (ret_seq)
		*ret_seq = reply->result_case == GCHAT__V1__REPLY__RESULT_COMMITTED
				   ? reply->committed->seq
				   : 0;
	codec_free(&frame->base);
	return reason;
}

static enum reason end_of(struct raw_stream *s)
{
	const struct h2_status *status = raw_end(s);
	return status->code == 0 ? REASON_NONE : reason_find(status->reason);
}

/* A frame on a stream of its own. */
static enum reason say(struct world *w, enum person person, const char *what, const char *request,
	uint64_t *ret_seq)
{
	static const char path[] = "/gchat.v1.Chat/Connect";
	if (!token_of(w, person))
		return end_of(raw_stream_open(w->raw, path, NULL));
	if (person == SUSPENDED && w->suspended)
		return end_of(raw_stream_open(w->raw, path, token_of(w, person)));
	struct raw_stream *s = raw_talk(w->raw, token_of(w, person));
	put_frame(w, s, what, request);
	enum reason reason = strcmp(what, "hello") == 0 ? end_of(s) : reply_of(s, ret_seq);
	raw_stream_cancel(s);
	return reason;
}

/* ---- the world of a row ---- */

static const char *number_text(struct world *w, uint64_t number)
{
	(void)snprintf(w->value, sizeof(w->value), "%llu", (unsigned long long)number);
	return w->value;
}

/* A new message in the hall; 0 where the person can't send. */
static uint64_t new_message(struct world *w, enum person person)
{
	uint64_t seq = 0;
	if (token_of(w, person) && person != SUSPENDED)
		(void)say(w, person, "send", "room_id=$hall client_msg_id=id text=hello", &seq);
	return seq > 0 ? seq : 1;
}

/* Another's token, by its id. */
static uint64_t targets_token(struct world *w)
{
	ProtobufCMessage *answer = NULL;
	assert_int_equal(ask(w, TARGET, "Auth/ListTokens", "", &answer), REASON_NONE);
	const Gchat__V1__ListTokensResponse *list = (const void *)answer;
	uint64_t id = list->tokens[0]->token_id;
	codec_free(answer);
	return id;
}

static const char *look_up(void *arg, const char *name)
{
	struct world *w = arg;
	for (int p = 0; p < _PEOPLE; p++)
		if (strcmp(name, person_names[p]) == 0)
			return w->names[p];
	if (strcmp(name, "hall") == 0)
		return number_text(w, w->hall);
	if (strcmp(name, "den") == 0)
		return number_text(w, w->den);
	if (strcmp(name, "seq") == 0)
		return number_text(w, new_message(w, TARGET));
	if (strcmp(name, "mine") == 0)
		return number_text(w, new_message(w, w->asker));
	if (strcmp(name, "their_token") == 0)
		return number_text(w, targets_token(w));
	if (strcmp(name, "fresh") != 0)
		return NULL;
	(void)snprintf(w->value, sizeof(w->value), "fresh-%d-%d", w->number, (int)w->asker);
	return w->value;
}

static void keep_token(struct world *w, enum person person, const char *token)
{
	(void)snprintf(w->tokens[person], RAW_TOKEN_BYTES, "%s", token);
}

static void make_person(struct world *w, enum person person)
{
	char request[PATH_BYTES];
	ProtobufCMessage *answer = NULL;
	(void)snprintf(w->names[person], NAME_BYTES, "%s-%d", person_names[person], w->number);
	if (person == NOBODY)
		return;
	if (person == GUEST) {
		assert_int_equal(ask(w, NOBODY, "Auth/LoginGuest", "", &answer), REASON_NONE);
		keep_token(
			w, person, ((const Gchat__V1__LoginGuestResponse *)(void *)answer)->token);
	} else {
		(void)snprintf(request, sizeof(request), "user=%s password=%s", w->names[person],
			"correct-horse");
		assert_int_equal(
			ask(w, NOBODY, "Auth/CreateAccount", request, &answer), REASON_NONE);
		keep_token(w, person,
			((const Gchat__V1__CreateAccountResponse *)(void *)answer)->token);
	}
	codec_free(answer);
}

static uint64_t make_room(struct world *w, const char *kind, const char *visibility)
{
	char request[PATH_BYTES];
	ProtobufCMessage *answer = NULL;
	(void)snprintf(
		request, sizeof(request), "name=%s-%d visibility=%s", kind, w->number, visibility);
	assert_int_equal(ask(w, OWNER, "Chat/CreateRoom", request, &answer), REASON_NONE);
	uint64_t id = ((const Gchat__V1__CreateRoomResponse *)(void *)answer)->room->room_id;
	codec_free(answer);
	return id;
}

/* Invited where that takes it. */
static void bring_in(struct world *w, enum person person)
{
	char request[PATH_BYTES];
	(void)snprintf(request, sizeof(request), "room_id=$den user=%s", w->names[person]);
	assert_int_equal(say(w, OWNER, "invite", request, NULL), REASON_NONE);
	assert_int_equal(say(w, person, "join", "room_id=$den", NULL), REASON_NONE);
	assert_int_equal(say(w, person, "join", "room_id=$hall", NULL), REASON_NONE);
}

static void suspend(struct world *w)
{
	char words[PATH_BYTES];
	(void)snprintf(words, sizeof(words), "user suspend %s", w->names[SUSPENDED]);
	json_decref(tool_json(w->td, GCHATCTL, words));
	w->suspended = true;
}

static void make_world(struct world *w)
{
	static const enum person inside[] = {MUTED, SUSPENDED, MEMBER, MODERATOR, TARGET};
	memset(w->tokens, 0, sizeof(w->tokens));
	w->suspended = false;
	for (int p = 0; p < _PEOPLE; p++)
		make_person(w, (enum person)p);
	w->hall = make_room(w, "hall", "VISIBILITY_PUBLIC");
	w->den = make_room(w, "den", "VISIBILITY_PRIVATE");
	for (size_t i = 0; i < GC_LENGTH(inside); i++)
		bring_in(w, inside[i]);
	assert_int_equal(ask(w, OWNER, "Chat/SetMemberRole",
				 "room_id=$hall user=$moderator role=ROLE_MODERATOR", NULL),
		REASON_NONE);
	assert_int_equal(ask(w, OWNER, "Chat/SetMemberRole",
				 "room_id=$den user=$moderator role=ROLE_MODERATOR", NULL),
		REASON_NONE);
	assert_int_equal(
		ask(w, OWNER, "Chat/BanMember", "room_id=$hall user=$banned", NULL), REASON_NONE);
	assert_int_equal(
		ask(w, OWNER, "Chat/MuteMember", "room_id=$hall user=$muted duration_s=3600", NULL),
		REASON_NONE);
	suspend(w);
}

/* ---- the matrix ---- */

static enum reason reason_of(const struct row *row, enum person person)
{
	assert_int_equal(strlen(row->told), _PERSON_MAX);
	for (size_t i = 0; i < GC_LENGTH(letters); i++)
		if (letters[i].letter == row->told[person])
			return letters[i].reason;
	fail_msg("%s: no such letter: %c", row->what, row->told[person]);
	return REASON_NONE;
}

/* What was done to the target by the one before is undone where one can. */
static void restore_target(struct world *w)
{
	(void)say(w, TARGET, "join", "room_id=$hall", NULL);
}

/* A stream is no unary call: it is opened and greeted. */
static enum reason connect_as(struct world *w, enum person person)
{
	struct raw_stream *s =
		raw_stream_open(w->raw, "/gchat.v1.Chat/Connect", token_of(w, person));
	if (!token_of(w, person) || person == SUSPENDED)
		return end_of(s);
	raw_put_hello(s);
	codec_free(raw_take(s, &gchat__v1__server_frame__descriptor));
	raw_stream_cancel(s);
	return REASON_NONE;
}

static enum reason try_row(struct world *w, const struct row *row, bool frame)
{
	if (frame)
		return say(w, w->asker, row->what, row->request, NULL);
	if (strcmp(row->what, "Chat/Connect") == 0)
		return connect_as(w, w->asker);
	return ask(w, w->asker, row->what, row->request, NULL);
}

/* How many cells are not as they should be; each is printed. */
static int check_row(struct world *w, const struct row *row, bool frame)
{
	int wrong = 0;
	w->number++;
	make_world(w);
	for (int p = 0; p < _PERSON_MAX; p++) {
		w->asker = (enum person)p;
		restore_target(w);
		enum reason wanted = reason_of(row, w->asker);
		enum reason got = try_row(w, row, frame);
		if (got == wanted)
			continue;
		print_error("%s %s as %s: %s, not %s\n", row->what, row->request, person_names[p],
			reason_name(got), reason_name(wanted));
		wrong++;
	}
	return wrong;
}

/* One connection asks it all. */
static const struct td_options options = {.config = "limits: { streams_per_second = 0; };"};

static void check_rows(const struct row *rows, size_t count, bool frames)
{
	struct world w = {.td = td_start(&options), .number = frames ? 1000 : 0};
	int wrong = 0;
	w.raw = raw_open(w.td);
	for (size_t i = 0; i < count; i++)
		wrong += check_row(&w, &rows[i], frames);
	raw_close(w.raw);
	if (wrong > 0)
		fail_msg("%d of %zu cells are wrong", wrong, count * _PERSON_MAX);
	print_message("%zu rows, %zu answers\n", count, count * _PERSON_MAX);
	td_stop(w.td);
}

static void every_call_by_everyone_is_answered_as_the_table_says(void **state)
{
	(void)state;
	check_rows(call_rows, GC_LENGTH(call_rows), false);
}

static void every_frame_by_everyone_is_answered_as_the_table_says(void **state)
{
	(void)state;
	check_rows(frame_rows, GC_LENGTH(frame_rows), true);
}

static bool has_row(const struct row *rows, size_t count, const char *what)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].what, what) == 0)
			return true;
	return false;
}

static void no_method_and_no_frame_of_the_contract_is_forgotten(void **state)
{
	static const ProtobufCServiceDescriptor *const services[] = {
		&gchat__v1__auth__descriptor, &gchat__v1__chat__descriptor};
	const ProtobufCMessageDescriptor *frame = &gchat__v1__client_frame__descriptor;
	char what[NAME_BYTES];
	(void)state;
	for (size_t i = 0; i < GC_LENGTH(services); i++)
		for (unsigned k = 0; k < services[i]->n_methods; k++) {
			(void)snprintf(what, sizeof(what), "%s/%s", i == 0 ? "Auth" : "Chat",
				services[i]->methods[k].name);
			if (!has_row(call_rows, GC_LENGTH(call_rows), what))
				fail_msg("%s has no row", what);
		}
	for (unsigned i = 0; i < frame->n_fields; i++)
		if ((frame->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
			!has_row(frame_rows, GC_LENGTH(frame_rows), frame->fields[i].name))
			fail_msg("the frame %s has no row", frame->fields[i].name);
}

/* Whoever asks: on the TLS port there is no Admin. */
static void no_method_of_admin_is_there_on_the_tls_port(void **state)
{
	const ProtobufCServiceDescriptor *admin = &gchat__v1__admin__descriptor;
	struct world w = {.td = td_start(&options)};
	char path[PATH_BYTES];
	(void)state;
	w.raw = raw_open(w.td);
	make_world(&w);
	for (unsigned i = 0; i < admin->n_methods; i++) {
		ProtobufCMessage *request = spell_message(admin->methods[i].input, "", NULL, NULL);
		(void)snprintf(path, sizeof(path), "/gchat.v1.Admin/%s", admin->methods[i].name);
		for (int p = NOBODY; p < _PERSON_MAX; p++) {
			struct h2_status status;
			ProtobufCMessage *answer =
				raw_ask(w.raw, path, token_of(&w, (enum person)p), request,
					admin->methods[i].output, &status);
			if (answer || reason_find(status.reason) != REASON_UNIMPLEMENTED)
				td_fail(w.td, "%s as %s: %d %s", path, person_names[p], status.code,
					status.reason);
		}
		codec_free(request);
	}
	raw_close(w.raw);
	td_stop(w.td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_method_and_no_frame_of_the_contract_is_forgotten),
		cmocka_unit_test_teardown(
			every_call_by_everyone_is_answered_as_the_table_says, td_teardown),
		cmocka_unit_test_teardown(
			every_frame_by_everyone_is_answered_as_the_table_says, td_teardown),
		cmocka_unit_test_teardown(no_method_of_admin_is_there_on_the_tls_port, td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
