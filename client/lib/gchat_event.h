/* What gchat_next gives: changes of the session's state, entries of logs, replies, and the rest. */
#pragma once

#include "gchat_types.h"

enum gchat_state {
	GCHAT_STATE_CONNECTING, /* the first attempt of this session */
	GCHAT_STATE_ONLINE, /* the welcome follows */
	GCHAT_STATE_RECONNECTING, /* broken: attempt, delay_ms, error */
	GCHAT_STATE_REFUSED, /* ended for good: error; with an unknown certificate until
				     gchat_trust, else until gchat_connect */
	GCHAT_STATE_CLOSED, /* by gchat_disconnect */
};

struct gchat_state_event {
	enum gchat_state state;
	uint32_t attempt; /* the attempt that comes next, from 1 */
	uint32_t delay_ms; /* until then */
	struct gchat_error error;
	struct gchat_certificate certificate; /* ONLINE, and where the certificate was refused */
};

struct gchat_welcome {
	struct gchat_profile account;
	const struct gchat_room *rooms; /* all rooms of the account */
	size_t room_count;
	struct gchat_limits limits;
	const char *durability; /* "always" or "process" */
	uint64_t session_id;
	uint64_t time_us;
	const char *server;
	bool resumed; /* the same session goes on; else its first welcome */
};

enum gchat_request {
	GCHAT_REQUEST_SEND,
	GCHAT_REQUEST_EDIT,
	GCHAT_REQUEST_DELETE,
	GCHAT_REQUEST_REACT,
	GCHAT_REQUEST_JOIN,
	GCHAT_REQUEST_LEAVE,
	GCHAT_REQUEST_INVITE,
	GCHAT_REQUEST_SET_TOPIC,
	GCHAT_REQUEST_MARK_READ,
	GCHAT_REQUEST_TYPING,
	GCHAT_REQUEST_PRESENCE,
	GCHAT_REQUEST_PING,
};

enum gchat_reply_kind {
	GCHAT_REPLY_OK, /* done */
	GCHAT_REPLY_COMMITTED, /* room_id, seq, time_us, duplicate */
	GCHAT_REPLY_JOINED, /* room */
	GCHAT_REPLY_DELAYED, /* not the last word: sent again after error.retry_after_ms */
	GCHAT_REPLY_ERROR, /* error; the request is gone */
};

struct gchat_reply {
	uint64_t tag;
	enum gchat_request request;
	enum gchat_reply_kind kind;
	uint64_t room_id;
	uint64_t seq;
	uint64_t time_us;
	bool duplicate;
	struct gchat_room room;
	struct gchat_error error;
	uint64_t round_trip_us; /* from the wire write to the reply */
};

struct gchat_snapshot {
	uint64_t room_id;
	const struct gchat_member *members;
	size_t count;
	uint32_t member_count;
	bool complete; /* false: too many members, the list is empty */
};

struct gchat_presence_event {
	uint64_t account_id;
	const char *user;
	enum gchat_presence presence;
};

struct gchat_typing {
	uint64_t room_id;
	uint64_t account_id;
	const char *user;
	bool typing; /* holds for 6 s */
};

struct gchat_gap {
	uint64_t room_id;
	uint64_t from_seq; /* first and last that will never come */
	uint64_t to_seq;
	const char *reason; /* RETENTION, DAMAGED, or NOT_A_MEMBER: from before it joined */
};

struct gchat_reset {
	uint64_t room_id;
	uint64_t seq; /* where the room goes on; 0: not a member */
	const char *reason; /* CURSOR_AHEAD or NOT_A_MEMBER */
};

struct gchat_read_marker {
	uint64_t room_id;
	uint64_t read_seq;
	uint32_t unread;
};

struct gchat_going_away {
	uint32_t reconnect_after_ms;
	const char *reason;
	const char *message;
};

/* From whoever runs the server, to all. */
struct gchat_notice {
	const char *text; /* one line, as it came: not safe for a terminal */
	uint64_t time_us;
};

enum gchat_event_kind {
	GCHAT_EVENT_STATE,
	GCHAT_EVENT_WELCOME,
	GCHAT_EVENT_ENTRY, /* of a room's log: the talk itself */
	GCHAT_EVENT_REPLY,
	GCHAT_EVENT_SNAPSHOT,
	GCHAT_EVENT_PRESENCE,
	GCHAT_EVENT_TYPING,
	GCHAT_EVENT_PROFILE,
	GCHAT_EVENT_GAP,
	GCHAT_EVENT_RESET,
	GCHAT_EVENT_READ_MARKER,
	GCHAT_EVENT_GOING_AWAY,
	GCHAT_EVENT_NOTICE,
};

struct gchat_event {
	enum gchat_event_kind kind;
	union {
		struct gchat_state_event state;
		struct gchat_welcome welcome;
		struct gchat_entry entry;
		struct gchat_reply reply;
		struct gchat_snapshot snapshot;
		struct gchat_presence_event presence;
		struct gchat_typing typing;
		struct gchat_profile profile;
		struct gchat_gap gap;
		struct gchat_reset reset;
		struct gchat_read_marker read_marker;
		struct gchat_going_away going_away;
		struct gchat_notice notice;
	};
};
