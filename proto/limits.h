/*
 * Sizes and counts that both sides of the contract enforce. They are part of gchat.v1: a client may
 * rely on them, and the server refuses what goes beyond with FRAME_TOO_LARGE or INVALID_ARGUMENT.
 * Limits that an operator can change are in the configuration instead.
 */
#pragma once

enum {
	LIMIT_PROTOCOL_VERSION = 1,

	LIMIT_MESSAGE_BYTES = 64 * 1024, /* one gRPC message in, before decoding */
	LIMIT_DECODE_BYTES = 1024 * 1024, /* memory that decoding one message may take */
	LIMIT_TEXT_BYTES = 16 * 1024, /* text of one chat message, UTF-8 bytes */
	LIMIT_USER_NAME_BYTES = 32, /* user name: [a-z0-9][a-z0-9._-]* */
	LIMIT_ROOM_NAME_BYTES = 64, /* room name: [a-z0-9][a-z0-9._-]*, no leading '#' */
	LIMIT_DISPLAY_NAME_BYTES = 64, /* display name, UTF-8 bytes */
	LIMIT_STATUS_TEXT_BYTES = 256, /* a profile's status text */
	LIMIT_TITLE_BYTES = 128, /* a room's title */
	LIMIT_TOPIC_BYTES = 1024, /* a room's topic */
	LIMIT_REASON_BYTES = 256, /* why someone was removed, banned or muted */
	LIMIT_RESTRICTIONS_MAX = 1000, /* accounts banned or muted in one room */
	LIMIT_NETWORK_BANS_MAX = 10000, /* networks banned from the server */
	LIMIT_NOTICE_BYTES = 1024, /* a line of whoever runs the server to all */
	LIMIT_SLOW_MODE_S = 86400, /* between two messages of one member of a room */
	LIMIT_ROOM_MEMBERS = 1000000, /* what can be set for one room */
	LIMIT_RETENTION_DAYS = 36500, /* the same */
	LIMIT_RETENTION_EVENTS = 1000000000, /* the same */
	LIMIT_EMOJI_BYTES = 32, /* one reaction */
	LIMIT_PASSWORD_BYTES_MIN = 8, /* a password, bytes */
	LIMIT_PASSWORD_BYTES_MAX = 256,
	LIMIT_TOKEN_BYTES = 32, /* a bearer token before base64url, random */
	LIMIT_CLIENT_MSG_ID_BYTES = 16, /* exactly */
	LIMIT_CLIENT_NAME_BYTES = 64, /* name and version of the client program */
	LIMIT_CURSORS_MAX = 1024, /* cursors in one hello */
	LIMIT_PAGE_MAX = 500, /* items in one page of a list or of history */
	LIMIT_PAGE_DEFAULT = 100,
	LIMIT_PROFILES_MAX = 100, /* accounts in one GetProfiles */
	LIMIT_AVATAR_BYTES = 256 * 1024, /* a whole avatar */
	LIMIT_AVATAR_CHUNK_BYTES = 48 * 1024, /* one SetAvatar call */
	LIMIT_AVATAR_SIDE_MAX = 1024, /* pixels, each side */
	LIMIT_SHA256_BYTES = 32,
	LIMIT_UNREAD_MAX = 1000, /* unread counts stop here */
};
