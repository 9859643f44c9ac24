/*
 * h2-flood KIND PORT: one hostile connection. It sends what KIND says as fast as the server takes
 * it, and prints when, and after how many bytes, the server cut it:
 *
 *   FLOOD kind=rapid-reset cut=1 secs=0.084 bytes=1048576 why=reset
 */
#include "h2/flood.h"

#include "base/macros.h"
#include "h2/h2_priv.h"

#include <errno.h>
#include <getopt.h>
#include <openssl/err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	EXIT_CUT = 0, /* the server ended it */
	EXIT_NOT_CUT = 1, /* it was still open at the deadline */
	EXIT_TROUBLE = 2, /* the attack could not begin */
	FLOOD_STEP_MS = 5,
	FLOOD_SIGN_IN_MS = 100, /* after which the server knows who it is */
};

struct flood {
	const struct flood_kind *kind;
	struct h2_target to;
	const char *token; /* where set, a stream signs in first and stays; borrowed */
	bool acks; /* acknowledges the server's settings, and so its limit of streams */
	double limit_s;
	SSL_CTX *ctx; /* owned */
	SSL *ssl; /* owned */
	int fd;
	struct h2_bytes out;
	unsigned turn;
	uint64_t sent; /* bytes the socket took, inside TLS */
	const char *why;
};

