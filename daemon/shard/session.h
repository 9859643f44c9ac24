/*
 * One stream: a person (or a program) connected. Its cursors over rooms, one read and one write
 * under way, and what waits to be written. Lives on one shard; shard thread only.
 *
 *   OPENING --hello--> GREETING --unread counted--> LIVE --end--> ENDING --closed--> CLOSED
 *      \________________________________________________________^
 *
 * It is freed when it is closed and nothing of it is under way any more (invariant I4).
 */
#pragma once

#include "proto/reason.h"
#include "room/ops.h"
#include "rpc/op.h"
#include "shard/control.h"
#include "shard/hub.h"
#include "shard/subscription.h"
#include <grpc/grpc.h>

enum {
	SESSION_HELLO_MS = 10000, /* from the call to the hello */
	SESSION_END_MS = 3000, /* from going-away to a cut */
	SESSION_UPDATES_MAX = 32, /* ephemeral pieces held for a slow one; then shed */
	SESSION_CONTROL_BYTES_MAX = 65536, /* replies held; above it no frame is read */
	SESSION_REFUSALS_AT_ONCE = 128, /* a client's window of requests, sent in good faith */
};

/* Field numbers of ServerFrame, for session_put. */
enum frame_field {
	FRAME_REPLIES = 2,
	FRAME_WELCOME = 3,
	FRAME_ROOMS = 4,
	FRAME_PRESENCE = 5,
	FRAME_TYPING = 6,
	FRAME_PROFILES = 7,
	FRAME_GAPS = 8,
	FRAME_RESETS = 9,
	FRAME_GOING_AWAY = 10,
	FRAME_READ_MARKERS = 11,
	FRAME_NOTICES = 12,
};

enum session_state {
	SESSION_OPENING,
	SESSION_GREETING,
	SESSION_LIVE,
	SESSION_ENDING,
	SESSION_CLOSED,
	_SESSION_STATE_MAX,
};

/* One request that waits for the store. Kept in a list for the next one: the hot path allocates
 * the event alone. */
struct request {
	struct write write;
	struct mail mail;
	struct session *session; /* counted in in_flight */
	uint64_t request_id;
	struct mono since; /* its frame was read */
	uint8_t client_id[LIMIT_CLIENT_MSG_ID_BYTES];
	bool wants_room; /* answer with the room: a join */
	SLIST_ENTRY(request) free_link;
};

/* A read from the store for a cursor that is behind the tail; one at a time per session. */
struct catch_up {
	struct store_job job;
	struct mail mail;
	uint64_t room_id;
	uint64_t from;
	uint64_t to;
	size_t max_bytes;
	size_t max_events;
	struct control wire; /* what was read, as a piece of a ServerFrame */
	uint64_t last; /* the last seq read; 0: none */
	enum store_status status;
};

struct session {
	uint64_t id;
	struct shard *shard; /* borrowed: outlives its sessions */
	struct account *account; /* ref */
	uint64_t token_id;
	enum session_state state;
	char peer[SHARD_PEER_BYTES];
	char client[LIMIT_CLIENT_NAME_BYTES + 1];
	uint64_t since_us;
	unsigned wants; /* enum update_want */
	Gchat__V1__PresenceState presence;
	bool counted; /* in presence and the account's sessions */

	grpc_call *call; /* owned */
	struct op read_op;
	struct op write_op;
	struct op close_op;
	struct op status_op;
	grpc_byte_buffer *received; /* owned by read_op */
	grpc_byte_buffer *sending; /* owned by write_op */
	int cancelled; /* written by close_op */
	bool reading_paused;
	bool slowed; /* refused too often: no frame is read until the shard's next tick */
	struct bucket_state refusals;
	TAILQ_ENTRY(session) slowed_link;
	bool headers_sent;
	bool status_sent;
	bool peer_done; /* half-closed: ends when all it asked for is answered */
	bool control_has_events; /* from a catch-up: no gap may go into the same message */
	enum reason end_reason;

	unsigned in_flight; /* ops, requests and jobs under way */
	unsigned requests; /* unanswered, or answered and not yet written */
	unsigned replies; /* of those, in `control` or being written */
	SLIST_HEAD(, request) free_requests;

	struct control control;
	grpc_slice *updates; /* owned, SESSION_UPDATES_MAX of them; NULL while there are none */
	unsigned update_count;
	bool shed; /* updates were lost: snapshots when there is room again */
	uint64_t update_serial;

	struct subscription *subscriptions; /* owned: uthash by room id */
	TAILQ_HEAD(, subscription) dirty;
	struct catch_up catch_up;
	bool catching_up;
	uint64_t events_out;
	size_t sending_bytes;
	unsigned sending_replies;

	bool ready;
	bool waiting;
	struct mono deadline;
	TAILQ_ENTRY(session) ready_link;
	TAILQ_ENTRY(session) waiting_link;
	TAILQ_ENTRY(session) shard_link;
	LIST_ENTRY(session) account_link;
};

/* Takes the call over and starts reading. The account's reference moves. */
struct session *session_open(const struct incoming *in, struct account *account, uint64_t token_id);

/* The hello was taken: the session hears of its account from now on. */
void session_join_account(struct session *s, const char *client, unsigned wants);
/* The welcome is in the control piece: events flow from now on. */
void session_go_live(struct session *s);

/* Something waits to be written. */
void session_make_ready(struct session *s);
/* Writes everything that waits as one message, if no write is under way. Hot path. */
void session_flush(struct session *s);

/* Appends a message to the next write. */
void session_put(struct session *s, enum frame_field field, const ProtobufCMessage *msg);
/* Moves the cursor past the events up to `to`, which never come, and says so (a gap). */
void session_skip(struct subscription *sub, uint64_t to, enum reason reason);
/* Says that the client's cursor for a room is void: it stands at `seq` now; 0: not in the room. */
void session_put_reset(struct session *s, uint64_t room_id, uint64_t seq, enum reason reason);
/* The reply to a request, and the end of its charge. */
void session_reply(struct session *s, Gchat__V1__Reply *reply);
void session_reply_ok(struct session *s, uint64_t request_id);
void session_reply_error(
	struct session *s, uint64_t request_id, enum reason reason, uint32_t retry_after_ms);

/* A request with its write initialised; done is set to answer it. NULL-safe release on refusal. */
struct request *session_request_new(struct session *s, uint64_t request_id);
void session_request_free(struct request *request);
/* Starts the write, or answers at once where there is nothing to do or a reason against it. */
void session_request_start(struct request *request, enum reason reason, uint32_t retry_after_ms);

/* Ephemeral: takes a reference of its own, or sheds. */
void session_update(struct session *s, grpc_slice wire);

/* Says why (going-away), then ends the stream with the reason as its status. */
void session_end(struct session *s, enum reason reason, const char *text);
/* A tick has passed since it was slowed: reads on. */
void session_quicken(struct session *s);
/* The deadline has passed: no hello, or the peer doesn't read its end. */
void session_expire(struct session *s);

/* Events behind the heads, over all rooms. */
uint64_t session_lag(struct session *s);
/* Like "open"; static storage. */
const char *session_state_text(enum session_state state);

/* Snapshots of members for one room, where wanted and small enough. */
void session_put_snapshot(struct session *s, struct room *room);

/* For session_priv users: one thing under way begins or ends; the last one frees a closed session. */
void session_hold(struct session *s);
void session_release(struct session *s);
