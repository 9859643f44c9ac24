/* What the files of this folder share. */
#pragma once

#include "h2/bytes.h"
#include "h2/h2.h"

#include <openssl/ssl.h>
#include <sys/queue.h>

enum h2_frame_type {
	H2_DATA = 0,
	H2_HEADERS = 1,
	H2_PRIORITY = 2,
	H2_RST_STREAM = 3,
	H2_SETTINGS = 4,
	H2_PUSH_PROMISE = 5,
	H2_PING = 6,
	H2_GOAWAY = 7,
	H2_WINDOW_UPDATE = 8,
	H2_CONTINUATION = 9,
};

enum {
	H2_FLAG_ACK = 1,
	H2_FLAG_END_STREAM = 1,
	H2_FLAG_END_HEADERS = 4,
	H2_FLAG_PADDED = 8,
	H2_FLAG_PRIORITY = 32,

	H2_FRAME_HEADER_BYTES = 9,
	H2_FRAME_BYTES_MAX = 16384, /* what we accept: the default of RFC 9113 */
	H2_PREFIX_BYTES = 5, /* gRPC's: compressed flag and length */
	H2_HEADERS_BYTES_MAX = 65536,
	H2_MESSAGE_BYTES_MAX = 16 << 20,
	H2_WINDOW_START = 65535,
	H2_WINDOW_OURS = 1 << 30, /* granted per stream and connection */
	H2_WINDOW_UPDATE_AT = 1 << 29, /* received bytes before we grant more */
	H2_SCRATCH_BYTES = 256 * 1024, /* decrypted bytes handled at once */
};

enum h2_conn_state {
	H2_CONN_CONNECTING,
	H2_CONN_HANDSHAKE,
	H2_CONN_OPEN,
	H2_CONN_CLOSED
};

struct h2_call {
	LIST_ENTRY(h2_call) link;
	struct h2_conn *conn; /* borrowed: it frees this */
	uint32_t stream;
	bool done; /* no more callbacks; freed at the end of the turn */
	bool half_closed; /* our END_STREAM was asked for */
	bool end_sent; /* and is on its way */
	int64_t send_window; /* bytes the peer lets us send */
	uint64_t received; /* bytes since our last WINDOW_UPDATE */
	struct h2_bytes in; /* a message not yet whole */
	struct h2_bytes out; /* framed messages that wait for a window */
	struct h2_status status;
	const struct h2_call_events *events; /* borrowed */
	void *arg; /* borrowed */
};

LIST_HEAD(h2_calls, h2_call);

struct h2_conn {
	LIST_ENTRY(h2_conn) link; /* loop->conns, or loop->closed */
	TAILQ_ENTRY(h2_conn) dirty_link;
	struct h2_loop *loop; /* borrowed */
	SSL *ssl; /* owned */
	int fd; /* owned */
	enum h2_conn_state state;
	bool dirty; /* has bytes to write, in loop->dirty */
	bool want_write; /* waits for EPOLLOUT */
	bool paused;
	uint32_t next_stream;
	uint32_t headers_stream; /* of the header block being gathered, else 0 */
	bool headers_end; /* END_STREAM of that block */
	int64_t send_window;
	int64_t peer_window; /* its SETTINGS_INITIAL_WINDOW_SIZE */
	size_t peer_frame; /* its SETTINGS_MAX_FRAME_SIZE */
	uint64_t received; /* bytes since our last WINDOW_UPDATE */
	struct h2_bytes in; /* a frame not yet whole */
	struct h2_bytes out;
	struct h2_bytes headers;
	struct h2_calls calls;
	struct h2_calls done_calls;
	const struct h2_conn_events *events; /* borrowed */
	void *arg; /* borrowed */
	char host[64]; /* for :authority */
};

LIST_HEAD(h2_conns, h2_conn);
TAILQ_HEAD(h2_dirty, h2_conn);

struct h2_loop {
	int epoll_fd;
	SSL_CTX *tls; /* owned */
	uint64_t now_ns;
	struct h2_conns conns;
	struct h2_conns closed; /* freed at the end of the turn */
	struct h2_dirty dirty;
	uint8_t *scratch; /* owned: H2_SCRATCH_BYTES */
	void (*interrupt)(void *arg); /* NULL: none */
	void *interrupt_arg; /* borrowed */
};

struct h2_frame {
	uint8_t type;
	uint8_t flags;
	uint32_t stream;
	const uint8_t *data;
	size_t len;
};

/* tls.c: client settings for TLS 1.3 with ALPN h2; a socket on its way to `to`, or -1 and errno. */
SSL_CTX *h2_tls_new(void);
int h2_tls_connect(const struct h2_target *to);

/* conn.c */
void h2_conn_on_event(struct h2_conn *conn, uint32_t events);
void h2_conn_flush(struct h2_conn *conn);
void h2_conn_mark_dirty(struct h2_conn *conn);
void h2_conn_fail(struct h2_conn *conn, const char *why);
void h2_conn_free(struct h2_conn *conn);

/* frame.c: whole frames in `data` handled; how many bytes they were. */
size_t h2_frames_take(struct h2_conn *conn, const uint8_t *data, size_t len);
void h2_frame_head(uint8_t *out, size_t len, uint8_t type, uint8_t flags, uint32_t stream);
void h2_frame_put(struct h2_bytes *out, const struct h2_frame *frame);
/* Preface, SETTINGS and the connection's window. */
void h2_frame_put_start(struct h2_bytes *out);

/* call.c */
struct h2_call *h2_call_find(struct h2_conn *conn, uint32_t stream);
void h2_call_on_data(struct h2_call *call, const uint8_t *data, size_t len);
void h2_call_on_headers(struct h2_call *call, const uint8_t *block, size_t len);
void h2_call_end(struct h2_call *call, int fallback_code);
/* Sends what the windows allow of each call. */
void h2_call_pump(struct h2_call *call);
/* No more callbacks; freed when the connection has left its loop over frames. */
void h2_call_retire(struct h2_call *call);
void h2_call_free(struct h2_call *call);
