/* The wire: forwards, resets, refuses, freezes and mends. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "support/td.h"
#include "support/wire.h"

enum {
	SILENCE_MS = 200, /* how long a frozen wire is watched */
};

struct both {
	struct td *td;
	struct wire *wire;
	int fd;
};

static int dial(const struct wire *w)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_port = htons((uint16_t)strtol(strchr(wire_address(w), ':') + 1, NULL, 10));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static bool comes_within(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, timeout_ms) == 1;
}

/* Reads one line; "" at the end, "!" when the connection was reset. */
static const char *read_line(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len + 1 < size) {
		assert_true(comes_within(fd, TD_WAIT_MS));
		ssize_t n = recv(fd, buf + len, 1, 0);
		if (n < 0)
			return errno == ECONNRESET ? "!" : "?";
		len += (size_t)n;
		if (n == 0 || buf[len - 1] == '\n')
			break;
	}
	buf[len] = '\0';
	return buf;
}

static void open_both(struct both *b)
{
	char text[256];

	b->td = td_start(NULL);
	b->wire = wire_open(b->td);
	b->fd = dial(b->wire);
	assert_int_equal(strtol(read_line(b->fd, text, sizeof(text)), NULL, 10), td_pid(b->td));
}

static void close_both(struct both *b)
{
	fd_closep(&b->fd);
	wire_close(b->wire);
	td_stop(b->td);
}

static void bytes_pass_both_ways_and_are_counted(void **state)
{
	struct both b;
	char text[256];

	(void)state;
	open_both(&b);
	assert_int_equal(write(b.fd, "hello\n", 6), 6);
	assert_string_equal(read_line(b.fd, text, sizeof(text)), "hello\n");
	assert_int_equal(wire_bytes(b.wire, WIRE_TO_SERVER), 6);
	assert_true(wire_bytes(b.wire, WIRE_TO_CLIENT) > 6);
	assert_int_equal(wire_connections(b.wire), 1);
	close_both(&b);
}

static void a_reset_ends_connections_and_lets_new_ones_in(void **state)
{
	struct both b;
	char text[256];

	(void)state;
	open_both(&b);
	wire_reset(b.wire);
	assert_string_equal(read_line(b.fd, text, sizeof(text)), "!");
	fd_closep(&b.fd);
	b.fd = dial(b.wire);
	assert_true(strtol(read_line(b.fd, text, sizeof(text)), NULL, 10) > 0);
	close_both(&b);
}

static void a_cut_wire_refuses_until_it_is_mended(void **state)
{
	struct both b;
	char text[256];

	(void)state;
	open_both(&b);
	wire_cut(b.wire);
	fd_closep(&b.fd);
	b.fd = dial(b.wire);
	assert_string_equal(read_line(b.fd, text, sizeof(text)), "!");
	fd_closep(&b.fd);
	wire_mend(b.wire);
	b.fd = dial(b.wire);
	assert_true(strtol(read_line(b.fd, text, sizeof(text)), NULL, 10) > 0);
	close_both(&b);
}

static void a_frozen_wire_is_silent_and_loses_nothing(void **state)
{
	struct both b;
	char text[256];

	(void)state;
	open_both(&b);
	wire_freeze(b.wire, WIRE_TO_CLIENT);
	assert_int_equal(write(b.fd, "late\n", 5), 5);
	assert_false(comes_within(b.fd, SILENCE_MS));
	wire_mend(b.wire);
	assert_string_equal(read_line(b.fd, text, sizeof(text)), "late\n");
	close_both(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(bytes_pass_both_ways_and_are_counted, td_teardown),
		cmocka_unit_test_teardown(
			a_reset_ends_connections_and_lets_new_ones_in, td_teardown),
		cmocka_unit_test_teardown(a_cut_wire_refuses_until_it_is_mended, td_teardown),
		cmocka_unit_test_teardown(a_frozen_wire_is_silent_and_loses_nothing, td_teardown),
	};

	(void)setenv("TD_GCHATD", ECHO_DAEMON, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
