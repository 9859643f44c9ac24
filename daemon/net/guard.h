/*
 * The budget of one connection: what it may send in all before it has signed in, and at what rate
 * afterwards. Core 1.51 serves floods of HTTP/2 frames without limit; bytes are what we can see
 * from outside. Pure arithmetic, no system calls. One thread at a time.
 */
#pragma once

#include "base/clock.h"
#include "base/macros.h"
#include "base/quota.h"
#include <stdbool.h>
#include <stdint.h>

struct acceptor_limits;

enum guard_reason {
	GUARD_FINE,
	GUARD_BANNED, /* its network is banned */
	GUARD_FULL, /* connections */
	GUARD_ADDRESS_FULL, /* connections_per_address */
	GUARD_ADDRESS_RATE, /* connections_per_minute */
	GUARD_PENDING_FULL, /* connections_pending: the oldest goes */
	GUARD_HANDSHAKE_TIMEOUT, /* handshake_timeout */
	GUARD_SIGN_IN_TIMEOUT, /* sign_in_timeout */
	GUARD_BYTES_BEFORE_SIGN_IN, /* bytes_before_sign_in */
	GUARD_BYTES_PER_SECOND, /* bytes_per_second with bytes_burst */
	GUARD_STREAMS, /* streams_per_second */
	GUARD_STREAMS_UNASKED, /* calls_per_connection, before it acknowledged them */
	GUARD_CONTROL_FRAMES, /* control_frames_per_second */
	GUARD_HEADER_BYTES, /* header_bytes */
	GUARD_FRAME_BYTES, /* larger than HTTP/2 allows here */
	GUARD_NO_DESCRIPTORS, /* the process has none left */
	GUARD_ADMIN_FULL, /* ACCEPTOR_ADMINS_MAX */
	GUARD_NOT_ADMIN, /* the kernel says the peer may not administer */
	_GUARD_REASON_MAX,
};

/* "too many bytes before signing in"; a string literal. */
const char *guard_reason_text(enum guard_reason reason);

/* It was what the peer sent, not that it was slow or one of too many. */
bool guard_reason_is_abuse(enum guard_reason reason);

struct guard {
	struct mono since; /* accepted */
	uint64_t seen_bytes; /* received at the last look */
	bool metered; /* the bucket below has been filled: signed in */
	struct bucket_state bucket; /* bytes */
};

/* Takes note that `received_bytes` have come in all. GUARD_FINE, or why to cut. */
enum guard_reason guard_look(struct guard *guard, const struct acceptor_limits *limits,
	bool signed_in, uint64_t received_bytes, struct mono now);

/* How many connections may be without sign-in. */
uint64_t guard_pending_max(const struct acceptor_limits *limits);
