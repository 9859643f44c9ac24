/* Where metrics are served: begun, moved and ended by a reload, or refused. */
#include "support/td.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	CONFIG_BYTES = 128,
	LINE_BYTES = 128,
	EXIT_FAILED_TO_START = 1,
};

static int connect_to(uint16_t port)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool is_served(uint16_t port)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
	char answer[LINE_BYTES] = "";
	int fd = connect_to(port);
	if (fd < 0)
		return false;
	assert_int_equal(send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL), sizeof(request) - 1);
	(void)recv(fd, answer, sizeof(answer) - 1, 0);
	close(fd);
	return strncmp(answer, "HTTP/1.1 200", strlen("HTTP/1.1 200")) == 0;
}

/* A loopback port that was free a moment ago, or, with the socket, is taken. */
static uint16_t pick_port(int *ret_fd)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	if (ret_fd)
		*ret_fd = fd;
	else
		close(fd);
	return ntohs(name.sin_port);
}

static void reload_at(struct td *td, uint16_t port)
{
	char config[CONFIG_BYTES] = "";
	if (port > 0)
		(void)snprintf(config, sizeof(config), "metrics: { listen = \"127.0.0.1:%u\"; };",
			(unsigned)port);
	td_configure(td, config);
	td_signal(td, SIGHUP);
}

static void expect_line(struct td *td, const char *line)
{
	if (!td_log_has(td, line, TD_WAIT_MS))
		td_fail(td, "the log does not say: %s", line);
}

static void expect_served(struct td *td, uint16_t port)
{
	char line[LINE_BYTES];
	(void)snprintf(line, sizeof(line), "metrics are served at http://127.0.0.1:%u/metrics",
		(unsigned)port);
	expect_line(td, line);
	assert_true(is_served(port));
}

static void a_reload_begins_moves_and_ends_the_serving(void **state)
{
	struct td *td = td_start(NULL);
	uint16_t first = pick_port(NULL);
	uint16_t second = pick_port(NULL);
	(void)state;
	assert_false(is_served(first));
	reload_at(td, first);
	expect_served(td, first);
	reload_at(td, second);
	expect_served(td, second);
	expect_line(td, "key=metrics.listen before=");
	while (is_served(first))
		continue; /* it ends right after the new one has begun */
	assert_true(is_served(second));
	reload_at(td, 0);
	expect_line(td, "metrics are not served any more");
	while (is_served(second))
		continue;
	td_stop(td);
}

static void a_port_that_is_taken_changes_nothing(void **state)
{
	struct td *td = td_start(NULL);
	int taken = -1;
	uint16_t first = pick_port(NULL);
	uint16_t second = pick_port(&taken);
	(void)state;
	reload_at(td, first);
	expect_served(td, first);
	reload_at(td, second);
	expect_line(td, "metrics.listen can't be applied, what was goes on");
	assert_true(is_served(first));
	close(taken);
	td_stop(td);
}

static void a_start_at_a_taken_port_says_so_and_ends(void **state)
{
	int taken = -1;
	char config[CONFIG_BYTES];
	uint16_t port = pick_port(&taken);
	(void)state;
	(void)snprintf(
		config, sizeof(config), "metrics: { listen = \"127.0.0.1:%u\"; };", (unsigned)port);
	struct td *td = td_prepare(&(struct td_options){.config = config});
	td_spawn(td);
	assert_int_equal(td_wait_exit(td, TD_WAIT_MS), EXIT_FAILED_TO_START);
	expect_line(td, "metrics.listen: cannot listen on 127.0.0.1:");
	close(taken);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_reload_begins_moves_and_ends_the_serving, td_teardown),
		cmocka_unit_test_teardown(a_port_that_is_taken_changes_nothing, td_teardown),
		cmocka_unit_test_teardown(a_start_at_a_taken_port_says_so_and_ends, td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
