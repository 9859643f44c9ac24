/* The words that reach systemd, read from a socket that takes its place. */
#include "base/notify.h"

#include "base/clock.h"
#include "base/fd.h"
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	ALARM_S = 60,
};

static int manager = -1;

static int begin(void **state)
{
	(void)state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(address);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Binding the family alone lets the kernel choose an abstract name. */
	if (manager < 0 || bind(manager, (struct sockaddr *)&address, sizeof(sa_family_t)) < 0 ||
		getsockname(manager, (struct sockaddr *)&address, &len) < 0)
		return -1;
	address.sun_path[0] = '@';
	address.sun_path[len - offsetof(struct sockaddr_un, sun_path)] = '\0';
	return setenv("NOTIFY_SOCKET", address.sun_path, 1);
}

static int end(void **state)
{
	(void)state;
	fd_closep(&manager);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	return 0;
}

static void expect(const char *text)
{
	char got[512] = "";
	ssize_t n = recv(manager, got, sizeof(got) - 1, 0);
	got[n > 0 ? n : 0] = '\0';
	assert_string_equal(got, text);
}

static void each_step_of_the_daemon_has_its_words(void **state)
{
	(void)state;
	notify_ready("serving");
	expect("READY=1\nSTATUS=serving");
	notify_status("sessions=%d", 5);
	expect("STATUS=sessions=5");
	notify_watchdog();
	expect("WATCHDOG=1");
	notify_stopping("draining", 63000);
	expect("STOPPING=1\nEXTEND_TIMEOUT_USEC=63000000\nSTATUS=draining");
}

static void a_long_start_is_told_of_once_a_second(void **state)
{
	(void)state;
	notify_starting();
	notify_starting();
	expect("EXTEND_TIMEOUT_USEC=60000000");
	expect("");
}

static void a_start_that_failed_waits_before_it_ends_but_not_for_a_stop(void **state)
{
	int status = 0;
	(void)state;
	pid_t child = fork();
	if (child == 0) {
		notify_failing("wrong settings");
		_exit(1);
	}
	struct pollfd heard = {.fd = manager, .events = POLLIN};
	assert_int_equal(poll(&heard, 1, ALARM_S * CLOCK_MS_PER_S), 1);
	expect("STATUS=wrong settings");
	assert_int_equal(kill(child, SIGTERM), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void a_reload_says_when_it_began(void **state)
{
	(void)state;
	char got[512] = "";
	long long at_us = 0;
	int64_t before_us = clock_mono().us;
	notify_reloading();
	int64_t after_us = clock_mono().us;
	assert_true(recv(manager, got, sizeof(got) - 1, 0) > 0);
	assert_int_equal(sscanf(got, "RELOADING=1\nMONOTONIC_USEC=%lld", &at_us), 1);
	assert_true(at_us >= before_us && at_us <= after_us);
}

static void the_watchdog_is_fed_at_half_its_time(void **state)
{
	(void)state;
	assert_int_equal(notify_watchdog_interval_ms(), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
	assert_int_equal(notify_watchdog_interval_ms(), 15000);
}

/* The alarm ends a test that waits for ever. */
static void a_manager_that_reads_nothing_is_not_waited_for(void **state)
{
	enum {
		MORE_THAN_FIT = 5000,
	};
	unsigned kept = 0;
	char got[512];
	(void)state;
	(void)alarm(ALARM_S);
	for (int i = 0; i < MORE_THAN_FIT; i++)
		notify_status("unheard");
	int64_t before_us = clock_mono().us;
	notify_stopping("draining", 0);
	assert_true(clock_mono().us - before_us >= NOTIFY_PATIENCE_MS * CLOCK_US_PER_MS / 2);
	(void)alarm(0);
	while (recv(manager, got, sizeof(got), 0) > 0)
		kept++;
	assert_in_range(kept, 1, MORE_THAN_FIT - 1);
	notify_ready("serving");
	expect("READY=1\nSTATUS=serving");
}

static void without_a_manager_nothing_happens(void **state)
{
	(void)state;
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	int64_t before_us = clock_mono().us;
	notify_ready("serving");
	notify_failing("not started again by anyone");
	assert_true(clock_mono().us - before_us < NOTIFY_PAUSE_MS * CLOCK_US_PER_MS);
	char byte;
	assert_true(recv(manager, &byte, sizeof(byte), 0) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_step_of_the_daemon_has_its_words, begin, end),
		cmocka_unit_test_setup_teardown(a_long_start_is_told_of_once_a_second, begin, end),
		cmocka_unit_test_setup_teardown(
			a_start_that_failed_waits_before_it_ends_but_not_for_a_stop, begin, end),
		cmocka_unit_test_setup_teardown(a_reload_says_when_it_began, begin, end),
		cmocka_unit_test_setup_teardown(the_watchdog_is_fed_at_half_its_time, begin, end),
		cmocka_unit_test_setup_teardown(
			a_manager_that_reads_nothing_is_not_waited_for, begin, end),
		cmocka_unit_test_setup_teardown(without_a_manager_nothing_happens, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
