/* Budgets in bytes, before and after signing in. */
#include "net/guard.h"

#include "net/accept.h"

enum {
	GUARD_PENDING_SHARE = 4, /* a quarter of all connections may be pending ... */
	GUARD_PENDING_LEAST = 1024, /* ... but this many always: all reconnect after a restart */
	SECONDS_PER_MINUTE = 60,
};

const char *guard_reason_text(enum guard_reason reason)
{
	/* clang-format off */
	static const char *const texts[_GUARD_REASON_MAX] = {
		[GUARD_FINE]                 = "fine",
		[GUARD_BANNED]               = "its network is banned",
		[GUARD_FULL]                 = "too many connections",
		[GUARD_ADDRESS_FULL]         = "too many connections from this address",
		[GUARD_ADDRESS_RATE]         = "too many new connections from this address",
		[GUARD_PENDING_FULL]         = "too many connections that have not signed in",
		[GUARD_HANDSHAKE_TIMEOUT]    = "no TLS handshake in time",
		[GUARD_SIGN_IN_TIMEOUT]      = "not signed in in time",
		[GUARD_BYTES_BEFORE_SIGN_IN] = "too many bytes before signing in",
		[GUARD_BYTES_PER_SECOND]     = "too many bytes per second",
		[GUARD_STREAMS]              = "too many streams per second",
		[GUARD_STREAMS_UNASKED]      = "too many streams before the settings were acknowledged",
		[GUARD_CONTROL_FRAMES]       = "too many control frames per second",
		[GUARD_HEADER_BYTES]         = "a header block that is too large",
		[GUARD_FRAME_BYTES]          = "a frame that is too large",
		[GUARD_NO_DESCRIPTORS]       = "no file descriptors left",
		[GUARD_ADMIN_FULL]           = "too many admin connections",
		[GUARD_NOT_ADMIN]            = "may not administer",
	};
	/* clang-format on */
	return reason < _GUARD_REASON_MAX ? texts[reason] : "unknown";
}

bool guard_reason_is_abuse(enum guard_reason reason)
{
	return reason >= GUARD_BYTES_BEFORE_SIGN_IN && reason <= GUARD_FRAME_BYTES;
}

static struct bucket_rate rate_of(const struct acceptor_limits *limits)
{
	return (struct bucket_rate){
		.per_minute = (int64_t)limits->bytes_per_second * SECONDS_PER_MINUTE,
		.burst = (int64_t)limits->bytes_burst};
}

/* bucket_state_take lets a full bucket go into debt; a burst is a hard limit here. */
static bool within_rate(
	struct guard *guard, const struct acceptor_limits *limits, uint64_t bytes, struct mono now)
{
	uint32_t wait_ms;
	if (!limits->bytes_per_second)
		return true;
	if (!guard->metered) {
		bucket_state_fill(&guard->bucket, rate_of(limits), now);
		guard->metered = true;
	}
	return bytes <= limits->bytes_burst &&
	       bucket_state_take(&guard->bucket, rate_of(limits), bytes, now, &wait_ms);
}

enum guard_reason guard_look(struct guard *guard, const struct acceptor_limits *limits,
	bool signed_in, uint64_t received_bytes, struct mono now)
{
	if (received_bytes < guard->seen_bytes)
		return GUARD_FINE; /* the kernel forgets when the connection has ended */
	uint64_t fresh = received_bytes - guard->seen_bytes;
	guard->seen_bytes = received_bytes;
	if (signed_in)
		return within_rate(guard, limits, fresh, now) ? GUARD_FINE : GUARD_BYTES_PER_SECOND;
	if (limits->bytes_before_sign_in && received_bytes > limits->bytes_before_sign_in)
		return GUARD_BYTES_BEFORE_SIGN_IN;
	return GUARD_FINE;
}

uint64_t guard_pending_max(const struct acceptor_limits *limits)
{
	if (limits->connections_pending)
		return limits->connections_pending;
	uint64_t share = limits->connections / GUARD_PENDING_SHARE;
	return share > GUARD_PENDING_LEAST ? share : GUARD_PENDING_LEAST;
}
