/* The harness: sockets that outlive the daemon, readiness, ends of all kinds, configuration. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <libconfig.h>

#include "base/fd.h"
#include "support/td.h"

enum {
	EXIT_CONFIG = 78,
};

/* Connects and reads the greeting: "PID NAME...". */
static int greet(uint16_t port, char *buf, size_t size)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	GC_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t len = 0;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	do {
		ssize_t n = recv(fd, buf + len, size - 1 - len, 0);
		assert_true(n > 0);
		len += (size_t)n;
		buf[len] = '\0';
	} while (!strchr(buf, '\n'));
	return (int)strtol(buf, NULL, 10);
}

static void the_daemon_gets_the_sockets_by_name(void **state)
{
	struct td *td = td_start(NULL);
	char text[256];

	(void)state;
	assert_int_equal(greet(td_port(td), text, sizeof(text)), td_pid(td));
	assert_non_null(strstr(text, td_address_ipv6(td) ? " tls tls admin\n" : " tls admin\n"));
	td_stop(td);
}

static void the_port_survives_a_kill_and_a_waiting_connection_is_served(void **state)
{
	struct td *td = td_start(NULL);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(td_port(td))};
	char text[256] = "";

	(void)state;
	td_kill9(td);
	assert_false(td_is_running(td));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	GC_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	assert_int_equal(strtol(text, NULL, 10), td_pid(td));
	fd_closep(&fd);
	td_stop(td);
}

static void a_restart_gives_another_process_on_the_same_port(void **state)
{
	struct td *td = td_start(NULL);
	char text[256];
	pid_t before = td_pid(td);

	(void)state;
	td_restart(td);
	assert_int_not_equal(td_pid(td), before);
	assert_int_equal(greet(td_port(td), text, sizeof(text)), td_pid(td));
	td_stop(td);
}

static void notices_of_the_daemon_are_seen(void **state)
{
	struct td *td = td_start(NULL);

	(void)state;
	assert_string_equal(td_notify_status(td), "echoing");
	td_signal(td, SIGTERM);
	td_wait_notify(td, "STOPPING=1", TD_WAIT_MS);
	assert_int_equal(td_wait_exit(td, TD_WAIT_MS), 0);
	td_stop(td);
}

static void a_daemon_that_refuses_to_start_gives_its_status(void **state)
{
	static const char *const env[] = {"ECHO_FAILS=1", NULL};
	struct td_options options = {.env = env};
	struct td *td = td_prepare(&options);

	(void)state;
	td_spawn(td);
	assert_int_equal(td_wait_exit(td, TD_WAIT_MS), EXIT_CONFIG);
	assert_true(td_log_has(td, "here I am", 0));
	td_stop(td);
}

static void the_configuration_is_the_template_with_the_tests_over_it(void **state)
{
	struct td_options options = {
		.config = "limits: { connections = 5; }; listen: { backlog = 7; };"};
	struct td *td = td_prepare(&options);
	config_t config;
	int number = 0;
	const char *text = NULL;

	(void)state;
	config_init(&config);
	assert_int_equal(config_read_file(&config, td_config_path(td)), CONFIG_TRUE);
	assert_true(config_lookup_int(&config, "limits.connections", &number));
	assert_int_equal(number, 5);
	assert_true(config_lookup_int(&config, "listen.backlog", &number));
	assert_int_equal(number, 7);
	assert_true(config_lookup_string(&config, "store.folder", &text));
	assert_string_equal(text, td_state_folder(td));
	assert_true(config_lookup_string(&config, "accounts.registration", &text));
	assert_string_equal(text, "open");
	config_destroy(&config);
	td_stop(td);
}

static void what_the_daemon_uses_can_be_read(void **state)
{
	struct td *td = td_start(NULL);

	(void)state;
	assert_true(td_rss_bytes(td) > 100000);
	assert_true(td_rss_peak_bytes(td) >= td_rss_bytes(td));
	assert_true(td_fd_count(td) >= 3);
	assert_int_equal(td_thread_count(td), 1);
	td_kill9(td);
	assert_int_equal(td_rss_bytes(td), 0);
	td_stop(td);
}

static void the_folder_is_gone_afterwards(void **state)
{
	struct td *td = td_start(NULL);
	char folder[TD_PATH_BYTES];

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s", td_folder(td));
	assert_int_equal(access(folder, F_OK), 0);
	td_stop(td);
	assert_int_not_equal(access(folder, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_daemon_gets_the_sockets_by_name, td_teardown),
		cmocka_unit_test_teardown(
			the_port_survives_a_kill_and_a_waiting_connection_is_served, td_teardown),
		cmocka_unit_test_teardown(
			a_restart_gives_another_process_on_the_same_port, td_teardown),
		cmocka_unit_test_teardown(notices_of_the_daemon_are_seen, td_teardown),
		cmocka_unit_test_teardown(
			a_daemon_that_refuses_to_start_gives_its_status, td_teardown),
		cmocka_unit_test_teardown(
			the_configuration_is_the_template_with_the_tests_over_it, td_teardown),
		cmocka_unit_test_teardown(what_the_daemon_uses_can_be_read, td_teardown),
		cmocka_unit_test_teardown(the_folder_is_gone_afterwards, td_teardown),
	};

	(void)setenv("TD_GCHATD", ECHO_DAEMON, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
