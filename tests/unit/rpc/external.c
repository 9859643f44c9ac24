/* Core's external acceptor: recognised, served, and closed before it goes. */
#include "rpc/external.h"

#include "rpc/queue.h"

#include <errno.h>
#include <grpc/grpc_security.h>
#include <grpc/support/log.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
	FRAME_HEADER = 9,
	FRAME_TYPE_AT = 3,
	FRAME_SETTINGS = 4,
	DEADLINE_MS = 10000,
	TURN_MS = 10,
};

static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";

static const char *core_version = "29.0.0";

/* In core's place, so that the code under test asks here. */
const char *grpc_version_string(void)
{
	return core_version;
}

struct fixture {
	struct queue queue;
	struct external *external;
	grpc_server *server;
	struct op down;
	bool is_down;
};

static void on_down(struct op *op, bool ok)
{
	(void)ok;
	GC_CONTAINER_OF(op, struct fixture, down)->is_down = true;
}

static int setup(void **state)
{
	static struct fixture f;
	core_version = "29.0.0";
	f = (struct fixture){.down = {.done = on_down}};
	queue_init(&f.queue);
	f.external = external_new("test");
	grpc_arg arg;
	external_arg(f.external, &arg);
	const grpc_channel_args args = {.num_args = 1, .args = &arg};
	f.server = grpc_server_create(&args, NULL);
	grpc_server_register_completion_queue(f.server, f.queue.cq, NULL);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	external_close(f->external);
	grpc_server_shutdown_and_notify(f->server, f->queue.cq, op_arm(&f->down));
	grpc_server_cancel_all_calls(f->server);
	while (!f->is_down)
		(void)queue_run_one(&f->queue, clock_mono_add_ms(clock_mono(), TURN_MS));
	grpc_server_destroy(f->server);
	queue_deinit(&f->queue);
	external_free(f->external);
	return 0;
}

static void start(struct fixture *f)
{
	struct err_text err = {""};
	grpc_server_credentials *none = grpc_insecure_server_credentials_create();
	(void)grpc_server_add_http2_port(f->server, external_address(f->external), none);
	grpc_server_credentials_release(none);
	if (external_check(f->external, &err) < 0)
		fail_msg("%s", err.text);
	grpc_server_start(f->server);
}

static void this_core_is_recognised(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(external_address(f->external), "external:test");
	start(f);
}

static void a_port_that_was_not_taken_is_named(void **state)
{
	struct fixture *f = *state;
	struct err_text err = {""};
	assert_int_equal(external_check(f->external, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "it did not take the port external:test"));
	grpc_server_start(f->server); /* one never started is not shut down */
}

static void the_core_of_grpc_1_46_is_taken_too(void **state)
{
	core_version = "24.0.0";
	start(*state);
}

static void a_core_whose_acceptor_nobody_has_compared_is_refused(void **state)
{
	static const char *const unknown[] = {"23.0.0", "30.0.0", "2", "", "29"};
	struct fixture *f = *state;
	struct err_text err = {""};
	start(f);
	for (size_t i = 0; i < GC_LENGTH(unknown); i++) {
		core_version = unknown[i];
		assert_int_equal(external_check(f->external, &err), -ENOTSUP);
		assert_non_null(strstr(err.text, "written for 24 to 29, this is "));
	}
}

/* Reads until the frame's header is there, running the queue meanwhile: core does its work there. */
static ssize_t read_header(struct fixture *f, int fd, unsigned char header[static FRAME_HEADER])
{
	struct mono end = clock_mono_add_ms(clock_mono(), DEADLINE_MS);
	while (clock_mono().us < end.us) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		if (poll(&poll_fd, 1, 0) == 1)
			return recv(fd, header, FRAME_HEADER, MSG_WAITALL);
		(void)queue_run_one(&f->queue, clock_mono_add_ms(clock_mono(), TURN_MS));
	}
	return -1;
}

static void a_descriptor_handed_over_is_served(void **state)
{
	struct fixture *f = *state;
	unsigned char header[FRAME_HEADER] = {0};
	int pair[2];
	start(f);
	external_open(f->external);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(send(pair[1], PREFACE, sizeof(PREFACE), MSG_NOSIGNAL), sizeof(PREFACE));
	assert_int_equal(external_handle(f->external, -1, pair[0]), 0);
	assert_int_equal(read_header(f, pair[1], header), FRAME_HEADER);
	assert_int_equal(header[FRAME_TYPE_AT], FRAME_SETTINGS);
	close(pair[1]);
}

static void expect_closed_not_served(struct fixture *f)
{
	char byte;
	int pair[2];
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(external_handle(f->external, -1, pair[0]), -ESHUTDOWN);
	assert_int_equal(recv(pair[1], &byte, 1, 0), 0);
	close(pair[1]);
}

static void before_the_opening_nothing_is_handed_over(void **state)
{
	start(*state);
	expect_closed_not_served(*state);
}

static void after_the_closing_nothing_is_handed_over(void **state)
{
	struct fixture *f = *state;
	start(f);
	external_open(f->external);
	external_close(f->external);
	external_close(f->external);
	expect_closed_not_served(f);
}

static void quiet(gpr_log_func_args *args)
{
	(void)args;
}

static int group_setup(void **state)
{
	(void)state;
	gpr_set_log_function(quiet);
	grpc_init();
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	grpc_shutdown_blocking();
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(this_core_is_recognised),
		TEST(the_core_of_grpc_1_46_is_taken_too),
		TEST(a_core_whose_acceptor_nobody_has_compared_is_refused),
		TEST(a_port_that_was_not_taken_is_named),
		TEST(a_descriptor_handed_over_is_served),
		TEST(before_the_opening_nothing_is_handed_over),
		TEST(after_the_closing_nothing_is_handed_over),
	};
	return cmocka_run_group_tests_name("rpc.external", tests, group_setup, group_teardown);
}
