/* Credentials over a Unix socket, from processes that dropped theirs. Needs root for most. */
#include "net/peercred.h"

#include "folder.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka_std.h"

enum {
	OTHER_UID = 65534,
	OTHER_GID = 65534,
	ADMIN_GID = 4242,
};

struct fixture {
	struct folder folder;
	struct sockaddr_un name;
	int listener;
};

static int setup(void **state)
{
	static struct fixture f;
	folder_make(&f.folder);
	assert_int_equal(chmod(f.folder.path, 0755), 0);
	f.name = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(f.name.sun_path, sizeof(f.name.sun_path), "%s", folder_file(&f.folder, "s"));
	f.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f.listener, (struct sockaddr *)&f.name, sizeof(f.name)), 0);
	assert_int_equal(chmod(f.name.sun_path, 0777), 0);
	assert_int_equal(listen(f.listener, 4), 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	close(f->listener);
	folder_remove(&f->folder);
	return 0;
}

/* In the child: become the user, connect, and wait to be told to go. */
static void connect_as(const struct fixture *f, uid_t uid, gid_t gid, gid_t supplementary)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte;
	if (setgroups(1, &supplementary) < 0 || setgid(gid) < 0 || setuid(uid) < 0)
		_exit(2);
	if (connect(fd, (const struct sockaddr *)&f->name, sizeof(f->name)) < 0)
		_exit(3);
	(void)!read(fd, &byte, 1);
	_exit(0);
}

static bool may_administer(const struct fixture *f, uid_t uid, gid_t gid, gid_t supplementary)
{
	if (geteuid() != 0)
		skip();
	struct ucred peer;
	pid_t child = fork();
	if (child == 0)
		connect_as(f, uid, gid, supplementary);
	int fd = accept(f->listener, NULL, NULL);
	assert_int_equal(peercred_get(fd, &peer), 0);
	assert_int_equal(peer.uid, uid);
	bool may = peercred_may_administer(fd, &peer, ADMIN_GID);
	close(fd);
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return may;
}

static void another_user_may_not(void **state)
{
	assert_false(may_administer(*state, OTHER_UID, OTHER_GID, OTHER_GID));
}

static void a_member_by_primary_group_may(void **state)
{
	assert_true(may_administer(*state, OTHER_UID, ADMIN_GID, OTHER_GID));
}

static void a_member_by_supplementary_group_may(void **state)
{
	assert_true(may_administer(*state, OTHER_UID, OTHER_GID, ADMIN_GID));
}

static void root_may(void **state)
{
	assert_true(may_administer(*state, 0, OTHER_GID, OTHER_GID));
}

static void our_own_user_may(void **state)
{
	(void)state;
	int pair[2];
	struct ucred peer;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(peercred_get(pair[0], &peer), 0);
	assert_int_equal(peer.uid, geteuid());
	assert_true(peercred_may_administer(pair[0], &peer, PEERCRED_NO_GROUP));
	close(pair[0]);
	close(pair[1]);
}

static void without_a_group_only_users_count(void **state)
{
	(void)state;
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	struct ucred peer = {.pid = 1, .uid = OTHER_UID, .gid = PEERCRED_NO_GROUP};
	if (geteuid() != OTHER_UID)
		assert_false(peercred_may_administer(pair[0], &peer, PEERCRED_NO_GROUP));
	close(pair[0]);
	close(pair[1]);
}

static void an_unknown_group_is_none(void **state)
{
	(void)state;
	assert_int_equal(peercred_find_group("no-such-group"), PEERCRED_NO_GROUP);
	assert_int_equal(peercred_find_group(""), PEERCRED_NO_GROUP);
	assert_int_equal(peercred_find_group(NULL), PEERCRED_NO_GROUP);
	assert_int_equal(peercred_find_group("root"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_user_may_not),
		cmocka_unit_test(a_member_by_primary_group_may),
		cmocka_unit_test(a_member_by_supplementary_group_may),
		cmocka_unit_test(root_may),
		cmocka_unit_test(our_own_user_may),
		cmocka_unit_test(without_a_group_only_users_count),
		cmocka_unit_test(an_unknown_group_is_none),
	};
	return cmocka_run_group_tests_name("net.peercred", tests, setup, teardown);
}
