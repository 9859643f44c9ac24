/*
 * libgchat: a client of one gchat server. It checks the server's certificate, makes the calls of
 * the contract, and keeps a session open for ever: reconnecting, resuming every room after the last
 * event the application was given, and sending again what was not acknowledged. Towards the
 * application each event of a room comes exactly once and in order.
 *
 * Threads: every function may be called from any thread, but for gchat_close, which must be the
 * last one. Strings are UTF-8, never NULL in what the library gives; those passed in are copied.
 * Text in events comes from other people: it holds no NUL and is valid UTF-8, nothing more.
 *
 * Returns: 0 done, or a negative errno. Calls that ask the server return -EIO with *ret_error
 * filled; programs decide by its reason. Results are freed with gchat_free.
 */
#pragma once

#include "gchat_event.h"
#include "gchat_types.h"

#ifndef GC_EXPORT
#define GC_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- a client ---- */

struct gchat;

enum gchat_trust_mode {
	GCHAT_TRUST_MODE_FIRST_USE, /* system roots; else pinned on first use (known-servers) */
	GCHAT_TRUST_MODE_ROOTS, /* system roots only */
	GCHAT_TRUST_MODE_CA_FILE, /* the roots in ca_file only */
	GCHAT_TRUST_MODE_EXACT, /* the certificate with `fingerprint` only */
};

struct gchat_options {
	const char *server; /* "host", "host:port", "[v6]:port"; port 7443 */
	enum gchat_trust_mode trust_mode;
	const char *ca_file; /* PEM, with GCHAT_TRUST_MODE_CA_FILE */
	const char *fingerprint; /* hexadecimal, "sha256:" and colons allowed, with ..._EXACT */
	bool accept_new; /* with ..._FIRST_USE: pin an unknown certificate unasked */
	const char *client_cert_file; /* PEM, shown to servers that ask for one; NULL: none */
	const char *client_key_file; /* its key, without passphrase; NULL: in the same file */
	const char *state_dir; /* NULL: nothing is kept (pins, outbox, cursors) */
	bool keep_cursors; /* keep the places in rooms in state_dir, too */
	const char *client_name; /* name and version of the program; at most 64 bytes */
	bool want_presence;
	bool want_typing;
	bool want_profiles;
	bool want_members; /* snapshots of members */
	uint32_t backoff_min_ms; /* 0: 200 */
	uint32_t backoff_max_ms; /* 0: 30000 */
	uint32_t call_timeout_ms; /* of unary calls; 0: 15000 */
};

/* Makes a client; connects to nothing yet. state_dir is made (0700) where missing. *ret is owned:
 * gchat_close. 0, -EINVAL (server, fingerprint), -EIO (state_dir, ca_file, client_cert_file), with *ret_error. */
GC_EXPORT int gchat_open(
	const struct gchat_options *options, struct gchat **ret, struct gchat_error *ret_error);
/* Ends the session, the thread and the client. Unacknowledged requests stay in the outbox file.
 * NULL is allowed; no other call may be under way. */
GC_EXPORT void gchat_close(struct gchat *g);

/* What gRPC logs goes to `log`, on any thread; NULL (at the start): nowhere. For the process. */
GC_EXPORT void gchat_set_log(void (*log)(void *arg, const char *line), void *arg);

/* The server's certificate as last seen, also when it was refused. */
GC_EXPORT void gchat_get_certificate(struct gchat *g, struct gchat_certificate *ret);
/* Accepts the certificate with this fingerprint from now on, replaces a pinned one, keeps it in
 * known-servers, and tries again at once if a session waits for it. 0, -EINVAL (not a
 * fingerprint), or the errno of writing the file (it is then trusted until gchat_close). */
GC_EXPORT int gchat_trust(struct gchat *g, const char *fingerprint);

/* Frees any result or event of the library. NULL is allowed. */
GC_EXPORT void gchat_free(void *result);

/* ---- unary calls: block until the answer or call_timeout_ms ---- */

struct gchat_server_info {
	const char *name;
	const char *version;
	uint32_t protocol_version;
	enum gchat_registration registration;
	bool guests_allowed;
	const char *const *sign_in_methods;
	size_t sign_in_method_count;
	const char *message_of_the_day;
	struct gchat_limits limits;
	const char *const *suggested_rooms;
	size_t suggested_room_count;
	const char *certificate_user; /* signed in by client_cert_file as; "": nobody */
	const char *certificate_problem; /* the reason why not; "": none was shown */
};
GC_EXPORT int gchat_server_info(
	struct gchat *g, struct gchat_server_info **ret, struct gchat_error *ret_error);

