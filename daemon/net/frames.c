/* A state machine over the heads; a byte of payload costs nothing but its share of a subtraction. */
#include "net/frames.h"

#include <string.h>

enum frame_type { /* RFC 9113, section 6 */
	FRAME_DATA = 0,
	FRAME_HEADERS = 1,
	FRAME_RST_STREAM = 3,
	FRAME_SETTINGS = 4,
	FRAME_PING = 6,
	FRAME_WINDOW_UPDATE = 8,
	FRAME_CONTINUATION = 9,
};

enum {
	FLAG_ACK = 1,
	SECONDS_PER_MINUTE = 60,
	MS_PER_S = 1000,
};

struct head {
	uint32_t len;
	uint8_t type;
	uint8_t flags;
	uint32_t stream;
};

static struct head head_of(const uint8_t *p)
{
	return (struct head){.len = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2],
		.type = p[3],
		.flags = p[4],
		.stream =
			((uint32_t)p[5] << 24 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 8 | p[8]) &
			UINT32_C(0x7fffffff)};
}

static struct bucket_rate rate_of(uint64_t per_second)
{
	return (struct bucket_rate){.per_minute = (int64_t)per_second * SECONDS_PER_MINUTE,
		.burst = (int64_t)per_second * FRAMES_BURST_MS / MS_PER_S};
}

/* However long it took us to read, as many as may be open, begun and taken back, are never too many. */
static struct bucket_rate rate_of_streams(const struct frames_limits *limits)
{
	struct bucket_rate rate = rate_of(limits->streams_per_second);
	int64_t least = 2 * (int64_t)limits->streams_unasked;
	if (rate.burst < least)
		rate.burst = least;
	return rate;
}

static struct bucket_rate rate_of_pings(uint64_t per_second)
{
	struct bucket_rate rate = rate_of(per_second);
	if (rate.burst > FRAMES_PINGS_AT_ONCE)
		rate.burst = FRAMES_PINGS_AT_ONCE;
	return rate;
}

static bool take(struct bucket_state *bucket, struct bucket_rate rate, struct mono now)
{
	uint32_t wait_ms;
	return bucket_state_take(bucket, rate, 1, now, &wait_ms);
}

static enum guard_reason on_control(
	struct frames *f, const struct frames_limits *limits, struct mono now)
{
	return take(&f->control, rate_of(limits->control_frames_per_second), now)
		       ? GUARD_FINE
		       : GUARD_CONTROL_FRAMES;
}

/* Core answers each, and from the third on that it didn't expect it makes an error of each, all of
 * them one: what is read at once costs the square of their number. */
static enum guard_reason on_ping(
	struct frames *f, const struct frames_limits *limits, struct mono now)
{
	if (!take(&f->pings, rate_of_pings(limits->control_frames_per_second), now))
		return GUARD_CONTROL_FRAMES;
	return on_control(f, limits, now);
}

static enum guard_reason on_stream(
	struct frames *f, const struct frames_limits *limits, struct mono now)
{
	return take(&f->streams, rate_of_streams(limits), now) ? GUARD_FINE : GUARD_STREAMS;
}

static enum guard_reason on_reset(
	struct frames *f, const struct frames_limits *limits, struct mono now)
{
	enum guard_reason reason = on_stream(f, limits, now);
	return reason == GUARD_FINE ? on_control(f, limits, now) : reason;
}

static enum guard_reason on_headers(struct frames *f, const struct frames_limits *limits,
	const struct head *head, struct mono now)
{
	if (head->type == FRAME_HEADERS) {
		f->header_bytes = 0;
		f->opened += !f->acknowledged && head->stream > f->last_stream;
		if (head->stream > f->last_stream)
			f->last_stream = head->stream;
	}
	f->header_bytes += head->len;
	if (limits->header_bytes && f->header_bytes > limits->header_bytes)
		return GUARD_HEADER_BYTES;
	if (limits->streams_unasked && f->opened > limits->streams_unasked)
		return GUARD_STREAMS_UNASKED;
	return on_stream(f, limits, now);
}

static enum guard_reason on_head(struct frames *f, const struct frames_limits *limits,
	const struct head *head, struct mono now)
{
	if (head->len > FRAMES_PAYLOAD_MAX)
		return GUARD_FRAME_BYTES;
	switch (head->type) {
	case FRAME_HEADERS:
	case FRAME_CONTINUATION:
		return on_headers(f, limits, head, now);
	case FRAME_DATA:
		return head->len > 0 ? GUARD_FINE : on_control(f, limits, now);
	case FRAME_WINDOW_UPDATE:
		return ++f->window_updates % FRAMES_WINDOW_UPDATE_SHARE > 0
			       ? GUARD_FINE
			       : on_control(f, limits, now);
	case FRAME_SETTINGS:
		f->acknowledged = f->acknowledged || head->flags & FLAG_ACK;
		return on_control(f, limits, now);
	case FRAME_RST_STREAM:
		return on_reset(f, limits, now);
	case FRAME_PING:
		return on_ping(f, limits, now);
	default: /* PRIORITY, GOAWAY, and types that are none */
		return on_control(f, limits, now);
	}
}

static void begin(struct frames *f, const struct frames_limits *limits, struct mono now)
{
	f->began = true;
	f->skip = FRAMES_PREFACE_BYTES;
	bucket_state_fill(&f->streams, rate_of_streams(limits), now);
	bucket_state_fill(&f->control, rate_of(limits->control_frames_per_second), now);
	bucket_state_fill(&f->pings, rate_of_pings(limits->control_frames_per_second), now);
}

enum guard_reason frames_scan(struct frames *f, const struct frames_limits *limits,
	const uint8_t *data, size_t len, struct mono now)
{
	enum guard_reason reason = GUARD_FINE;
	if (!f->began && len > 0)
		begin(f, limits, now);
	while (len > 0 && reason == GUARD_FINE) {
		uint32_t wanted = f->skip ? f->skip : (uint32_t)FRAMES_HEAD_BYTES - f->head_len;
		size_t n = len < wanted ? len : wanted;
		if (f->skip) {
			f->skip -= (uint32_t)n;
		} else {
			memcpy(f->head + f->head_len, data, n);
			f->head_len = (uint8_t)(f->head_len + n);
		}
		data += n;
		len -= n;
		if (f->head_len < FRAMES_HEAD_BYTES)
			continue;
		struct head head = head_of(f->head);
		f->head_len = 0;
		f->skip = head.len;
		reason = on_head(f, limits, &head, now);
	}
	return reason;
}
