/* Frames in and out, RFC 9113. */
#include "h2/h2_priv.h"

#include <string.h>

enum {
	SETTING_HEADER_TABLE_SIZE = 1,
	SETTING_ENABLE_PUSH = 2,
	SETTING_INITIAL_WINDOW_SIZE = 4,
	SETTING_MAX_FRAME_SIZE = 5,
};

void h2_frame_head(uint8_t *out, size_t len, uint8_t type, uint8_t flags, uint32_t stream)
{
	out[0] = (uint8_t)(len >> 16);
	out[1] = (uint8_t)(len >> 8);
	out[2] = (uint8_t)len;
	out[3] = type;
	out[4] = flags;
	h2_put_u32(out + 5, stream);
}

void h2_frame_put(struct h2_bytes *out, const struct h2_frame *frame)
{
	uint8_t *p = h2_bytes_room(out, H2_FRAME_HEADER_BYTES + frame->len);
	h2_frame_head(p, frame->len, frame->type, frame->flags, frame->stream);
	if (frame->len)
		memcpy(p + H2_FRAME_HEADER_BYTES, frame->data, frame->len);
	out->end += H2_FRAME_HEADER_BYTES + frame->len;
}

static void put_setting(uint8_t *p, uint16_t id, uint32_t value)
{
	p[0] = (uint8_t)(id >> 8);
	p[1] = (uint8_t)id;
	h2_put_u32(p + 2, value);
}

static void put_window(struct h2_bytes *out, uint32_t stream, uint32_t more)
{
	uint8_t data[4];
	h2_put_u32(data, more);
	h2_frame_put(
		out, &(struct h2_frame){
			     .type = H2_WINDOW_UPDATE, .stream = stream, .data = data, .len = 4});
}

void h2_frame_put_start(struct h2_bytes *out)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	uint8_t settings[18];
	put_setting(settings, SETTING_HEADER_TABLE_SIZE, 0); /* see hpack.h */
	put_setting(settings + 6, SETTING_ENABLE_PUSH, 0);
	put_setting(settings + 12, SETTING_INITIAL_WINDOW_SIZE, H2_WINDOW_OURS);
	h2_bytes_add(out, preface, sizeof(preface) - 1);
	h2_frame_put(out,
		&(struct h2_frame){.type = H2_SETTINGS, .data = settings, .len = sizeof(settings)});
	put_window(out, 0, H2_WINDOW_OURS - H2_WINDOW_START);
}

/* Takes padding and priority off; false where they don't fit. */
static bool strip(struct h2_frame *f)
{
	size_t front = 0;
	size_t back = 0;
	if (f->flags & H2_FLAG_PADDED) {
		if (f->len < 1)
			return false;
		front = 1;
		back = f->data[0];
	}
	if (f->type == H2_HEADERS && f->flags & H2_FLAG_PRIORITY)
		front += 5;
	if (f->len < front + back)
		return false;
	f->data += front;
	f->len -= front + back;
	return true;
}

static void grant(struct h2_conn *conn, uint64_t *received, size_t len, uint32_t stream)
{
	*received += len;
	if (*received < H2_WINDOW_UPDATE_AT)
		return;
	put_window(&conn->out, stream, (uint32_t)*received);
	h2_conn_mark_dirty(conn);
	*received = 0;
}

static void on_data(struct h2_conn *conn, struct h2_frame *f)
{
	size_t charged = f->len; /* padding counts */
	if (!strip(f)) {
		h2_conn_fail(conn, "bad padding");
		return;
	}
	grant(conn, &conn->received, charged, 0);
	struct h2_call *call = h2_call_find(conn, f->stream);
	if (!call)
		return; /* cancelled meanwhile */
	h2_call_on_data(call, f->data, f->len);
	if (call->done || conn->state == H2_CONN_CLOSED)
		return;
	if (f->flags & H2_FLAG_END_STREAM)
		h2_call_end(call, H2_STATUS_UNKNOWN);
	else
		grant(conn, &call->received, charged, f->stream);
}

static void headers_done(struct h2_conn *conn)
{
	struct h2_call *call = h2_call_find(conn, conn->headers_stream);
	conn->headers_stream = 0;
	if (call)
		h2_call_on_headers(
			call, h2_bytes_front(&conn->headers), h2_bytes_len(&conn->headers));
	h2_bytes_drop(&conn->headers, h2_bytes_len(&conn->headers));
	if (call && conn->headers_end)
		h2_call_end(call, H2_STATUS_UNKNOWN);
}

