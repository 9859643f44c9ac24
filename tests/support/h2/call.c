/* Calls: gRPC's five-byte prefix over DATA frames, the windows, the status in the trailers. */
#include "h2/h2_priv.h"

#include "base/mem.h"
#include "h2/hpack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_headers(struct h2_conn *conn, uint32_t stream, const char *path, const char *token)
{
	struct h2_bytes block = {0};
	char bearer[512];
	hpack_put(&block, ":method", "POST");
	hpack_put(&block, ":scheme", "https");
	hpack_put(&block, ":path", path);
	hpack_put(&block, ":authority", conn->host);
	hpack_put(&block, "te", "trailers");
	hpack_put(&block, "content-type", "application/grpc");
	hpack_put(&block, "user-agent", "gchat-h2/1");
	if (token) {
		(void)snprintf(bearer, sizeof(bearer), "Bearer %s", token); /* tokens are short */
		hpack_put(&block, "authorization", bearer);
	}
	h2_frame_put(&conn->out, &(struct h2_frame){.type = H2_HEADERS,
					 .flags = H2_FLAG_END_HEADERS,
					 .stream = stream,
					 .data = h2_bytes_front(&block),
					 .len = h2_bytes_len(&block)});
	h2_bytes_deinit(&block);
}

struct h2_call *h2_call_start(struct h2_conn *conn, const char *path, const char *token,
	const struct h2_call_events *events, void *arg)
{
	struct h2_call *call = mem_new(1, sizeof(*call));
	call->conn = conn;
	call->stream = conn->next_stream;
	conn->next_stream += 2;
	call->send_window = conn->peer_window;
	call->status.code = H2_STATUS_UNKNOWN;
	call->events = events;
	call->arg = arg;
	LIST_INSERT_HEAD(&conn->calls, call, link);
	put_headers(conn, call->stream, path, token);
	h2_conn_mark_dirty(conn);
	return call;
}

struct h2_conn *h2_call_conn(const struct h2_call *call)
{
	return call->conn;
}

