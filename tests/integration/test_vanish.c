/*
 * Administrators who vanish: for every method of Admin a call is begun and the connection cut, at
 * once, with the request half sent, or while it is under way. The daemon forgets such calls, goes on,
 * and ends cleanly: a call that was leaked would keep its shard from ending.
 * timeout: 300
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macros.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"
#include "spell.h"
#include "support/td_client.h"
#include "tool.h"

enum {
	ROUNDS = TD_SANITIZED ? 4 : 10,
	BYTES_MAX = 4096,
	FRAME_HEAD = 9,
	FRAME_DATA = 0,
	FRAME_HEADERS = 1,
	FRAME_SETTINGS = 4,
	END_STREAM = 1,
	END_HEADERS = 4,
	GRPC_HEAD = 5,
	PAUSE_NS = 300000,
	STORE_FDS = 8, /* SQLite opens its readers when they are first wanted, and closes late */
};

/* What a method needs to get beyond its first check; the others are asked with nothing. */
static const struct {
	const char *method;
	const char *request;
} requests[] = {
	{"ListSessions", "page_size=500"},
	{"ListAllRooms", "page_size=500"},
	{"ListRoomMembers", "room=lobby"},
	{"Kick", "user=bob room=lobby reason=gone"},
	{"Ban", "target=bob room=lobby"},
	{"Unban", "target=bob room=lobby"},
	{"Mute", "user=bob room=lobby duration_s=60"},
	{"Explain", "user=ann room=lobby"},
	{"AddUser", "user=someone password=longenough"},
	{"SetPassword", "user=bob password=longenough"},
	{"SetRole", "room=lobby user=bob role=ROLE_READER"},
	{"CreateInvite", "uses=1"},
	{"AdminCreateRoom", "name=made"},
	{"AdminUpdateRoom", "room=lobby set_topic=true topic=x"},
	{"AdminDeleteRoom", "room=made"},
	{"EndSession", "session_id=999999"},
	{"Broadcast", "text=hello"},
	{"SetLogLevel", "level=debug"},
	{"GetMetrics", "as_text=true"},
};

/* How much of a call is sent before the cut. */
enum cut {
	CUT_HEADERS, /* the call has begun */
	CUT_HALF, /* the request's first half */
	CUT_WHOLE, /* all of it: the daemon works */
	CUT_LATER, /* the same, and a moment passes */
	_CUT_MAX,
};

struct bytes {
	uint8_t data[BYTES_MAX];
	size_t len;
};

static void put(struct bytes *b, const void *data, size_t len)
{
	assert_true(b->len + len <= sizeof(b->data));
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void put_frame(struct bytes *b, uint8_t type, uint8_t flags, const struct bytes *content)
{
	const uint8_t head[FRAME_HEAD] = {(uint8_t)(content->len >> 16),
		(uint8_t)(content->len >> 8), (uint8_t)content->len, type, flags, 0, 0, 0,
		type == FRAME_SETTINGS ? 0 : 1};
	put(b, head, sizeof(head));
	put(b, content->data, content->len);
}

/* RFC 7541, 6.2.2: a literal that is in no table. */
static void put_header(struct bytes *b, const char *name, const char *value)
{
	const uint8_t literal = 0;
	uint8_t name_len = (uint8_t)strlen(name);
	uint8_t value_len = (uint8_t)strlen(value);
	assert_true(strlen(name) < 127 && strlen(value) < 127);
	put(b, &literal, 1);
	put(b, &name_len, 1);
	put(b, name, name_len);
	put(b, &value_len, 1);
	put(b, value, value_len);
}

/* Preface, settings and headers. */
static void put_opening(struct bytes *b, const char *method)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	char path[96];
	struct bytes headers = {.len = 0};
	const struct bytes none = {.len = 0};
	(void)snprintf(path, sizeof(path), "/gchat.v1.Admin/%s", method);
	put_header(&headers, ":method", "POST");
	put_header(&headers, ":scheme", "http");
	put_header(&headers, ":path", path);
	put_header(&headers, ":authority", "localhost");
	put_header(&headers, "content-type", "application/grpc");
	put_header(&headers, "te", "trailers");
	put(b, preface, sizeof(preface) - 1);
	put_frame(b, FRAME_SETTINGS, 0, &none);
	put_frame(b, FRAME_HEADERS, END_HEADERS, &headers);
}

