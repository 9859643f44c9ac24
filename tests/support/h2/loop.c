/*
 * One epoll set, level-triggered. What the callbacks of one connection queue is written once, when
 * all that came for it has been handled: many small messages leave in one TLS record, and none
 * waits for the other connections of a long turn. Closed connections stay until the turn ends,
 * because events of theirs may still be in the array that epoll filled.
 */
#include "h2/h2_priv.h"

#include "base/mem.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOP_EVENTS = 256,
	LOOP_INTERRUPT_EVERY = 16, /* connections */
};

struct h2_loop *h2_loop_new(void)
{
	struct h2_loop *loop = mem_new(1, sizeof(*loop));
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	GC_ASSERT(loop->epoll_fd >= 0);
	loop->tls = h2_tls_new();
	loop->scratch = mem_new(1, H2_SCRATCH_BYTES);
	LIST_INIT(&loop->conns);
	LIST_INIT(&loop->closed);
	TAILQ_INIT(&loop->dirty);
	(void)signal(SIGPIPE, SIG_IGN); /* writes report it as EPIPE */
	return loop;
}

static void reap(struct h2_loop *loop)
{
	while (!LIST_EMPTY(&loop->closed))
		h2_conn_free(LIST_FIRST(&loop->closed));
}

struct h2_loop *h2_loop_free(struct h2_loop *loop)
{
	if (!loop)
		return NULL;
	while (!LIST_EMPTY(&loop->conns))
		h2_conn_close(LIST_FIRST(&loop->conns));
	reap(loop);
	SSL_CTX_free(loop->tls);
	close(loop->epoll_fd);
	free(loop->scratch);
	free(loop);
	return NULL;
}

static void flush(struct h2_loop *loop)
{
	struct h2_conn *conn;
	while ((conn = TAILQ_FIRST(&loop->dirty))) {
		TAILQ_REMOVE(&loop->dirty, conn, dirty_link);
		conn->dirty = false;
		h2_conn_flush(conn);
	}
}

void h2_loop_turn(struct h2_loop *loop, int64_t timeout_ns)
{
	struct epoll_event events[LOOP_EVENTS];
	struct timespec wait = {
		.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
	flush(loop);
	int n = epoll_pwait2(
		loop->epoll_fd, events, LOOP_EVENTS, timeout_ns < 0 ? NULL : &wait, NULL);
	for (int i = 0; i < n; i++) {
		h2_conn_on_event(events[i].data.ptr, events[i].events);
		if (loop->interrupt && i % LOOP_INTERRUPT_EVERY == LOOP_INTERRUPT_EVERY - 1)
			loop->interrupt(loop->interrupt_arg);
		flush(loop);
	}
	reap(loop);
}

void h2_loop_interrupt(struct h2_loop *loop, void (*fn)(void *arg), void *arg)
{
	loop->interrupt = fn;
	loop->interrupt_arg = arg;
}

uint64_t h2_loop_now(const struct h2_loop *loop)
{
	return loop->now_ns;
}