/* Who wants to sign in. NULL is as empty. */
struct gchat_credentials {
	const char *user; /* not for guests */
	const char *password; /* not for guests */
	const char *display_name; /* new accounts and guests */
	const char *invite; /* new accounts, where registration is by invitation */
	const char *device; /* shown when listing tokens; at most 64 bytes */
};
struct gchat_account {
	const char *token; /* a secret: store it 0600 */
	struct gchat_profile profile;
};
/* The client keeps the token and the user name for all later calls. */
GC_EXPORT int gchat_create_account(struct gchat *g, const struct gchat_credentials *who,
	struct gchat_account **ret, struct gchat_error *ret_error);
GC_EXPORT int gchat_login(struct gchat *g, const struct gchat_credentials *who,
	struct gchat_account **ret, struct gchat_error *ret_error);
GC_EXPORT int gchat_login_guest(struct gchat *g, const struct gchat_credentials *who,
	struct gchat_account **ret, struct gchat_error *ret_error);
/* Uses a token from before for all later calls; NULL forgets it. */
GC_EXPORT void gchat_set_token(struct gchat *g, const char *token);
/* Voids the token; a session with it ends with SIGNED_OUT. */
GC_EXPORT int gchat_logout(struct gchat *g, struct gchat_error *ret_error);
GC_EXPORT int gchat_change_password(struct gchat *g, const char *old_password,
	const char *new_password, struct gchat_error *ret_error);

/* A log-in of the account that holds. */
struct gchat_token {
	uint64_t token_id; /* names the token without being it */
	const char *device; /* as given at the log-in */
	uint64_t created_us;
	uint64_t last_used_us; /* 0: unknown */
	bool current; /* the one this client uses */
};
struct gchat_token_list {
	const struct gchat_token *tokens;
	size_t count;
};
GC_EXPORT int gchat_list_tokens(
	struct gchat *g, struct gchat_token_list **ret, struct gchat_error *ret_error);
/* Voids that token of the account and ends its sessions, this one's too. */
GC_EXPORT int gchat_revoke_token(struct gchat *g, uint64_t token_id, struct gchat_error *ret_error);

/* Which page of a list. {0}: the first one, of 100. */
struct gchat_page {
	uint32_t size; /* 1 to 500; 0: 100 */
	const char *token; /* next_page of the page before; NULL: the first page */
};

struct gchat_room_list {
	const struct gchat_room *rooms;
	size_t count;
	const char *next_page; /* "": the last page */
};
GC_EXPORT int gchat_list_rooms(struct gchat *g, const struct gchat_page *page, bool joined_only,
	struct gchat_room_list **ret, struct gchat_error *ret_error);

/* By id, or where that is 0, by name. role is the caller's. */
GC_EXPORT int gchat_get_room(struct gchat *g, uint64_t room_id, const char *name,
	struct gchat_room **ret, struct gchat_error *ret_error);

/* For a new room: NULL is empty. For a change: NULL and VISIBILITY_NONE leave as it is. */
struct gchat_room_spec {
	const char *name; /* new rooms only */
	const char *title;
	const char *topic;
	enum gchat_visibility visibility;
	/* Changes only. */
	bool set_read_only;
	bool read_only; /* only moderators and owners write */
	bool set_slow_mode;
	uint32_t slow_mode_s; /* between two messages of one member, at most 86400; 0: none */
};
GC_EXPORT int gchat_create_room(struct gchat *g, const struct gchat_room_spec *spec,
	struct gchat_room **ret, struct gchat_error *ret_error);
GC_EXPORT int gchat_update_room(struct gchat *g, uint64_t room_id,
	const struct gchat_room_spec *change, struct gchat_room **ret,
	struct gchat_error *ret_error);
GC_EXPORT int gchat_delete_room(struct gchat *g, uint64_t room_id, struct gchat_error *ret_error);
/* The room of two with `user`. */
GC_EXPORT int gchat_direct(
	struct gchat *g, const char *user, struct gchat_room **ret, struct gchat_error *ret_error);

struct gchat_member_list {
	const struct gchat_member *members;
	size_t count;
	const char *next_page;
	uint32_t member_count; /* of the whole room */
};
GC_EXPORT int gchat_list_members(struct gchat *g, uint64_t room_id, const struct gchat_page *page,
	struct gchat_member_list **ret, struct gchat_error *ret_error);
/* How far the account has read in each of its rooms, and how much is unread there. */
struct gchat_read_marker_list {
	const struct gchat_read_marker *read_markers;
	size_t count;
};
GC_EXPORT int gchat_list_read_markers(
	struct gchat *g, struct gchat_read_marker_list **ret, struct gchat_error *ret_error);
GC_EXPORT int gchat_remove_member(struct gchat *g, uint64_t room_id, const char *user,
	const char *reason, struct gchat_error *ret_error);
/* Keeps an account out of the room for so many seconds (0: for ever); a member is removed. */
GC_EXPORT int gchat_ban(struct gchat *g, uint64_t room_id, const char *user, const char *reason,
	uint32_t seconds, struct gchat_error *ret_error);
