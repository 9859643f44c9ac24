/* A client whose server isn't there. */
#include "lib/call.h"
#include "lib/channel.h"
#include "lib/gchat.h"

#include "base/clock.h"
#include "folder.h"
#include "lib/priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_std.h"

enum {
	DEADLINE_MS = 10000,
};

static struct folder folder;
static int held_fd; /* bound and not listening: its port refuses connections */
static char server[32];

static int setup(void **state)
{
	(void)state;
	folder_make(&folder);
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	held_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(held_fd, (void *)&address, len), 0);
	assert_int_equal(getsockname(held_fd, (void *)&address, &len), 0);
	(void)snprintf(server, sizeof(server), "127.0.0.1:%u", ntohs(address.sin_port));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(held_fd);
	folder_remove(&folder);
	return 0;
}

static struct gchat *open_client(void)
{
	struct gchat *g = NULL;
	struct gchat_error error;
	struct gchat_options options = {.server = server,
		.state_dir = folder.path,
		.backoff_min_ms = 10,
		.backoff_max_ms = 50,
		.call_timeout_ms = DEADLINE_MS};
	assert_int_equal(gchat_open(&options, &g, &error), 0);
	return g;
}

static int connect_as_alice(struct gchat *g)
{
	struct gchat_session_options session = {.token = "token", .user = "alice"};
	return gchat_connect(g, &session);
}

static struct gchat_state_event expect_state(struct gchat *g, enum gchat_state wanted)
{
	struct gchat_event *event;
	assert_int_equal(gchat_next(g, DEADLINE_MS, &event), 1);
	assert_int_equal(event->kind, GCHAT_EVENT_STATE);
	assert_int_equal(event->state.state, wanted);
	struct gchat_state_event copy = event->state;
	gchat_event_free(event);
	return copy;
}

static void wrong_options_are_refused(void **state)
{
	(void)state;
	struct gchat *g;
	struct gchat_error error;
	struct gchat_options options = {.server = "no server"};
	assert_int_equal(gchat_open(&options, &g, &error), -EINVAL);
	assert_string_equal(error.reason, "INVALID_ARGUMENT");
	options = (struct gchat_options){.server = server, .state_dir = "/dev/null/x"};
	assert_int_equal(gchat_open(&options, &g, &error), -EIO);
	options = (struct gchat_options){.server = server,
		.trust_mode = GCHAT_TRUST_MODE_CA_FILE,
		.ca_file = "/nonexistent"};
	assert_int_equal(gchat_open(&options, &g, &error), -EIO);
}

static void a_client_that_never_connects_can_be_closed(void **state)
{
	(void)state;
	gchat_close(open_client());
	gchat_close(NULL);
}

static void a_call_fails_as_unavailable(void **state)
{
	(void)state;
	struct gchat *g = open_client();
	struct gchat_server_info *info;
	struct gchat_error error;
	assert_int_equal(gchat_server_info(g, &info, &error), -EIO);
	assert_string_equal(error.reason, "UNAVAILABLE");
	assert_int_equal(gchat_server_info(g, &info, &error), -EIO);
	gchat_close(g);
}

static void attempts_are_counted_and_told(void **state)
{
	(void)state;
	struct gchat *g = open_client();
	assert_int_equal(connect_as_alice(g), 0);
	assert_int_equal(connect_as_alice(g), -EALREADY);
	(void)expect_state(g, GCHAT_STATE_CONNECTING);
	for (uint32_t attempt = 1; attempt <= 4; attempt++) {
		struct gchat_state_event told = expect_state(g, GCHAT_STATE_RECONNECTING);
		assert_int_equal(told.attempt, attempt);
		assert_in_range(told.delay_ms, 10, 50);
		assert_string_equal(told.error.reason, "UNAVAILABLE");
	}
	gchat_close(g);
}

static void a_session_can_be_ended_while_it_waits(void **state)
{
	(void)state;
	struct gchat *g = open_client();
	assert_int_equal(connect_as_alice(g), 0);
	gchat_disconnect(g);
	struct gchat_event *event;
	bool is_closed = false;
	while (!is_closed) {
		assert_int_equal(gchat_next(g, DEADLINE_MS, &event), 1);
		is_closed = event->state.state == GCHAT_STATE_CLOSED;
		gchat_event_free(event);
	}
	assert_int_equal(connect_as_alice(g), 0);
	gchat_close(g);
}

