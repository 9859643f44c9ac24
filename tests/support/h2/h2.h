/*
 * A small HTTP/2 and gRPC client for load and for hostile tests, sharing nothing with gRPC core:
 * many TLS 1.3 connections in one epoll loop, unary and bidirectional calls with callbacks. It
 * checks no certificate. Everything belongs to the thread that turns the loop; callbacks run inside
 * h2_loop_turn and may start, send, cancel and close whatever they like.
 */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct h2_loop;
struct h2_conn;
struct h2_call;

enum {
	H2_STATUS_LOST = -1, /* the connection ended, or the stream was reset, without a status */
	H2_STATUS_UNKNOWN = -2, /* trailers came, grpc-status could not be read */
};

/* How a call ended. */
struct h2_status {
	int code; /* a gRPC status code, or one of the above */
	char reason[64]; /* "gchat-reason" of the trailers, or why the connection ended */
	char message[256]; /* "grpc-message", percent-encoded as received */
};

struct h2_conn_events {
	/* TLS is up. Calls may be started before as well; they wait. */
	void (*on_open)(void *arg, struct h2_conn *conn);
	/* The peer or a fault ended it, after on_done of its calls; `conn` is gone afterwards. */
	void (*on_closed)(void *arg, struct h2_conn *conn, const char *why);
};

struct h2_call_events {
	/* One whole gRPC message; `data` is valid during the callback. */
	void (*on_message)(void *arg, struct h2_call *call, const uint8_t *data, size_t len);
	/* Once, at the end, unless the caller cancelled or closed; `call` is gone afterwards. */
	void (*on_done)(void *arg, struct h2_call *call, const struct h2_status *status);
};

/* Where to connect: numeric addresses. */
struct h2_target {
	const char *host; /* "127.0.0.1" or "::1" */
	uint16_t port;
	const char *source; /* local address to bind, or NULL */
	int receive_buffer_bytes; /* of the socket, as SO_RCVBUF; 0: the kernel's choice */
};

/* A loop with no connections; aborts when TLS can't be set up. Owned: h2_loop_free. */
struct h2_loop *h2_loop_new(void);
/* Closes what is open, without callbacks. Returns NULL. */
struct h2_loop *h2_loop_free(struct h2_loop *loop);
/* Writes what is queued, waits at most timeout_ns (negative: for ever), handles what came. */
void h2_loop_turn(struct h2_loop *loop, int64_t timeout_ns);
/* Calls fn(arg) every few connections within a turn, for what must not wait for a long turn's end.
 * It may queue messages, and nothing else. NULL: no more. */
void h2_loop_interrupt(struct h2_loop *loop, void (*fn)(void *arg), void *arg);
/* CLOCK_MONOTONIC in ns at the last read; what callbacks take as the time of receiving. */
uint64_t h2_loop_now(const struct h2_loop *loop);

/* Starts to connect. NULL with errno when not even that works. `events` must outlive it. Borrowed:
 * the loop frees it after on_closed or h2_conn_close. */
struct h2_conn *h2_conn_open(struct h2_loop *loop, const struct h2_target *to,
	const struct h2_conn_events *events, void *arg);
/* Cuts it at once, without callbacks. */
void h2_conn_close(struct h2_conn *conn);
/* The same, and the peer gets a TCP reset, whatever is still under way. */
void h2_conn_reset(struct h2_conn *conn);
/* "TLSv1.3/TLS_AES_128_GCM_SHA256" into buf. */
void h2_conn_tls(const struct h2_conn *conn, char *buf, size_t size);
/* Stops or resumes reading from the socket: a client that doesn't read. */
void h2_conn_pause(struct h2_conn *conn, bool paused);
/* Its socket, to ask the kernel about. Borrowed; -1 once closed. */
int h2_conn_fd(const struct h2_conn *conn);

/* Starts a call of `path`, with `token` (may be NULL) as its bearer token. Borrowed. */
struct h2_call *h2_call_start(struct h2_conn *conn, const char *path, const char *token,
	const struct h2_call_events *events, void *arg);
/* Queues one message; `last` ends our side. Waits in memory while the peer's windows are shut. */
void h2_call_send(struct h2_call *call, const void *data, size_t len, bool last);
/* Resets the stream, without callbacks. */
void h2_call_cancel(struct h2_call *call);
struct h2_conn *h2_call_conn(const struct h2_call *call);