GC_EXPORT int gchat_unban(
	struct gchat *g, uint64_t room_id, const char *user, struct gchat_error *ret_error);
/* Stops an account from writing in the room for so many seconds (GCHAT_FOR_EVER); 0: it may again. */
GC_EXPORT int gchat_mute(struct gchat *g, uint64_t room_id, const char *user, const char *reason,
	uint32_t seconds, struct gchat_error *ret_error);
/* A ban of one account from one room, or a mute. */
struct gchat_restriction {
	uint64_t account_id;
	const char *user;
	const char *reason; /* may be empty */
	const char *author; /* who did it: a user, or "uid N" for an administrator */
	uint64_t created_us;
	uint64_t expires_us; /* 0: never */
};
struct gchat_restriction_list {
	const struct gchat_restriction *restrictions; /* in force; the oldest first */
	size_t count;
	const char *next_page; /* "": the last page */
};
/* Bans of the room, or its mutes; for its moderators and owners. */
GC_EXPORT int gchat_list_bans(struct gchat *g, uint64_t room_id, const struct gchat_page *page,
	bool mutes, struct gchat_restriction_list **ret, struct gchat_error *ret_error);
GC_EXPORT int gchat_set_role(struct gchat *g, uint64_t room_id, const char *user,
	enum gchat_role role, struct gchat_error *ret_error);

enum gchat_place {
	GCHAT_PLACE_NEWEST, /* seq isn't looked at */
	GCHAT_PLACE_BEFORE,
	GCHAT_PLACE_AFTER,
	GCHAT_PLACE_AROUND,
};
struct gchat_history_query {
	uint64_t room_id;
	enum gchat_place place;
	uint64_t seq;
	uint32_t page_size; /* 1 to 500; 0: 100 */
};
struct gchat_history {
	const struct gchat_entry *entries; /* ascending, without a gap */
	size_t count;
	/* Later edits, deletions and reactions that concern the entries. */
	const struct gchat_entry *amendments;
	size_t amendment_count;
	uint64_t first_seq; /* the oldest event kept */
	uint64_t head_seq;
};
GC_EXPORT int gchat_history(struct gchat *g, const struct gchat_history_query *query,
	struct gchat_history **ret, struct gchat_error *ret_error);

/* At most 100 in all. */
struct gchat_profile_query {
	const uint64_t *account_ids;
	size_t account_id_count;
	const char *const *users;
	size_t user_count;
};
struct gchat_profile_list {
	const struct gchat_profile *profiles; /* those that exist, in any order */
	size_t count;
};
GC_EXPORT int gchat_profiles(struct gchat *g, const struct gchat_profile_query *query,
	struct gchat_profile_list **ret, struct gchat_error *ret_error);
/* NULL leaves as it is. */
GC_EXPORT int gchat_update_profile(struct gchat *g, const char *display_name,
	const char *status_text, struct gchat_profile **ret, struct gchat_error *ret_error);
/* Uploads a PNG or JPEG, in chunks. ret_hash may be NULL. */
GC_EXPORT int gchat_set_avatar(struct gchat *g, const void *image, size_t len,
	uint8_t ret_hash[GCHAT_HASH_BYTES], struct gchat_error *ret_error);
GC_EXPORT int gchat_delete_avatar(struct gchat *g, struct gchat_error *ret_error);

struct gchat_avatar {
	const uint8_t *image;
	size_t len;
	const char *media_type;
};
GC_EXPORT int gchat_get_avatar(struct gchat *g, const uint8_t hash[GCHAT_HASH_BYTES],
	struct gchat_avatar **ret, struct gchat_error *ret_error);

/* ---- the session ---- */

/* A place in a room's log: everything up to seq was delivered. */
struct gchat_cursor {
	uint64_t room_id;
	uint64_t seq;
};

struct gchat_session_options {
	const char *token; /* NULL: from the log-in */
	const char *user; /* NULL: from the log-in; names the files in state_dir */
	const struct gchat_cursor *cursors;
	size_t cursor_count; /* 0 with keep_cursors: those kept. Rooms not named start at the head */
};

/* Opens the outbox and starts the session (options NULL: with the log-in's token), which is then kept up until gchat_disconnect or a
 * refusal for good. 0, -EINVAL (no token; no user but a state_dir), -EALREADY, -EBUSY (16 others
 * use this account's outbox), or the errno of the outbox file. */
GC_EXPORT int gchat_connect(struct gchat *g, const struct gchat_session_options *options);
/* Ends the session; a state event GCHAT_STATE_CLOSED follows. gchat_connect may start it again. */
GC_EXPORT void gchat_disconnect(struct gchat *g);
/* Ends a wait between attempts. */
GC_EXPORT void gchat_reconnect_now(struct gchat *g);

