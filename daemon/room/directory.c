/* The maps and what keeps them consistent. Loading is in load.c. */
#include "room/directory.h"

#include "base/mem.h"
#include "room/audit.h"
#include "room/cleanup.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t unsent_max(const struct directory_limits *limits)
{
	return limits->unsent_bytes ? limits->unsent_bytes : UINT64_MAX;
}

void directory_set_limits(struct directory *d, const struct directory_limits *limits)
{
	struct account *account;
	struct account *tmp;
	pthread_rwlock_wrlock(&d->lock);
	d->limits = *limits;
	HASH_ITER (by_id, d->accounts, account, tmp) {
		bucket_reconfigure(
			&account->messages, limits->messages_per_minute, limits->messages_burst);
		bucket_reconfigure(&account->bytes, limits->message_bytes_per_minute,
			limits->message_bytes_burst);
		quota_set_max(&account->unsent, unsent_max(limits));
	}
	pthread_rwlock_unlock(&d->lock);
}

void directory_get_limits(struct directory *d, struct directory_limits *ret_limits)
{
	pthread_rwlock_rdlock(&d->lock);
	*ret_limits = d->limits;
	pthread_rwlock_unlock(&d->lock);
}

struct account *directory_find_account(struct directory *d, uint64_t id)
{
	struct account *account;
	pthread_rwlock_rdlock(&d->lock);
	HASH_FIND(by_id, d->accounts, &id, sizeof(id), account);
	if (account)
		account_ref(account);
	pthread_rwlock_unlock(&d->lock);
	return account;
}

struct account *directory_find_user(struct directory *d, const char *name)
{
	struct account *account;
	pthread_rwlock_rdlock(&d->lock);
	HASH_FIND(by_name, d->names, name, strlen(name), account);
	if (account)
		account_ref(account);
	pthread_rwlock_unlock(&d->lock);
	return account;
}

struct room *directory_find_room(struct directory *d, uint64_t id)
{
	struct room *room;
	pthread_rwlock_rdlock(&d->lock);
	HASH_FIND(by_id, d->rooms, &id, sizeof(id), room);
	if (room)
		room_ref(room);
	pthread_rwlock_unlock(&d->lock);
	return room;
}

struct room *directory_find_room_name(struct directory *d, const char *name)
{
	struct room *room;
	pthread_rwlock_rdlock(&d->lock);
	HASH_FIND(by_name, d->room_names, name, strlen(name), room);
	if (room)
		room_ref(room);
	pthread_rwlock_unlock(&d->lock);
	return room;
}

struct account *directory_find_token(
	struct directory *d, const uint8_t hash[LIMIT_SHA256_BYTES], uint64_t *ret_token_id)
{
	struct account *account = NULL;
	struct account_token *token;
	uint64_t now = clock_wall_us();
	pthread_rwlock_rdlock(&d->lock);
	HASH_FIND(hh, d->tokens, hash, LIMIT_SHA256_BYTES, token);
	if (token && now < token->created_us + d->limits.token_life_us) {
		atomic_store(&token->last_used_us, now);
		account = account_ref(token->account);
		*ret_token_id = token->id;
	}
	pthread_rwlock_unlock(&d->lock);
	return account;
}

bool directory_has_token(struct directory *d, struct account *account, uint64_t token_id)
{
	struct account_token *token;
	struct account *listed = NULL;
	pthread_rwlock_rdlock(&d->lock);
	HASH_FIND(by_id, d->accounts, &account->id, sizeof(account->id), listed);
	bool found = token_id == ACCOUNT_BY_CERTIFICATE && listed == account &&
		     !atomic_load(&account->suspended);
	LIST_FOREACH (token, &account->tokens, link)
		found = found || token->id == token_id;
	pthread_rwlock_unlock(&d->lock);
	return found;
}

void directory_token_device(struct directory *d, struct account *account, uint64_t token_id,
	char ret_device[LIMIT_CLIENT_NAME_BYTES + 1])
{
	struct account_token *token;
	bool by_certificate = token_id == ACCOUNT_BY_CERTIFICATE;
	(void)snprintf(
		ret_device, LIMIT_CLIENT_NAME_BYTES + 1, "%s", by_certificate ? "certificate" : "");
	pthread_rwlock_rdlock(&d->lock);
	LIST_FOREACH (token, &account->tokens, link)
		if (token->id == token_id)
			memcpy(ret_device, token->device, sizeof(token->device));
	pthread_rwlock_unlock(&d->lock);
}

struct room **directory_rooms_of(struct directory *d, struct account *account, size_t *ret_count)
{
	struct member *member;
	size_t count = 0;
	pthread_rwlock_rdlock(&d->lock);
	struct room **rooms = mem_new(account->membership_count, sizeof(struct room *));
	LIST_FOREACH (member, &account->memberships, of_account)
		rooms[count++] = room_ref(member->room);
	pthread_rwlock_unlock(&d->lock);
	*ret_count = count;
	return rooms;
}

