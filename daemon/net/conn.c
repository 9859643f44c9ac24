/* Records of connections, in two hash tables (by peer, by address) and two lists. */
#include "net/conn.h"

#include "base/mem.h"
#include "net/conn_priv.h"
#include "net/tap.h"

#include <linux/tcp.h> /* netinet/tcp.h has a tcp_info without bytes_received */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct conn_net {
	struct peer_net net;
	uint64_t count;
	UT_hash_handle hh;
};

void conn_table_init(struct conn_table *t)
{
	*t = (struct conn_table){0};
	(void)pthread_mutex_init(&t->mu, NULL); /* cannot fail with default attributes */
	TAILQ_INIT(&t->pending);
	TAILQ_INIT(&t->silent);
	TAILQ_INIT(&t->active);
}

void conn_table_deinit(struct conn_table *t)
{
	struct conn_hash *entry;
	struct conn_hash *next;
	HASH_ITER (hh, t->by_peer, entry, next) {
		conn_forget(t, entry->conn);
	}
	GC_ASSERT(!t->by_net && TAILQ_EMPTY(&t->pending) && TAILQ_EMPTY(&t->active));
	(void)pthread_mutex_destroy(&t->mu);
}

void conn_table_visit(struct conn_table *t, bool (*visit)(void *arg, struct conn *conn), void *arg)
{
	struct conn_hash *entry;
	struct conn_hash *next;
	HASH_ITER (hh, t->by_peer, entry, next) {
		if (!visit(arg, entry->conn))
			return;
	}
}

size_t conn_table_count(const struct conn_table *t, enum conn_kind kind)
{
	return atomic_load(&t->count[kind]);
}

static struct conn_net *find_net(const struct conn_table *t, const struct peer_net *net)
{
	struct conn_net *found = NULL;
	HASH_FIND(hh, t->by_net, net, sizeof(*net), found);
	return found;
}

uint64_t conn_table_count_of(const struct conn_table *t, const struct peer_net *net)
{
	const struct conn_net *found = find_net(t, net);
	return found ? found->count : 0;
}

static struct conn_net *net_ref(struct conn_table *t, const struct peer *peer)
{
	struct peer_net net;
	peer_get_net(peer, &net);
	struct conn_net *entry = find_net(t, &net);
	if (!entry) {
		entry = mem_new(1, sizeof(*entry));
		entry->net = net;
		HASH_ADD(hh, t->by_net, net, sizeof(entry->net), entry);
	}
	entry->count++;
	return entry;
}

static void net_unref(struct conn_table *t, struct conn_net *entry)
{
	if (!entry || --entry->count > 0)
		return;
	HASH_DELETE(hh, t->by_net, entry);
	free(entry);
}

/* Two connections can have one text: the same source address and port to two of our addresses, or
 * an old one whose end was not seen yet. uthash then finds the newest, which is the one meant. */
static void publish(struct conn_table *t, struct conn *conn)
{
	conn->hash = mem_new(1, sizeof(*conn->hash));
	conn->hash->conn = conn;
	(void)pthread_mutex_lock(&t->mu);
	HASH_ADD_KEYPTR(hh, t->by_peer, conn->peer, strlen(conn->peer), conn->hash);
	(void)pthread_mutex_unlock(&t->mu);
	atomic_fetch_add(&t->count[conn->kind], 1);
}

struct conn *conn_add_tls(struct conn_table *t, const struct peer *peer, int fd, struct mono now)
{
	struct conn *conn = mem_new(1, sizeof(*conn));
	peer_print(peer, conn->peer);
	conn->kind = CONN_TLS;
	conn->fd = fd;
	conn->net = net_ref(t, peer);
	conn->since = conn->guard.since = now;
	conn->is_pending = true;
	TAILQ_INSERT_TAIL(&t->pending, conn, pending);
	t->pending_count++;
	conn->tap = tap_new(conn->peer);
	conn->is_silent = true;
	TAILQ_INSERT_TAIL(&t->silent, conn, silent);
	publish(t, conn);
	return conn;
}

struct conn *conn_add_admin(struct conn_table *t, int core_fd, const struct ucred *ucred, int fd)
{
	struct conn *conn = mem_new(1, sizeof(*conn));
	(void)snprintf(conn->peer, sizeof(conn->peer), "fd:%d", core_fd);
	conn->kind = CONN_ADMIN;
	conn->fd = fd;
	conn->ucred = *ucred;
	publish(t, conn);
	return conn;
}

