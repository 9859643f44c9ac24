/* Socket options, read back from the kernel. */
#include "net/sockopt.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_std.h"

static int get_int(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);
	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static void tcp_options_reach_the_kernel(void **state)
{
	(void)state;
	const struct socket_options options = {
		.receive_bytes = 20000, .send_bytes = 30000, .user_timeout_ms = 1234};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(socket_options_set_tcp(fd, &options), 0);
	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 1234);
	/* socket(7): the kernel doubles both for its own bookkeeping. */
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVBUF), 40000);
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_SNDBUF), 60000);
	close(fd);
}

static void options_of_zero_are_left_to_the_system(void **state)
{
	(void)state;
	const struct socket_options options = {0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int before = get_int(fd, SOL_SOCKET, SO_RCVBUF);
	assert_int_equal(socket_options_set_tcp(fd, &options), 0);
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVBUF), before);
	close(fd);
}

static void what_is_no_tcp_socket_is_an_error(void **state)
{
	(void)state;
	const struct socket_options options = {0};
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(socket_options_set_tcp(fds[0], &options), -ENOTSOCK);
	close(fds[0]);
	close(fds[1]);
}

static void a_blocking_descriptor_becomes_non_blocking_and_close_on_exec(void **state)
{
	(void)state;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(socket_set_flags(fd), 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_options_reach_the_kernel),
		cmocka_unit_test(options_of_zero_are_left_to_the_system),
		cmocka_unit_test(what_is_no_tcp_socket_is_an_error),
		cmocka_unit_test(a_blocking_descriptor_becomes_non_blocking_and_close_on_exec),
	};
	return cmocka_run_group_tests_name("net.sockopt", tests, NULL, NULL);
}
