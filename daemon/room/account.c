/* Accounts: life and encoding. */
#include "room/account.h"

#include "base/mem.h"
#include "gchat/v1/record.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void account_rename(struct account *account, const char *name)
{
	struct account_name *next = mem_new(1, sizeof(*next));
	(void)snprintf(next->text, sizeof(next->text), "%s", name);
	next->former = account->names;
	account->names = next;
	account->name_count++;
	atomic_store(&account->name, next->text);
}

static void free_names(struct account *account)
{
	while (account->names) {
		struct account_name *name = account->names;
		account->names = name->former;
		free(name);
	}
}

struct account *account_new(uint64_t id, const char *name, bool guest, uint64_t created_us)
{
	struct account *account = mem_new(1, sizeof(*account));
	atomic_init(&account->refs, 1);
	account->id = id;
	account_rename(account, name);
	account->guest = guest;
	account->created_us = created_us;
	account->presence.shown = GCHAT__V1__PRESENCE_STATE__PRESENCE_OFFLINE;
	pthread_mutex_init(&account->shared.mu, NULL);
	bucket_init(&account->messages, 0, 1); /* without a limit until it is in the directory */
	bucket_init(&account->bytes, 0, 1);
	LIST_INIT(&account->memberships);
	LIST_INIT(&account->tokens);
	return account;
}

struct account *account_ref(struct account *account)
{
	atomic_fetch_add_explicit(&account->refs, 1, memory_order_relaxed);
	return account;
}

struct account *account_unref(struct account *account)
{
	if (!account || atomic_fetch_sub_explicit(&account->refs, 1, memory_order_acq_rel) > 1)
		return NULL;
	GC_ASSERT(LIST_EMPTY(&account->memberships) && LIST_EMPTY(&account->tokens));
	pthread_mutex_destroy(&account->shared.mu);
	bucket_deinit(&account->messages);
	bucket_deinit(&account->bytes);
	free(account->shared.upload);
	free_names(account);
	free(account);
	return NULL;
}

void account_get_profile(struct account *account, struct profile *ret_profile)
{
	*ret_profile = (struct profile){.account_id = account->id, .guest = account->guest};
	memcpy(ret_profile->user, atomic_load(&account->name), sizeof(ret_profile->user));
	pthread_mutex_lock(&account->shared.mu);
	memcpy(ret_profile->display_name, account->shared.display_name,
		sizeof(ret_profile->display_name));
	memcpy(ret_profile->status_text, account->shared.status_text,
		sizeof(ret_profile->status_text));
	memcpy(ret_profile->avatar_hash, account->shared.avatar_hash, LIMIT_SHA256_BYTES);
	ret_profile->has_avatar = account->shared.has_avatar;
	pthread_mutex_unlock(&account->shared.mu);
}

void profile_to_message(struct profile *profile, Gchat__V1__Profile *out)
{
	gchat__v1__profile__init(out);
	out->account_id = profile->account_id;
	out->user = profile->user;
	out->display_name = profile->display_name;
	out->status_text = profile->status_text;
	out->guest = profile->guest;
	if (profile->has_avatar)
		out->avatar_hash = (ProtobufCBinaryData){
			.data = profile->avatar_hash, .len = LIMIT_SHA256_BYTES};
}

void profile_to_member(struct profile *profile, Gchat__V1__Role role,
	Gchat__V1__PresenceState presence, Gchat__V1__Member *out)
{
	gchat__v1__member__init(out);
	out->account_id = profile->account_id;
	out->user = profile->user;
	out->display_name = profile->display_name;
	out->role = role;
	out->presence = presence;
}

void account_begin_avatar(struct account *account, const uint8_t hash[LIMIT_SHA256_BYTES])
{
	pthread_mutex_lock(&account->shared.mu);
	memcpy(account->shared.next_avatar, hash, LIMIT_SHA256_BYTES);
	account->shared.has_next_avatar = true;
	pthread_mutex_unlock(&account->shared.mu);
}

void account_end_rewrite(struct account *account)
{
	pthread_mutex_lock(&account->shared.mu);
	account->shared.has_next_avatar = false;
	pthread_mutex_unlock(&account->shared.mu);
	atomic_store(&account->rewritten, false);
}

bool account_uses_avatar(struct account *account, const uint8_t hash[LIMIT_SHA256_BYTES])
{
	pthread_mutex_lock(&account->shared.mu);
	bool uses = (account->shared.has_avatar &&
			    memcmp(account->shared.avatar_hash, hash, LIMIT_SHA256_BYTES) == 0) ||
		    (account->shared.has_next_avatar &&
			    memcmp(account->shared.next_avatar, hash, LIMIT_SHA256_BYTES) == 0);
	pthread_mutex_unlock(&account->shared.mu);
	return uses;
}

void account_get_credentials(struct account *account, struct credentials *ret_credentials)
{
	pthread_mutex_lock(&account->shared.mu);
	memcpy(ret_credentials->password_hash, account->shared.password_hash,
		sizeof(ret_credentials->password_hash));
	ret_credentials->token_epoch = account->shared.token_epoch;
	ret_credentials->suspended = atomic_load(&account->suspended);
	pthread_mutex_unlock(&account->shared.mu);
}

struct record_value account_encode(struct account *account, const struct profile *profile,
	const struct credentials *credentials)
{
	struct profile copy = *profile;
	struct credentials own = *credentials; /* protobuf-c wants them writable */
	Gchat__V1__AccountRecord record;
	gchat__v1__account_record__init(&record);
	record.account_id = account->id;
	record.user = copy.user;
	record.display_name = copy.display_name;
	record.status_text = copy.status_text;
	record.password_hash = own.password_hash;
	record.token_epoch = own.token_epoch;
	record.created_us = account->created_us;
	record.guest = account->guest;
	record.suspended = own.suspended;
	if (copy.has_avatar)
		record.avatar_hash =
			(ProtobufCBinaryData){.data = copy.avatar_hash, .len = LIMIT_SHA256_BYTES};
	return record_encode(&record.base);
}
