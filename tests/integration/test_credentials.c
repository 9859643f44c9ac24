/*
 * Who may call Admin: root, the daemon's own user, and the members of a group; tried with other users
 * of this machine, the file's mode put aside. Needs root, to become them.
 */
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macros.h"
#include "support/td.h"

enum {
	NOBODY = 65534, /* a user and a group of every Debian */
	DAEMON = 1, /* the same: the group whose members may administer here */
	BIN = 2, /* a user who is in neither */
	EXIT_DONE = 0,
	EXIT_NOT_PERMITTED = 5,
	CHILD_FAILED = 99,
	CHILD_CLOSED = 10, /* closed without a byte */
	CHILD_SERVED = 11, /* the server spoke */
	COMMAND_BYTES = 1024,
};

struct who {
	uid_t uid;
	gid_t gid;
	gid_t supplementary;
};

static const char group_config[] = "listen: { admin_group = \"daemon\"; };";

static void run(const char *command)
{
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): words of our own */
}

/* Everyone may reach the socket and gchatctl: what keeps them out is who they are. The checkout may
 * lie where others can't go. */
static void open_folder(struct td *td)
{
	char path[TD_PATH_BYTES];
	char command[COMMAND_BYTES];
	(void)snprintf(command, sizeof(command), "cp %s %s/gchatctl", GCHATCTL, td_folder(td));
	run(command);
	assert_int_equal(chmod(td_folder(td), 0755), 0);
	assert_int_equal(chmod(td_path(td, "admin.sock", path), 0666), 0);
}

/* In a child: becomes another one for good. System calls alone. */
static void become(const struct who *who)
{
	if (setgroups(1, &who->supplementary) < 0 || setgid(who->gid) < 0 || setuid(who->uid) < 0)
		_exit(CHILD_FAILED);
}

static int wait_for(pid_t child)
{
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The exit status of "gchatctl status" by them. */
static int status_by(struct td *td, uid_t uid, gid_t gid, gid_t supplementary)
{
	struct who who = {uid, gid, supplementary};
	char socket[COMMAND_BYTES];
	char program[TD_PATH_BYTES];
	(void)td_path(td, "gchatctl", program);
	(void)snprintf(socket, sizeof(socket), "--socket=%s/admin.sock", td_folder(td));
	pid_t child = fork();
	if (child == 0) {
		become(&who);
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0)
			_exit(CHILD_FAILED);
		(void)execl(program, "gchatctl", socket, "status", (char *)NULL);
		_exit(CHILD_FAILED);
	}
	return wait_for(child);
}

/* Whether a server of HTTP/2, which speaks first, says anything to them. */
static int greeting_for(struct td *td, uid_t uid, gid_t gid, gid_t supplementary)
{
	struct who who = {uid, gid, supplementary};
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	char byte;
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s/admin.sock", td_folder(td));
	pid_t child = fork();
	if (child == 0) {
		become(&who);
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
			_exit(CHILD_FAILED);
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		if (poll(&poll_fd, 1, TD_WAIT_MS) != 1)
			_exit(CHILD_FAILED);
		_exit(recv(fd, &byte, 1, 0) == 1 ? CHILD_SERVED : CHILD_CLOSED);
	}
	return wait_for(child);
}

static void need_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("skipped: only root can become another user\n");
	skip();
}

static void root_and_members_of_the_group_are_served(void **state)
{
	need_root();
	struct td *td = td_start(&(struct td_options){.config = group_config});
	(void)state;
	open_folder(td);
	assert_int_equal(status_by(td, 0, 0, 0), EXIT_DONE);
	assert_int_equal(status_by(td, NOBODY, DAEMON, NOBODY), EXIT_DONE);
	assert_int_equal(status_by(td, NOBODY, NOBODY, DAEMON), EXIT_DONE);
	assert_int_equal(greeting_for(td, NOBODY, NOBODY, DAEMON), CHILD_SERVED);
	td_stop(td);
}

static void anyone_else_is_turned_away_before_a_byte_is_said(void **state)
{
	need_root();
	struct td *td = td_start(&(struct td_options){.config = group_config});
	(void)state;
	open_folder(td);
	assert_int_equal(greeting_for(td, NOBODY, NOBODY, NOBODY), CHILD_CLOSED);
	assert_int_equal(greeting_for(td, BIN, BIN, BIN), CHILD_CLOSED);
	assert_int_equal(status_by(td, NOBODY, NOBODY, NOBODY), EXIT_NOT_PERMITTED);
	assert_true(td_log_has(td, "connection refused reason=\"may not administer\"", TD_WAIT_MS));
	assert_true(td_log_has(td, "uid:65534", TD_WAIT_MS));
	td_stop(td);
}

static void a_group_that_is_not_there_lets_nobody_in(void **state)
{
	need_root();
	struct td *td = td_start(&(struct td_options){
		.config = "listen: { admin_group = \"no-such-group-here\"; };"});
	(void)state;
	open_folder(td);
	assert_int_equal(greeting_for(td, NOBODY, DAEMON, DAEMON), CHILD_CLOSED);
	assert_int_equal(status_by(td, 0, 0, 0), EXIT_DONE);
	td_stop(td);
}

/* A gchatd that isn't root: setpriv(1) in front of it. It comes with the program that hashes for it. */
static void give_daemon_to(struct td *td, const char *wrapper, uid_t uid)
{
	char command[COMMAND_BYTES];
	FILE *f = fopen(wrapper, "we");
	assert_non_null(f);
	(void)fprintf(f,
		"#!/bin/sh\nexec setpriv --reuid=%u --regid=%u --clear-groups %s/sbin/gchatd \"$@\"\n",
		(unsigned)uid, (unsigned)uid, td_folder(td));
	(void)fclose(f);
	assert_int_equal(chmod(wrapper, 0755), 0);
	(void)snprintf(command, sizeof(command),
		"cd %s && mkdir -p sbin libexec/gchat && cp %s sbin/gchatd &&"
		" cp $(dirname %s)/../libexec/gchat/gchatd-hash libexec/gchat/",
		td_folder(td), GCHATD, GCHATD);
	run(command);
	(void)snprintf(command, sizeof(command), "chown -R %u:%u %s", (unsigned)uid, (unsigned)uid,
		td_folder(td));
	run(command);
	assert_int_equal(setenv("TD_GCHATD", wrapper, 1), 0);
}

static void the_daemons_own_user_is_served_and_its_neighbours_are_not(void **state)
{
	need_root();
	char wrapper[TD_PATH_BYTES];
	struct td *td = td_prepare(NULL);
	(void)state;
	give_daemon_to(td, td_path(td, "gchatd", wrapper), NOBODY);
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	assert_int_equal(unsetenv("TD_GCHATD"), 0);
	open_folder(td);
	assert_int_equal(status_by(td, NOBODY, NOBODY, NOBODY), EXIT_DONE);
	assert_int_equal(status_by(td, 0, 0, 0), EXIT_DONE);
	assert_int_equal(greeting_for(td, BIN, BIN, BIN), CHILD_CLOSED);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(root_and_members_of_the_group_are_served, td_teardown),
		cmocka_unit_test_teardown(
			anyone_else_is_turned_away_before_a_byte_is_said, td_teardown),
		cmocka_unit_test_teardown(a_group_that_is_not_there_lets_nobody_in, td_teardown),
		cmocka_unit_test_teardown(
			the_daemons_own_user_is_served_and_its_neighbours_are_not, td_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
