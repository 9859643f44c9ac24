/*
 * The accept thread: takes connections from all listeners, hands TLS ones to gRPC core through the
 * external acceptor and admin ones (after their credentials passed) to the daemon, and guards what
 * it handed over. It keeps a duplicate of every accepted descriptor: that tells when a connection
 * ends, how many bytes it has sent, and cuts it at once, none of which core can do.
 *
 *   listener -> accept4 -> limits (guard.h) -> record (conn.h) -> core
 *                                               ^ 20 ms scan while bytes arrive: over budget -> cut
 *
 * Connections are named by the text grpc_call_get_peer gives, e.g. "ipv4:127.0.0.1:46932",
 * "ipv6:%5B::1%5D:54142" (IPv4 over a dual-stack socket is "ipv4:") and "fd:17" for admin ones.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "base/network.h"
#include "base/pulse.h"
#include "net/frames.h"
#include "net/sockopt.h"
#include "net/tls.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct external;
struct listeners;

enum {
	ACCEPTOR_ADDRESS_BYTES = 80, /* the longest address in words, with its NUL */
	ACCEPTOR_BEAT_MS = 1000, /* acceptor_pulse beats at least this often */
	ACCEPTOR_ADMINS_MAX = 64, /* admin connections at once */
	ACCEPTOR_ADDRESSES_MAX = 65536, /* whose new connections are counted by the minute */
	ACCEPTOR_BLOCK_GRACE_MS = 1000, /* from a block to the cut: time to be told */
	ACCEPTOR_SCAN_MS = 20, /* how often the guard looks while bytes arrive */
	ACCEPTOR_CUT_COST = 50, /* who sent too much counts as so many new connections ... */
	ACCEPTOR_REFUSED_COST = 20, /* ... and a session too many: one a second goes on for ever */
};

/* All count or bound what peers can make us hold; each is a configuration key of that name. */
struct acceptor_limits {
	uint64_t connections;
	uint64_t connections_per_address; /* IPv6: per /64 */
	uint64_t connections_per_minute; /* new ones, once an address has used up a burst of
					  * connections_per_address. One that was cut for what it sent
					  * counts as ACCEPTOR_CUT_COST. 0: no limit */
	uint64_t handshakes_per_second; /* begun for each shard, see pace.h; 0: no limit */
	uint64_t connections_pending; /* not signed in; the oldest goes. 0: a quarter of all */
	uint64_t bytes_before_sign_in; /* in all, handshake included */
	int64_t handshake_timeout_ms; /* 0, or where TLS can't be looked into: none of ours */
	int64_t sign_in_timeout_ms;
	uint64_t bytes_per_second; /* signed in, sustained */
	uint64_t bytes_burst; /* signed in, at once */
	struct frames_limits frames; /* where TLS can be looked into: tap.h */
};

/* A network whose connections are refused, and until when: blocked.h. */
struct acceptor_block {
	struct network network;
	uint64_t until_us;
};

struct acceptor_options {
	const struct acceptor_block
		*blocks; /* borrowed for the call: from the first connection on */
	size_t block_count;
	const struct listeners *listeners; /* borrowed until acceptor_free */
	struct external *external; /* borrowed until acceptor_free; open */
	const char *admin_group; /* borrowed for the call; NULL: root and ourselves only */
	struct acceptor_limits limits;
	unsigned shards; /* that handshakes are done by: pace.h */
	struct socket_options sockets;
	/* An admin connection whose peer may administer; owns fd. On the accept thread. NULL: admin
	 * connections are closed. */
	void (*on_admin)(void *arg, int fd, const struct ucred *peer);
	void *arg;
};

struct acceptor;

/* Starts the thread. After grpc_server_start and external_open. 0 with *ret owned by the caller,
 * or negative errno with a sentence. *ret is written before the thread starts, for the first call may
 * come before this returns: whatever calls use must be `ret` itself. */
int acceptor_start(const struct acceptor_options *options, struct acceptor **ret,
	struct err_text *err) GC_MUST_CHECK;

/* Ends accepting and forbids further hand-overs (external_close); what waits in the listeners stays
 * there. Connections go on, and go on being guarded. Before the server's shutdown. May be called
 * twice. Main thread. */
