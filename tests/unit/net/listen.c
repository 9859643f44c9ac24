/* Listeners: opened from addresses, inherited from systemd, and the admin socket's path. */
#include "net/listen.h"

#include "folder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka_std.h"

enum {
	TEXT_BYTES = 2048,
	HIGH_FD = 100, /* out of the way of what systemd passes */
	FIRST_FD = 3, /* SD_LISTEN_FDS_START */
	PASSED_MAX = 4,
};

static struct folder folder;

static int setup(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static struct listen_options options_of(const char *const *addresses, size_t count)
{
	return (struct listen_options){.addresses = addresses,
		.address_count = count,
		.backlog = 16,
		.sockets = {.receive_bytes = 20000, .user_timeout_ms = 1000}};
}

static struct listeners *open_one(const char *address)
{
	struct listeners *listeners = NULL;
	struct err_text err = {""};
	struct listen_options options = options_of(&address, 1);
	if (listeners_open(&options, &listeners, &err) < 0)
		fail_msg("%s", err.text);
	return listeners;
}

static void expect_refused(const struct listen_options *options, int e, const char *sentence)
{
	struct listeners *listeners = NULL;
	struct err_text err = {""};
	assert_int_equal(listeners_open(options, &listeners, &err), e);
	assert_null(listeners);
	if (!strstr(err.text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
}

static unsigned port_of(const struct listeners *listeners)
{
	return (unsigned)atoi(strrchr(listeners->items[0].text, ':') + 1);
}

static bool can_connect_v4(unsigned port)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool can = connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0;
	close(fd);
	return can;
}

static bool can_connect_v6(unsigned port)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool can = connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0;
	close(fd);
	return can;
}

static int connect_path(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r = connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static void port_0_picks_one_and_is_described(void **state)
{
	(void)state;
	char text[TEXT_BYTES];
	struct listeners *listeners = open_one("127.0.0.1:0");
	listeners_describe(listeners, LISTENER_TLS, text, sizeof(text));
	assert_true(port_of(listeners) > 0);
	assert_string_equal(text, listeners->items[0].text);
	assert_true(can_connect_v4(port_of(listeners)));
	assert_false(listeners->inherited);
	listeners_free(listeners);
}

static void the_ipv6_wildcard_takes_ipv4_too(void **state)
{
	(void)state;
	struct listeners *listeners = open_one("[::]:0");
	assert_memory_equal(listeners->items[0].text, "[::]:", 5);
	assert_true(can_connect_v6(port_of(listeners)));
	assert_true(can_connect_v4(port_of(listeners)));
	listeners_free(listeners);
}

static void an_ipv6_address_is_taken(void **state)
{
	(void)state;
	struct listeners *listeners = open_one("[::1]:0");
	assert_true(can_connect_v6(port_of(listeners)));
	assert_false(can_connect_v4(port_of(listeners)));
	listeners_free(listeners);
}

static void several_addresses_are_described_in_order(void **state)
{
	(void)state;
	static const char *const addresses[] = {"127.0.0.1:0", "[::1]:0"};
	char text[TEXT_BYTES];
	char expected[TEXT_BYTES];
	struct listeners *listeners = NULL;
	struct listen_options options = options_of(addresses, 2);
	assert_int_equal(listeners_open(&options, &listeners, NULL), 0);
	listeners_describe(listeners, LISTENER_TLS, text, sizeof(text));
	(void)snprintf(expected, sizeof(expected), "%s, %s", listeners->items[0].text,
		listeners->items[1].text);
	assert_string_equal(text, expected);
	listeners_describe(listeners, LISTENER_ADMIN, text, sizeof(text));
	assert_string_equal(text, "");
	listeners_free(listeners);
}

static void listeners_do_not_block_and_have_their_options(void **state)
{
	(void)state;
	int value = 0;
	socklen_t len = sizeof(value);
	struct listeners *listeners = open_one("127.0.0.1:0");
	int fd = listeners->items[0].fd;
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len), 0);
	assert_int_equal(value, 1);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &len), 0);
	assert_int_equal(value, 40000);
	listeners_free(listeners);
}

static void what_is_no_address_is_named(void **state)
{
	(void)state;
	static const char *const wrong[] = {"7443", ":7443", "127.0.0.1", "127.0.0.1:", "::1",
		"host.example:7443", "::1:7443", "127.0.0.1:70000", "[::1]:x", "[::1:7443", ""};
	for (size_t i = 0; i < GC_LENGTH(wrong); i++) {
		struct listen_options options = options_of(&wrong[i], 1);
		expect_refused(&options, -EINVAL, "is no address to listen on");
	}
}

