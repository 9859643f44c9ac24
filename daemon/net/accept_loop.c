/*
 * The accept thread: its turns, and what happens to a connection from accept4 to its hand-over.
 * Who may come in is decided in accept_admit.c, what happens afterwards is in accept_scan.c.
 */
#include "net/accept_priv.h"

#include "base/fd.h"
#include "base/limited.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/guard_report.h"
#include "net/listen.h"
#include "net/tap.h"
#include "rpc/external.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	OUTER_EVENTS = LISTENERS_MAX + 2,
	ACCEPT_BATCH_MAX = 64, /* accepted from one listener before the others get their turn */
	PAUSE_MS = 100, /* without descriptors and without a reserve */
};

/* epoll's data is never written through; the listeners are const to us. */
static void *listener_ptr(const struct acceptor *a, size_t i)
{
	union {
		const struct listener *in;
		void *out;
	} u = {.in = &a->listeners->items[i]};
	return u.out;
}

/* Administrators wait for nobody's handshakes. */
static bool is_ignored(const struct acceptor *a, const struct listener *listener)
{
	return a->starved.on || (a->paced.on && listener->kind == LISTENER_TLS);
}

static int watch_listeners(struct acceptor *a, int op)
{
	int r = 0;
	for (size_t i = 0; i < a->listeners->count && r == 0; i++) {
		const struct listener *listener = &a->listeners->items[i];
		r = accept_watch(a->outer_fd, op, listener->fd,
			is_ignored(a, listener) ? 0 : EPOLLIN, listener_ptr(a, i));
	}
	return r;
}

static void open_reserve(struct acceptor *a)
{
	if (a->reserve_fd < 0)
		a->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int accept_loop_init(struct acceptor *a)
{
	a->outer_fd = a->inner_fd = a->stop_fd = a->reserve_fd = -1;
	open_reserve(a);
	a->outer_fd = epoll_create1(EPOLL_CLOEXEC);
	a->inner_fd = epoll_create1(EPOLL_CLOEXEC);
	a->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->reserve_fd < 0 || a->outer_fd < 0 || a->inner_fd < 0 || a->stop_fd < 0)
		return err_raise(-errno);
	int r = accept_watch(a->outer_fd, EPOLL_CTL_ADD, a->stop_fd, EPOLLIN, &a->stop_fd);
	if (r == 0)
		r = accept_watch(a->outer_fd, EPOLL_CTL_ADD, a->inner_fd, EPOLLIN, &a->inner_fd);
	if (r == 0)
		r = watch_listeners(a, EPOLL_CTL_ADD);
	return r < 0 ? err_pass(r) : 0;
}

void accept_loop_deinit(struct acceptor *a)
{
	fd_closep(&a->reserve_fd);
	fd_closep(&a->stop_fd);
	fd_closep(&a->inner_fd);
	fd_closep(&a->outer_fd);
}

/* Interest in descriptors that are in the set already: fails only for want of memory, and then the
 * next turn does it again. */
static void set_pause(struct acceptor *a, struct pause *pause, bool on, uint32_t ms)
{
	pause->on = on;
	if (watch_listeners(a, EPOLL_CTL_MOD) < 0)
		pause->on = true;
	pause->until = clock_mono_add_ms(clock_mono(), ms);
}

/* Duplicates `fd`; refuses the connection when that is not possible. -1 then. */
static int duplicate(int fd, const struct peer *peer)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (copy < 0)
		accept_refuse(fd, GUARD_NO_DESCRIPTORS, peer);
	return copy;
}

static bool guard_conn(struct acceptor *a, struct conn *conn, uint32_t events)
{
	if (accept_watch(
		    a->inner_fd, EPOLL_CTL_ADD, conn->fd, events | EPOLLRDHUP | EPOLLET, conn) == 0)
		return true;
	conn_forget(&a->conns, conn);
	return false;
}

