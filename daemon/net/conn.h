/*
 * The records of open connections: one per accepted descriptor, found by the peer's text, counted
 * per address. Records are made and forgotten by the accept thread alone, which therefore walks
 * them without a lock; other threads find one under the table's mutex and may set its flag, cut it
 * or copy from it before they let go. That is what conn_table_* marked "any thread" do.
 */
#pragma once

#include "base/clock.h"
#include "base/macros.h"
#include "net/guard.h"
#include "net/peer.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <sys/socket.h>

struct tap;
struct conn_net; /* the count of one address */

enum conn_kind {
	CONN_TLS,
	CONN_ADMIN,
};

struct conn {
	char peer[PEER_TEXT_BYTES]; /* immutable, as the next four */
	enum conn_kind kind;
	int fd; /* owned: a duplicate of what core serves */
	struct ucred ucred; /* of an admin connection */
	struct conn_net *net; /* ref: counted in it; NULL for an admin connection */
	struct tap *tap; /* ref: what it sends inside TLS; NULL for an admin connection */
	atomic_bool signed_in;
	atomic_bool is_cut;
	struct guard guard; /* accept thread only, as the rest */
	struct mono due; /* the guard looks no earlier */
	bool is_pending; /* on the list of those that have not signed in */
	bool is_silent; /* on the list of those whose handshake is not known to be over */
	bool is_active; /* on the list of those that received since the guard last looked */
	TAILQ_ENTRY(conn) pending;
	TAILQ_ENTRY(conn) silent;
	TAILQ_ENTRY(conn) active;
	struct conn_hash *hash; /* owned: uthash's part, kept out of this header */
};

TAILQ_HEAD(conn_list, conn);

struct conn_table {
	pthread_mutex_t mu;
	struct conn_hash *by_peer; /* under mu to change, or to read on another thread */
	struct conn_net *by_net; /* accept thread only, as the lists */
	struct conn_list pending; /* oldest first */
	struct conn_list silent; /* oldest first */
	struct conn_list active;
	uint64_t pending_count;
	atomic_size_t count[2]; /* by kind */
};

void conn_table_init(struct conn_table *table);
/* Forgets all that are left, without cutting them. No thread may use the table any more. */
void conn_table_deinit(struct conn_table *table);

/* Connections of this kind. Any thread. */
size_t conn_table_count(const struct conn_table *table, enum conn_kind kind);
/* Connections of this address. Accept thread. */
uint64_t conn_table_count_of(const struct conn_table *table, const struct peer_net *net);

/* A record for a connection from `peer`; `fd`, the duplicate, is taken. Borrowed, until
 * conn_forget. Accept thread. */
struct conn *conn_add_tls(
	struct conn_table *table, const struct peer *peer, int fd, struct mono now);
/* As above for an admin connection that core will know as "fd:`core_fd`". */
struct conn *conn_add_admin(
	struct conn_table *table, int core_fd, const struct ucred *ucred, int fd);

/* The connection has ended: closes the duplicate and frees the record. Accept thread. */
void conn_forget(struct conn_table *table, struct conn *conn);

/* Bytes arrived: the guard will look. Accept thread. */
void conn_mark_active(struct conn_table *table, struct conn *conn);
void conn_unmark_active(struct conn_table *table, struct conn *conn);
/* It has signed in, or is being cut: no longer waits for a sign-in. Accept thread. */
void conn_unmark_pending(struct conn_table *table, struct conn *conn);

/* Its handshake is over, or no longer waited for. Accept thread. */
void conn_unmark_silent(struct conn_table *table, struct conn *conn);

/* Bytes received since the connection was made. False when the kernel does not say. */
bool conn_received_bytes(const struct conn *conn, uint64_t *ret_bytes);
/* Ends the connection at once; its record goes when the kernel has told so. Accept thread, or any
 * that holds the table's mutex. */
void conn_cut(struct conn *conn);

/* Any thread; false when there is no such connection. */
bool conn_table_sign_in(struct conn_table *table, const char *peer);
bool conn_table_cut(struct conn_table *table, const char *peer);
bool conn_table_get_ucred(struct conn_table *table, const char *peer, struct ucred *ret);

/* Closes a descriptor so that the peer learns of it at once (RST) and nothing lingers. */
void conn_close_hard(int fd);
