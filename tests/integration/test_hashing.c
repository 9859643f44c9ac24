/*
 * The processes that hash passwords: what they hold, that nothing is left of them, and that a log-in
 * is answered rightly, or may be tried again, whatever happens to them.
 */
#include "cmocka_std.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/limits.h"
#include "raw.h"

enum {
	PROCESSES = 2,
	LOG_INS = 24, /* at once, every other one with a wrong password */
	STORMS = 5,
	UNAUTHENTICATED = 16,
	UNAVAILABLE = 14,
};

static const char config[] = "accounts: { workers = 2; };";

static struct td *start(void)
{
	return td_start(&(struct td_options){.config = config});
}

static void find_processes(struct td *td, pid_t ret[PROCESSES])
{
	pid_t pids[PROCESSES + 1];
	assert_int_equal(td_helpers(td, pids, GC_LENGTH(pids)), PROCESSES);
	memcpy(ret, pids, sizeof(*ret) * PROCESSES);
}

/* ---- what they hold ---- */

static unsigned descriptors_of(pid_t pid)
{
	char path[64];
	unsigned count = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (struct dirent *e = readdir(dir); e; e = readdir(dir))
		count += e->d_name[0] != '.';
	(void)closedir(dir); /* only read */
	return count;
}

/* It has begun, then. */
static bool has_its_name(void *arg)
{
	const pid_t *pid = arg;
	char path[64];
	char name[32] = "";
	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)*pid);
	FILE *in = fopen(path, "re");
	assert_non_null(in);
	assert_non_null(fgets(name, sizeof(name), in));
	(void)fclose(in); /* only read */
	return strcmp(name, "gchatd-hash\n") == 0;
}

static void they_have_a_name_and_no_descriptor_of_the_daemon(void **state)
{
	struct td *td = start();
	pid_t pids[PROCESSES];
	(void)state;
	(void)td_connect(td, "ann"); /* one of them has worked */
	find_processes(td, pids);
	for (size_t i = 0; i < PROCESSES; i++) {
		td_wait_until(td, has_its_name, &pids[i], TD_WAIT_MS, "its name isn't gchatd-hash");
		assert_int_equal(descriptors_of(pids[i]), 4); /* 0, 1, 2 and the socket */
	}
	td_stop(td);
}

/* ---- the end ---- */

static bool all_are_gone(void *arg)
{
	const pid_t *pids = arg;
	bool gone = true;
	for (size_t i = 0; i < PROCESSES; i++)
		gone = gone && kill(pids[i], 0) < 0 && errno == ESRCH;
	return gone;
}

static void none_is_left_when_the_daemon_ends(void **state)
{
	struct td *td = start();
	pid_t pids[PROCESSES];
	(void)state;
	find_processes(td, pids);
	td_terminate(td);
	assert_true(all_are_gone(pids));
	td_stop(td);
}

static void none_is_left_when_the_daemon_is_killed(void **state)
{
	struct td *td = start();
	pid_t pids[PROCESSES];
	(void)state;
	find_processes(td, pids);
	td_kill9(td);
	td_wait_until(td, all_are_gone, pids, TD_WAIT_MS, "processes are left");
	td_spawn(td);
	td_wait_ready(td, TD_WAIT_MS);
	(void)td_connect(td, "ann");
	td_stop(td);
}

static void one_that_hangs_does_not_hold_up_the_end(void **state)
{
	struct td *td = start();
	struct raw *raw = raw_open(td);
	Gchat__V1__LoginRequest log_in;
	pid_t pids[PROCESSES];
	(void)state;
	find_processes(td, pids);
	for (size_t i = 0; i < PROCESSES; i++)
		assert_int_equal(kill(pids[i], SIGSTOP), 0);
	gchat__v1__login_request__init(&log_in);
	raw_put(raw_stream_open(raw, "/gchat.v1.Auth/Login", NULL), &log_in.base);
	Gchat__V1__GetServerInfoRequest ask; /* answered behind it: a worker waits by now */
	gchat__v1__get_server_info_request__init(&ask);
	codec_free(raw_ask(raw, "/gchat.v1.Auth/GetServerInfo", NULL, &ask.base,
		&gchat__v1__get_server_info_response__descriptor, NULL));
	td_terminate(td);
	assert_true(all_are_gone(pids));
	raw_close(raw);
	td_stop(td);
}

/* ---- losses ---- */

static struct raw_stream *log_in(struct raw *raw, bool right)
{
	Gchat__V1__LoginRequest r;
	struct raw_stream *s = raw_stream_open(raw, "/gchat.v1.Auth/Login", NULL);
	char user[] = "ann";
	char wrong[] = "wrong, and again";
	char password[LIMIT_PASSWORD_BYTES_MAX + 1];
	(void)snprintf(password, sizeof(password), "%s", td_password());
	gchat__v1__login_request__init(&r);
	r.user = user;
	r.password = right ? password : wrong;
	raw_put(s, &r.base);
	return s;
}

/* Right, or to be tried again; the number of those that are. */
static unsigned check(struct raw_stream *s, bool right)
{
	const struct h2_status *status = raw_end(s);
	unsigned again = status->code == UNAVAILABLE;
	if (again)
		assert_string_equal(status->reason, "UNAVAILABLE");
	else if (right)
		assert_int_equal(status->code, 0);
	else
		assert_string_equal(status->reason, "WRONG_CREDENTIALS");
	raw_stream_cancel(s);
	return again;
}

static void kill_all(struct td *td)
{
	pid_t pids[PROCESSES];
	size_t count = td_helpers(td, pids, GC_LENGTH(pids));
	for (size_t i = 0; i < count; i++)
		(void)kill(pids[i], SIGKILL); /* it may be gone by now */
}

static unsigned storm(struct td *td, struct raw *raw)
{
	struct raw_stream *streams[LOG_INS];
	unsigned again = 0;
	for (size_t i = 0; i < LOG_INS; i++)
		streams[i] = log_in(raw, i % 2 == 0);
	for (size_t i = 0; i < LOG_INS; i++) {
		if (i % 4 == 0)
			kill_all(td);
		again += check(streams[i], i % 2 == 0);
	}
	return again;
}

static void a_log_in_is_answered_rightly_while_they_are_killed(void **state)
{
	struct td *td = start();
	char token[RAW_TOKEN_BYTES];
	unsigned again = 0;
	(void)state;
	raw_sign_up(td, "ann", token);
	struct raw *raw = raw_open(td);
	for (int i = 0; i < STORMS; i++)
		again += storm(td, raw);
	printf("%d log-ins, %u of them to be tried again\n", STORMS * LOG_INS, again);
	kill_all(td);
	assert_int_equal(check(log_in(raw, true), true), 0); /* another is there at once */
	assert_int_equal(check(log_in(raw, false), false), 0);
	assert_true(td_log_has(td, "a process that hashes passwords is lost", TD_WAIT_MS));
	raw_close(raw);
	td_stop(td);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			they_have_a_name_and_no_descriptor_of_the_daemon, td_teardown),
		cmocka_unit_test_teardown(none_is_left_when_the_daemon_ends, td_teardown),
		cmocka_unit_test_teardown(none_is_left_when_the_daemon_is_killed, td_teardown),
		cmocka_unit_test_teardown(one_that_hangs_does_not_hold_up_the_end, td_teardown),
		cmocka_unit_test_teardown(
			a_log_in_is_answered_rightly_while_they_are_killed, td_teardown),
	};
	return cmocka_run_group_tests_name("integration.hashing", tests, NULL, NULL);
}
