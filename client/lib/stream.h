/*
 * The session: one bidirectional stream after another.
 *
 *   OFF -> CONNECTING -> ONLINE -> ENDING -> WAITING -> CONNECTING ...
 *             |                      ^  |
 *             +----------------------+  +-> OFF (closed, or refused for good)
 *
 * CONNECTING: the call is started, the hello is on its way, the welcome isn't here. ENDING: the
 * call was cancelled or closed; its last operations come in. A call is freed only when none of its
 * ops is under way. Thread: the client's own (the "stream's thread") for everything but
 * stream_command.
 */
#pragma once

#include "base/clock.h"
#include "lib/backoff.h"
#include "lib/channel.h"
#include "lib/cursor.h"
#include "rpc/op.h"
#include <grpc/grpc.h>
#include <stdbool.h>

enum {
	STREAM_HELLO_TIMEOUT_MS = 20 * 1000, /* from the attempt to the welcome */
	STREAM_CLOSE_TIMEOUT_MS = 1000, /* for the server to end a stream we closed */
	STREAM_SAVE_MS = 1000, /* between writes of the cursors */
	STREAM_IDLE_MS = 60 * 60 * 1000, /* nothing to wait for */
};

enum stream_state {
	STREAM_OFF,
	STREAM_WAITING,
	STREAM_CONNECTING,
	STREAM_ONLINE,
	STREAM_ENDING,
	_STREAM_STATE_MAX,
};

enum stream_command {
	STREAM_COMMAND_OPEN = 1 << 0,
	STREAM_COMMAND_CLOSE = 1 << 1,
	STREAM_COMMAND_RETRY = 1 << 2,
	STREAM_COMMAND_QUIT = 1 << 3,
};

/* One call and what its batches point at. */
struct attempt {
	struct link *link; /* ref */
	grpc_call *call; /* owned; NULL: none */
	struct op open_op;
	struct op read_op;
	struct op write_op;
	struct op status_op;
	grpc_byte_buffer *incoming; /* owned: while the read is under way */
	grpc_byte_buffer *outgoing; /* owned: while the write is under way */
	grpc_metadata authorization;
	bool has_authorization; /* else the client's certificate signs it in */
	grpc_metadata_array initial;
	grpc_metadata_array trailing;
	grpc_status_code status;
	grpc_slice details;
	bool is_hello_sent;
	bool is_half_closed;
	bool is_read_over;
	bool has_status;
};

struct stream {
	enum stream_state state;
	struct attempt attempt;
	struct mono timer; /* WAITING: next attempt; CONNECTING, ENDING: give up */
	struct mono online_since;
	struct mono save_at; /* when the cursors may be written again */
	struct backoff backoff;
	struct cursors at; /* what was put into the event queue */
	uint64_t account_id;
	bool is_closing; /* gchat_disconnect, or the end of the client */
	bool is_quitting; /* leave the loop when off */
	bool was_online; /* in this attempt */
	bool had_welcome; /* in this session */
	bool waits_for_trust; /* off because of an unknown certificate */
	bool has_going_away;
	uint32_t reconnect_after_ms; /* what it asked for */
	char going_away_reason[32];
	char going_away_message[256];
	bool is_broken; /* we ended it: */
	struct gchat_error broken; /* why */
};

struct gchat;

/* The client's thread: runs the completion queue until told to quit. */
void *stream_run(void *gchat);
/* Tells the thread; any thread. */
void stream_command(struct gchat *g, enum stream_command command);

/* Ends the attempt because of the server's behaviour. */
void stream_break(struct gchat *g, const char *reason, const char *message);
/* The welcome is here. */
void stream_set_online(struct gchat *g);
/* Pushes a state event. `error` may be NULL. */
void stream_tell(struct gchat *g, enum gchat_state state, const struct gchat_error *error,
	uint32_t delay_ms);

/* ---- stream_call.c: one attempt's call ---- */

void attempt_start(struct gchat *g);
/* Starts the read and the write that can be started now. */
void attempt_pump(struct gchat *g);
void attempt_cancel(struct gchat *g);
/* True: nothing is under way and the status is known: attempt_free may be called. */
bool attempt_is_over(const struct gchat *g);
void attempt_free(struct gchat *g);