struct room **directory_all_rooms(struct directory *d, size_t *ret_count)
{
	struct room *room;
	struct room *tmp;
	size_t count = 0;
	pthread_rwlock_rdlock(&d->lock);
	struct room **rooms = mem_new(d->room_count, sizeof(struct room *));
	HASH_ITER (by_id, d->rooms, room, tmp)
		rooms[count++] = room_ref(room);
	pthread_rwlock_unlock(&d->lock);
	*ret_count = count;
	return rooms;
}

static bool room_ids_left(struct directory *d)
{
	pthread_mutex_lock(&d->ids_mu);
	bool left = d->next_id[ID_ROOM] <= AUDIT_ROOM_ID_MAX;
	pthread_mutex_unlock(&d->ids_mu);
	return left;
}

/* Under both locks. */
static enum reason check_place(struct directory *d, const struct account *account, enum place place)
{
	if (account && account->ending)
		return REASON_SIGNED_OUT;
	bool full = account && place != PLACE_BROUGHT &&
		    account->membership_count + account->entering >= d->limits.rooms_per_account;
	if (place == PLACE_NEW)
		full = full || d->room_count + d->making >= d->limits.rooms_max ||
		       !room_ids_left(d);
	return full ? REASON_TOO_MANY_ROOMS : REASON_NONE;
}

enum reason directory_take_place(struct directory *d, struct account *account, enum place place)
{
	pthread_rwlock_rdlock(&d->lock);
	pthread_mutex_lock(&d->places_mu);
	enum reason reason = check_place(d, account, place);
	if (reason == REASON_NONE)
		d->making += place == PLACE_NEW;
	if (reason == REASON_NONE && account) {
		account->entering++;
		account->unsettled++;
	}
	pthread_mutex_unlock(&d->places_mu);
	pthread_rwlock_unlock(&d->lock);
	return reason;
}

/* Under places_mu: what counts against the limits no longer does, or as something else. */
static void uncount_place(struct directory *d, struct account *account, enum place place)
{
	if (place == PLACE_NONE || place == PLACE_TAKEN)
		return;
	if (account)
		account->entering--;
	d->making -= place == PLACE_NEW;
}

void directory_return_place(struct directory *d, struct account *account, enum place place)
{
	struct settling *settling = NULL;
	pthread_mutex_lock(&d->places_mu);
	GC_ASSERT(!account || account->unsettled > 0);
	uncount_place(d, account, place);
	if (account && --account->unsettled == 0)
		settling = GC_TAKE(account->settling);
	pthread_mutex_unlock(&d->places_mu);
	if (settling)
		settling->settled(settling);
}

bool directory_begin_end(struct directory *d, struct account *account)
{
	pthread_mutex_lock(&d->places_mu);
	bool first = !account->ending;
	account->ending = true;
	pthread_mutex_unlock(&d->places_mu);
	return first;
}

void directory_cancel_end(struct directory *d, struct account *account)
{
	pthread_mutex_lock(&d->places_mu);
	account->ending = false;
	pthread_mutex_unlock(&d->places_mu);
}

bool directory_is_settled(struct directory *d, struct account *account, struct settling *settling)
{
	pthread_mutex_lock(&d->places_mu);
	bool settled = account->unsettled == 0;
	if (!settled)
		account->settling = settling;
	pthread_mutex_unlock(&d->places_mu);
	return settled;
}

static struct invite *find_invite(struct directory *d, uint64_t room_id, uint64_t account_id)
{
	struct invite probe = {.key = {.room_id = room_id, .account_id = account_id}};
	struct invite *invite;
	HASH_FIND(hh, d->invites, &probe.key, sizeof(probe.key), invite);
	return invite;
}

bool directory_uses_avatar(struct directory *d, const uint8_t hash[LIMIT_SHA256_BYTES])
{
	struct account *account;
	struct account *tmp;
	bool uses = false;
	pthread_rwlock_rdlock(&d->lock);
	HASH_ITER (by_id, d->accounts, account, tmp) {
		uses = account_uses_avatar(account, hash);
		if (uses)
			break;
	}
	pthread_rwlock_unlock(&d->lock);
	return uses;
}

bool directory_is_invited(struct directory *d, uint64_t room_id, uint64_t account_id)
{
	pthread_rwlock_rdlock(&d->lock);
	bool invited = find_invite(d, room_id, account_id) != NULL;
	pthread_rwlock_unlock(&d->lock);
	return invited;
}

