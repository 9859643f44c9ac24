/*
 * The few messages of gchat.v1 that the load consists of, written and read by hand: the generator
 * must not be what limits a run, and it checks the contract from outside. Any thread.
 */
#pragma once

#include "base/macros.h"
#include <stddef.h>
#include <stdint.h>

enum {
	WIRE_SEND_OVERHEAD = 64, /* bytes of a Send beside its text, at most */
	WIRE_ID_BYTES = 16,

	/* field numbers of Reply.result */
	WIRE_REPLY_OK = 2,
	WIRE_REPLY_COMMITTED = 3,
	WIRE_REPLY_JOINED = 4,
	WIRE_REPLY_ERROR = 5,
};

/* One Event of a ServerFrame; text points into the frame, NULL for what isn't a message. */
struct wire_event {
	uint64_t room_id;
	uint64_t seq;
	const uint8_t *text;
	size_t text_len;
};

/* One Reply; `body` is the encoded result, whose field number is `result`. */
struct wire_reply {
	uint64_t request_id;
	unsigned result;
	const uint8_t *body;
	size_t body_len;
};

struct wire_visitor {
	void (*on_event)(void *arg, const struct wire_event *event);
	void (*on_reply)(void *arg, const struct wire_reply *reply);
	void (*on_welcome)(void *arg);
	void (*on_going_away)(void *arg);
};

/* Calls the visitor for what a ServerFrame holds: the welcome first, then in the order of the
 * bytes. 0 or -EBADMSG. */
int wire_walk_frame(const uint8_t *data, size_t len, const struct wire_visitor *visitor,
	void *arg) GC_MUST_CHECK;

struct wire_send {
	uint64_t request_id;
	uint64_t room_id;
	uint8_t client_msg_id[WIRE_ID_BYTES];
	const char *text;
	size_t text_len;
};

/* Writes a ClientFrame with this Send to `out`, which has room for the text and
 * WIRE_SEND_OVERHEAD; its length. */
size_t wire_put_send(uint8_t *out, const struct wire_send *send);
