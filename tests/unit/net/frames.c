/* The scanner of frames: what it counts, and that it doesn't matter how bytes come in pieces. */
#include "net/frames.h"

#include <string.h>

#include "cmocka_std.h"

enum {
	DATA = 0,
	HEADERS = 1,
	RST_STREAM = 3,
	SETTINGS = 4,
	PING = 6,
	WINDOW_UPDATE = 8,
	CONTINUATION = 9,
	ACK = 1,
	BYTES_MAX = 65536,
};

static const struct frames_limits LIMITS = {.streams_per_second = 10,
	.control_frames_per_second = 80,
	.header_bytes = 1000,
	.streams_unasked = 5};

static struct mono at_ms(int64_t ms)
{
	return clock_mono_add_ms((struct mono){.us = CLOCK_US_PER_S}, ms);
}

/* What a peer sends, from its first byte on. */
struct peer {
	struct frames frames;
	uint8_t bytes[BYTES_MAX];
	size_t len;
};

static void begin(struct peer *p)
{
	memset(p, 0, sizeof(*p));
	p->len = FRAMES_PREFACE_BYTES;
}

static void put(struct peer *p, uint8_t type, uint8_t flags, uint32_t stream, uint32_t len)
{
	uint8_t *at = p->bytes + p->len;
	const uint8_t head[FRAMES_HEAD_BYTES] = {(uint8_t)(len >> 16), (uint8_t)(len >> 8),
		(uint8_t)len, type, flags, (uint8_t)(stream >> 24), (uint8_t)(stream >> 16),
		(uint8_t)(stream >> 8), (uint8_t)stream};
	assert_true(p->len + sizeof(head) + len <= BYTES_MAX);
	memcpy(at, head, sizeof(head));
	memset(at + sizeof(head), 0x5a, len);
	p->len += sizeof(head) + len;
}

static enum guard_reason scan_at(struct peer *p, struct mono now)
{
	enum guard_reason reason = frames_scan(&p->frames, &LIMITS, p->bytes, p->len, now);
	p->len = 0;
	return reason;
}

static enum guard_reason scan(struct peer *p)
{
	return scan_at(p, at_ms(0));
}

static struct peer peer;

static int setup(void **state)
{
	(void)state;
	begin(&peer);
	return 0;
}

static void acknowledge(void)
{
	put(&peer, SETTINGS, 0, 0, 6);
	put(&peer, SETTINGS, ACK, 0, 0);
	assert_int_equal(scan(&peer), GUARD_FINE);
}

static void open_streams(unsigned first, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		put(&peer, HEADERS, 4, 2 * (first + i) + 1, 50);
}

static void streams_beyond_the_burst_are_too_many(void **state)
{
	(void)state;
	acknowledge();
	open_streams(0, 10);
	assert_int_equal(scan(&peer), GUARD_FINE);
	open_streams(10, 1);
	assert_int_equal(scan(&peer), GUARD_STREAMS);
}

static void a_stream_taken_back_counts_twice(void **state)
{
	(void)state;
	acknowledge();
	for (unsigned i = 0; i < 5; i++) {
		open_streams(i, 1);
		put(&peer, RST_STREAM, 0, 2 * i + 1, 4);
	}
	assert_int_equal(scan(&peer), GUARD_FINE);
	put(&peer, RST_STREAM, 0, 1, 4);
	assert_int_equal(scan(&peer), GUARD_STREAMS);
}

static void as_many_as_may_be_open_may_be_taken_back(void **state)
{
	static const struct frames_limits slow = {.streams_per_second = 1, .streams_unasked = 50};
	(void)state;
	put(&peer, SETTINGS, ACK, 0, 0);
	for (unsigned i = 0; i < 50; i++) {
		open_streams(i, 1);
		put(&peer, RST_STREAM, 0, 2 * i + 1, 4);
	}
	assert_int_equal(
		frames_scan(&peer.frames, &slow, peer.bytes, peer.len, at_ms(0)), GUARD_FINE);
}

static void streams_at_the_rate_go_on_for_ever(void **state)
{
	(void)state;
	acknowledge();
	for (unsigned second = 0; second < 1000; second++) {
		open_streams(second * 10, 10);
		assert_int_equal(
			scan_at(&peer, at_ms((int64_t)second * CLOCK_MS_PER_S)), GUARD_FINE);
	}
}

static void continuations_count_as_streams_do(void **state)
{
	(void)state;
	acknowledge();
	put(&peer, HEADERS, 0, 1, 0);
	for (int i = 0; i < 10; i++)
		put(&peer, CONTINUATION, 0, 1, 0);
	assert_int_equal(scan(&peer), GUARD_STREAMS);
}

static void before_the_settings_are_acknowledged_few_streams_may_be_opened(void **state)
{
	(void)state;
	put(&peer, SETTINGS, 0, 0, 6);
	open_streams(0, 5);
	assert_int_equal(scan(&peer), GUARD_FINE);
	open_streams(5, 1);
	assert_int_equal(scan(&peer), GUARD_STREAMS_UNASKED);
}

static void a_header_block_is_measured_over_all_its_frames(void **state)
{
	(void)state;
	acknowledge();
	put(&peer, HEADERS, 0, 1, 500);
	put(&peer, CONTINUATION, 4, 1, 500);
	put(&peer, HEADERS, 4, 3, 1000);
	assert_int_equal(scan(&peer), GUARD_FINE);
	put(&peer, HEADERS, 0, 5, 500);
	put(&peer, CONTINUATION, 4, 5, 501);
	assert_int_equal(scan(&peer), GUARD_HEADER_BYTES);
}

