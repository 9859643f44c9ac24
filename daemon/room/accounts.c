/* Accounts made and changed; tokens given and taken back. */
#include "room/ops.h"

#include "base/clock.h"
#include "base/mem.h"
#include "gchat/v1/record.pb-c.h"
#include "room/name.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_account(struct write *write, struct account *account, const char *password_hash,
	enum store_condition condition)
{
	write_put(write, RECORD_ACCOUNT, record_key_id(account->id),
		account_encode(account, &write->state->profile, password_hash,
			atomic_load(&account->suspended)),
		condition);
}

static struct record_key name_key(const struct account *account)
{
	return record_key_bytes(account->name, strlen(account->name));
}

static struct record_key hash_key(const uint8_t hash[LIMIT_SHA256_BYTES])
{
	return record_key_bytes(hash, LIMIT_SHA256_BYTES);
}

static void put_token(
	struct write *write, const uint8_t hash[LIMIT_SHA256_BYTES], const char *device)
{
	struct account_token *token = mem_new(1, sizeof(*token));
	memcpy(token->hash, hash, LIMIT_SHA256_BYTES);
	token->account = account_ref(write->actor);
	token->created_us = clock_wall_us();
	(void)snprintf(token->device, sizeof(token->device), "%s", device);
	token->id = write_take_id(write, ID_TOKEN);
	write->token = token;

	Gchat__V1__TokenRecord record;
	gchat__v1__token_record__init(&record);
	record.token_id = token->id;
	record.account_id = token->account->id;
	record.device = token->device;
	record.created_us = token->created_us;
	write_put(write, RECORD_TOKEN, hash_key(hash), record_encode(&record.base), STORE_ABSENT);
}

static void apply_token(struct write *write)
{
	write->number = write->token->id;
	directory_add_token(write->directory, GC_TAKE(write->token));
}

static void set_shared(struct account *account, const struct profile *profile)
{
	pthread_mutex_lock(&account->shared.mu);
	memcpy(account->shared.display_name, profile->display_name,
		sizeof(account->shared.display_name));
	memcpy(account->shared.status_text, profile->status_text,
		sizeof(account->shared.status_text));
	memcpy(account->shared.avatar_hash, profile->avatar_hash, LIMIT_SHA256_BYTES);
	account->shared.has_avatar = profile->has_avatar;
	pthread_mutex_unlock(&account->shared.mu);
}

static void set_password(struct account *account, const char *password_hash)
{
	pthread_mutex_lock(&account->shared.mu);
	(void)snprintf(account->shared.password_hash, sizeof(account->shared.password_hash), "%s",
		password_hash);
	pthread_mutex_unlock(&account->shared.mu);
}

/* ---- new accounts ---- */

static void apply_create_account(struct write *write)
{
	set_shared(write->actor, &write->state->profile);
	set_password(write->actor, write->state->password_hash);
	directory_add_account(write->directory, account_ref(write->actor));
	apply_token(write);
}

static bool profile_fits(const struct profile *profile)
{
	return name_text_fits(profile->display_name, LIMIT_DISPLAY_NAME_BYTES, true) &&
	       name_text_fits(profile->status_text, LIMIT_STATUS_TEXT_BYTES, true);
}

enum reason op_create_account(struct write *write, const struct profile *profile,
	const char *password_hash, const uint8_t token_hash[LIMIT_SHA256_BYTES], const char *device)
{
	struct directory *d = write->directory;
	if (!name_is_user(profile->user) || !profile_fits(profile))
		return REASON_INVALID_ARGUMENT;
	struct account *known = directory_find_user(d, profile->user);
	if (known) {
		(void)account_unref(known);
		return REASON_USER_EXISTS;
	}
	uint64_t id = write_take_id(write, ID_ACCOUNT);
	write->actor = account_new(id, profile->user, profile->guest, clock_wall_us());
	struct write_state *state = write_new_state(write);
	state->profile = *profile;
	state->profile.account_id = id;
	(void)snprintf(state->password_hash, sizeof(state->password_hash), "%s", password_hash);
	Gchat__V1__UserNameRecord name;
	gchat__v1__user_name_record__init(&name);
	name.account_id = id;
	write_put(write, RECORD_USER_NAME, name_key(write->actor), record_encode(&name.base),
		STORE_ABSENT);
	put_account(write, write->actor, password_hash, STORE_ABSENT);
	put_token(write, token_hash, device);
	write->reason = REASON_USER_EXISTS; /* on a conflict */
	write->apply = apply_create_account;
	return REASON_NONE;
}

/* ---- tokens ---- */

static bool goes(const struct account_token *token, uint64_t token_id, uint64_t but)
{
	return token->id != but && (token_id == 0 || token->id == token_id);
}

/* Deletes the records of the tokens that go. Returns how many go. */
static size_t put_sign_out(struct write *write, uint64_t token_id, uint64_t but)
{
	struct account_token *token;
	size_t count = 0;
	pthread_rwlock_rdlock(&write->directory->lock);
	LIST_FOREACH (token, &write->actor->tokens, link) {
		if (!goes(token, token_id, but))
			continue;
		write_put(write, RECORD_TOKEN, hash_key(token->hash), RECORD_NONE, STORE_ANY);
		count++;
	}
	pthread_rwlock_unlock(&write->directory->lock);
	return count;
}

static uint64_t last_used(const struct account_token *token)
{
	uint64_t used_us = atomic_load(&token->last_used_us);
	return used_us > token->created_us ? used_us : token->created_us;
}

