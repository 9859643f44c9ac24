/* The proof against servers that are none: they go away, stay silent, or talk nonsense. */
#include "net/tls.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_std.h"

enum {
	SHORT_MS = 50,
	LONG_MS = 10000,
};

/* SIGPIPE has its deadly default here. */
static void expect(int e, const char *sentence, int fd, int64_t timeout_ms)
{
	struct err_text err = {""};
	assert_int_equal(tls_prove(fd, "00", timeout_ms, &err), e);
	if (!strstr(err.text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
}

static void a_server_that_is_gone_fails_and_kills_nobody(void **state)
{
	(void)state;
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	close(pair[0]);
	expect(-EPROTO, "the handshake with ourselves failed", pair[1], LONG_MS);
}

static void a_silent_server_fails_at_the_deadline(void **state)
{
	(void)state;
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	expect(-ETIMEDOUT, "did not end in time", pair[1], SHORT_MS);
	close(pair[0]);
}

static void what_is_no_tls_fails(void **state)
{
	(void)state;
	static const char nonsense[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(send(pair[0], nonsense, sizeof(nonsense), 0), sizeof(nonsense));
	expect(-EPROTO, "the handshake with ourselves failed", pair[1], LONG_MS);
	close(pair[0]);
}

static void the_descriptor_is_closed(void **state)
{
	(void)state;
	char rest[4096];
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	expect(-ETIMEDOUT, "did not end in time", pair[1], SHORT_MS);
	ssize_t n;
	while ((n = recv(pair[0], rest, sizeof(rest), 0)) > 0)
		continue;
	assert_int_equal(n, 0);
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_that_is_gone_fails_and_kills_nobody),
		cmocka_unit_test(a_silent_server_fails_at_the_deadline),
		cmocka_unit_test(what_is_no_tls_fails),
		cmocka_unit_test(the_descriptor_is_closed),
	};
	return cmocka_run_group_tests_name("net.tls_prove", tests, NULL, NULL);
}