/* The places in all rooms as far as gchat_next has handed events out, for the application to keep.
 * Writes at most `max`; returns how many there are. */
GC_EXPORT size_t gchat_get_cursors(struct gchat *g, struct gchat_cursor *ret, size_t max);

/* The next event, waiting for it `timeout_ms` (0: not at all, -1: for ever). 1: *ret is owned
 * (gchat_free); 0: none came; the room's cursor is past an entry once this returned it. */
GC_EXPORT int gchat_next(struct gchat *g, int timeout_ms, struct gchat_event **ret);
/* Readable while an event waits. Only poll it. Borrowed: valid until gchat_close. */
GC_EXPORT int gchat_fd(struct gchat *g);
/* Frees an event; the same as gchat_free. */
GC_EXPORT void gchat_event_free(struct gchat_event *event);

/* ---- requests that go through the outbox ----
 * Kept (with state_dir: on disk, synced) before they are sent; sent in order, again after each
 * reconnect with the same id, until acknowledged or refused for good, even by a later process with
 * the same state_dir and account. (One that is refused for a while holds back what comes later, but
 * not the up to 63 that were on the wire behind it already.) Each ends with one reply event:
 * COMMITTED or ERROR. May be called while offline, after gchat_connect. 0, -EINVAL (empty, not
 * UTF-8, holds a NUL), -E2BIG (over the contract's limit), -ENOSPC (GCHAT_OUTBOX_MAX wait),
 * -ENOTCONN (no session was started), or the errno of the file. ret_tag may be NULL. */

GC_EXPORT int gchat_send(
	struct gchat *g, uint64_t room_id, const char *text, uint64_t reply_to, uint64_t *ret_tag);
GC_EXPORT int gchat_edit(struct gchat *g, uint64_t room_id, uint64_t target_seq, const char *text,
	uint64_t *ret_tag);
/* reason: for moderators, may be NULL. */
GC_EXPORT int gchat_delete(struct gchat *g, uint64_t room_id, uint64_t target_seq,
	const char *reason, uint64_t *ret_tag);
GC_EXPORT int gchat_react(struct gchat *g, uint64_t room_id, uint64_t target_seq, const char *emoji,
	bool take_back, uint64_t *ret_tag);

/* A request that waits in the outbox. */
struct gchat_outbox_item {
	uint64_t tag;
	enum gchat_request request; /* SEND, EDIT, DELETE or REACT */
	uint64_t room_id;
	uint64_t target_seq; /* EDIT, DELETE, REACT; SEND: reply_to */
	const char *text; /* text, reason or emoji */
	uint64_t time_us; /* when it was asked for */
	bool earlier; /* left by an earlier process */
	uint8_t id[GCHAT_ID_BYTES];
};
struct gchat_outbox_list {
	const struct gchat_outbox_item *items; /* in order of sending */
	size_t count;
};
/* What waits now. Owned: gchat_free. Never NULL. */
GC_EXPORT struct gchat_outbox_list *gchat_outbox(struct gchat *g);
/* Takes one back; it may have been committed all the same if it was ever sent. 0; -ENOENT;
 * -EBUSY: it is on the wire, its reply will come. No reply event follows a success. */
GC_EXPORT int gchat_outbox_drop(struct gchat *g, uint64_t tag);

/* ---- other requests ----
 * One reply event each, unless ret_tag is NULL. When the connection breaks before the reply, it is
 * an ERROR with UNAVAILABLE. 0, -ENOTCONN (not online), -EAGAIN (GCHAT_REQUESTS_MAX wait), -EINVAL,
 * -E2BIG. */

/* By id, or where that is 0, by name. Replies JOINED. */
GC_EXPORT int gchat_join(struct gchat *g, uint64_t room_id, const char *name, uint64_t *ret_tag);
GC_EXPORT int gchat_leave(struct gchat *g, uint64_t room_id, uint64_t *ret_tag);
GC_EXPORT int gchat_invite(struct gchat *g, uint64_t room_id, const char *user, uint64_t *ret_tag);
GC_EXPORT int gchat_set_topic(
	struct gchat *g, uint64_t room_id, const char *topic, uint64_t *ret_tag);
/* Everything up to seq was read by the person. */
GC_EXPORT int gchat_mark_read(struct gchat *g, uint64_t room_id, uint64_t seq, uint64_t *ret_tag);
/* Repeat it every 3 s while typing. */
GC_EXPORT int gchat_set_typing(struct gchat *g, uint64_t room_id, bool typing, uint64_t *ret_tag);
/* ONLINE or AWAY, for this connection: say it again after each welcome. */
GC_EXPORT int gchat_set_presence(struct gchat *g, enum gchat_presence presence, uint64_t *ret_tag);
GC_EXPORT int gchat_ping(struct gchat *g, uint64_t *ret_tag);

#ifdef __cplusplus
}
#endif
