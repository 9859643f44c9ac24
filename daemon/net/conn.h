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
#include "net/tls.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <sys/socket.h>

struct tap;
struct conn_client; /* what its certificate came to */
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
	struct mono since; /* immutable: accepted */
	struct guard guard; /* accept thread only, as the rest */
	struct mono due; /* the guard looks no earlier */
	bool is_pending; /* on the list of those that have not signed in */
	bool is_silent; /* on the list of those whose handshake is not known to be over */
	bool is_charged; /* its address has paid for its being cut */
	bool is_active; /* on the list of those that received since the guard last looked */
	TAILQ_ENTRY(conn) pending;
	TAILQ_ENTRY(conn) silent;
	TAILQ_ENTRY(conn) active;
	char served[TLS_FINGERPRINT_BYTES]; /* under the table's mu, as the next: our certificate */
	struct conn_client *client; /* owned, or NULL: not looked at yet */
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

/* Each connection, until `visit` says false; it may cut them. Accept thread. */
void conn_table_visit(
	struct conn_table *table, bool (*visit)(void *arg, struct conn *conn), void *arg);

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
/* The round trip as the kernel measures it, microseconds; false also when it doesn't know. */
bool conn_table_get_round_trip(struct conn_table *table, const char *peer, uint32_t *ret_us);
bool conn_table_get_ucred(struct conn_table *table, const char *peer, struct ucred *ret);
/* Whether a TLS connection that was accepted after `since` has not signed in yet. */
bool conn_table_has_newcomer(struct conn_table *table, struct mono since);

/* conn_cert.c: certificates, ours and the client's. Any thread; false: no such connection. */

/* The fingerprint of the certificate that it is served with. */
bool conn_table_set_served(struct conn_table *table, const char *peer, const char *fingerprint);
bool conn_table_get_served(struct conn_table *table, const char *peer,
	char ret_fingerprint[static TLS_FINGERPRINT_BYTES]);
/* Calls `each` with the fingerprint of every TLS connection, under the mutex. */
void conn_table_each_served(
	struct conn_table *table, void (*each)(void *arg, const char *fingerprint), void *arg);

/* What the client's certificate came to by the pair of `generation`; `chain` (PEM, copied) may be NULL.
 * False also where it was judged by another pair, or not yet. */
bool conn_table_set_client(struct conn_table *table, const char *peer, uint64_t generation,
	const struct tls_client *client, const char *chain);
bool conn_table_get_client(
	struct conn_table *table, const char *peer, uint64_t generation, struct tls_client *ret);
/* Cuts those whose client's certificate has expired by now; how many. */
size_t conn_table_cut_expired(struct conn_table *table, uint64_t now_us);
/* Judges again all that have shown a certificate, and cuts those that are not good any more. Blocks for
 * as long as that takes, but not under the mutex. How many were cut. */
size_t conn_table_judge_again(
	struct conn_table *table, const struct tls_clients *clients, enum tls_client_name kind);

/* Closes a descriptor so that the peer learns of it at once (RST) and nothing lingers. */
void conn_close_hard(int fd);