struct h2_call *h2_call_find(struct h2_conn *conn, uint32_t stream)
{
	struct h2_call *call;
	LIST_FOREACH (call, &conn->calls, link)
		if (call->stream == stream)
			return call;
	return NULL;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t sendable(const struct h2_call *call)
{
	int64_t window = call->send_window < call->conn->send_window ? call->send_window
								     : call->conn->send_window;
	return window > 0 ? least((size_t)window, call->conn->peer_frame) : 0;
}

void h2_call_pump(struct h2_call *call)
{
	struct h2_conn *conn = call->conn;
	for (;;) {
		size_t n = least(h2_bytes_len(&call->out), sendable(call));
		bool last = call->half_closed && n == h2_bytes_len(&call->out);
		if (call->end_sent || (n == 0 && !last))
			return;
		h2_frame_put(&conn->out, &(struct h2_frame){.type = H2_DATA,
						 .flags = last ? H2_FLAG_END_STREAM : 0,
						 .stream = call->stream,
						 .data = h2_bytes_front(&call->out),
						 .len = n});
		h2_bytes_drop(&call->out, n);
		call->send_window -= (int64_t)n;
		conn->send_window -= (int64_t)n;
		call->end_sent = last;
		h2_conn_mark_dirty(conn);
	}
}

void h2_call_send(struct h2_call *call, const void *data, size_t len, bool last)
{
	GC_ASSERT(!call->half_closed && len <= H2_MESSAGE_BYTES_MAX);
	uint8_t prefix[H2_PREFIX_BYTES] = {0};
	h2_put_u32(prefix + 1, (uint32_t)len);
	h2_bytes_add(&call->out, prefix, sizeof(prefix));
	h2_bytes_add(&call->out, data, len);
	call->half_closed = last;
	h2_call_pump(call);
}

/* No more callbacks; the memory goes when the connection has left its loop over frames. */
void h2_call_retire(struct h2_call *call)
{
	call->done = true;
	LIST_REMOVE(call, link);
	LIST_INSERT_HEAD(&call->conn->done_calls, call, link);
}

void h2_call_cancel(struct h2_call *call)
{
	static const uint8_t cancel[4] = {0, 0, 0, 8};
	if (call->done)
		return;
	h2_frame_put(&call->conn->out,
		&(struct h2_frame){
			.type = H2_RST_STREAM, .stream = call->stream, .data = cancel, .len = 4});
	h2_conn_mark_dirty(call->conn);
	h2_call_retire(call);
}

void h2_call_free(struct h2_call *call)
{
	h2_bytes_deinit(&call->in);
	h2_bytes_deinit(&call->out);
	free(call);
}

void h2_call_end(struct h2_call *call, int fallback_code)
{
	if (call->done)
		return;
	h2_call_retire(call);
	if (call->status.code == H2_STATUS_UNKNOWN)
		call->status.code = fallback_code;
	if (call->events->on_done)
		call->events->on_done(call->arg, call, &call->status);
}

static bool deliver(struct h2_call *call, const uint8_t *message, size_t len)
{
	if (call->events->on_message)
		call->events->on_message(call->arg, call, message, len);
	return !call->done;
}

/* Adds up to what `want` bytes in call->in need; how many were taken. */
static size_t gather(struct h2_call *call, const uint8_t *data, size_t len, size_t want)
{
	size_t have = h2_bytes_len(&call->in);
	size_t n = have < want ? least(want - have, len) : 0;
	h2_bytes_add(&call->in, data, n);
	return n;
}

static bool take_gathered(struct h2_call *call, size_t whole)
{
	if (h2_bytes_len(&call->in) < whole)
		return true;
	bool go_on =
		deliver(call, h2_bytes_front(&call->in) + H2_PREFIX_BYTES, whole - H2_PREFIX_BYTES);
	h2_bytes_drop(&call->in, h2_bytes_len(&call->in));
	return go_on;
}

static size_t whole_len(const uint8_t *prefix)
{
	return H2_PREFIX_BYTES + (size_t)h2_get_u32(prefix + 1);
}

/* Hot path: a message that lies whole in the frame is handed over where it lies. */
void h2_call_on_data(struct h2_call *call, const uint8_t *data, size_t len)
{
	while (len) {
		if (h2_bytes_len(&call->in) == 0 && len >= H2_PREFIX_BYTES &&
			len >= whole_len(data)) {
			size_t whole = whole_len(data);
			if (!deliver(call, data + H2_PREFIX_BYTES, whole - H2_PREFIX_BYTES))
				return;
			data += whole;
			len -= whole;
			continue;
		}
		size_t n = gather(call, data, len, H2_PREFIX_BYTES);
		if (h2_bytes_len(&call->in) < H2_PREFIX_BYTES)
			return;
		size_t whole = whole_len(h2_bytes_front(&call->in));
		if (whole > H2_MESSAGE_BYTES_MAX) {
			h2_conn_fail(call->conn, "message too large");
			return;
		}
		n += gather(call, data + n, len - n, whole);
		data += n;
		len -= n;
		if (!take_gathered(call, whole))
			return;
	}
}

static bool is_named(const struct hpack_header *h, const char *name)
{
	return h->name_len == strlen(name) && memcmp(h->name, name, h->name_len) == 0;
}

static void copy_text(char *to, size_t size, const struct hpack_header *h)
{
	size_t n = least(size - 1, h->value_len);
	memcpy(to, h->value, n);
	to[n] = 0;
}

static void on_header(void *arg, const struct hpack_header *h)
{
	struct h2_call *call = arg;
	char number[8];
	if (is_named(h, "grpc-status") && h->value_len) {
		copy_text(number, sizeof(number), h);
		call->status.code = (int)strtol(number, NULL, 10);
	} else if (is_named(h, "gchat-reason")) {
		copy_text(call->status.reason, sizeof(call->status.reason), h);
	} else if (is_named(h, "grpc-message")) {
		copy_text(call->status.message, sizeof(call->status.message), h);
	}
}

void h2_call_on_headers(struct h2_call *call, const uint8_t *block, size_t len)
{
	if (hpack_read(block, len, on_header, call) < 0)
		h2_conn_fail(call->conn, "bad header block");
}