static void put_request(struct bytes *b, const ProtobufCMethodDescriptor *method)
{
	const char *text = "";
	struct bytes data = {.len = 0};
	size_t len = 0;
	for (size_t i = 0; i < GC_LENGTH(requests); i++)
		if (strcmp(requests[i].method, method->name) == 0)
			text = requests[i].request;
	ProtobufCMessage *message = spell_message(method->input, text, NULL, NULL);
	uint8_t *encoded = codec_encode_new(message, &len);
	const uint8_t head[GRPC_HEAD] = {0, 0, 0, (uint8_t)(len >> 8), (uint8_t)len};
	put(&data, head, sizeof(head));
	put(&data, encoded, len);
	put_frame(b, FRAME_DATA, END_STREAM, &data);
	free(encoded);
	codec_free(message);
}

static int connect_admin(struct td *td)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s/admin.sock", td_folder(td));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

static void call_and_vanish(
	struct td *td, const ProtobufCMethodDescriptor *method, enum cut cut, unsigned round)
{
	struct bytes b = {.len = 0};
	put_opening(&b, method->name);
	size_t opening = b.len;
	put_request(&b, method);
	size_t len = b.len;
	if (cut == CUT_HEADERS)
		len = opening;
	else if (cut == CUT_HALF)
		len = opening + (b.len - opening) / 2;
	int fd = connect_admin(td);
	assert_int_equal(send(fd, b.data, len, MSG_NOSIGNAL), len);
	/* What is being tried is any moment there is: some are hit, in no promised order. */
	if (cut == CUT_LATER)
		(void)nanosleep(&(struct timespec){.tv_nsec = (long)PAUSE_NS * round}, NULL);
	(void)close(fd);
}

static void vanish_from(struct td *td, const ProtobufCMethodDescriptor *method)
{
	for (unsigned round = 0; round < ROUNDS; round++)
		for (int cut = 0; cut < _CUT_MAX; cut++)
			call_and_vanish(td, method, (enum cut)cut, round);
}

static unsigned descriptors_before;

static bool has_no_more_descriptors(void *arg)
{
	return td_fd_count(arg) <= descriptors_before + STORE_FDS;
}

/* A call that stays on: the method works for who waits, also when asked with nothing. */
static void expect_answers(struct td *td)
{
	json_decref(tool_json(td, GCHATCTL, "status"));
	json_decref(tool_json(td, GCHATCTL, "list-rooms"));
	json_decref(tool_json(td, GCHATCTL, "list-sessions"));
}

static void a_call_whose_caller_has_vanished_is_forgotten(void **state)
{
	const ProtobufCServiceDescriptor *admin = &gchat__v1__admin__descriptor;
	struct td *td = td_start(NULL);
	struct td_client *ann = td_connect(td, "ann");
	struct td_client *bob = td_connect(td, "bob");
	(void)state;
	(void)td_create_room(ann, "lobby");
	(void)td_join(bob, "lobby");
	td_disconnect(bob);
	expect_answers(td);
	descriptors_before = td_fd_count(td);
	for (unsigned i = 0; i < admin->n_methods; i++) {
		vanish_from(td, &admin->methods[i]);
		td_hear(td);
	}
	expect_answers(td);
	td_wait_until(td, has_no_more_descriptors, td, TD_WAIT_MS, "connections that are gone");
	td_stop(td); /* ends only when no call is left on any shard */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_call_whose_caller_has_vanished_is_forgotten, td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
