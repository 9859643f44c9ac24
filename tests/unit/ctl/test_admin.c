/* What gchatctl says and exits with when the socket is missing, dead, forbidden or silent. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "ctl/admin.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"

enum {
	SHORT_TIMEOUT_MS = 300,
	PATH_BYTES = 64,
};

struct place {
	char folder[PATH_BYTES];
	char path[PATH_BYTES + 16];
	char said[512];
};

static void make_place(struct place *p)
{
	*p = (struct place){0};
	(void)snprintf(p->folder, sizeof(p->folder), "/tmp/gchat-ctl-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	(void)snprintf(p->path, sizeof(p->path), "%s/admin.sock", p->folder);
}

static void remove_place(struct place *p)
{
	(void)unlink(p->path);
	assert_int_equal(rmdir(p->folder), 0);
}

static int bind_at(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* Asks for the status; what was said is in p->said. */
static int ask(struct place *p, const char *path)
{
	Gchat__V1__GetStatusRequest request;
	ProtobufCMessage *answer = NULL;
	FILE *err = fmemopen(p->said, sizeof(p->said), "w");
	struct admin *admin = admin_new(path, SHORT_TIMEOUT_MS, err);

	gchat__v1__get_status_request__init(&request);
	int r = admin_call(admin, "GetStatus", &request.base,
		&gchat__v1__get_status_response__descriptor, &answer);
	(void)admin_free(admin);
	(void)fclose(err);
	return r;
}

static void a_missing_socket_means_not_running(void **state)
{
	struct place p;

	(void)state;
	make_place(&p);
	assert_int_equal(ask(&p, p.path), EXIT_NOT_RUNNING);
	assert_non_null(strstr(p.said, p.path));
	assert_non_null(strstr(p.said, "systemctl start gchatd"));
	remove_place(&p);
}

static void a_socket_without_a_listener_means_not_running(void **state)
{
	struct place p;

	(void)state;
	make_place(&p);
	GC_FD int fd = bind_at(p.path);
	assert_true(fd >= 0);
	assert_int_equal(ask(&p, p.path), EXIT_NOT_RUNNING);
	remove_place(&p);
}

static void a_listener_that_never_answers_times_out(void **state)
{
	struct place p;

	(void)state;
	make_place(&p);
	GC_FD int fd = bind_at(p.path);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(ask(&p, p.path), EXIT_TIMED_OUT);
	assert_non_null(strstr(p.said, "--timeout"));
	remove_place(&p);
}

/* A daemon that hangs up on so many, and then is gone; 0: on all, until its socket is shut down. */
struct rude {
	struct place *place; /* borrowed */
	int fd; /* owned */
	unsigned times;
};

static void *hang_up(void *arg)
{
	struct rude *rude = arg;
	int fd;
	for (unsigned i = 0;
		(rude->times == 0 || i < rude->times) && (fd = accept(rude->fd, NULL, NULL)) >= 0;
		i++)
		(void)close(fd);
	(void)unlink(rude->place->path); /* before anybody is refused */
	(void)close(rude->fd);
	return NULL;
}

static int ask_the_rude(struct place *p, unsigned times)
{
	struct rude rude = {.place = p, .times = times};
	pthread_t thread;
	make_place(p);
	rude.fd = bind_at(p->path);
	assert_int_equal(listen(rude.fd, 8), 0);
	assert_int_equal(pthread_create(&thread, NULL, hang_up, &rude), 0);
	int r = ask(p, p->path);
	(void)shutdown(rude.fd, SHUT_RDWR);
	(void)pthread_join(thread, NULL);
	remove_place(p);
	return r;
}

static void a_daemon_that_hangs_up_again_and_again_does_not_permit_us(void **state)
{
	struct place p;

	(void)state;
	assert_int_equal(ask_the_rude(&p, 0), EXIT_NOT_PERMITTED);
	assert_non_null(strstr(p.said, "not permitted"));
}

/* We look, gRPC connects, and we look once more. */
static void a_daemon_that_is_going_down_is_not_running(void **state)
{
	struct place p;

	(void)state;
	assert_int_equal(ask_the_rude(&p, 3), EXIT_NOT_RUNNING);
	assert_null(strstr(p.said, "not permitted"));
}

static void a_path_too_long_for_a_socket_is_wrong_usage(void **state)
{
	struct place p = {0};
	char path[256];

	(void)state;
	(void)memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(ask(&p, path), EXIT_USAGE);
}

static void pages_are_followed_until_the_last(void **state)
{
	char said[256] = "";
	FILE *err = fmemopen(said, sizeof(said), "w");
	struct admin *admin = admin_new("/nowhere", SHORT_TIMEOUT_MS, err);
	char *token = NULL;

	(void)state;
	assert_int_equal(admin_next_page(admin, "a", &token), EXIT_DONE);
	assert_string_equal(token, "a");
	assert_int_equal(admin_next_page(admin, "b", &token), EXIT_DONE);
	assert_int_equal(admin_next_page(admin, "", &token), EXIT_DONE);
	assert_null(token);
	(void)admin_free(admin);
	(void)fclose(err);
}

static void a_page_that_comes_again_ends_the_list(void **state)
{
	char said[256] = "";
	FILE *err = fmemopen(said, sizeof(said), "w");
	struct admin *admin = admin_new("/nowhere", SHORT_TIMEOUT_MS, err);
	char *token = NULL;

	(void)state;
	assert_int_equal(admin_next_page(admin, "a", &token), EXIT_DONE);
	assert_int_equal(admin_next_page(admin, "a", &token), EXIT_FAILED);
	free(token);
	(void)admin_free(admin);
	(void)fclose(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_socket_means_not_running),
		cmocka_unit_test(a_socket_without_a_listener_means_not_running),
		cmocka_unit_test(a_listener_that_never_answers_times_out),
		cmocka_unit_test(a_daemon_that_hangs_up_again_and_again_does_not_permit_us),
		cmocka_unit_test(a_daemon_that_is_going_down_is_not_running),
		cmocka_unit_test(a_path_too_long_for_a_socket_is_wrong_usage),
		cmocka_unit_test(pages_are_followed_until_the_last),
		cmocka_unit_test(a_page_that_comes_again_ends_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
