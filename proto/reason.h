/*
 * Every reason a peer can be told, in one table: a stable name for programs, a gRPC status code,
 * and a sentence for people. The names are part of the contract.
 */
#pragma once

#include <stdint.h>

enum reason {
	REASON_NONE,
	/* who is calling */
	REASON_NOT_SIGNED_IN,
	REASON_TOKEN_INVALID,
	REASON_WRONG_CREDENTIALS,
	REASON_ACCOUNT_SUSPENDED,
	REASON_REGISTRATION_CLOSED,
	REASON_INVITE_INVALID,
	REASON_GUESTS_NOT_ALLOWED,
	REASON_USER_EXISTS,
	REASON_NOT_PERMITTED,
	REASON_REMOVED,
	REASON_BANNED,
	REASON_SIGNED_OUT,
	REASON_CLIENT_CERTIFICATE_UNKNOWN,
	REASON_CLIENT_CERTIFICATE_REVOKED,
	REASON_CLIENT_CERTIFICATE_INVALID,
	/* the stream */
	REASON_BAD_FRAME,
	REASON_BAD_TEXT,
	REASON_FRAME_TOO_LARGE,
	REASON_NO_HELLO,
	REASON_SECOND_HELLO,
	REASON_PROTOCOL_VERSION,
	REASON_SHUTDOWN,
	/* rooms and members */
	REASON_UNKNOWN_ROOM,
	REASON_UNKNOWN_USER,
	REASON_ROOM_EXISTS,
	REASON_NOT_A_MEMBER,
	REASON_ALREADY_A_MEMBER,
	REASON_READ_ONLY,
	REASON_LAST_OWNER,
	REASON_MUTED,
	REASON_USER_BANNED,
	/* messages */
	REASON_INVALID_ARGUMENT,
	REASON_TEXT_TOO_LONG,
	REASON_ID_REUSED,
	REASON_UNKNOWN_MESSAGE,
	REASON_NOT_AUTHOR,
	REASON_NOT_FOUND,
	REASON_BAD_IMAGE,
	/* cursors */
	REASON_CURSOR_AHEAD,
	REASON_RETENTION,
	/* limits */
	REASON_RATE_LIMITED,
	REASON_TOO_MANY_SESSIONS,
	REASON_TOO_MANY_ROOMS,
	REASON_TOO_MANY_MEMBERS,
	REASON_TOO_MANY_LOG_INS,
	REASON_TOO_MANY_BANS,
	/* the server's own state */
	REASON_DISK_FULL,
	REASON_DAMAGED,
	REASON_UNAVAILABLE,
	REASON_CERTIFICATE_REFUSED,
	REASON_UNIMPLEMENTED,
	_REASON_MAX,
};

/* The stable name, like "RATE_LIMITED". Static storage. */
const char *reason_name(enum reason reason);
/* The gRPC status code, as a number of grpc_status_code. */
uint32_t reason_code(enum reason reason);
/* One sentence for people. Static storage. */
const char *reason_text(enum reason reason);
/* The reason of that name, or REASON_NONE. */
enum reason reason_find(const char *name);
