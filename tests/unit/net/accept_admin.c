/* The admin socket in front of a real server: who gets through, and under which name. */
#include "base/metrics.h"
#include "h2_client.h"
#include "net/pace.h"
#include "site.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka_std.h"

enum {
	OTHER_UID = 65534,
	OTHER_GID = 65534,
	CHILD_CLOSED = 10, /* the server closed at once */
	CHILD_SERVED = 11, /* the server spoke */
};

#define ADMIN_GROUP "daemon" /* a group of every Debian; only its number is used */

static struct site site;

static int setup(void **state)
{
	(void)state;
	struct acceptor_limits limits = site_limits();
	site_start(&site, "127.0.0.1:0", &limits, ADMIN_GROUP);
	assert_int_equal(chmod(site.folder.path, 0755), 0);
	/* The file's mode would stop others before the credentials do. */
	assert_int_equal(chmod(site.admin_path, 0666), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	site_stop(&site);
	return 0;
}

static int connect_admin(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", site.admin_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		return -1;
	return fd;
}

/* Only system calls: the parent has threads. */
static _Noreturn void probe_as(uid_t uid, gid_t gid, gid_t supplementary)
{
	char byte;
	if (setgroups(1, &supplementary) < 0 || setgid(gid) < 0 || setuid(uid) < 0)
		_exit(1);
	int fd = connect_admin();
	if (fd < 0)
		_exit(2);
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	if (poll(&poll_fd, 1, WAIT_DEADLINE_MS) != 1)
		_exit(3);
	/* A server of HTTP/2 sends its SETTINGS unasked. */
	_exit(recv(fd, &byte, 1, 0) == 1 ? CHILD_SERVED : CHILD_CLOSED);
}

static int outcome_as(uid_t uid, gid_t gid, gid_t supplementary)
{
	if (geteuid() != 0)
		skip();
	pid_t child = fork();
	if (child == 0)
		probe_as(uid, gid, supplementary);
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static gid_t admin_gid(void)
{
	const struct group *group = getgrnam(ADMIN_GROUP);
	if (!group)
		skip();
	return group->gr_gid;
}

static void another_user_is_refused(void **state)
{
	(void)state;
	uint64_t refused = metric_get(METRIC_CONNECTIONS_REFUSED);
	assert_int_equal(outcome_as(OTHER_UID, OTHER_GID, OTHER_GID), CHILD_CLOSED);
	assert_int_equal(atomic_load(&site.admin_count), 0);
	assert_true(wait_until(metric_get(METRIC_CONNECTIONS_REFUSED) == refused + 1));
}

static void a_member_of_the_group_is_served(void **state)
{
	(void)state;
	assert_int_equal(outcome_as(OTHER_UID, admin_gid(), OTHER_GID), CHILD_SERVED);
}

static void a_supplementary_member_is_served(void **state)
{
	(void)state;
	assert_int_equal(outcome_as(OTHER_UID, OTHER_GID, admin_gid()), CHILD_SERVED);
}

static void a_call_is_made_under_the_kernels_credentials(void **state)
{
	(void)state;
	char target[SITE_PEER_BYTES];
	(void)snprintf(target, sizeof(target), "unix:%s", site.admin_path);
	assert_int_equal(site_call(&site, target), GRPC_STATUS_DATA_LOSS);
	assert_memory_equal(site.peer, "fd:", 3);
	assert_true(site.is_admin);
	assert_int_equal(site.ucred.uid, getuid());
	assert_int_equal(site.ucred.pid, getpid());
}

static void a_tls_call_is_no_admins(void **state)
{
	(void)state;
	assert_int_equal(site_call(&site, "ipv4:127.0.0.1"), GRPC_STATUS_DATA_LOSS);
	assert_false(site.is_admin);
}

static void an_ended_admin_connection_is_forgotten(void **state)
{
	(void)state;
	struct ucred ucred;
	a_call_is_made_under_the_kernels_credentials(state);
	assert_true(wait_until(!acceptor_admin(site.acceptor, site.peer, &ucred)));
}

static void more_admins_than_the_maximum_are_refused(void **state)
{
	(void)state;
	int fds[ACCEPTOR_ADMINS_MAX + 1];
	char byte;
	uint64_t refused = metric_get(METRIC_CONNECTIONS_REFUSED);
	for (size_t i = 0; i < GC_LENGTH(fds); i++)
		fds[i] = connect_admin();
	assert_true(wait_until(metric_get(METRIC_CONNECTIONS_REFUSED) == refused + 1));
	assert_int_equal(recv(fds[ACCEPTOR_ADMINS_MAX], &byte, 1, 0), 0);
	assert_int_equal(atomic_load(&site.admin_count), ACCEPTOR_ADMINS_MAX);
	for (size_t i = 0; i < GC_LENGTH(fds); i++)
		close(fds[i]);
}

static void admins_do_not_count_as_connections(void **state)
{
	(void)state;
	int fd = connect_admin();
	assert_true(wait_until(atomic_load(&site.admin_count) == 1));
	assert_int_equal(acceptor_count(site.acceptor), 0);
	close(fd);
}

/* A site has one shard, and begins no handshake by itself. */
static void administrators_wait_for_nobodys_handshakes(void **state)
{
	enum {
		BEGUN = PACE_FREE + PACE_BURST,
		ALL = BEGUN + 10,
	};
	(void)state;
	struct h2_client clients[ALL];
	struct acceptor_limits limits = site_limits();
	limits.handshakes_per_second = 1;
	acceptor_set_limits(site.acceptor, &limits);
	for (size_t i = 0; i < ALL; i++)
		assert_true(h2_connect(&clients[i], AF_INET, site.port));
	assert_true(wait_until(acceptor_count(site.acceptor) >= BEGUN));
	int fd = connect_admin();
	assert_true(wait_until(atomic_load(&site.admin_count) == 1));
	assert_in_range(acceptor_count(site.acceptor), BEGUN, ALL - 1);
	limits.handshakes_per_second = 0;
	acceptor_set_limits(site.acceptor, &limits);
	assert_true(wait_until(acceptor_count(site.acceptor) == ALL));
	for (size_t i = 0; i < ALL; i++)
		h2_close(&clients[i]);
	close(fd);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(another_user_is_refused),
		TEST(a_member_of_the_group_is_served),
		TEST(a_supplementary_member_is_served),
		TEST(a_call_is_made_under_the_kernels_credentials),
		TEST(a_tls_call_is_no_admins),
		TEST(an_ended_admin_connection_is_forgotten),
		TEST(more_admins_than_the_maximum_are_refused),
		TEST(admins_do_not_count_as_connections),
		TEST(administrators_wait_for_nobodys_handshakes),
	};
	return cmocka_run_group_tests_name(
		"net.accept_admin", tests, site_group_setup, site_group_teardown);
}
