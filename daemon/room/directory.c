/* Finding what is in the maps. Loading is in load.c. */
#include "room/directory_priv.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

void directory_set_rates(const struct directory_limits *limits, struct account *account)
{
	bucket_reconfigure(&account->messages, limits->messages_per_minute, limits->messages_burst);
	bucket_reconfigure(
		&account->bytes, limits->message_bytes_per_minute, limits->message_bytes_burst);
	quota_set_max(&account->unsent, limits->unsent_bytes ? limits->unsent_bytes : UINT64_MAX);
}

void directory_set_limits(struct directory *d, const struct directory_limits *limits)
{
	struct account *account;
	struct account *tmp;
	pthread_rwlock_wrlock(&d->lock);
	d->limits = *limits;
	HASH_ITER (by_id, d->accounts, account, tmp)
		directory_set_rates(limits, account);
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

void directory_count(struct directory *d, unsigned *ret_accounts, unsigned *ret_rooms)
{
	pthread_rwlock_rdlock(&d->lock);
	*ret_accounts = d->account_count;
	*ret_rooms = d->room_count;
	pthread_rwlock_unlock(&d->lock);
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

struct invite *directory_find_invite(struct directory *d, uint64_t room_id, uint64_t account_id)
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
	bool invited = directory_find_invite(d, room_id, account_id) != NULL;
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