static double now_s(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail with a valid clock */
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void cut(struct flood *f, int error)
{
	f->why = error == 0                              ? "closed"
		 : error == ECONNRESET || error == EPIPE ? "reset"
							 : strerror(error);
}

/* What SSL_* or read/write returned: bytes, 0 for "not now", -1 where the server ended it. */
static ssize_t outcome(struct flood *f, ssize_t n)
{
	int e = errno;
	if (n > 0)
		return n;
	if (f->ssl) {
		int s = SSL_get_error(f->ssl, (int)n);
		ERR_clear_error();
		if (s == SSL_ERROR_WANT_READ || s == SSL_ERROR_WANT_WRITE)
			return 0;
	} else if (n < 0 && (e == EAGAIN || e == EINTR)) {
		return 0;
	}
	cut(f, n < 0 ? e : 0);
	return -1;
}

static ssize_t write_some(struct flood *f)
{
	const uint8_t *data = h2_bytes_front(&f->out);
	size_t len = h2_bytes_len(&f->out);
	errno = 0;
	return outcome(f, f->ssl ? SSL_write(f->ssl, data, (int)len) : write(f->fd, data, len));
}

static ssize_t read_some(struct flood *f)
{
	uint8_t waste[16384];
	errno = 0;
	return outcome(f, f->ssl ? SSL_read(f->ssl, waste, sizeof(waste))
				 : read(f->fd, waste, sizeof(waste)));
}

static void wait_for(struct flood *f, short events, int ms)
{
	struct pollfd p = {.fd = f->fd, .events = events};
	if (poll(&p, 1, ms) < 0 && errno != EINTR)
		cut(f, errno);
	if (f->kind->deaf && p.revents & (POLLHUP | POLLERR))
		cut(f, ECONNRESET);
}

static void flush(struct flood *f)
{
	while (!f->why && h2_bytes_len(&f->out)) {
		ssize_t n = write_some(f);
		if (n <= 0)
			return;
		f->sent += (uint64_t)n;
		h2_bytes_drop(&f->out, (size_t)n);
	}
}

static void push(struct flood *f)
{
	if (h2_bytes_len(&f->out) == 0)
		f->kind->fill(&f->out, f->turn++);
	flush(f);
}

static void drain(struct flood *f)
{
	while (!f->why && !f->kind->deaf && read_some(f) > 0)
		;
}

static bool connect_tcp(struct flood *f, double deadline)
{
	f->fd = h2_tls_connect(&f->to);
	if (f->fd < 0)
		return false;
	while (now_s() < deadline) {
		struct pollfd p = {.fd = f->fd, .events = POLLOUT};
		if (poll(&p, 1, FLOOD_STEP_MS) == 1)
			return !(p.revents & (POLLERR | POLLHUP));
	}
	return false;
}

static bool handshake(struct flood *f, double deadline)
{
	f->ctx = h2_tls_new();
	f->ssl = SSL_new(f->ctx);
	bool ok = f->ssl && SSL_set_fd(f->ssl, f->fd) == 1;
	GC_ASSERT(ok);
	while (now_s() < deadline) {
		int r = SSL_connect(f->ssl);
		if (r == 1)
			return true;
		if (outcome(f, r) < 0)
			return false;
		wait_for(f, SSL_want_write(f->ssl) ? POLLOUT : POLLIN, FLOOD_STEP_MS);
	}
	return false;
}

static bool begin(struct flood *f)
{
	double deadline = now_s() + f->limit_s;
	if (!connect_tcp(f, deadline))
		return false;
	if (f->kind->layer != FLOOD_TCP && !handshake(f, deadline))
		return false;
	if (f->kind->layer == FLOOD_HTTP2)
		h2_frame_put_start(&f->out);
	if (f->acks && f->kind->layer == FLOOD_HTTP2)
		h2_frame_put(
			&f->out, &(struct h2_frame){.type = H2_SETTINGS, .flags = H2_FLAG_ACK});
	if (f->token && f->kind->layer == FLOOD_HTTP2)
		flood_put_request(&f->out, 1, H2_FLAG_END_HEADERS, f->token);
	return true;
}

/* Otherwise what comes behind the token would be what a stranger sends. */
static void sign_in(struct flood *f)
{
	double end = now_s() + FLOOD_SIGN_IN_MS / 1e3;
	while (!f->why && now_s() < end) {
		flush(f);
		drain(f);
		wait_for(f, f->kind->deaf ? 0 : POLLIN, FLOOD_STEP_MS);
	}
}

static double attack(struct flood *f)
{
	double start = now_s();
	while (!f->why && now_s() - start < f->limit_s) {
		push(f);
		drain(f);
		bool blocked = h2_bytes_len(&f->out) > 0;
		if (blocked || f->kind->pause_ms) {
			short events =
				(short)((blocked ? POLLOUT : 0) | (f->kind->deaf ? 0 : POLLIN));
			wait_for(f, events, blocked ? FLOOD_STEP_MS : (int)f->kind->pause_ms);
		}
	}
	return now_s() - start;
}

static void usage(void)
{
	(void)fprintf(stderr,
		"usage: h2-flood [--secs S] [--host ADDRESS] [--source ADDRESS] [--token TOKEN] [--ack] "
		"KIND PORT\n"
		"exit status: 0 cut by the server, 1 not cut within S seconds (10), 2 trouble\n");
	for (size_t i = 0; i < flood_kinds_count; i++)
		(void)fprintf(stderr, "  %-14s %s\n", flood_kinds[i].name, flood_kinds[i].help);
}

static bool options(struct flood *f, int argc, char **argv)
{
	static const struct option known[] = {{"secs", required_argument, NULL, 's'},
		{"host", required_argument, NULL, 'h'}, {"token", required_argument, NULL, 't'},
		{"source", required_argument, NULL, 'f'}, {"ack", no_argument, NULL, 'a'}, {0}};
	int o;
	while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (o == 's')
			f->limit_s = strtod(optarg, NULL);
		else if (o == 'h')
			f->to.host = optarg;
		else if (o == 'a')
			f->acks = true;
		else if (o == 't')
			f->token = optarg;
		else if (o == 'f')
			f->to.source = optarg;
		else
			return false;
	}
	if (argc - optind != 2)
		return false;
	f->kind = flood_kind_find(argv[optind]);
	f->to.port = (uint16_t)strtoul(argv[optind + 1], NULL, 10);
	return f->kind && f->to.port;
}

int main(int argc, char **argv)
{
	struct flood f = {.to = {.host = "127.0.0.1"}, .limit_s = 10, .fd = -1};
	if (!options(&f, argc, argv)) {
		usage();
		return EXIT_TROUBLE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	bool begun = begin(&f);
	if (!begun)
		(void)fprintf(
			stderr, "h2-flood: can't connect: %s\n", f.why ? f.why : strerror(errno));
	if (begun && f.token)
		sign_in(&f);
	double secs = begun ? attack(&f) : 0;
	if (begun)
		printf("FLOOD kind=%s cut=%d secs=%.3f bytes=%llu why=%s\n", f.kind->name,
			f.why != NULL, secs, (unsigned long long)f.sent, f.why ? f.why : "-");
	SSL_free(f.ssl);
	SSL_CTX_free(f.ctx);
	if (f.fd >= 0)
		close(f.fd);
	h2_bytes_deinit(&f.out);
	return !begun ? EXIT_TROUBLE : f.why ? EXIT_CUT : EXIT_NOT_CUT;
}