static void what_is_said_offline_waits_for_the_next_client(void **state)
{
	(void)state;
	uint64_t tag;
	struct gchat *g = open_client();
	assert_int_equal(gchat_send(g, 5, "hello", 0, &tag), -ENOTCONN);
	assert_int_equal(connect_as_alice(g), 0);
	assert_int_equal(gchat_send(g, 5, "hello", 0, &tag), 0);
	gchat_close(g);
	g = open_client();
	assert_int_equal(connect_as_alice(g), 0);
	struct gchat_outbox_list *list = gchat_outbox(g);
	assert_int_equal(list->count, 1);
	assert_int_equal(list->items[0].tag, tag);
	assert_string_equal(list->items[0].text, "hello");
	gchat_free(list);
	assert_int_equal(gchat_outbox_drop(g, tag), 0);
	gchat_close(g);
}

static void another_users_outbox_is_another(void **state)
{
	(void)state;
	struct gchat *g = open_client();
	assert_int_equal(connect_as_alice(g), 0);
	assert_int_equal(gchat_send(g, 5, "hello", 0, NULL), 0);
	gchat_close(g);
	g = open_client();
	struct gchat_session_options session = {.token = "token", .user = "bob"};
	assert_int_equal(gchat_connect(g, &session), 0);
	struct gchat_outbox_list *list = gchat_outbox(g);
	assert_int_equal(list->count, 0);
	gchat_free(list);
	gchat_close(g);
}

static void what_cannot_be_said_is_refused_at_once(void **state)
{
	(void)state;
	struct gchat *g = open_client();
	assert_int_equal(connect_as_alice(g), 0);
	char text[16 * 1024 + 2];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(gchat_send(g, 5, "", 0, NULL), -EINVAL);
	assert_int_equal(gchat_send(g, 5, "\xff", 0, NULL), -EINVAL);
	assert_int_equal(gchat_send(g, 5, text, 0, NULL), -E2BIG);
	assert_int_equal(gchat_send(g, 5, text + 1, 0, NULL), 0);
	assert_int_equal(gchat_react(g, 5, 1, "", false, NULL), -EINVAL);
	assert_int_equal(gchat_ping(g, NULL), -ENOTCONN);
	gchat_close(g);
}

static void a_session_needs_a_token_and_a_user(void **state)
{
	(void)state;
	struct gchat *g = open_client();
	struct gchat_session_options session = {.token = "token"};
	assert_int_equal(gchat_connect(g, &session), -EINVAL);
	session = (struct gchat_session_options){.user = "alice"};
	gchat_set_token(g, NULL);
	assert_int_equal(gchat_connect(g, &session), -EINVAL);
	gchat_close(g);
}

static void a_connection_given_up_is_replaced_for_new_users_alone(void **state)
{
	(void)state;
	struct gchat *g = open_client();
	struct link *first = link_take(g);
	struct link *same = link_take(g);
	assert_ptr_equal(first, same);
	link_drop(g, first);
	struct link *second = link_take(g);
	assert_ptr_not_equal(first, second);
	link_drop(g, first); /* no longer the current one: nothing happens */
	struct link *again = link_take(g);
	assert_ptr_equal(second, again);
	link_unref(first);
	link_unref(same);
	link_unref(second);
	link_unref(again);
	gchat_close(g);
}

static void a_call_to_a_missing_socket_fails_as_unavailable(void **state)
{
	(void)state;
	Gchat__V1__ListRoomsRequest request;
	gchat__v1__list_rooms_request__init(&request);
	grpc_channel *channel = call_channel_open(folder_file(&folder, "socket"));
	struct call call = {.method = "/gchat.v1.Admin/GetStatus",
		.request = &request.base,
		.response_type = &gchat__v1__list_rooms_response__descriptor,
		.deadline_ms = DEADLINE_MS};
	ProtobufCMessage *response;
	struct gchat_error error;
	assert_int_equal(call_unary(channel, &call, &response, &error), -EIO);
	assert_string_equal(error.reason, "UNAVAILABLE");
	call_channel_close(channel);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wrong_options_are_refused),
		TEST(a_client_that_never_connects_can_be_closed),
		TEST(a_call_fails_as_unavailable),
		TEST(attempts_are_counted_and_told),
		TEST(a_session_can_be_ended_while_it_waits),
		TEST(what_is_said_offline_waits_for_the_next_client),
		TEST(another_users_outbox_is_another),
		TEST(what_cannot_be_said_is_refused_at_once),
		TEST(a_session_needs_a_token_and_a_user),
		TEST(a_connection_given_up_is_replaced_for_new_users_alone),
		TEST(a_call_to_a_missing_socket_fails_as_unavailable),
	};
	return cmocka_run_group_tests_name("lib.unreachable", tests, NULL, NULL);
}
