/*
 * Who and what there is: accounts by id and name, rooms by id and name, tokens by hash, and the
 * limits that apply to them. Loaded from the store at the start, changed only after the store has
 * committed. One read-write lock; a room's mu is taken inside it, never the other way round.
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "room/account.h"
#include "room/record.h"
#include "room/room.h"

struct cleanup;
struct restrictions;
struct eraser;
struct invitation;
struct store;

/* What is numbered; also the key (one byte) of its RECORD_META. Numbers are for ever. */
enum id_kind {
	ID_ACCOUNT,
	ID_ROOM,
	ID_TOKEN,
	ID_RESTRICTION,
	ID_INVITATION = 8,
	_ID_MAX,
};

/* The other keys (one byte) of RECORD_META. Numbers are for ever. */
enum meta_kind {
	META_LOCKDOWN = 0x80, /* there is one: no new accounts and guests */
};

/* What the configuration says about rooms and accounts; replaced whole on reload. */
struct directory_limits {
	unsigned rooms_max;
	unsigned rooms_per_account;
	unsigned members_per_room;
	unsigned text_bytes;
	unsigned snapshot_members;
	uint32_t messages_per_minute;
	uint32_t messages_burst;
	uint32_t message_bytes_per_minute;
	uint32_t message_bytes_burst;
	uint64_t unsent_bytes; /* 0: no limit */
	uint64_t token_life_us;
};

/* Why a membership begins: what it is counted against while it is under way. */
enum place {
	PLACE_NONE,
	PLACE_JOIN, /* of the rooms of the account */
	PLACE_NEW, /* of those, and of all rooms */
	PLACE_BROUGHT, /* someone else brings the account in: no limit */
	PLACE_TAKEN, /* it is a membership by now, and counts as that */
};

/* Who waits until nothing is under way for an account; kept by the waiter until it is called. */
struct settling {
	void (*settled)(struct settling *settling); /* any thread; brief */
};

struct invite { /* an account may join a private room */
	struct {
		uint64_t room_id;
		uint64_t account_id;
	} key;
	UT_hash_handle hh;
};

struct directory {
	struct store *store; /* borrowed: outlives the directory */
	struct cleanup *cleanup; /* owned: what is left of what was deleted */
	struct restrictions *restrictions; /* owned: bans and mutes in force */
	struct eraser *eraser; /* owned: what deleted accounts have said */
	atomic_bool lockdown; /* no new accounts and guests; set by the writer */
	struct roomlog_limits tail; /* immutable */
	pthread_rwlock_t lock;
	struct account *accounts; /* owned: uthash by_id */
	struct account *names; /* the same by name */
	struct room *rooms; /* owned: uthash by_id */
	struct room *room_names;
	struct account_token *tokens; /* owned: uthash by hash */
	struct invite *invites; /* owned */
	struct invitation *invitations; /* owned: uthash by hash; see invitation.h */
	unsigned account_count;
	unsigned room_count;
	pthread_mutex_t ids_mu; /* guards next_id */
	uint64_t next_id[_ID_MAX];
	pthread_mutex_t held_mu; /* guards held; no other lock inside it */
	SLIST_HEAD(, room) held; /* refs: rooms with events that nobody was rung for */
	pthread_mutex_t places_mu; /* guards making, and what account.h says; taken last */
	unsigned making; /* rooms under way */
	struct directory_limits limits; /* under lock */
};

/* Loads everything. 0, or negative errno with a sentence. */
int directory_open(struct store *store, const struct directory_limits *limits,
	const struct roomlog_limits *tail, struct directory **ret_directory,
	struct err_text *err) GC_MUST_CHECK;
/* Nothing is written to the store by itself from now on: before the store is closed. NULL is fine. */
void directory_stop(struct directory *directory);
struct directory *directory_close(struct directory *directory);

/* The records of a room or account that is about to be removed go, in slices. Any thread. */
void directory_clean_room(struct directory *directory, struct room *room);
void directory_clean_account(struct directory *directory, struct account *account);

/* Any thread. */
void directory_set_limits(struct directory *directory, const struct directory_limits *limits);
void directory_get_limits(struct directory *directory, struct directory_limits *ret_limits);