static void on_headers(struct h2_conn *conn, struct h2_frame *f)
{
	if (f->type == H2_HEADERS) {
		if (!strip(f)) {
			h2_conn_fail(conn, "bad padding");
			return;
		}
		conn->headers_stream = f->stream;
		conn->headers_end = f->flags & H2_FLAG_END_STREAM;
	}
	if (f->stream != conn->headers_stream ||
		h2_bytes_len(&conn->headers) + f->len > H2_HEADERS_BYTES_MAX) {
		h2_conn_fail(conn, "bad header block");
		return;
	}
	h2_bytes_add(&conn->headers, f->data, f->len);
	if (f->flags & H2_FLAG_END_HEADERS)
		headers_done(conn);
}

static void pump_calls(struct h2_conn *conn)
{
	struct h2_call *call;
	LIST_FOREACH (call, &conn->calls, link)
		h2_call_pump(call);
}

static void set_peer_window(struct h2_conn *conn, int64_t window)
{
	struct h2_call *call;
	LIST_FOREACH (call, &conn->calls, link)
		call->send_window += window - conn->peer_window;
	conn->peer_window = window;
}

static void on_settings(struct h2_conn *conn, const struct h2_frame *f)
{
	if (f->flags & H2_FLAG_ACK)
		return;
	for (size_t at = 0; at + 6 <= f->len; at += 6) {
		unsigned id = (unsigned)f->data[at] << 8 | f->data[at + 1];
		uint32_t value = h2_get_u32(f->data + at + 2);
		if (id == SETTING_INITIAL_WINDOW_SIZE)
			set_peer_window(conn, value);
		else if (id == SETTING_MAX_FRAME_SIZE)
			conn->peer_frame = value;
	}
	h2_frame_put(&conn->out, &(struct h2_frame){.type = H2_SETTINGS, .flags = H2_FLAG_ACK});
	h2_conn_mark_dirty(conn);
	pump_calls(conn);
}

static void on_window(struct h2_conn *conn, const struct h2_frame *f)
{
	if (f->len != 4)
		return;
	uint32_t more = h2_get_u32(f->data) & 0x7fffffff;
	if (f->stream == 0) {
		conn->send_window += more;
		pump_calls(conn);
		return;
	}
	struct h2_call *call = h2_call_find(conn, f->stream);
	if (!call)
		return;
	call->send_window += more;
	h2_call_pump(call);
}

static void on_ping(struct h2_conn *conn, const struct h2_frame *f)
{
	if (f->flags & H2_FLAG_ACK || f->len != 8)
		return;
	h2_frame_put(&conn->out,
		&(struct h2_frame){
			.type = H2_PING, .flags = H2_FLAG_ACK, .data = f->data, .len = 8});
	h2_conn_mark_dirty(conn);
}

static void on_reset(struct h2_conn *conn, const struct h2_frame *f)
{
	struct h2_call *call = h2_call_find(conn, f->stream);
	if (call)
		h2_call_end(call, H2_STATUS_LOST);
}

/* A GOAWAY leaves the open streams alone: the end of the connection is what counts. */
static void on_frame(struct h2_conn *conn, struct h2_frame *f)
{
	switch (f->type) {
	case H2_DATA:
		on_data(conn, f);
		break;
	case H2_HEADERS:
	case H2_CONTINUATION:
		on_headers(conn, f);
		break;
	case H2_SETTINGS:
		on_settings(conn, f);
		break;
	case H2_WINDOW_UPDATE:
		on_window(conn, f);
		break;
	case H2_PING:
		on_ping(conn, f);
		break;
	case H2_RST_STREAM:
		on_reset(conn, f);
		break;
	default:
		break;
	}
}

size_t h2_frames_take(struct h2_conn *conn, const uint8_t *data, size_t len)
{
	size_t at = 0;
	while (len - at >= H2_FRAME_HEADER_BYTES && conn->state != H2_CONN_CLOSED) {
		const uint8_t *p = data + at;
		struct h2_frame f = {.type = p[3], .flags = p[4], .len = h2_get_u24(p)};
		f.stream = h2_get_u32(p + 5) & 0x7fffffff;
		f.data = p + H2_FRAME_HEADER_BYTES;
		if (f.len > H2_FRAME_BYTES_MAX) {
			h2_conn_fail(conn, "frame too large");
			break;
		}
		if (len - at - H2_FRAME_HEADER_BYTES < f.len)
			break;
		at += H2_FRAME_HEADER_BYTES + f.len;
		on_frame(conn, &f);
	}
	return at;
}
