/*
 * Watching what was accepted. Connections sit in an epoll set of their own (inner), nested in the
 * one that is waited on (outer). The first byte that arrives wakes the thread, which then silences
 * the inner set and looks into it every ACCEPTOR_SCAN_MS until nothing arrives any more: an event
 * per segment would cost a wake-up each, a timer that always runs would cost them when nobody talks.
 */
#include "net/accept_priv.h"

#include "base/log.h"
#include "net/guard_report.h"
#include "net/tap.h"

#include <errno.h>
#include <sys/epoll.h>

enum {
	INNER_EVENTS = 256, /* taken at once from the inner set ... */
	INNER_BATCHES_MAX = 256, /* ... so many times before listeners get their turn */
	SIGNED_IN_LOOK_MS = 100, /* who has signed in is looked at less often */
};

int accept_watch(int epoll_fd, int op, int fd, uint32_t events, void *ptr)
{
	struct epoll_event event = {.events = events, .data.ptr = ptr};
	return epoll_ctl(epoll_fd, op, fd, &event) < 0 ? err_raise(-errno) : 0;
}

static void set_scanning(struct acceptor *a, bool scanning)
{
	uint32_t events = scanning ? 0 : EPOLLIN;
	if (accept_watch(a->outer_fd, EPOLL_CTL_MOD, a->inner_fd, events, &a->inner_fd) == 0)
		a->scanning = scanning;
}

/* Its next connection would cost a handshake, and as much as this one until it is cut: the address
 * pays for that in new connections. */
static void charge(struct acceptor *a, struct conn *conn)
{
	if (!conn->is_charged)
		acceptor_charge(a, conn->peer, ACCEPTOR_CUT_COST);
	conn->is_charged = true;
}

static void cut(struct acceptor *a, struct conn *conn, enum guard_reason reason)
{
	if (guard_reason_is_abuse(reason))
		charge(a, conn);
	conn_unmark_pending(&a->conns, conn);
	conn_unmark_silent(&a->conns, conn);
	guard_report_cut(reason, conn->peer); /* first: whoever sees the end finds it counted */
	conn_cut(conn);
}

static void on_conn_event(struct acceptor *a, struct conn *conn, uint32_t events)
{
	if (events & EPOLLHUP) {
		/* Before the duplicate is closed: the set watches what both share. */
		(void)epoll_ctl(a->inner_fd, EPOLL_CTL_DEL, conn->fd, NULL);
		if (conn->kind == CONN_TLS && tap_is_refused(conn->tap))
			charge(a, conn);
		conn_forget(&a->conns, conn);
		return;
	}
	if (conn->kind == CONN_TLS)
		conn_mark_active(&a->conns, conn);
}

/* Takes what the inner set has; tells whether there was anything. */
bool accept_scan_drain(struct acceptor *a)
{
	struct epoll_event events[INNER_EVENTS];
	bool any = false;
	for (int batch = 0; batch < INNER_BATCHES_MAX; batch++) {
		int n = epoll_wait(a->inner_fd, events, INNER_EVENTS, 0);
		for (int i = 0; i < n; i++)
			on_conn_event(a, events[i].data.ptr, events[i].events);
		any = any || n > 0;
		if (n < INNER_EVENTS)
			break;
	}
	return any;
}

/* Whether core's reads come by us shows when someone has signed in. */
static void check_tap(struct acceptor *a)
{
	if (a->tap_checked)
		return;
	a->tap_checked = true;
	if (tap_start() && tap_reads() == 0)
		log_with(LOG_LEVEL_WARNING, NULL, LOG_ID_FRAMES_UNSEEN,
			"frames inside TLS pass unseen: floods are cut by bytes alone");
}

static void look_at(struct acceptor *a, struct conn *conn, struct mono now)
{
	uint64_t bytes = 0;
	bool signed_in = atomic_load(&conn->signed_in);
	conn_unmark_active(&a->conns, conn);
	if (atomic_load(&conn->is_cut) || !conn_received_bytes(conn, &bytes))
		return;
	if (tap_is_refused(conn->tap)) { /* said so already; core need not read the rest */
		charge(a, conn);
		conn_unmark_pending(&a->conns, conn);
		conn_cut(conn);
		return;
	}
	if (signed_in) {
		check_tap(a);
		conn_unmark_pending(&a->conns, conn);
		conn->due = clock_mono_add_ms(now, SIGNED_IN_LOOK_MS);
	}
	enum guard_reason reason = guard_look(&conn->guard, &a->limits, signed_in, bytes, now);
	if (reason != GUARD_FINE)
		cut(a, conn, reason);
}