/* The token that must end for one more: the longest unused of a full account; 0: none. */
static uint64_t find_surplus(struct write *write)
{
	struct account_token *token;
	struct account_token *oldest = NULL;
	size_t count = 0;
	pthread_rwlock_rdlock(&write->directory->lock);
	LIST_FOREACH (token, &write->actor->tokens, link) {
		count++;
		if (!oldest || last_used(token) < last_used(oldest))
			oldest = token;
	}
	uint64_t id = count < ACCOUNT_TOKENS_MAX ? 0 : oldest->id;
	pthread_rwlock_unlock(&write->directory->lock);
	return id;
}

static void apply_sign_in(struct write *write)
{
	uint64_t surplus = write->number;
	apply_token(write);
	if (surplus == 0)
		return;
	directory_remove_tokens(write->directory, write->actor, surplus, 0);
	write->audience->signed_out(write->audience->arg, write->actor->id, surplus, 0);
}

enum reason op_sign_in(
	struct write *write, const uint8_t token_hash[LIMIT_SHA256_BYTES], const char *device)
{
	put_token(write, token_hash, device);
	write->number = find_surplus(write);
	if (write->number != 0)
		(void)put_sign_out(write, write->number, 0);
	write->op.vital = true;
	write->reason = REASON_UNAVAILABLE; /* on a conflict: two equal tokens of 256 random bits */
	write->apply = apply_sign_in;
	return REASON_NONE;
}

static void apply_sign_out(struct write *write)
{
	uint64_t account_id = write->actor->id;
	directory_remove_tokens(write->directory, write->actor, write->number, 0);
	write->audience->signed_out(write->audience->arg, account_id, write->number, 0);
}

static void apply_delete_account(struct write *write)
{
	uint64_t account_id = write->actor->id;
	directory_remove_account(write->directory, write->actor);
	write->audience->signed_out(write->audience->arg, account_id, 0, 0);
}

enum reason op_sign_out(struct write *write, uint64_t token_id)
{
	if (put_sign_out(write, token_id, 0) == 0)
		return REASON_NOT_FOUND;
	write->number = token_id;
	write->apply = apply_sign_out;
	return REASON_NONE;
}

enum reason op_delete_account(struct write *write)
{
	(void)put_sign_out(write, 0, 0);
	write_put(write, RECORD_USER_NAME, name_key(write->actor), RECORD_NONE, STORE_ANY);
	write_put(
		write, RECORD_ACCOUNT, record_key_id(write->actor->id), RECORD_NONE, STORE_PRESENT);
	write->reason = REASON_UNKNOWN_USER; /* on a conflict */
	write->ends = true;
	write->apply = apply_delete_account;
	return REASON_NONE;
}

/* ---- changes ---- */

static void apply_password(struct write *write)
{
	set_password(write->actor, write->state->password_hash);
	directory_remove_tokens(write->directory, write->actor, 0, write->number);
	write->audience->signed_out(write->audience->arg, write->actor->id, 0, write->number);
}

static void apply_rehash(struct write *write)
{
	set_password(write->actor, write->state->password_hash);
}

enum reason op_rehash(struct write *write, const char *password_hash)
{
	if (!write_claim_account(write))
		return REASON_UNAVAILABLE;
	struct write_state *state = write_new_state(write);
	account_get_profile(write->actor, &state->profile);
	(void)snprintf(state->password_hash, sizeof(state->password_hash), "%s", password_hash);
	put_account(write, write->actor, password_hash, STORE_PRESENT);
	write->op.vital = true; /* a part of signing in, and what ends a stolen password */
	write->reason = REASON_UNKNOWN_USER; /* on a conflict */
	write->apply = apply_rehash;
	return REASON_NONE;
}

enum reason op_set_password(struct write *write, const char *password_hash, uint64_t keep_token)
{
	enum reason reason = op_rehash(write, password_hash);
	if (reason != REASON_NONE)
		return reason;
	(void)put_sign_out(write, 0, keep_token);
	write->number = keep_token;
	write->apply = apply_password;
	return REASON_NONE;
}

static void apply_profile(struct write *write)
{
	set_shared(write->actor, &write->state->profile);
	write->audience->profile_changed(write->audience->arg, write->actor);
}

enum reason op_set_profile(struct write *write, const struct profile *profile)
{
	if (!profile_fits(profile))
		return REASON_INVALID_ARGUMENT;
	if (!write_claim_account(write))
		return REASON_UNAVAILABLE;
	char password_hash[ACCOUNT_PASSWORD_HASH_BYTES];
	pthread_mutex_lock(&write->actor->shared.mu);
	memcpy(password_hash, write->actor->shared.password_hash, sizeof(password_hash));
	pthread_mutex_unlock(&write->actor->shared.mu);
	write_new_state(write)->profile = *profile;
	put_account(write, write->actor, password_hash, STORE_PRESENT);
	write->reason = REASON_UNKNOWN_USER; /* on a conflict */
	write->apply = apply_profile;
	return REASON_NONE;
}

enum reason op_set_avatar(struct write *write, const struct profile *profile, const uint8_t *image,
	size_t len, const char *media_type)
{
	struct profile changed = *profile;
	crypto_hash_sha256(changed.avatar_hash, image, len);
	changed.has_avatar = true;
	enum reason reason = op_set_profile(write, &changed);
	if (reason != REASON_NONE)
		return reason;
	char type[32];
	(void)snprintf(type, sizeof(type), "%s", media_type);
	uint8_t *copy = mem_dup(image, len);
	Gchat__V1__AvatarRecord record;
	gchat__v1__avatar_record__init(&record);
	record.image = (ProtobufCBinaryData){.data = copy, .len = len};
	record.media_type = type;
	write_put(write, RECORD_AVATAR, hash_key(changed.avatar_hash), record_encode(&record.base),
		STORE_ANY);
	free(copy);
	return REASON_NONE;
}
