/*
 * The guard's look into TLS: core decrypts with SSL_read of the shared libssl, which this program
 * defines too, and so comes between (ELF symbol interposition). What a peer sent is scanned (frames.h)
 * before core sees it; a violation makes the read fail, whereupon core closes the connection.
 *
 *   accept thread: tap_new -> tap_expect -> core makes the connection's SSL -> its ex_data = the tap
 *   a core thread: SSL_read -> the tap of this SSL -> frames_scan -> GUARD_FINE, or the read fails
 *
 * An SSL made without a tap expected (the daemon's own client, the proof of a certificate) is not
 * looked at. Bytes are counted here, too (guard.h): the accept thread sees those alone that core has
 * not yet read when it looks. One tap belongs to one connection; the accept thread and the SSL hold a reference each.
 */
#pragma once

#include "base/macros.h"
#include "net/frames.h"
#include "net/peer.h"
#include <stdbool.h>
#include <stdint.h>

struct tap;
struct acceptor_limits;

/* Whether this program was built with the frame guard, and libssl's callers reach it: checked once,
 * at the first call. Main thread, before the first connection. */
bool tap_start(void);
/* Reads that went through a tap since the start: 0 after a connection has signed in means that the
 * interposition does not work, whatever tap_start said. Any thread. */
uint64_t tap_reads(void);
/* From now on, for all connections. Any thread. */
void tap_set_limits(const struct acceptor_limits *limits);

/* A tap for the connection that core knows as `peer`. Owned: tap_unref. Any thread, as the rest. */
struct tap *tap_new(const char peer[static PEER_TEXT_BYTES]);
struct tap *tap_ref(struct tap *tap);
/* Returns NULL; NULL is allowed. */
struct tap *tap_unref(struct tap *tap);
/* The next SSL made on this thread gets a reference to `tap`; NULL: none does. */
void tap_expect(struct tap *tap);
/* The peer proved who it is: the budget of those applies. */
void tap_sign_in(struct tap *tap);
/* Bytes have been decrypted: the TLS handshake is over. */
bool tap_has_spoken(const struct tap *tap);
/* It went over a limit: core is told that the connection is broken. */
bool tap_is_refused(const struct tap *tap);
/* Reads do come by: what taps say can be relied on. */
bool tap_works(void);

/* For tap_ssl.c: what has been decrypted is looked at. False: the read must fail. */
bool tap_look(struct tap *tap, const uint8_t *data, size_t len);
/* For tap_ssl.c: the tap expected on this thread, or NULL. Borrowed. */
struct tap *tap_expected(void);
/* tap_ssl.c; in a build without the frame guard, tap_none.c: finds libssl's functions and makes the
 * slot for taps. False: not available. Once. */
bool tap_ssl_start(void);
