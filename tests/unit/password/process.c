/* What the process answers, what it doesn't, and what it keeps. */
#include "password/process.h"

#include "base/fd.h"
#include "base/macros.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct password_cost cheap = {.memory_kb = PASSWORD_MEMORY_KB_MIN, .passes = 1};

struct child {
	pid_t pid;
	int fd;
};

/* As a daemon without any care would start it: descriptors are left to it. */
static void start(struct child *child)
{
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	child->pid = fork();
	assert_true(child->pid >= 0);
	if (child->pid == 0) {
		if (dup2(ends[1], PASSWORD_PROCESS_SOCKET) < 0)
			_exit(EXIT_FAILURE);
		(void)execl(GCHAT_HASH, "gchatd-hash", (char *)NULL);
		_exit(EXIT_FAILURE);
	}
	(void)close(ends[1]);
	child->fd = ends[0];
}

static int wait_end(const struct child *child)
{
	int status = 0;
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	return status;
}

static void stop(struct child *child)
{
	(void)close(child->fd);
	assert_int_equal(wait_end(child), 0);
}

static void ask(const struct child *child, const struct password_request *request,
	struct password_answer *ret)
{
	assert_int_equal(
		send(child->fd, request, sizeof(*request), MSG_NOSIGNAL), sizeof(*request));
	assert_int_equal(recv(child->fd, ret, sizeof(*ret), MSG_TRUNC), sizeof(*ret));
}

static void it_hashes_and_verifies_until_its_socket_is_closed(void **state)
{
	struct child child;
	struct password_answer answer;
	struct password_request request = {
		.id = 7, .task = PASSWORD_TASK_HASH, .cost = cheap, .password = "correct horse"};
	(void)state;
	start(&child);
	ask(&child, &request, &answer);
	assert_int_equal(answer.id, 7);
	assert_int_equal(answer.result, 0);
	assert_int_equal(password_verify(answer.hash, "correct horse", &cheap), PASSWORD_OK);
	request.id = 8;
	request.task = PASSWORD_TASK_VERIFY;
	memcpy(request.hash, answer.hash, sizeof(request.hash));
	ask(&child, &request, &answer);
	assert_int_equal(answer.id, 8);
	assert_int_equal(answer.result, PASSWORD_OK);
	request.password[0] = 'C';
	ask(&child, &request, &answer);
	assert_int_equal(answer.result, PASSWORD_WRONG);
	stop(&child);
}

static void a_cost_that_does_not_fit_is_an_answer(void **state)
{
	struct child child;
	struct password_answer answer;
	struct password_request request = {.task = PASSWORD_TASK_HASH, .password = "correct horse"};
	(void)state;
	start(&child);
	ask(&child, &request, &answer);
	assert_int_equal(answer.result, -EINVAL);
	stop(&child);
}

static void what_makes_no_sense_ends_it(void **state)
{
	struct password_request bad[4];
	size_t lens[GC_LENGTH(bad)] = {0};
	(void)state;
	for (size_t i = 0; i < GC_LENGTH(bad); i++) {
		bad[i] = (struct password_request){.task = PASSWORD_TASK_HASH, .cost = cheap};
		lens[i] = sizeof(bad[i]);
	}
	bad[0].task = _PASSWORD_TASK_MAX;
	memset(bad[1].password, 'x', sizeof(bad[1].password));
	memset(bad[2].hash, 'x', sizeof(bad[2].hash));
	lens[3]--;
	for (size_t i = 0; i < GC_LENGTH(bad); i++) {
		struct child child;
		char byte;
		start(&child);
		assert_int_equal(send(child.fd, &bad[i], lens[i], MSG_NOSIGNAL), lens[i]);
		assert_int_equal(recv(child.fd, &byte, 1, 0), 0);
		stop(&child);
	}
}

/* The value of a line of /proc/PID/status. */
static void read_status(pid_t pid, const char *name, char ret[64])
{
	char path[64];
	char line[256];
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *in = fopen(path, "re");
	assert_non_null(in);
	ret[0] = '\0';
	while (fgets(line, sizeof(line), in))
		if (strncmp(line, name, strlen(name)) == 0)
			(void)snprintf(ret, 64, "%.62s", line + strlen(name));
	(void)fclose(in); /* only read */
}

static void it_gives_way_and_cannot_be_looked_into(void **state)
{
	struct child child;
	struct password_answer answer;
	struct password_request request = {
		.task = PASSWORD_TASK_HASH, .cost = cheap, .password = "correct horse"};
	char path[64];
	char text[64] = "";
	(void)state;
	start(&child);
	ask(&child, &request, &answer); /* so it has begun */
	read_status(child.pid, "Name:", text);
	assert_non_null(strstr(text, "gchatd-hash"));
	read_status(child.pid, "NoNewPrivs:", text);
	assert_int_equal(atoi(text), 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)child.pid);
	GC_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_int_equal(atoi(text), 1000);
	stop(&child);
}

static void it_ends_with_the_one_who_started_it(void **state)
{
	int ends[2];
	char byte;
	(void)state;
	/* The process holds the pipe for as long as it lives; the one between is killed. */
	assert_int_equal(pipe(ends), 0);
	pid_t between = fork();
	assert_true(between >= 0);
	if (between == 0) {
		struct child child;
		struct password_answer answer;
		const struct password_request request = {
			.task = PASSWORD_TASK_HASH, .cost = cheap, .password = "correct horse"};
		start(&child);
		ask(&child, &request, &answer);
		(void)raise(SIGKILL);
	}
	(void)close(ends[1]);
	assert_int_equal(waitpid(between, NULL, 0), between);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	(void)close(ends[0]);
}

static void nobody_else_can_start_it(void **state)
{
	int status = 0;
	(void)state;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(STDERR_FILENO);
		(void)close(PASSWORD_PROCESS_SOCKET);
		(void)execl(GCHAT_HASH, "gchatd-hash", (char *)NULL);
		_exit(EXIT_FAILURE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_hashes_and_verifies_until_its_socket_is_closed),
		cmocka_unit_test(a_cost_that_does_not_fit_is_an_answer),
		cmocka_unit_test(what_makes_no_sense_ends_it),
		cmocka_unit_test(it_gives_way_and_cannot_be_looked_into),
		cmocka_unit_test(it_ends_with_the_one_who_started_it),
		cmocka_unit_test(nobody_else_can_start_it),
	};
	if (password_init() < 0)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("password.process", tests, NULL, NULL);
}