void conn_forget(struct conn_table *t, struct conn *conn)
{
	conn_unmark_pending(t, conn);
	conn_unmark_silent(t, conn);
	conn_unmark_active(t, conn);
	net_unref(t, conn->net);
	(void)pthread_mutex_lock(&t->mu);
	HASH_DELETE(hh, t->by_peer, conn->hash);
	(void)pthread_mutex_unlock(&t->mu);
	conn->tap = tap_unref(conn->tap); /* now that no one who signs in finds it */
	atomic_fetch_sub(&t->count[conn->kind], 1);
	conn->client = conn_client_free(conn->client);
	close(conn->fd);
	free(conn->hash);
	free(conn);
}

void conn_mark_active(struct conn_table *t, struct conn *conn)
{
	if (conn->is_active)
		return;
	conn->is_active = true;
	TAILQ_INSERT_TAIL(&t->active, conn, active);
}

void conn_unmark_active(struct conn_table *t, struct conn *conn)
{
	if (!conn->is_active)
		return;
	conn->is_active = false;
	TAILQ_REMOVE(&t->active, conn, active);
}

void conn_unmark_pending(struct conn_table *t, struct conn *conn)
{
	if (!conn->is_pending)
		return;
	conn->is_pending = false;
	TAILQ_REMOVE(&t->pending, conn, pending);
	t->pending_count--;
}

void conn_unmark_silent(struct conn_table *t, struct conn *conn)
{
	if (!conn->is_silent)
		return;
	conn->is_silent = false;
	TAILQ_REMOVE(&t->silent, conn, silent);
}

bool conn_received_bytes(const struct conn *conn, uint64_t *ret_bytes)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	if (getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
		len < offsetof(struct tcp_info, tcpi_bytes_received) +
				sizeof(info.tcpi_bytes_received))
		return false;
	*ret_bytes = info.tcpi_bytes_received;
	return true;
}

/* connect(2) to AF_UNSPEC resets a TCP connection: what is queued in both directions is dropped,
 * where after shutdown(2) core would go on to read what has already arrived. */
void conn_cut(struct conn *conn)
{
	const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
	if (atomic_exchange(&conn->is_cut, true))
		return;
	if (conn->kind != CONN_TLS || connect(conn->fd, &nowhere, sizeof(nowhere)) < 0)
		(void)shutdown(conn->fd, SHUT_RDWR); /* ended already is as good */
}

struct conn *conn_table_find(struct conn_table *t, const char *peer)
{
	struct conn_hash *found = NULL;
	HASH_FIND(hh, t->by_peer, peer, strlen(peer), found);
	return found ? found->conn : NULL;
}

bool conn_table_sign_in(struct conn_table *t, const char *peer)
{
	(void)pthread_mutex_lock(&t->mu);
	struct conn *conn = conn_table_find(t, peer);
	if (conn) {
		atomic_store(&conn->signed_in, true);
		if (conn->tap)
			tap_sign_in(conn->tap);
	}
	(void)pthread_mutex_unlock(&t->mu);
	return conn != NULL;
}

bool conn_table_cut(struct conn_table *t, const char *peer)
{
	(void)pthread_mutex_lock(&t->mu);
	struct conn *conn = conn_table_find(t, peer);
	if (conn)
		conn_cut(conn);
	(void)pthread_mutex_unlock(&t->mu);
	return conn != NULL;
}

bool conn_table_get_round_trip(struct conn_table *t, const char *peer, uint32_t *ret_us)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);
	(void)pthread_mutex_lock(&t->mu);
	const struct conn *conn = conn_table_find(t, peer);
	bool found = conn && conn->kind == CONN_TLS &&
		     getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
		     info.tcpi_rtt > 0;
	(void)pthread_mutex_unlock(&t->mu);
	if (found)
		*ret_us = info.tcpi_rtt;
	return found;
}

bool conn_table_get_ucred(struct conn_table *t, const char *peer, struct ucred *ret)
{
	(void)pthread_mutex_lock(&t->mu);
	const struct conn *conn = conn_table_find(t, peer);
	bool found = conn && conn->kind == CONN_ADMIN;
	if (found)
		*ret = conn->ucred;
	(void)pthread_mutex_unlock(&t->mu);
	return found;
}

bool conn_table_has_newcomer(struct conn_table *t, struct mono since)
{
	bool found = false;
	(void)pthread_mutex_lock(&t->mu);
	for (const struct conn_hash *entry = t->by_peer; entry && !found; entry = entry->hh.next)
		found = entry->conn->kind == CONN_TLS && entry->conn->since.us > since.us &&
			!atomic_load(&entry->conn->signed_in);
	(void)pthread_mutex_unlock(&t->mu);
	return found;
}

void conn_close_hard(int fd)
{
	const struct linger none = {.l_onoff = 1};
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)); /* else a FIN: fine too */
	close(fd);
}