unsigned directory_count_invited(struct directory *d, uint64_t room_id)
{
	struct invite *invite;
	struct invite *tmp;
	unsigned count = 0;
	pthread_rwlock_rdlock(&d->lock);
	HASH_ITER (hh, d->invites, invite, tmp)
		count += invite->key.room_id == room_id;
	pthread_rwlock_unlock(&d->lock);
	return count;
}

void directory_hold_ring(struct directory *d, struct room *room)
{
	pthread_mutex_lock(&d->held_mu);
	if (!room->held) {
		SLIST_INSERT_HEAD(&d->held, room, held_link); /* a macro: it names the room twice */
		room_ref(room);
	}
	room->held = true;
	pthread_mutex_unlock(&d->held_mu);
}

static struct room *take_held(struct directory *d)
{
	pthread_mutex_lock(&d->held_mu);
	struct room *room = SLIST_FIRST(&d->held);
	if (room) {
		SLIST_REMOVE_HEAD(&d->held, held_link);
		room->held = false; /* before it is rung: what comes later is for the next time */
	}
	pthread_mutex_unlock(&d->held_mu);
	return room;
}

bool directory_ring_held(struct directory *d)
{
	bool any = false;
	for (struct room *room = take_held(d); room; room = take_held(d)) {
		room_ring_hushed(room);
		(void)room_unref(room);
		any = true;
	}
	return any;
}

void directory_add_account(struct directory *d, struct account *account)
{
	pthread_rwlock_wrlock(&d->lock);
	bucket_init(&account->messages, d->limits.messages_per_minute, d->limits.messages_burst);
	bucket_init(
		&account->bytes, d->limits.message_bytes_per_minute, d->limits.message_bytes_burst);
	quota_set_max(&account->unsent, unsent_max(&d->limits));
	HASH_ADD(by_id, d->accounts, id, sizeof(account->id), account);
	HASH_ADD_KEYPTR(by_name, d->names, account->name, strlen(account->name), account);
	d->account_count++;
	pthread_rwlock_unlock(&d->lock);
}

static void drop_member(struct room *room, struct member *member)
{
	room_lock(room);
	HASH_DELETE(hh, room->shared.members, member);
	room->shared.member_count--;
	room_unlock(room);
	LIST_REMOVE(member, of_account);
	member->account->membership_count--;
	(void)account_unref(member->account);
	free(member);
}

static void drop_token(struct directory *d, struct account_token *token)
{
	HASH_DELETE(hh, d->tokens, token);
	LIST_REMOVE(token, link);
	(void)account_unref(token->account);
	free(token);
}

static void drop_invite(struct directory *d, struct invite *invite)
{
	HASH_DELETE(hh, d->invites, invite);
	free(invite);
}

/* Those of a room or of an account that goes; the other one is 0. */
static void drop_invites(struct directory *d, uint64_t room_id, uint64_t account_id)
{
	struct invite *invite;
	struct invite *tmp;
	HASH_ITER (hh, d->invites, invite, tmp)
		if (invite->key.room_id == room_id || invite->key.account_id == account_id)
			drop_invite(d, invite);
}

/* The records of those of a room or of an account that goes; the other one is 0. */
static void clean_invites(struct directory *d, uint64_t room_id, uint64_t account_id)
{
	struct invite *invite;
	struct invite *tmp;
	pthread_rwlock_rdlock(&d->lock);
	HASH_ITER (hh, d->invites, invite, tmp)
		if (invite->key.room_id == room_id || invite->key.account_id == account_id)
			cleanup_add(d->cleanup, RECORD_INVITE,
				record_key_pair(invite->key.room_id, invite->key.account_id));
	pthread_rwlock_unlock(&d->lock);
}

void directory_clean_room(struct directory *d, struct room *room)
{
	struct member *member;
	struct member *tmp;
	room_lock(room);
	HASH_ITER (hh, room->shared.members, member, tmp) {
		uint64_t id = member->account->id;
		cleanup_add(d->cleanup, RECORD_MEMBER, record_key_pair(room->id, id));
		cleanup_add(d->cleanup, RECORD_MARKER, record_key_pair(id, room->id));
	}
	room_unlock(room);
	clean_invites(d, room->id, 0);
	restriction_forget(d, room->id, 0);
	cleanup_start(d->cleanup);
}

void directory_clean_account(struct directory *d, struct account *account)
{
	clean_invites(d, 0, account->id);
	restriction_forget(d, 0, account->id);
	cleanup_start(d->cleanup);
}

void directory_remove_account(struct directory *d, struct account *account)
{
	pthread_rwlock_wrlock(&d->lock);
	while (!LIST_EMPTY(&account->memberships)) {
		struct member *member = LIST_FIRST(&account->memberships);
		drop_member(member->room, member);
	}
	while (!LIST_EMPTY(&account->tokens))
		drop_token(d, LIST_FIRST(&account->tokens));
	drop_invites(d, 0, account->id);
	HASH_DELETE(by_id, d->accounts, account);
	HASH_DELETE(by_name, d->names, account);
	d->account_count--;
	pthread_rwlock_unlock(&d->lock);
	(void)account_unref(account);
}