/* Core asks for its certificate meanwhile. */
static void hand_over(struct acceptor *a, struct conn *conn, int listener_fd, int fd)
{
	char served[TLS_FINGERPRINT_BYTES];
	tap_expect(conn->tap);
	if (external_handle(a->external, listener_fd, fd) < 0)
		conn_cut(conn); /* the server is ending */
	tap_expect(NULL);
	tls_take_served(served);
	(void)conn_table_set_served(&a->conns, conn->peer, served);
}

static void on_tls(struct acceptor *a, const struct listener *listener, int fd,
	const struct sockaddr_storage *name)
{
	struct peer peer;
	if (!peer_from_name(name, &peer) || socket_options_set_tcp(fd, &a->sockets) < 0) {
		close(fd); /* ended before we got to it */
		return;
	}
	enum guard_reason reason = accept_admit(a, &peer);
	if (reason != GUARD_FINE) {
		accept_refuse(fd, reason, &peer);
		return;
	}
	int copy = duplicate(fd, &peer);
	if (copy < 0)
		return;
	struct conn *conn = conn_add_tls(&a->conns, &peer, copy, clock_mono());
	if (!guard_conn(a, conn, EPOLLIN)) {
		accept_refuse(fd, GUARD_NO_DESCRIPTORS, &peer);
		return;
	}
	pace_begin(&a->pace);
	metric_add(METRIC_CONNECTIONS_ACCEPTED, 1);
	hand_over(a, conn, listener->fd, fd);
	accept_scan_bound_pending(a);
}