static void an_announced_block_is_refused_before_it_comes(void **state)
{
	(void)state;
	acknowledge();
	put(&peer, HEADERS, 4, 1, 1001);
	peer.len = FRAMES_HEAD_BYTES;
	assert_int_equal(scan(&peer), GUARD_HEADER_BYTES);
}

static void frames_without_content_beyond_the_burst_are_too_many(void **state)
{
	static const uint8_t types[] = {DATA, SETTINGS, 5, 77};
	(void)state;
	for (size_t t = 0; t < sizeof(types); t++) {
		begin(&peer);
		for (int i = 0; i < 40; i++)
			put(&peer, types[t], 0, 1, types[t] == DATA ? 0 : 4);
		assert_int_equal(scan(&peer), GUARD_FINE);
		put(&peer, types[t], 0, 1, 0);
		assert_int_equal(scan(&peer), GUARD_CONTROL_FRAMES);
	}
}

static void more_pings_at_once_than_anyone_waits_for_are_too_many(void **state)
{
	(void)state;
	for (int i = 0; i < FRAMES_PINGS_AT_ONCE; i++)
		put(&peer, PING, 0, 0, 8);
	assert_int_equal(scan(&peer), GUARD_FINE);
	put(&peer, PING, 0, 0, 8);
	assert_int_equal(scan(&peer), GUARD_CONTROL_FRAMES);
}

static void pings_at_the_rate_of_control_frames_go_on_for_ever(void **state)
{
	(void)state;
	for (int i = 0; i < 10000; i++) {
		put(&peer, PING, 0, 0, 8);
		assert_int_equal(
			scan_at(&peer, at_ms((int64_t)i * CLOCK_MS_PER_S / 80)), GUARD_FINE);
	}
}

static void who_reads_fast_may_say_so_often(void **state)
{
	(void)state;
	for (int i = 0; i < 40 * FRAMES_WINDOW_UPDATE_SHARE; i++) {
		put(&peer, WINDOW_UPDATE, 0, 0, 4);
		assert_int_equal(scan(&peer), GUARD_FINE);
	}
	for (int i = 0; i < FRAMES_WINDOW_UPDATE_SHARE; i++)
		put(&peer, WINDOW_UPDATE, 0, 0, 4);
	assert_int_equal(scan(&peer), GUARD_CONTROL_FRAMES);
}

static void data_is_not_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 10000; i++) {
		put(&peer, DATA, 0, 1, 100);
		assert_int_equal(scan(&peer), GUARD_FINE);
	}
}

static void a_frame_larger_than_announced_is_refused(void **state)
{
	(void)state;
	put(&peer, DATA, 0, 1, FRAMES_PAYLOAD_MAX);
	assert_int_equal(scan(&peer), GUARD_FINE);
	put(&peer, DATA, 0, 1, FRAMES_PAYLOAD_MAX + 1);
	assert_int_equal(scan(&peer), GUARD_FRAME_BYTES);
}

static void it_does_not_matter_how_the_bytes_come_in_pieces(void **state)
{
	(void)state;
	for (size_t piece = 1; piece <= 40; piece++) {
		enum guard_reason reason = GUARD_FINE;
		size_t at = 0;
		begin(&peer);
		put(&peer, SETTINGS, 0, 0, 6);
		put(&peer, SETTINGS, ACK, 0, 0);
		open_streams(0, 10);
		put(&peer, DATA, 0, 1, 777);
		size_t good = peer.len;
		open_streams(10, 1);
		for (; at < peer.len && reason == GUARD_FINE; at += piece) {
			size_t n = peer.len - at < piece ? peer.len - at : piece;
			reason = frames_scan(&peer.frames, &LIMITS, peer.bytes + at, n, at_ms(0));
		}
		assert_int_equal(reason, GUARD_STREAMS);
		assert_true(at >= good + FRAMES_HEAD_BYTES);
		assert_true(at < good + FRAMES_HEAD_BYTES + piece);
	}
}

static void no_limit_is_no_limit(void **state)
{
	static const struct frames_limits none;
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		open_streams(i, 1);
		put(&peer, PING, 0, 0, 8);
		assert_int_equal(frames_scan(&peer.frames, &none, peer.bytes, peer.len, at_ms(0)),
			GUARD_FINE);
		peer.len = 0;
	}
}

#define TEST(fn) cmocka_unit_test_setup(fn, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(streams_beyond_the_burst_are_too_many),
		TEST(a_stream_taken_back_counts_twice),
		TEST(as_many_as_may_be_open_may_be_taken_back),
		TEST(streams_at_the_rate_go_on_for_ever),
		TEST(continuations_count_as_streams_do),
		TEST(before_the_settings_are_acknowledged_few_streams_may_be_opened),
		TEST(a_header_block_is_measured_over_all_its_frames),
		TEST(an_announced_block_is_refused_before_it_comes),
		TEST(frames_without_content_beyond_the_burst_are_too_many),
		TEST(more_pings_at_once_than_anyone_waits_for_are_too_many),
		TEST(pings_at_the_rate_of_control_frames_go_on_for_ever),
		TEST(who_reads_fast_may_say_so_often),
		TEST(data_is_not_counted),
		TEST(a_frame_larger_than_announced_is_refused),
		TEST(it_does_not_matter_how_the_bytes_come_in_pieces),
		TEST(no_limit_is_no_limit),
	};
	return cmocka_run_group_tests_name("net.frames", tests, NULL, NULL);
}