static void look_at_active(struct acceptor *a, struct mono now)
{
	struct conn *conn = TAILQ_FIRST(&a->conns.active);
	while (conn) {
		struct conn *next = TAILQ_NEXT(conn, active);
		if (conn->due.us <= now.us)
			look_at(a, conn, now);
		conn = next;
	}
}

static void scan(struct acceptor *a, struct mono now)
{
	bool any = accept_scan_drain(a);
	look_at_active(a, now);
	a->next_scan = clock_mono_add_ms(now, ACCEPTOR_SCAN_MS);
	if (!any && TAILQ_EMPTY(&a->conns.active))
		set_scanning(a, false);
}

/* The oldest that still waits to sign in; those that have signed in leave the list on the way. */
static struct conn *oldest_pending(struct acceptor *a)
{
	struct conn *conn;
	while ((conn = TAILQ_FIRST(&a->conns.pending)) && atomic_load(&conn->signed_in))
		conn_unmark_pending(&a->conns, conn);
	return conn;
}

static void expire_pending(struct acceptor *a, struct mono now)
{
	struct conn *conn;
	while (a->limits.sign_in_timeout_ms > 0 && (conn = oldest_pending(a)) &&
		clock_mono_ms_since(now, conn->guard.since) >= a->limits.sign_in_timeout_ms)
		cut(a, conn, GUARD_SIGN_IN_TIMEOUT);
}

/* The oldest whose handshake is not over; the others leave the list on the way. */
static struct conn *oldest_silent(struct acceptor *a)
{
	struct conn *conn;
	while ((conn = TAILQ_FIRST(&a->conns.silent)) && tap_has_spoken(conn->tap))
		conn_unmark_silent(&a->conns, conn);
	return conn;
}

/* Without a look into TLS nobody would ever have spoken: then it is left to core. */
static void expire_silent(struct acceptor *a, struct mono now)
{
	struct conn *conn;
	while (a->limits.handshake_timeout_ms > 0 && (conn = oldest_silent(a)) &&
		clock_mono_ms_since(now, conn->guard.since) >= a->limits.handshake_timeout_ms) {
		if (tap_works())
			cut(a, conn, GUARD_HANDSHAKE_TIMEOUT);
		else
			conn_unmark_silent(&a->conns, conn);
	}
}

/* Those that have signed in behind one that has not still count; here they must not. */
static void drop_signed_in(struct acceptor *a)
{
	struct conn *conn = TAILQ_FIRST(&a->conns.pending);
	while (conn) {
		struct conn *next = TAILQ_NEXT(conn, pending);
		if (atomic_load(&conn->signed_in))
			conn_unmark_pending(&a->conns, conn);
		conn = next;
	}
}

void accept_scan_bound_pending(struct acceptor *a)
{
	struct conn *conn;
	uint64_t max = guard_pending_max(&a->limits);
	if (a->conns.pending_count <= max)
		return;
	drop_signed_in(a);
	while (a->conns.pending_count > max && (conn = oldest_pending(a)))
		cut(a, conn, GUARD_PENDING_FULL);
}

static bool cut_if_blocked(void *arg, struct conn *conn)
{
	struct acceptor *a = arg;
	struct peer peer;
	if (conn->kind == CONN_TLS && !atomic_load(&conn->is_cut) &&
		peer_parse(conn->peer, &peer) && accept_is_blocked(a, &peer))
		cut(a, conn, GUARD_BANNED);
	return true;
}

void accept_scan_cut_blocked(struct acceptor *a, struct mono now)
{
	int64_t due_us = atomic_load(&a->cut_blocked_us);
	if (due_us == 0 || now.us < due_us)
		return;
	/* a block that comes now sets another moment, which stays */
	(void)atomic_compare_exchange_strong(&a->cut_blocked_us, &due_us, 0);
	conn_table_visit(&a->conns, cut_if_blocked, a);
}

void accept_scan_start(struct acceptor *a)
{
	set_scanning(a, true);
	a->next_scan = clock_mono();
}

void accept_scan_run(struct acceptor *a, struct mono now)
{
	if (a->scanning && now.us >= a->next_scan.us)
		scan(a, now);
	expire_silent(a, now);
	expire_pending(a, now);
	accept_scan_cut_blocked(a, now);
}