static void on_admin(struct acceptor *a, int fd)
{
	struct ucred ucred = {.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
	enum guard_reason reason = accept_admit_admin(a, fd, &ucred);
	if (reason != GUARD_FINE) {
		char who[PEER_TEXT_BYTES];
		(void)snprintf(
			who, sizeof(who), "uid:%u/pid:%d", (unsigned)ucred.uid, (int)ucred.pid);
		close(fd);
		guard_report_refused(reason, who);
		return;
	}
	int copy = duplicate(fd, NULL);
	if (copy < 0)
		return;
	struct conn *conn = conn_add_admin(&a->conns, fd, &ucred, copy);
	if (guard_conn(a, conn, 0))
		a->on_admin(a->arg, fd, &ucred);
	else
		accept_refuse(fd, GUARD_NO_DESCRIPTORS, NULL);
}

static int take_connection(const struct listener *listener, struct sockaddr_storage *ret_name)
{
	socklen_t len = sizeof(*ret_name);
	ret_name->ss_family = AF_UNSPEC;
	return accept4(
		listener->fd, (struct sockaddr *)ret_name, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* No descriptor is left: the reserve is given up for as long as it takes to close one waiting
 * connection. Otherwise it would stay in the queue and the listener be ready for ever. */
static void shed_one(struct acceptor *a, const struct listener *listener)
{
	struct sockaddr_storage name;
	struct peer peer;
	if (a->reserve_fd >= 0) {
		fd_closep(&a->reserve_fd);
		int fd = take_connection(listener, &name);
		if (fd >= 0)
			accept_refuse(fd, GUARD_NO_DESCRIPTORS,
				peer_from_name(&name, &peer) ? &peer : NULL);
	}
	open_reserve(a);
	if (a->reserve_fd < 0)
		set_pause(a, &a->starved, true, PAUSE_MS);
}

/* What to do when accept4 failed; false ends the listener's turn. */
static bool after_failure(struct acceptor *a, const struct listener *listener, int e)
{
	if (e == EAGAIN)
		return false;
	if (e == EMFILE || e == ENFILE) {
		shed_one(a, listener);
		return !a->starved.on;
	}
	if (e == ENOMEM || e == ENOBUFS) {
		set_pause(a, &a->starved, true, PAUSE_MS);
		return false;
	}
	return true; /* accept(2): the connection failed before it was taken; there may be more */
}

/* Whether another handshake can be taken on now; otherwise its listener is left alone for a while. */
static bool keeps_pace(struct acceptor *a, const struct listener *listener)
{
	uint32_t wait_ms;
	if (listener->kind != LISTENER_TLS ||
		pace_allows(&a->pace, a->limits.handshakes_per_second, a->conns.pending_count,
			clock_mono(), &wait_ms))
		return true;
	limited_note(LIMITED_HANDSHAKES, &(struct log_fields){0});
	set_pause(a, &a->paced, true, wait_ms);
	return false;
}

static void accept_some(struct acceptor *a, const struct listener *listener)
{
	struct sockaddr_storage name;
	for (int i = 0; i < ACCEPT_BATCH_MAX && keeps_pace(a, listener); i++) {
		int fd = take_connection(listener, &name);
		if (fd < 0) {
			if (!after_failure(a, listener, errno))
				return;
		} else if (listener->kind == LISTENER_TLS) {
			on_tls(a, listener, fd, &name);
		} else {
			on_admin(a, fd);
		}
	}
}

static void cease(struct acceptor *a)
{
	a->phase = ACCEPTOR_GUARDS;
	a->starved.on = a->paced.on = false;
	/* what can't be taken out of the set is passed over, as it may be in this turn's events */
	(void)watch_listeners(a, EPOLL_CTL_DEL);
	(void)sem_post(&a->guards);
}

static void on_stop(struct acceptor *a)
{
	eventfd_t ignored;
	enum acceptor_phase wanted = (enum acceptor_phase)atomic_load(&a->wanted);
	(void)eventfd_read(a->stop_fd, &ignored); /* EAGAIN: it was read before */
	if (a->phase == ACCEPTOR_ACCEPTS)
		cease(a);
	a->phase = wanted;
}

static void on_event(struct acceptor *a, void *ptr)
{
	if (ptr == &a->stop_fd)
		on_stop(a);
	else if (ptr == &a->inner_fd)
		accept_scan_start(a);
	else if (a->phase == ACCEPTOR_ACCEPTS)
		accept_some(a, ptr);
}

static void police(struct acceptor *a)
{
	struct mono now = clock_mono();
	accept_scan_run(a, now);
	open_reserve(a);
	if (a->starved.on && now.us >= a->starved.until.us)
		set_pause(a, &a->starved, a->reserve_fd < 0, PAUSE_MS);
	if (a->paced.on && now.us >= a->paced.until.us)
		set_pause(a, &a->paced, false, 0);
}

static int64_t sooner(int64_t ms, struct mono when, struct mono now)
{
	int64_t left = clock_mono_ms_since(when, now) + 1; /* rounded up: not a moment early */
	left = left > 0 ? left : 0;
	return left < ms ? left : ms;
}

static int wait_ms(const struct acceptor *a)
{
	struct mono now = clock_mono();
	const struct conn *oldest = TAILQ_FIRST(&a->conns.pending);
	int64_t ms = ACCEPTOR_BEAT_MS;
	if (a->scanning)
		ms = sooner(ms, a->next_scan, now);
	if (a->starved.on)
		ms = sooner(ms, a->starved.until, now);
	if (a->paced.on)
		ms = sooner(ms, a->paced.until, now);
	if (oldest && a->limits.sign_in_timeout_ms > 0)
		ms = sooner(ms,
			clock_mono_add_ms(oldest->guard.since, a->limits.sign_in_timeout_ms), now);
	oldest = TAILQ_FIRST(&a->conns.silent);
	if (oldest && a->limits.handshake_timeout_ms > 0)
		ms = sooner(ms,
			clock_mono_add_ms(oldest->guard.since, a->limits.handshake_timeout_ms),
			now);
	return (int)ms;
}

static void take_limits(struct acceptor *a)
{
	(void)pthread_mutex_lock(&a->shared.mu);
	a->limits = a->shared.limits;
	(void)pthread_mutex_unlock(&a->shared.mu);
}

void *accept_loop_run(void *arg)
{
	struct acceptor *a = arg;
	pulse_begin(&a->pulse);
	while (a->phase != ACCEPTOR_ENDS) {
		struct epoll_event events[OUTER_EVENTS];
		int n = epoll_wait(a->outer_fd, events, OUTER_EVENTS, wait_ms(a));
		pulse_beat(&a->pulse);
		take_limits(a);
		for (int i = 0; i < n; i++)
			on_event(a, events[i].data.ptr);
		police(a);
	}
	return NULL;
}
