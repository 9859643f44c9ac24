/* The HTTP server for metrics: what is served, to whom, and what is left when it ends. */
#include "net/scrape.h"

#include "base/fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cmocka_std.h"

enum {
	ANSWER_BYTES = 8192,
	REQUEST_BYTES = 512,
	WAIT_S = 20,
};

static atomic_uint emitted;

static void emit(void *arg, const struct metric_sink *sink)
{
	(void)arg;
	metric_sink_counter(sink, "gchat_told", "", "times told", ++emitted);
}

static struct scrape *start_at(const char *address, int fd)
{
	struct scrape *scrape = NULL;
	struct err_text err = {""};
	struct scrape_options options = {
		.address = address, .fd = fd, .timeout_s = 1, .emit = emit};
	if (scrape_start(&options, &scrape, &err) < 0)
		fail_msg("%s", err.text);
	return scrape;
}

static int connect_to(const struct scrape *scrape)
{
	const struct timeval wait = {.tv_sec = WAIT_S};
	struct sockaddr_in name = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)atoi(strrchr(scrape_address(scrape), ':') + 1))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
	if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Sends the request and reads to the connection's end. */
static void ask(const struct scrape *scrape, const char *request, char answer[static ANSWER_BYTES])
{
	int fd GC_FD = connect_to(scrape);
	size_t len = 0;
	ssize_t n;
	assert_true(fd >= 0);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	do {
		n = recv(fd, answer + len, ANSWER_BYTES - 1 - len, 0);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	answer[len] = '\0';
}

static void expect(const struct scrape *scrape, const char *line, const char *header,
	const char *status, const char *content)
{
	char request[REQUEST_BYTES];
	char answer[ANSWER_BYTES];
	(void)snprintf(request, sizeof(request),
		"%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n", line, header);
	ask(scrape, request, answer);
	if (strncmp(answer, status, strlen(status)) != 0 || !strstr(answer, content))
		fail_msg("%s: neither %s nor %s in: %s", line, status, content, answer);
}

static void metrics_are_served_in_the_format_that_is_asked_for(void **state)
{
	(void)state;
	struct scrape *scrape = start_at("127.0.0.1:0", -1);
	expect(scrape, "GET /metrics", "", "HTTP/1.1 200", "\ngchat_told_total ");
	expect(scrape, "GET /metrics", "", "HTTP/1.1 200", "text/plain; version=0.0.4");
	expect(scrape, "GET /metrics", "Accept: application/openmetrics-text;version=1.0.0\r\n",
		"HTTP/1.1 200", "# EOF\n");
	expect(scrape, "HEAD /metrics", "", "HTTP/1.1 200", "Content-Length: ");
	scrape_stop(scrape);
}

static void nothing_else_is_served(void **state)
{
	(void)state;
	struct scrape *scrape = start_at("127.0.0.1:0", -1);
	unsigned before = emitted;
	expect(scrape, "GET /", "", "HTTP/1.1 404", "GET /metrics");
	expect(scrape, "GET /metrics/../etc/passwd", "", "HTTP/1.1 404", "GET /metrics");
	expect(scrape, "POST /metrics", "Content-Length: 0\r\n", "HTTP/1.1 405",
		"Allow: GET, HEAD");
	expect(scrape, "DELETE /metrics", "", "HTTP/1.1 405", "Allow: GET, HEAD");
	assert_int_equal(emitted, before);
	scrape_stop(scrape);
}

static void a_request_that_is_too_large_or_no_http_ends_the_connection(void **state)
{
	(void)state;
	struct scrape *scrape = start_at("127.0.0.1:0", -1);
	enum {
		LARGE = 4 * SCRAPE_CONNECTION_BYTES
	};
	char *large = malloc(LARGE);
	char answer[ANSWER_BYTES];
	assert_non_null(large);
	memset(large, 'a', LARGE - 1);
	large[LARGE - 1] = '\0';
	int fd GC_FD = connect_to(scrape);
	(void)send(fd, large, LARGE - 1, MSG_NOSIGNAL); /* may be cut on the way */
	while (recv(fd, answer, sizeof(answer), 0) > 0)
		continue;
	assert_int_not_equal(errno, EAGAIN);
	expect(scrape, "GET /metrics", "", "HTTP/1.1 200", "gchat_told_total");
	free(large);
	scrape_stop(scrape);
}

static void silent_connections_beyond_the_limit_are_ended(void **state)
{
	(void)state;
	struct scrape *scrape = start_at("127.0.0.1:0", -1);
	int fds[SCRAPE_CONNECTIONS_MAX + 4];
	char byte;
	for (size_t i = 0; i < GC_LENGTH(fds); i++)
		fds[i] = connect_to(scrape);
	/* The limit is kept: the last one is closed, or waits in the kernel until a silent one is. */
	assert_int_equal(recv(fds[0], &byte, 1, 0), 0);
	for (size_t i = 0; i < GC_LENGTH(fds); i++)
		close(fds[i]);
	expect(scrape, "GET /metrics", "", "HTTP/1.1 200", "gchat_told_total");
	scrape_stop(scrape);
}

static void an_address_that_others_reach_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"0.0.0.0:0", "[::]:0", "nowhere:1"};
	for (size_t i = 0; i < GC_LENGTH(bad); i++) {
		struct scrape *scrape = NULL;
		struct err_text err = {""};
		struct scrape_options options = {.address = bad[i], .fd = -1, .emit = emit};
		assert_int_equal(scrape_start(&options, &scrape, &err), -EINVAL);
		assert_null(scrape);
		assert_true(strlen(err.text) > 0);
	}
}

static void a_taken_port_is_said(void **state)
{
	(void)state;
	struct scrape *first = start_at("127.0.0.1:0", -1);
	struct scrape *second = NULL;
	struct err_text err = {""};
	struct scrape_options options = {.address = scrape_address(first), .fd = -1, .emit = emit};
	assert_int_equal(scrape_start(&options, &second, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, scrape_address(first)));
	scrape_stop(first);
}

static void a_socket_that_was_handed_over_goes_on_listening_for_the_next(void **state)
{
	(void)state;
	struct sockaddr_in name = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd GC_FD = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fd, 8), 0);
	for (int i = 0; i < 3; i++) {
		struct scrape *scrape = start_at("", fd);
		expect(scrape, "GET /metrics", "", "HTTP/1.1 200", "gchat_told_total");
		int waiting GC_FD = connect_to(scrape);
		scrape_stop(scrape);
		assert_true(waiting >= 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_are_served_in_the_format_that_is_asked_for),
		cmocka_unit_test(nothing_else_is_served),
		cmocka_unit_test(a_request_that_is_too_large_or_no_http_ends_the_connection),
		cmocka_unit_test(silent_connections_beyond_the_limit_are_ended),
		cmocka_unit_test(an_address_that_others_reach_is_refused),
		cmocka_unit_test(a_taken_port_is_said),
		cmocka_unit_test(a_socket_that_was_handed_over_goes_on_listening_for_the_next),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
