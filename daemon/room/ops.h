/*
 * The changes that people can ask for. Each op_* checks rights, names and limits against memory and
 * fills a write that has been initialised; then the caller starts it with write_start. The same
 * code decides for the stream, the unary calls and the Admin service.
 *
 * All return REASON_NONE (start it; where write->already is set there is nothing to start) or the
 * reason for refusing; then the write holds nothing but references. write->room, write->actor and
 * write->subject are references set by the caller where an op needs them; an actor of NULL is an
 * administrator, who may do everything. Any thread.
 */
#pragma once

#include "room/write.h"

/* ---- messages: need room and actor ---- */

/* The fixed part of what the stream asks for. Texts: borrowed until the call returns; client_id
 * (16 bytes) until the write is done. */
struct op_message {
	const uint8_t *client_id;
	char *text; /* message or edit */
	char *emoji;
	char *reason;
	uint64_t target_seq; /* for a message: what it answers, or 0 */
	bool remove;
};

enum reason op_send(struct write *write, const struct op_message *m);
enum reason op_edit(struct write *write, const struct op_message *m);
enum reason op_delete(struct write *write, const struct op_message *m);
enum reason op_react(struct write *write, const struct op_message *m);

/* Takes one message of `bytes` from the account's rate; *ret_wait_ms where it is refused. */
enum reason op_charge(struct account *account, size_t bytes, uint32_t *ret_wait_ms);

/* ---- members: need room; actor, subject as said ---- */

enum reason op_join(struct write *write); /* actor joins */
/* An administrator makes the subject a member, of a private room too; ALREADY_A_MEMBER where it is one. */
enum reason op_add_member(struct write *write, Gchat__V1__Role role);
enum reason op_leave(struct write *write); /* actor leaves */
/* The same of an actor whose account ends: as its last owner too, and also while it is suspended. */
enum reason op_leave_for_good(struct write *write);
enum reason op_invite(struct write *write); /* actor invites subject */
enum reason op_set_role(struct write *write, Gchat__V1__Role role);
enum reason op_mark_read(struct write *write, uint64_t seq); /* actor's marker */

/* ---- moderation: need subject; room where it is about one; moderation.c ---- */

/* The actor removes the subject from the room. */
enum reason op_remove(struct write *write, const char *reason_text);

#define OP_FOR_EVER UINT64_MAX

/* A ban or a mute. All borrowed for the call. */
struct op_restriction {
	const struct network *network; /* whom a ban is for, where there is no subject */
	const char *reason;
	const char *author; /* of an administrator, like "uid 1000"; else the actor */
	uint64_t duration_s; /* OP_FOR_EVER */
};

/* Bans: the subject from the room (where it is a member, it is removed), or without a room the subject
 * from the server, whose sessions end, or the network. On the server for administrators only. In place
 * of an earlier one. */
enum reason op_ban(struct write *write, const struct op_restriction *r);
/* Mutes the subject in the room, or without one in all rooms. */
enum reason op_mute(struct write *write, const struct op_restriction *r);
/* Takes a ban or a mute back: NOT_FOUND where there is none in force. */
enum reason op_unban(struct write *write, const struct network *network);
enum reason op_unmute(struct write *write);

/* ---- rooms ---- */

/* The actor makes a room and owns it; of an administrator's room the subject is the owner, or nobody
 * is. On success write->room is the new room, not yet listed. */
enum reason op_create_room(
	struct write *write, const struct room_info *info, const uint8_t *request_id);
/* The room of two of actor and subject: write->room with `already`, or a new one. */
enum reason op_open_direct(struct write *write);
/* What of a room changes; NULL or 0: stays. Owners change all but limits and retention, which are the
 * administrator's; moderators topic and slow mode. */
struct op_room_change {
	const char *title;
	const char *topic;
	Gchat__V1__Visibility visibility;
	struct room_settings settings; /* of these only what `sets` names */
	unsigned sets; /* enum room_setting */
};
enum reason op_update_room(struct write *write, const struct op_room_change *change);
enum reason op_delete_room(struct write *write);

/* ---- accounts ---- */

/* What a new account begins with. All borrowed until the call returns. */
struct op_account {
	const struct profile *profile;
	const char *password_hash; /* "": it can't sign in with a password */
	const uint8_t *token_hash; /* of its first token, LIMIT_SHA256_BYTES; NULL: it has none */
	const char *device; /* of that token */
	const uint8_t *invitation_hash; /* LIMIT_SHA256_BYTES; NULL: it needs none */
	bool by_administrator; /* also in a lockdown */
};
/* A new account: write->actor on success, not yet listed. */
enum reason op_create_account(struct write *write, const struct op_account *new);
/* No new accounts and guests but by an administrator; or they are taken again. */
enum reason op_set_lockdown(struct write *write, bool on);

/* What a new invitation says. Borrowed until the call returns. */
struct op_invitation {
	const uint8_t *hash; /* of its code, LIMIT_SHA256_BYTES */
	uint32_t uses; /* 1 to INVITATION_USES_MAX */
	uint64_t expires_us; /* 0: never */
	const char *note; /* at most INVITATION_NOTE_BYTES, one line */
};
/* A new one: write->invitation on success, not yet listed. */
enum reason op_create_invitation(struct write *write, const struct op_invitation *new);
/* Needs invitation. Nobody can use it any more; who has used it stays. */
enum reason op_revoke_invitation(struct write *write);

/* One more token for the actor, whose credentials were right at that epoch: where all its tokens have
 * ended since (or do before this is committed), WRONG_CREDENTIALS. Above ACCOUNT_TOKENS_MAX its longest unused one ends. */
enum reason op_sign_in(struct write *write, const uint8_t token_hash[LIMIT_SHA256_BYTES],
	const char *device, uint64_t epoch);
/* The actor's token ends, and the streams opened with it; 0: all of them. */
enum reason op_sign_out(struct write *write, uint64_t token_id);
/* The actor's account ends, with its tokens. It must have left its rooms: see ending.h. `erase`: what
 * it has said goes, too: see erase.h. */
enum reason op_delete_account(struct write *write, bool erase);
/* These write the account's record: while another of them is under way, UNAVAILABLE. Where the
 * password was right at another epoch than the account has now, WRONG_CREDENTIALS. */
/* The same password under a hash of another cost. */
enum reason op_rehash(struct write *write, const char *password_hash, uint64_t epoch);
/* A new password; all other tokens end, with those of sign-ins under way. */
enum reason op_set_password(
	struct write *write, const char *password_hash, uint64_t epoch, uint64_t keep_token);
/* The actor can't sign in and its sessions end with ACCOUNT_SUSPENDED; or it can again. */
enum reason op_suspend_account(struct write *write, bool suspended);
/* Another user name for the actor, which nobody has. What is stored of it keeps the old one. */
enum reason op_rename_account(struct write *write, const char *name);
enum reason op_set_profile(struct write *write, const struct profile *profile);
/* As op_set_profile with a new avatar: its image is stored under its hash. */
enum reason op_set_avatar(struct write *write, const struct profile *profile, const uint8_t *image,
	size_t len, const char *media_type);