/* Found ones come with a reference of the caller's own; NULL where there is none. Any thread. */
struct account *directory_find_account(struct directory *directory, uint64_t id);
struct account *directory_find_user(struct directory *directory, const char *name);
struct room *directory_find_room(struct directory *directory, uint64_t id);
struct room *directory_find_room_name(struct directory *directory, const char *name);
/* The account that a token's hash stands for, where it is valid now, and the token's id. */
struct account *directory_find_token(struct directory *directory,
	const uint8_t hash[LIMIT_SHA256_BYTES], uint64_t *ret_token_id);

/* Whether the account still has the token of that number; with ACCOUNT_BY_CERTIFICATE, whether it is
 * still there and not suspended. */
bool directory_has_token(struct directory *directory, struct account *account, uint64_t token_id);

/* The device that the token was given to; empty: it has ended, or none was named;
 * "certificate" with ACCOUNT_BY_CERTIFICATE. Any thread. */
void directory_token_device(struct directory *directory, struct account *account, uint64_t token_id,
	char ret_device[LIMIT_CLIENT_NAME_BYTES + 1]);

/* The rooms the account is in, each with a reference. Owned array: free after unref of each. */
struct room **directory_rooms_of(
	struct directory *directory, struct account *account, size_t *ret_count);

/* How many there are now. Any thread. */
void directory_count(struct directory *directory, unsigned *ret_accounts, unsigned *ret_rooms);

/* All rooms, in the same way. */
struct room **directory_all_rooms(struct directory *directory, size_t *ret_count);

/* Takes a place for a membership under way; it counts like one until it is returned. NONE,
 * TOO_MANY_ROOMS, or SIGNED_OUT where the account is about to end. Of no account (NULL), PLACE_NEW
 * counts the room alone. */
enum reason directory_take_place(
	struct directory *directory, struct account *account, enum place place);
void directory_return_place(struct directory *directory, struct account *account, enum place place);

/* The account is about to end: from now on it enters no room. False: someone said so before. */
bool directory_begin_end(struct directory *directory, struct account *account) GC_MUST_CHECK;
/* It stays after all. */
void directory_cancel_end(struct directory *directory, struct account *account);
/* True: no membership of the ending account is under way. False: `settling` will be called. */
bool directory_is_settled(struct directory *directory, struct account *account,
	struct settling *settling) GC_MUST_CHECK;

/* Whether an account shows the avatar of that hash, or is about to. */
bool directory_uses_avatar(struct directory *directory, const uint8_t hash[LIMIT_SHA256_BYTES]);

bool directory_is_invited(struct directory *directory, uint64_t room_id, uint64_t account_id);
/* How many are invited to the room. Any thread. */
unsigned directory_count_invited(struct directory *directory, uint64_t room_id);

/* Keeps the room, of which the log has grown quietly, for directory_ring_held. */
void directory_hold_ring(struct directory *directory, struct room *room);
/* Rings those kept, once every presence interval. True: there were any, the shards have letters.
 * Main thread. */
bool directory_ring_held(struct directory *directory);

/* ---- changes in memory, after the commit; writer thread (and the loader) ---- */

void directory_add_account(struct directory *directory, struct account *account); /* takes ref */
void directory_remove_account(struct directory *directory, struct account *account);
void directory_rename_account(
	struct directory *directory, struct account *account, const char *name);
void directory_add_room(struct directory *directory, struct room *room); /* takes ref */
void directory_remove_room(struct directory *directory, struct room *room);
void directory_add_token(struct directory *directory, struct account_token *token); /* takes it */
/* Frees the account's tokens for which `id` is 0 or equal, but for `but_id`. */
void directory_remove_tokens(
	struct directory *directory, struct account *account, uint64_t id, uint64_t but_id);
/* How a membership begins. */
struct member_start {
	Gchat__V1__Role role;
	uint64_t joined_us;
	uint64_t joined_seq; /* the event of joining, or one before it; 0: not known */
	uint64_t read_seq; /* what counts as read; everything behind it is unread */
	bool *charged; /* where set: a slot was kept for it (room.shared.joining), and becomes it */
	enum place *place; /* where set: the same of a place among the account's rooms */
};
void directory_add_member(struct directory *directory, struct room *room, struct account *account,
	const struct member_start *start);
void directory_remove_member(struct directory *directory, struct room *room, uint64_t account_id);
void directory_add_invite(struct directory *directory, uint64_t room_id, uint64_t account_id);
void directory_remove_invite(struct directory *directory, uint64_t room_id, uint64_t account_id);
