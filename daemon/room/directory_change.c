/* What enters the maps and leaves them, in one step for whoever looks. */
#include "room/directory_priv.h"

#include "base/mem.h"
#include "room/cleanup.h"

#include <stdlib.h>
#include <string.h>

void directory_add_account(struct directory *d, struct account *account)
{
	pthread_rwlock_wrlock(&d->lock);
	directory_set_rates(&d->limits, account);
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
		directory_uncount_place(d, account, *start->place);
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
	if (!directory_find_invite(d, room_id, account_id)) {
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
	struct invite *invite = directory_find_invite(d, room_id, account_id);
	if (invite)
		drop_invite(d, invite);
	pthread_rwlock_unlock(&d->lock);
}