void directory_rename_account(struct directory *d, struct account *account, const char *name)
{
	pthread_rwlock_wrlock(&d->lock);
	HASH_DELETE(by_name, d->names, account);
	account_rename(account, name);
	HASH_ADD_KEYPTR(by_name, d->names, account->name, strlen(account->name), account);
	pthread_rwlock_unlock(&d->lock);
}

void directory_add_room(struct directory *d, struct room *room)
{
	pthread_rwlock_wrlock(&d->lock);
	HASH_ADD(by_id, d->rooms, id, sizeof(room->id), room);
	HASH_ADD_KEYPTR(by_name, d->room_names, room->name, strlen(room->name), room);
	d->room_count++;
	pthread_rwlock_unlock(&d->lock);
}

void directory_remove_room(struct directory *d, struct room *room)
{
	struct member *member;
	struct member *tmp;
	pthread_rwlock_wrlock(&d->lock);
	HASH_ITER (hh, room->shared.members, member, tmp)
		drop_member(room, member);
	drop_invites(d, room->id, 0);
	HASH_DELETE(by_id, d->rooms, room);
	HASH_DELETE(by_name, d->room_names, room);
	d->room_count--;
	pthread_rwlock_unlock(&d->lock);
	room_lock(room);
	room->shared.deleted = true;
	room_unlock(room);
	(void)room_unref(room);
}

void directory_add_token(struct directory *d, struct account_token *token)
{
	pthread_rwlock_wrlock(&d->lock);
	HASH_ADD(hh, d->tokens, hash, LIMIT_SHA256_BYTES, token);
	LIST_INSERT_HEAD(&token->account->tokens, token, link);
	pthread_rwlock_unlock(&d->lock);
}

void directory_remove_tokens(
	struct directory *d, struct account *account, uint64_t id, uint64_t but_id)
{
	pthread_rwlock_wrlock(&d->lock);
	struct account_token *next;
	for (struct account_token *token = LIST_FIRST(&account->tokens); token; token = next) {
		next = LIST_NEXT(token, link);
		if (token->id != but_id && (id == 0 || token->id == id))
			drop_token(d, token);
	}
	pthread_rwlock_unlock(&d->lock);
}

void directory_add_member(struct directory *d, struct room *room, struct account *account,
	const struct member_start *start)
{
	struct member *member = mem_new(1, sizeof(*member));
	*member = (struct member){.room = room,
		.account = account_ref(account),
		.role = start->role,
		.joined_us = start->joined_us,
		.joined_seq = start->joined_seq,
		.read_seq = start->read_seq};
	pthread_rwlock_wrlock(&d->lock);
	LIST_INSERT_HEAD(&account->memberships, member, of_account);
	account->membership_count++;
	if (start->place) {
		pthread_mutex_lock(&d->places_mu);
		uncount_place(d, account, *start->place);
		*start->place = PLACE_TAKEN;
		pthread_mutex_unlock(&d->places_mu);
	}
	room_lock(room);
	HASH_ADD_KEYPTR(hh, room->shared.members, &account->id, sizeof(account->id), member);
	room->shared.member_count++;
	if (start->charged && *start->charged) { /* at once: nobody may see it counted twice */
		room->shared.joining--;
		*start->charged = false;
	}
	room_unlock(room);
	pthread_rwlock_unlock(&d->lock);
}

void directory_remove_member(struct directory *d, struct room *room, uint64_t account_id)
{
	pthread_rwlock_wrlock(&d->lock);
	room_lock(room);
	struct member *member = room_find_member(room, account_id);
	room_unlock(room);
	if (member)
		drop_member(room, member);
	pthread_rwlock_unlock(&d->lock);
}

void directory_add_invite(struct directory *d, uint64_t room_id, uint64_t account_id)
{
	pthread_rwlock_wrlock(&d->lock);
	if (!find_invite(d, room_id, account_id)) {
		struct invite *invite = mem_new(1, sizeof(*invite));
		invite->key.room_id = room_id;
		invite->key.account_id = account_id;
		HASH_ADD(hh, d->invites, key, sizeof(invite->key), invite);
	}
	pthread_rwlock_unlock(&d->lock);
}

void directory_remove_invite(struct directory *d, uint64_t room_id, uint64_t account_id)
{
	pthread_rwlock_wrlock(&d->lock);
	struct invite *invite = find_invite(d, room_id, account_id);
	if (invite)
		drop_invite(d, invite);
	pthread_rwlock_unlock(&d->lock);
}
