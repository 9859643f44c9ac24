/*
 * What the functions of gchat.h take and give: the contract's rooms, members, profiles and log
 * entries as plain structs, errors, and the server's certificate. All memory behind the pointers
 * belongs to the result or event that holds the struct.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GCHAT_PORT_DEFAULT = 7443,
	GCHAT_ID_BYTES = 16, /* a client_msg_id */
	GCHAT_HASH_BYTES = 32, /* an avatar's SHA-256 */
	GCHAT_FINGERPRINT_SIZE = 65, /* 64 hexadecimal digits and a NUL */
	GCHAT_OUTBOX_MAX = 1000, /* requests that wait to be acknowledged */
	GCHAT_REQUESTS_MAX = 256, /* other requests that wait for a reply */
	GCHAT_EVENTS_MAX = 4096, /* events not yet taken; beyond it the stream isn't read */
	GCHAT_CURSORS_MAX = 1024, /* rooms whose place is resumed */
};

#define GCHAT_FOR_EVER UINT32_MAX /* seconds of a mute */

/* ---- errors ---- */

/*
 * Why the server, or the library on the way to it, refused. Reasons of the library's own:
 * UNAVAILABLE (no connection), TIMED_OUT, CERTIFICATE_UNKNOWN, CERTIFICATE_CHANGED,
 * CERTIFICATE_REFUSED, ACCOUNT_MISMATCH, BAD_REPLY. All others are the server's.
 */
struct gchat_error {
	uint32_t code; /* gRPC status code, 1 to 16 */
	char reason[32];
	char message[256]; /* one sentence for people */
	uint32_t retry_after_ms; /* 0: waiting doesn't help */
};

/* ---- what the server tells ---- */

enum gchat_role {
	GCHAT_ROLE_NONE, /* not a member, or not told */
	GCHAT_ROLE_READER,
	GCHAT_ROLE_MEMBER,
	GCHAT_ROLE_MODERATOR,
	GCHAT_ROLE_OWNER,
};

enum gchat_visibility {
	GCHAT_VISIBILITY_NONE, /* not told; when asking: unchanged, or the default */
	GCHAT_VISIBILITY_PUBLIC,
	GCHAT_VISIBILITY_PRIVATE,
	GCHAT_VISIBILITY_DIRECT,
};

enum gchat_presence {
	GCHAT_PRESENCE_NONE, /* not told */
	GCHAT_PRESENCE_ONLINE,
	GCHAT_PRESENCE_AWAY,
	GCHAT_PRESENCE_OFFLINE,
};

enum gchat_registration {
	GCHAT_REGISTRATION_NONE,
	GCHAT_REGISTRATION_OPEN,
	GCHAT_REGISTRATION_INVITE,
	GCHAT_REGISTRATION_CLOSED,
};

struct gchat_limits {
	uint32_t text_bytes_max;
	uint32_t frame_bytes_max;
	uint32_t rooms_max;
	uint32_t messages_per_minute;
	uint32_t avatar_bytes_max;
	uint32_t keepalive_s;
};

struct gchat_room {
	uint64_t room_id;
	const char *name;
	const char *title;
	const char *topic;
	enum gchat_visibility visibility;
	uint64_t head_seq; /* 0: empty */
	uint64_t first_seq; /* the oldest event kept */
	uint32_t member_count;
	uint64_t created_us;
	bool read_only; /* only moderators and owners write */
	uint32_t slow_mode_s; /* between two messages of one member; 0: none */
	uint32_t
		text_bytes_max; /* of one message, where it is less than the limits say; 0: it isn't */
	enum gchat_role role; /* the caller's; only in welcome and gchat_get_room */
	uint64_t read_seq; /* only in welcome */
	uint32_t unread; /* only in welcome; stops at 1000 */
};

struct gchat_member {
	uint64_t account_id;
	const char *user;
	const char *display_name; /* may be empty: show the user name */
	enum gchat_role role;
	enum gchat_presence presence;
};

struct gchat_profile {
	uint64_t account_id;
	const char *user;
	const char *display_name;
	const char *status_text;
	bool has_avatar;
	uint8_t avatar_hash[GCHAT_HASH_BYTES];
	bool guest;
};

enum gchat_entry_kind {
	GCHAT_ENTRY_UNKNOWN, /* of a kind newer than this library; still has its place */
	GCHAT_ENTRY_MESSAGE, /* text, reply_to */
	GCHAT_ENTRY_EDIT, /* target_seq, text */
	GCHAT_ENTRY_DELETION, /* target_seq, reason */
	GCHAT_ENTRY_REACTION, /* target_seq, emoji, taken_back */
	GCHAT_ENTRY_JOINED, /* role; the author joined */
	GCHAT_ENTRY_LEFT, /* the author left */
	GCHAT_ENTRY_REMOVED, /* account_id, user, reason, banned, until_us */
	GCHAT_ENTRY_INVITED, /* account_id, user */
	GCHAT_ENTRY_ROLE, /* account_id, user, role */
	GCHAT_ENTRY_ROOM_CHANGED, /* title, topic, visibility, read_only, slow_mode_s, text_bytes_max */
	GCHAT_ENTRY_ERASED, /* what remains of a deleted event */
	GCHAT_ENTRY_MUTED, /* account_id, user, muted, until_us, reason */
};

/* One entry of a room's log. Fields that its kind doesn't name are 0 or "". */
struct gchat_entry {
	enum gchat_entry_kind kind;
	uint64_t room_id;
	const char *room_name; /* "": not known */
	uint64_t seq; /* its place: this alone orders entries of a room */
	uint64_t time_us; /* since 1970, for people */
	uint64_t author_id; /* 0: the server */
	const char *author;
	bool has_id;
	uint8_t id[GCHAT_ID_BYTES]; /* the sender's client_msg_id */
	uint64_t tag; /* the own request that caused it and waits for its reply, or 0 */
	const char *text;
	uint64_t reply_to;
	uint64_t target_seq;
	const char *emoji;
	bool taken_back;
	const char *reason;
	uint64_t account_id;
	const char *user;
	enum gchat_role role;
	const char *title;
	const char *topic;
	enum gchat_visibility visibility;
	bool read_only;
	uint32_t slow_mode_s;
	uint32_t text_bytes_max;
	bool banned; /* removed, and can't come back before until_us */
	bool muted; /* false: may write again */
	uint64_t until_us; /* when the ban or the mute ends; 0: never */
};

/* ---- trust ---- */

enum gchat_trust {
	GCHAT_TRUST_NONE, /* no certificate seen yet */
	GCHAT_TRUST_ROOTS, /* signed by a trusted root, for this host */
	GCHAT_TRUST_PINNED, /* the fingerprint given, or the one pinned before */
	GCHAT_TRUST_NEW, /* accepted just now and pinned (accept_new) */
	GCHAT_TRUST_UNKNOWN, /* refused: ask the person, then gchat_trust */
	GCHAT_TRUST_CHANGED, /* refused: another one is pinned */
	GCHAT_TRUST_REFUSED, /* refused: not the fingerprint given, or not signed by the CA file */
};

struct gchat_certificate {
	enum gchat_trust trust;
	char fingerprint[GCHAT_FINGERPRINT_SIZE]; /* SHA-256 over the DER form */
	char pinned[GCHAT_FINGERPRINT_SIZE]; /* with GCHAT_TRUST_CHANGED; else "" */
	char subject[256];
	char issuer[256];
	char names[512]; /* DNS names and addresses, with spaces between */
	uint64_t not_before_us;
	uint64_t not_after_us;
	char why[256]; /* why the roots didn't vouch for it; "" when they did */
};
