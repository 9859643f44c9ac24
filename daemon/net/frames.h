/*
 * Reads the heads of the HTTP/2 frames that one peer sends, and says when there are too many of them
 * or too large a one (RFC 9113). Core 1.51 bounds none of this. Payloads are passed over unread: what
 * matters is how many streams are opened, how long a header block gets, and how many frames come that
 * carry nothing. Pure arithmetic, no system calls. One thread at a time.
 */
#pragma once

#include "base/clock.h"
#include "base/quota.h"
#include "net/guard.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRAMES_HEAD_BYTES = 9,
	FRAMES_PREFACE_BYTES = 24, /* "PRI * HTTP/2.0...", which core checks */
	FRAMES_PAYLOAD_MAX = 16384, /* SETTINGS_MAX_FRAME_SIZE as core announces it: the default */
	FRAMES_BURST_MS = 500, /* what is allowed at once: as much as in so long a time */
	FRAMES_PINGS_AT_ONCE = 32, /* an honest peer waits for the answer to each */
	FRAMES_WINDOW_UPDATE_SHARE = 16, /* so many count as one control frame: who reads fast sends
					  * two for every 32 KiB */
};

/* 0: no limit. */
struct frames_limits {
	uint64_t streams_per_second; /* HEADERS and CONTINUATION, and RST_STREAM: what a call costs
				      * that is begun and taken back, it costs twice */
	uint64_t control_frames_per_second; /* RST_STREAM, PING, SETTINGS, empty DATA ... */
	uint64_t header_bytes; /* one header block, compressed, all its frames together */
	uint64_t streams_unasked; /* opened before the peer has acknowledged our SETTINGS: until
				   * then core holds nobody to its maximum */
};

/* Zeroed: a connection at its beginning. */
struct frames {
	uint8_t head[FRAMES_HEAD_BYTES]; /* of the frame that begins */
	uint8_t head_len;
	bool began; /* the preface is being passed over, or has been */
	bool acknowledged; /* our SETTINGS */
	uint32_t skip; /* bytes of payload still to come */
	uint32_t last_stream;
	uint64_t header_bytes; /* of the block under way */
	uint64_t opened; /* streams, as long as not acknowledged */
	uint32_t window_updates;
	struct bucket_state streams;
	struct bucket_state control;
	struct bucket_state pings;
};

/* Takes note of the next bytes. GUARD_FINE, or why the connection must end. */
enum guard_reason frames_scan(struct frames *frames, const struct frames_limits *limits,
	const uint8_t *data, size_t len, struct mono now);
