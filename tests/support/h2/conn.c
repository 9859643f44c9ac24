/*
 * One connection: TCP, TLS, and bytes in and out.
 *
 *   socket -> SSL_read -> loop->scratch -> h2_frames_take -> callbacks
 *                             ^ conn->in: the frame that wasn't whole
 *   callbacks -> conn->out -> SSL_write -> socket, once a turn
 */
#include "h2/h2_priv.h"

#include "base/mem.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CONN_WRITE_MAX = 1 << 20
};

static void watch(struct h2_conn *conn, int op)
{
	struct epoll_event e = {.data.ptr = conn};
	e.events = (conn->paused ? 0u : (uint32_t)EPOLLIN) |
		   (conn->want_write ? (uint32_t)EPOLLOUT : 0u);
	int r = epoll_ctl(conn->loop->epoll_fd, op, conn->fd, &e);
	GC_ASSERT(r == 0);
}

static void set_want_write(struct h2_conn *conn, bool on)
{
	if (conn->want_write == on)
		return;
	conn->want_write = on;
	watch(conn, EPOLL_CTL_MOD);
}

struct h2_conn *h2_conn_open(struct h2_loop *loop, const struct h2_target *to,
	const struct h2_conn_events *events, void *arg)
{
	int fd = h2_tls_connect(to);
	if (fd < 0)
		return NULL;
	struct h2_conn *conn = mem_new(1, sizeof(*conn));
	*conn = (struct h2_conn){.loop = loop, .fd = fd, .want_write = true, .next_stream = 1};
	conn->send_window = conn->peer_window = H2_WINDOW_START;
	conn->peer_frame = H2_FRAME_BYTES_MAX;
	conn->events = events;
	conn->arg = arg;
	(void)snprintf(conn->host, sizeof(conn->host), "localhost:%u", to->port); /* fits */
	h2_frame_put_start(&conn->out); /* before any call, which may start while connecting */
	LIST_INIT(&conn->calls);
	LIST_INIT(&conn->done_calls);
	LIST_INSERT_HEAD(&loop->conns, conn, link);
	watch(conn, EPOLL_CTL_ADD);
	return conn;
}

/* Socket and calls go now, the memory at the end of the turn. */
static void shut(struct h2_conn *conn)
{
	conn->state = H2_CONN_CLOSED;
	close(conn->fd);
	conn->fd = -1;
	if (conn->dirty)
		TAILQ_REMOVE(&conn->loop->dirty, conn, dirty_link);
	conn->dirty = false;
	LIST_REMOVE(conn, link);
	LIST_INSERT_HEAD(&conn->loop->closed, conn, link);
}

void h2_conn_close(struct h2_conn *conn)
{
	if (conn->state != H2_CONN_CLOSED)
		shut(conn);
	while (!LIST_EMPTY(&conn->calls))
		h2_call_retire(LIST_FIRST(&conn->calls));
	conn->events = NULL;
}

void h2_conn_reset(struct h2_conn *conn)
{
	struct linger at_once = {.l_onoff = 1};
	if (conn->state != H2_CONN_CLOSED) {
		int r = setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		GC_ASSERT(r == 0);
	}
	h2_conn_close(conn);
}

void h2_conn_fail(struct h2_conn *conn, const char *why)
{
	if (conn->state == H2_CONN_CLOSED)
		return;
	shut(conn);
	while (!LIST_EMPTY(&conn->calls)) {
		struct h2_call *call = LIST_FIRST(&conn->calls);
		if (!call->status.reason[0])
			(void)snprintf(call->status.reason, sizeof(call->status.reason), "%s", why);
		h2_call_end(call, H2_STATUS_LOST);
	}
	if (conn->events && conn->events->on_closed)
		conn->events->on_closed(conn->arg, conn, why);
}

static void free_calls(struct h2_calls *calls)
{
	while (!LIST_EMPTY(calls)) {
		struct h2_call *call = LIST_FIRST(calls);
		LIST_REMOVE(call, link);
		h2_call_free(call);
	}
}

void h2_conn_free(struct h2_conn *conn)
{
	LIST_REMOVE(conn, link);
	free_calls(&conn->calls);
	free_calls(&conn->done_calls);
	SSL_free(conn->ssl);
	h2_bytes_deinit(&conn->in);
	h2_bytes_deinit(&conn->out);
	h2_bytes_deinit(&conn->headers);
	free(conn);
}

void h2_conn_mark_dirty(struct h2_conn *conn)
{
	if (conn->dirty || conn->state == H2_CONN_CLOSED)
		return;
	conn->dirty = true;
	TAILQ_INSERT_TAIL(&conn->loop->dirty, conn, dirty_link);
}

static void tls_fail(struct h2_conn *conn, const char *doing)
{
	char why[160];
	unsigned long e = ERR_get_error();
	const char *text = e ? ERR_reason_error_string(e) : NULL;
	(void)snprintf(why, sizeof(why), "%s: %s", doing,
		text    ? text
		: errno ? strerror(errno)
			: "closed by peer");
	ERR_clear_error();
	h2_conn_fail(conn, why);
}

