/* The table of reasons. Codes are numbers of grpc_status_code, which this layer doesn't include. */
#include "proto/reason.h"

#include "base/macros.h"
#include <stddef.h>
#include <string.h>

enum code {
	OK = 0,
	INVALID_ARGUMENT = 3,
	NOT_FOUND = 5,
	ALREADY_EXISTS = 6,
	PERMISSION_DENIED = 7,
	RESOURCE_EXHAUSTED = 8,
	FAILED_PRECONDITION = 9,
	OUT_OF_RANGE = 11,
	UNIMPLEMENTED = 12,
	DATA_LOSS = 15,
	UNAVAILABLE = 14,
	UNAUTHENTICATED = 16,
};

struct entry {
	const char *name;
	enum code code;
	const char *text;
};

/* clang-format off */
#define ENTRY(name, code, text) [REASON_##name] = {#name, code, text}
static const struct entry table[_REASON_MAX] = {
	ENTRY(NONE, OK, "done"),
	ENTRY(NOT_SIGNED_IN, UNAUTHENTICATED, "this call needs a token: sign in first"),
	ENTRY(TOKEN_INVALID, UNAUTHENTICATED, "the token is unknown, expired or revoked: sign in again"),
	ENTRY(WRONG_CREDENTIALS, UNAUTHENTICATED, "user name or password is wrong"),
	ENTRY(ACCOUNT_SUSPENDED, PERMISSION_DENIED, "this account is suspended"),
	ENTRY(REGISTRATION_CLOSED, PERMISSION_DENIED, "new accounts are made by the administrator here"),
	ENTRY(INVITE_INVALID, PERMISSION_DENIED, "a valid invitation is needed for a new account"),
	ENTRY(LOCKDOWN, PERMISSION_DENIED, "no new accounts and guests are taken at present"),
	ENTRY(GUESTS_NOT_ALLOWED, PERMISSION_DENIED, "guests are not allowed here"),
	ENTRY(USER_EXISTS, ALREADY_EXISTS, "that user name is taken"),
	ENTRY(NOT_PERMITTED, PERMISSION_DENIED, "your role does not allow this"),
	ENTRY(REMOVED, PERMISSION_DENIED, "you were removed by an administrator"),
	ENTRY(BANNED, PERMISSION_DENIED, "you are banned"),
	ENTRY(SIGNED_OUT, UNAUTHENTICATED, "this session was signed out"),
	ENTRY(CLIENT_CERTIFICATE_UNKNOWN, UNAUTHENTICATED, "the client's certificate names no account here"),
	ENTRY(CLIENT_CERTIFICATE_REVOKED, UNAUTHENTICATED, "the client's certificate was revoked"),
	ENTRY(CLIENT_CERTIFICATE_INVALID, UNAUTHENTICATED, "the client's certificate is not valid here"),
	ENTRY(ACCOUNT_DELETED, UNAUTHENTICATED, "this account was deleted"),
	ENTRY(BAD_FRAME, INVALID_ARGUMENT, "the message could not be decoded"),
	ENTRY(BAD_TEXT, INVALID_ARGUMENT, "a text is not valid UTF-8 or contains a NUL"),
	ENTRY(FRAME_TOO_LARGE, RESOURCE_EXHAUSTED, "the message is larger than the limit"),
	ENTRY(NO_HELLO, FAILED_PRECONDITION, "the first frame of a stream must be a hello"),
	ENTRY(SECOND_HELLO, FAILED_PRECONDITION, "a stream has one hello only"),
	ENTRY(PROTOCOL_VERSION, FAILED_PRECONDITION, "this server speaks another protocol version"),
	ENTRY(SHUTDOWN, UNAVAILABLE, "the server is shutting down: reconnect"),
	ENTRY(DRAINING, UNAVAILABLE, "the server takes no new sessions for now: try again later"),
	ENTRY(UNKNOWN_ROOM, NOT_FOUND, "there is no such room"),
	ENTRY(UNKNOWN_USER, NOT_FOUND, "there is no such user"),
	ENTRY(ROOM_EXISTS, ALREADY_EXISTS, "that room name is taken"),
	ENTRY(NOT_A_MEMBER, PERMISSION_DENIED, "you are not a member of this room: join it first"),
	ENTRY(ALREADY_A_MEMBER, ALREADY_EXISTS, "that account is a member of the room already"),
	ENTRY(READ_ONLY, PERMISSION_DENIED, "you may only read in this room"),
	ENTRY(SLOW_MODE, RESOURCE_EXHAUSTED, "this room is in slow mode: wait before the next message"),
	ENTRY(LAST_OWNER, FAILED_PRECONDITION, "the last owner can't leave: make someone else owner first"),
	ENTRY(MUTED, PERMISSION_DENIED, "you are muted and may only read"),
	ENTRY(USER_BANNED, FAILED_PRECONDITION, "that account is banned from the room: take the ban back first"),
	ENTRY(INVALID_ARGUMENT, INVALID_ARGUMENT, "a value is out of its range"),
	ENTRY(TEXT_TOO_LONG, INVALID_ARGUMENT, "the text is longer than the limit"),
	ENTRY(ID_REUSED, ALREADY_EXISTS, "this client_msg_id was used before for something else"),
	ENTRY(UNKNOWN_MESSAGE, NOT_FOUND, "there is no such message, or it was deleted"),
	ENTRY(NOT_AUTHOR, PERMISSION_DENIED, "only the author may do this"),
	ENTRY(NOT_FOUND, NOT_FOUND, "there is no such thing"),
	ENTRY(BAD_IMAGE, INVALID_ARGUMENT, "the image is not an acceptable PNG or JPEG"),
	ENTRY(CURSOR_AHEAD, OUT_OF_RANGE, "the cursor is ahead of the room's log"),
	ENTRY(RETENTION, OUT_OF_RANGE, "these events are past the room's retention"),
	ENTRY(RATE_LIMITED, RESOURCE_EXHAUSTED, "too much at once: wait a moment"),
	ENTRY(TOO_MANY_SESSIONS, RESOURCE_EXHAUSTED, "this account has too many sessions open"),
	ENTRY(TOO_MANY_ROOMS, RESOURCE_EXHAUSTED, "too many rooms"),
	ENTRY(TOO_MANY_MEMBERS, RESOURCE_EXHAUSTED, "the room is full"),
	ENTRY(TOO_MANY_LOG_INS, RESOURCE_EXHAUSTED, "too many log-in attempts: wait a moment"),
	ENTRY(TOO_MANY_BANS, RESOURCE_EXHAUSTED, "too many bans and mutes: take some back first"),
	ENTRY(TOO_MANY_INVITATIONS, RESOURCE_EXHAUSTED, "there are too many invitations: revoke some"),
	ENTRY(DISK_FULL, RESOURCE_EXHAUSTED, "the server's disk is full: try again later"),
	ENTRY(DAMAGED, DATA_LOSS, "the server can't read this part of its store"),
	ENTRY(UNAVAILABLE, UNAVAILABLE, "the server can't do this now: try again later"),
	ENTRY(CERTIFICATE_REFUSED, FAILED_PRECONDITION, "the certificate was not accepted"),
	ENTRY(FILE_EXISTS, ALREADY_EXISTS, "there is a file of that name already"),
	ENTRY(BACKUP_FAILED, FAILED_PRECONDITION, "the backup could not be made"),
	ENTRY(CONFIG_REFUSED, FAILED_PRECONDITION, "the configuration was not accepted"),
	ENTRY(UNIMPLEMENTED, UNIMPLEMENTED, "this server does not offer this call"),
};
/* clang-format on */

static const struct entry *entry_get(enum reason reason)
{
	GC_ASSERT(reason >= 0 && reason < _REASON_MAX && table[reason].name);
	return &table[reason];
}

const char *reason_name(enum reason reason)
{
	return entry_get(reason)->name;
}

uint32_t reason_code(enum reason reason)
{
	return (uint32_t)entry_get(reason)->code;
}

const char *reason_text(enum reason reason)
{
	return entry_get(reason)->text;
}

enum reason reason_find(const char *name)
{
	for (size_t i = 0; i < _REASON_MAX; i++)
		if (strcmp(table[i].name, name) == 0)
			return (enum reason)i;
	return REASON_NONE;
}