static void a_taken_port_is_named(void **state)
{
	(void)state;
	struct listeners *listeners = open_one("127.0.0.1:0");
	const char *address = listeners->items[0].text;
	struct listen_options options = options_of(&address, 1);
	expect_refused(&options, -EADDRINUSE, address);
	listeners_free(listeners);
}

static void no_address_at_all_is_an_error(void **state)
{
	(void)state;
	struct listen_options options = options_of(NULL, 0);
	expect_refused(&options, -EINVAL, "no address to listen on is configured");
}

static void more_addresses_than_the_maximum_are_an_error(void **state)
{
	(void)state;
	const char *addresses[LISTENERS_MAX + 1];
	for (size_t i = 0; i < GC_LENGTH(addresses); i++)
		addresses[i] = "127.0.0.1:0";
	struct listen_options options = options_of(addresses, GC_LENGTH(addresses));
	expect_refused(&options, -E2BIG, "more than 32 sockets");
}

static struct listen_options admin_options(const char *path)
{
	static const char *const address = "127.0.0.1:0";
	struct listen_options options = options_of(&address, 1);
	options.admin_path = path;
	options.admin_group = "no-such-group";
	return options;
}

static struct listeners *open_admin(const char *path)
{
	struct listeners *listeners = NULL;
	struct err_text err = {""};
	struct listen_options options = admin_options(path);
	if (listeners_open(&options, &listeners, &err) < 0)
		fail_msg("%s", err.text);
	return listeners;
}