static bool would_block(const struct h2_conn *conn, int r)
{
	int e = SSL_get_error(conn->ssl, r);
	return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE;
}

void h2_conn_flush(struct h2_conn *conn)
{
	if (conn->state != H2_CONN_OPEN)
		return;
	while (h2_bytes_len(&conn->out)) {
		size_t n = h2_bytes_len(&conn->out);
		errno = 0;
		int w = SSL_write(conn->ssl, h2_bytes_front(&conn->out),
			(int)(n > CONN_WRITE_MAX ? CONN_WRITE_MAX : n));
		if (w <= 0) {
			if (would_block(conn, w))
				set_want_write(conn, true);
			else
				tls_fail(conn, "write");
			return;
		}
		h2_bytes_drop(&conn->out, (size_t)w);
	}
	set_want_write(conn, false);
}

static void handshake(struct h2_conn *conn)
{
	errno = 0;
	int r = SSL_do_handshake(conn->ssl);
	if (r <= 0) {
		if (!would_block(conn, r))
			tls_fail(conn, "handshake");
		else
			set_want_write(conn, SSL_want_write(conn->ssl));
		return;
	}
	conn->state = H2_CONN_OPEN;
	h2_conn_mark_dirty(conn);
	if (conn->events->on_open)
		conn->events->on_open(conn->arg, conn);
}

static void connected(struct h2_conn *conn)
{
	int e = 0;
	socklen_t len = sizeof(e);
	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0 || e != 0) {
		errno = e;
		tls_fail(conn, "connect");
		return;
	}
	conn->ssl = SSL_new(conn->loop->tls);
	bool ok = conn->ssl && SSL_set_fd(conn->ssl, conn->fd) == 1;
	GC_ASSERT(ok);
	SSL_set_connect_state(conn->ssl);
	conn->state = H2_CONN_HANDSHAKE;
	handshake(conn);
}

static uint64_t now_ns(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail with a valid clock */
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Reads until the socket is empty or the scratch memory is full; how much, negative at the end. */
static ssize_t fill(struct h2_conn *conn, size_t have)
{
	uint8_t *scratch = conn->loop->scratch;
	bool fresh = false;
	do {
		errno = 0;
		int n = SSL_read(conn->ssl, scratch + have, (int)(H2_SCRATCH_BYTES - have));
		if (n <= 0) {
			fresh = fresh || would_block(conn, n);
			break; /* an end is reported again by the next read, once these bytes are used */
		}
		fresh = true;
		have += (size_t)n;
	} while (have < H2_SCRATCH_BYTES && SSL_has_pending(conn->ssl));
	return fresh ? (ssize_t)have : -1;
}

/* Hot path: takes a frame's first half from conn->in, and puts the last one's there. */
static bool read_once(struct h2_conn *conn)
{
	size_t have = h2_bytes_len(&conn->in);
	if (have) {
		memcpy(conn->loop->scratch, h2_bytes_front(&conn->in), have);
		h2_bytes_drop(&conn->in, have);
	}
	ssize_t n = fill(conn, have);
	conn->loop->now_ns = now_ns();
	if (n < 0) {
		tls_fail(conn, "read");
		return false;
	}
	size_t used = h2_frames_take(conn, conn->loop->scratch, (size_t)n);
	if (conn->state == H2_CONN_CLOSED)
		return false;
	h2_bytes_add(&conn->in, conn->loop->scratch + used, (size_t)n - used);
	return (size_t)n == H2_SCRATCH_BYTES;
}

void h2_conn_on_event(struct h2_conn *conn, uint32_t events)
{
	if (conn->state == H2_CONN_CLOSED)
		return;
	if (conn->paused && events & (EPOLLHUP | EPOLLERR)) {
		h2_conn_fail(conn, "reset while not reading"); /* else reported for ever */
		return;
	}
	if (conn->state == H2_CONN_CONNECTING)
		connected(conn);
	else if (conn->state == H2_CONN_HANDSHAKE)
		handshake(conn); /* may have read past its own end, so go on reading */
	else if (events & EPOLLOUT)
		h2_conn_flush(conn);
	if (conn->paused)
		return;
	while (conn->state == H2_CONN_OPEN && read_once(conn))
		;
	free_calls(&conn->done_calls);
}

void h2_conn_tls(const struct h2_conn *conn, char *buf, size_t size)
{
	const char *version = conn->ssl ? SSL_get_version(conn->ssl) : "-";
	const char *cipher = conn->ssl ? SSL_get_cipher_name(conn->ssl) : "-";
	(void)snprintf(buf, size, "%s/%s", version, cipher); /* cut short where it must be */
}

void h2_conn_pause(struct h2_conn *conn, bool paused)
{
	if (conn->state == H2_CONN_CLOSED || conn->paused == paused)
		return;
	conn->paused = paused;
	watch(conn, EPOLL_CTL_MOD);
}

int h2_conn_fd(const struct h2_conn *conn)
{
	return conn->fd;
}
