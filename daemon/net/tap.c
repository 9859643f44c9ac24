/* Taps: who holds them, what they count, and the limits that all share. */
#include "net/tap.h"

#include "base/mem.h"
#include "net/accept.h"
#include "net/guard_report.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
	RECORD_BYTES =
		22, /* a TLS 1.3 record's head, type and tag; a read gives one record at most */
};

struct tap {
	atomic_uint refs;
	atomic_bool spoken;
	atomic_bool refused;
	atomic_bool signed_in;
	char peer[PEER_TEXT_BYTES]; /* immutable */
	/* From here on: the thread that reads the connection; core lets one do so at a time. */
	struct frames frames;
	struct guard guard;
	uint64_t received_bytes;
};

static struct {
	atomic_uint_least64_t bytes_before_sign_in;
	atomic_uint_least64_t bytes_per_second;
	atomic_uint_least64_t bytes_burst;
	atomic_uint_least64_t streams_per_second;
	atomic_uint_least64_t control_frames_per_second;
	atomic_uint_least64_t header_bytes;
	atomic_uint_least64_t streams_unasked;
} shared;

static atomic_uint_least64_t reads;
static _Thread_local struct tap *expected; /* borrowed: the accept thread's, during a hand-over */
static pthread_once_t started = PTHREAD_ONCE_INIT;
static bool works; /* written once, by `start` */

static void start(void)
{
	works = tap_ssl_start();
}

bool tap_start(void)
{
	(void)pthread_once(&started, start); /* fails only for a wrong argument */
	return works;
}

uint64_t tap_reads(void)
{
	return atomic_load_explicit(&reads, memory_order_relaxed);
}

/* Each by itself: a connection may see old and new limits side by side for a moment. */
void tap_set_limits(const struct acceptor_limits *limits)
{
	atomic_store(&shared.bytes_before_sign_in, limits->bytes_before_sign_in);
	atomic_store(&shared.bytes_per_second, limits->bytes_per_second);
	atomic_store(&shared.bytes_burst, limits->bytes_burst);
	atomic_store(&shared.streams_per_second, limits->frames.streams_per_second);
	atomic_store(&shared.control_frames_per_second, limits->frames.control_frames_per_second);
	atomic_store(&shared.header_bytes, limits->frames.header_bytes);
	atomic_store(&shared.streams_unasked, limits->frames.streams_unasked);
}

static uint64_t load(const atomic_uint_least64_t *limit)
{
	return atomic_load_explicit(limit, memory_order_relaxed);
}

static struct acceptor_limits limits_now(void)
{
	return (struct acceptor_limits){.bytes_before_sign_in = load(&shared.bytes_before_sign_in),
		.bytes_per_second = load(&shared.bytes_per_second),
		.bytes_burst = load(&shared.bytes_burst),
		.frames = {.streams_per_second = load(&shared.streams_per_second),
			.control_frames_per_second = load(&shared.control_frames_per_second),
			.header_bytes = load(&shared.header_bytes),
			.streams_unasked = load(&shared.streams_unasked)}};
}

struct tap *tap_new(const char peer[static PEER_TEXT_BYTES])
{
	struct tap *tap = mem_new(1, sizeof(*tap));
	atomic_init(&tap->refs, 1);
	memcpy(tap->peer, peer, sizeof(tap->peer));
	return tap;
}

struct tap *tap_ref(struct tap *tap)
{
	atomic_fetch_add_explicit(&tap->refs, 1, memory_order_relaxed);
	return tap;
}

struct tap *tap_unref(struct tap *tap)
{
	if (tap && atomic_fetch_sub_explicit(&tap->refs, 1, memory_order_acq_rel) == 1)
		free(tap);
	return NULL;
}

void tap_expect(struct tap *tap)
{
	expected = tap;
}

struct tap *tap_expected(void)
{
	return expected;
}

void tap_sign_in(struct tap *tap)
{
	atomic_store_explicit(&tap->signed_in, true, memory_order_relaxed);
}

bool tap_has_spoken(const struct tap *tap)
{
	return atomic_load_explicit(&tap->spoken, memory_order_relaxed);
}

bool tap_is_refused(const struct tap *tap)
{
	return atomic_load_explicit(&tap->refused, memory_order_relaxed);
}

bool tap_works(void)
{
	return works && tap_reads() > 0;
}

static enum guard_reason look(struct tap *tap, const uint8_t *data, size_t len)
{
	const struct acceptor_limits limits = limits_now();
	struct mono now = clock_mono();
	tap->received_bytes += len + RECORD_BYTES;
	enum guard_reason reason = frames_scan(&tap->frames, &limits.frames, data, len, now);
	if (reason != GUARD_FINE)
		return reason;
	return guard_look(&tap->guard, &limits,
		atomic_load_explicit(&tap->signed_in, memory_order_relaxed), tap->received_bytes,
		now);
}

/* Hot path: once for each piece that core decrypts. */
bool tap_look(struct tap *tap, const uint8_t *data, size_t len)
{
	if (tap_is_refused(tap))
		return false;
	atomic_fetch_add_explicit(&reads, 1, memory_order_relaxed);
	if (!tap_has_spoken(tap))
		atomic_store_explicit(&tap->spoken, true, memory_order_relaxed);
	enum guard_reason reason = look(tap, data, len);
	if (reason == GUARD_FINE)
		return true;
	atomic_store_explicit(&tap->refused, true, memory_order_relaxed);
	guard_report_cut(reason, tap->peer);
	return false;
}