static void the_admin_socket_is_made_and_removed(void **state)
{
	(void)state;
	struct stat st;
	char text[TEXT_BYTES];
	const char *path = folder_file(&folder, "admin.sock");
	struct listeners *listeners = open_admin(path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	listeners_describe(listeners, LISTENER_ADMIN, text, sizeof(text));
	assert_string_equal(text, path);
	assert_int_equal(connect_path(path), 0);
	listeners_free(listeners);
	assert_int_equal(access(path, F_OK), -1);
}

static void the_admin_socket_goes_to_the_group(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	struct stat st;
	struct listeners *listeners = NULL;
	const char *path = folder_file(&folder, "admin.sock");
	struct listen_options options = admin_options(path);
	options.admin_group = "daemon";
	assert_int_equal(listeners_open(&options, &listeners, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_not_equal(st.st_gid, 0);
	listeners_free(listeners);
}

static void a_stale_admin_socket_is_replaced(void **state)
{
	(void)state;
	const char *path = folder_file(&folder, "admin.sock");
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	close(fd);
	assert_int_equal(connect_path(path), -ECONNREFUSED);
	struct listeners *listeners = open_admin(path);
	assert_int_equal(connect_path(path), 0);
	listeners_free(listeners);
}

static void an_admin_socket_that_answers_is_left_alone(void **state)
{
	(void)state;
	const char *path = folder_file(&folder, "admin.sock");
	struct listeners *listeners = open_admin(path);
	struct listen_options options = admin_options(path);
	expect_refused(&options, -EADDRINUSE, "another process answers there");
	assert_int_equal(connect_path(path), 0);
	listeners_free(listeners);
}

static void a_file_in_the_admin_sockets_place_is_left_alone(void **state)
{
	(void)state;
	const char *path = folder_file(&folder, "admin.sock");
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	struct listen_options options = admin_options(path);
	expect_refused(&options, -EEXIST, "it exists and is no socket");
	assert_int_equal(unlink(path), 0);
}

static void an_admin_socket_taken_over_is_not_removed(void **state)
{
	(void)state;
	const char *path = folder_file(&folder, "admin.sock");
	struct listeners *before = open_admin(path);
	assert_int_equal(unlink(path), 0);
	struct listeners *after = open_admin(path);
	listeners_free(before);
	assert_int_equal(connect_path(path), 0);
	listeners_free(after);
}

static void too_long_an_admin_path_is_named(void **state)
{
	(void)state;
	char path[200] = "/";
	memset(path + 1, 'x', sizeof(path) - 2);
	path[sizeof(path) - 1] = '\0';
	struct listen_options options = admin_options(path);
	expect_refused(&options, -ENAMETOOLONG, "longer than 107 bytes");
}

/* What a process started by systemd with these descriptors says: all listeners, or the error. */
struct passed {
	int fds[PASSED_MAX];
	size_t count;
	const char *names; /* LISTEN_FDNAMES */
	const char *admin_path;
};

static void report(const struct passed *p, int out)
{
	static const char *const unused = "127.0.0.1:1";
	char tls[TEXT_BYTES / 4];
	char admin[TEXT_BYTES / 4];
	struct listeners *listeners = NULL;
	struct err_text err = {""};
	struct listen_options options = options_of(&unused, 1);
	options.admin_path = p->admin_path;
	if (listeners_open(&options, &listeners, &err) < 0) {
		(void)dprintf(out, "error: %s", err.text);
		return;
	}
	listeners_describe(listeners, LISTENER_TLS, tls, sizeof(tls));
	listeners_describe(listeners, LISTENER_ADMIN, admin, sizeof(admin));
	bool flags = fcntl(FIRST_FD, F_GETFL) & O_NONBLOCK && fcntl(FIRST_FD, F_GETFD) & FD_CLOEXEC;
	(void)dprintf(out, "tls %s admin %s inherited %d flags %d env %d", tls, admin,
		listeners->inherited, flags, getenv("LISTEN_FDS") != NULL);
	if (listeners->metrics_fd >= 0)
		(void)dprintf(out, " metrics %d",
			(fcntl(listeners->metrics_fd, F_GETFD) & FD_CLOEXEC) != 0);
	listeners_free(listeners);
}

static _Noreturn void run_as_service(const struct passed *p, int out)
{
	char number[16];
	int fds[PASSED_MAX] = {0};
	int high_out = fcntl(out, F_DUPFD, HIGH_FD);
	for (size_t i = 0; i < p->count; i++)
		fds[i] = fcntl(p->fds[i], F_DUPFD, HIGH_FD);
	for (size_t i = 0; i < p->count; i++)
		(void)dup2(fds[i], FIRST_FD + (int)i);
	(void)snprintf(number, sizeof(number), "%zu", p->count);
	(void)setenv("LISTEN_FDS", number, 1);
	(void)snprintf(number, sizeof(number), "%d", (int)getpid());
	(void)setenv("LISTEN_PID", number, 1);
	if (p->names)
		(void)setenv("LISTEN_FDNAMES", p->names, 1);
	report(p, high_out);
	_exit(0);
}

static void start_as_service(const struct passed *p, char text[static TEXT_BYTES])
{
	int out[2];
	int status = -1;
	size_t len = 0;
	assert_int_equal(pipe(out), 0);
	pid_t child = fork();
	if (child == 0)
		run_as_service(p, out[1]);
	close(out[1]);
	for (ssize_t n; (n = read(out[0], text + len, TEXT_BYTES - 1 - len)) > 0;)
		len += (size_t)n;
	text[len] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static int make_tcp(int family)
{
	struct sockaddr_storage name = {.ss_family = (sa_family_t)family};
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&name,
				 family == AF_INET ? sizeof(struct sockaddr_in)
						   : sizeof(struct sockaddr_in6)),
		0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static int make_unix(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static unsigned bound_port(int fd)
{
	struct sockaddr_in6 name; /* the port is at the same place for IPv4 */
	socklen_t len = sizeof(name);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	return ntohs(name.sin6_port);
}

static void sockets_passed_by_systemd_are_taken_by_name(void **state)
{
	(void)state;
	char text[TEXT_BYTES];
	char expected[TEXT_BYTES];
	const char *path = folder_file(&folder, "passed.sock");
	struct passed p = {.fds = {make_tcp(AF_INET), make_unix(path), make_tcp(AF_INET6)},
		.count = 3,
		.names = "tls:admin:tls",
		.admin_path = folder_file(&folder, "unused.sock")};
	start_as_service(&p, text);
	(void)snprintf(expected, sizeof(expected),
		"tls 0.0.0.0:%u, [::]:%u admin %s inherited 1 flags 1 env 0", bound_port(p.fds[0]),
		bound_port(p.fds[2]), path);
	assert_string_equal(text, expected);
	/* The service has gone, and systemd's sockets are as they were. */
	assert_int_equal(connect_path(path), 0);
	assert_true(can_connect_v4(bound_port(p.fds[0])));
	for (size_t i = 0; i < p.count; i++)
		close(p.fds[i]);
	assert_int_equal(unlink(path), 0);
}

static void an_admin_socket_not_passed_is_opened(void **state)
{
	(void)state;
	char text[TEXT_BYTES];
	struct passed p = {.fds = {make_tcp(AF_INET)},
		.count = 1,
		.names = "tls",
		.admin_path = folder_file(&folder, "own.sock")};
	start_as_service(&p, text);
	assert_non_null(strstr(text, "own.sock inherited 1"));
	close(p.fds[0]);
}

static int make_loopback(void)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void a_socket_for_metrics_stands_beside_the_listeners(void **state)
{
	(void)state;
	char text[TEXT_BYTES];
	char wanted[TEXT_BYTES];
	struct passed p = {.fds = {make_loopback(), make_loopback()},
		.count = 2,
		.names = "tls:metrics",
		.admin_path = ""};
	start_as_service(&p, text);
	(void)snprintf(wanted, sizeof(wanted),
		"tls 127.0.0.1:%u admin  inherited 1 flags 1 env 0 metrics 1",
		bound_port(p.fds[0]));
	assert_string_equal(text, wanted);
	close(p.fds[0]);
	close(p.fds[1]);
}

static void expect_service_error(const struct passed *p, const char *sentence)
{
	char text[TEXT_BYTES];
	start_as_service(p, text);
	if (!strstr(text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", text, sentence);
	for (size_t i = 0; i < p->count; i++)
		close(p->fds[i]);
}

static void a_socket_of_another_name_is_an_error(void **state)
{
	(void)state;
	struct passed p = {.fds = {make_tcp(AF_INET)}, .count = 1, .names = "http"};
	expect_service_error(&p,
		"error: systemd passed descriptor 3 named \"http\"; FileDescriptorName= must be "
		"\"tls\", \"admin\" or \"metrics\"");
}

static void a_socket_without_a_name_is_an_error(void **state)
{
	(void)state;
	struct passed p = {.fds = {make_tcp(AF_INET)}, .count = 1};
	expect_service_error(&p, "named \"unknown\"");
}

static void metrics_for_everyone_or_twice_are_an_error(void **state)
{
	(void)state;
	struct passed p = {.fds = {make_tcp(AF_INET)}, .count = 1, .names = "metrics"};
	expect_service_error(&p, "not bound to a loopback address");
	close(p.fds[0]);
	p = (struct passed){
		.fds = {make_loopback(), make_loopback()}, .count = 2, .names = "metrics:metrics"};
	expect_service_error(&p, "the second of that name");
	close(p.fds[0]);
	close(p.fds[1]);
}

static void passed_sockets_without_tls_are_an_error(void **state)
{
	(void)state;
	struct passed p = {.fds = {make_unix(folder_file(&folder, "only.sock"))},
		.count = 1,
		.names = "admin"};
	expect_service_error(&p, "systemd passed no socket named \"tls\"");
	assert_int_equal(unlink(folder_file(&folder, "only.sock")), 0);
}

static void a_unix_socket_named_tls_is_an_error(void **state)
{
	(void)state;
	struct passed p = {
		.fds = {make_unix(folder_file(&folder, "tls.sock"))}, .count = 1, .names = "tls"};
	expect_service_error(&p, "named \"tls\", which is no listening TCP socket");
	assert_int_equal(unlink(folder_file(&folder, "tls.sock")), 0);
}

static void a_tcp_socket_named_admin_is_an_error(void **state)
{
	(void)state;
	struct passed p = {.fds = {make_tcp(AF_INET)}, .count = 1, .names = "admin"};
	expect_service_error(&p, "named \"admin\", which is no listening Unix stream socket");
}

static void a_socket_that_does_not_listen_is_an_error(void **state)
{
	(void)state;
	struct passed p = {.fds = {socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)},
		.count = 1,
		.names = "tls"};
	expect_service_error(&p, "which is no listening TCP socket");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(port_0_picks_one_and_is_described),
		cmocka_unit_test(the_ipv6_wildcard_takes_ipv4_too),
		cmocka_unit_test(an_ipv6_address_is_taken),
		cmocka_unit_test(several_addresses_are_described_in_order),
		cmocka_unit_test(listeners_do_not_block_and_have_their_options),
		cmocka_unit_test(what_is_no_address_is_named),
		cmocka_unit_test(a_taken_port_is_named),
		cmocka_unit_test(no_address_at_all_is_an_error),
		cmocka_unit_test(more_addresses_than_the_maximum_are_an_error),
		cmocka_unit_test(the_admin_socket_is_made_and_removed),
		cmocka_unit_test(the_admin_socket_goes_to_the_group),
		cmocka_unit_test(a_stale_admin_socket_is_replaced),
		cmocka_unit_test(an_admin_socket_that_answers_is_left_alone),
		cmocka_unit_test(a_file_in_the_admin_sockets_place_is_left_alone),
		cmocka_unit_test(an_admin_socket_taken_over_is_not_removed),
		cmocka_unit_test(too_long_an_admin_path_is_named),
		cmocka_unit_test(sockets_passed_by_systemd_are_taken_by_name),
		cmocka_unit_test(an_admin_socket_not_passed_is_opened),
		cmocka_unit_test(a_socket_of_another_name_is_an_error),
		cmocka_unit_test(a_socket_without_a_name_is_an_error),
		cmocka_unit_test(a_socket_for_metrics_stands_beside_the_listeners),
		cmocka_unit_test(metrics_for_everyone_or_twice_are_an_error),
		cmocka_unit_test(passed_sockets_without_tls_are_an_error),
		cmocka_unit_test(a_unix_socket_named_tls_is_an_error),
		cmocka_unit_test(a_tcp_socket_named_admin_is_an_error),
		cmocka_unit_test(a_socket_that_does_not_listen_is_an_error),
	};
	return cmocka_run_group_tests_name("net.listen", tests, setup, teardown);
}