void acceptor_stop(struct acceptor *acceptor);

/* Stops if need be, ends the thread and forgets all records. NULL is allowed. */
struct acceptor *acceptor_free(struct acceptor *acceptor);
void acceptor_freep(struct acceptor **acceptor);

/* From here on all functions: any thread, until acceptor_free. */

/* The peer proved who it is: from now on the signed-in budget applies. Cheap when repeated.
 * False: no such connection (any more). */
bool acceptor_signed_in(struct acceptor *acceptor, const char *peer);
/* Ends the connection at once. False: no such connection. */
bool acceptor_cut(struct acceptor *acceptor, const char *peer);
/* The round trip of a TLS connection, microseconds. False: no such connection, or none was measured. */
bool acceptor_round_trip(struct acceptor *acceptor, const char *peer, uint32_t *ret_us);
/* The peer's address pays for what it did as for so many new connections. */
void acceptor_charge(struct acceptor *acceptor, const char *peer, uint64_t connections);
/* Who is behind "fd:N", as the kernel said when it connected. False: no such admin connection. */
bool acceptor_admin(struct acceptor *acceptor, const char *peer, struct ucred *ret_ucred);

/* The SHA-256 fingerprint of the certificate that the connection is served with. */
bool acceptor_served(struct acceptor *acceptor, const char *peer,
	char ret_fingerprint[static TLS_FINGERPRINT_BYTES]);
/* Calls `each` for every TLS connection with that. Under a mutex: soon, and no other function of
 * these from within. */
void acceptor_each_served(
	struct acceptor *acceptor, void (*each)(void *arg, const char *fingerprint), void *arg);
/* What the client's certificate came to, kept with the connection; see conn.h. */
bool acceptor_set_client(struct acceptor *acceptor, const char *peer, uint64_t generation,
	const struct tls_client *client, const char *chain);
bool acceptor_get_client(
	struct acceptor *acceptor, const char *peer, uint64_t generation, struct tls_client *ret);
/* Cuts those whose client's certificate has expired by now (microseconds since 1970); how many. */
size_t acceptor_cut_expired(struct acceptor *acceptor, uint64_t now_us);
/* Cuts those whose certificate is not good any more; blocks, 0.1 ms for each connection with one. How
 * many. */
size_t acceptor_judge_again(
	struct acceptor *acceptor, const struct tls_clients *clients, enum tls_client_name kind);
/* Refuses new connections from the network until then (microseconds since 1970), before TLS; those there
 * are, are cut after ACCEPTOR_BLOCK_GRACE_MS. */
void acceptor_block(struct acceptor *acceptor, const struct network *network, uint64_t until_us);
void acceptor_unblock(struct acceptor *acceptor, const struct network *network);

/* Whether someone who came less than age_ms ago has not signed in yet. */
bool acceptor_has_newcomer(struct acceptor *acceptor, int64_t age_ms);
/* TLS connections open now. */
size_t acceptor_count(const struct acceptor *acceptor);
/* New limits; a lowered one does not end connections that were within the old one. */
void acceptor_set_limits(struct acceptor *acceptor, const struct acceptor_limits *limits);
/* Beats at least every ACCEPTOR_BEAT_MS while the thread makes progress. Borrowed. */
const struct pulse *acceptor_pulse(const struct acceptor *acceptor);

/* A TLS handshake to ourselves, through core and without the network (the daemon may have none):
 * 0 when the certificate with this SHA-256 fingerprint (tls_info) is what a new connection gets,
 * -EKEYREJECTED when another is, -ETIMEDOUT, or another negative errno; with a sentence. */
int acceptor_prove(struct acceptor *acceptor, const char *fingerprint, int64_t timeout_ms,
	struct err_text *err) GC_MUST_CHECK;

/* "127.0.0.1:46932" or "[::1]:54142" for people; a peer of another form is copied. */
void acceptor_address(const char *peer, char buf[static ACCEPTOR_ADDRESS_BYTES]);
/* What limits per address count by: the address without port, an IPv6 one as its /64, e.g.
 * "127.0.0.1" or "2001:db8:1:2::/64". Another form is copied. */
void acceptor_rate_key(const char *peer, char buf[static ACCEPTOR_ADDRESS_BYTES]);
