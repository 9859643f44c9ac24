/* Accounts made and changed; tokens given and taken back. */
#include "room/ops.h"

#include "base/clock.h"
#include "base/mem.h"
#include "gchat/v1/record.pb-c.h"
#include "room/cleanup.h"
#include "room/name.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The record as write->state says. */
static void put_account(struct write *write, enum store_condition condition)
{
	write_put(write, RECORD_ACCOUNT, record_key_id(write->actor->id),
		account_encode(write->actor, &write->state->profile, &write->state->credentials),
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

static void put_token_record(struct write *write, struct account_token *token, uint64_t epoch,
	enum store_condition condition)
{
	Gchat__V1__TokenRecord record;
	gchat__v1__token_record__init(&record);
	record.token_id = token->id;
	record.account_id = token->account->id;
	record.device = token->device;
	record.created_us = token->created_us;
	record.token_epoch = epoch;
	write_put(
		write, RECORD_TOKEN, hash_key(token->hash), record_encode(&record.base), condition);
}

static void put_token(struct write *write, const uint8_t hash[LIMIT_SHA256_BYTES],
	const char *device, uint64_t epoch)
{
	struct account_token *token = mem_new(1, sizeof(*token));
	memcpy(token->hash, hash, LIMIT_SHA256_BYTES);
	token->account = account_ref(write->actor);
	token->epoch = epoch;
	token->created_us = clock_wall_us();
	(void)snprintf(token->device, sizeof(token->device), "%s", device);
	token->id = write_take_id(write, ID_TOKEN);
	write->token = token;
	put_token_record(write, token, epoch, STORE_ABSENT);
}

/* A token whose account has another epoch by now is void: what is stored of it says the same, and
 * the write frees it. */
static void apply_token(struct write *write)
{
	struct credentials now;
	account_get_credentials(write->actor, &now);
	write->number = write->token->id;
	if (write->token->epoch == now.token_epoch) {
		directory_add_token(write->directory, GC_TAKE(write->token));
		return;
	}
	write->reason = REASON_WRONG_CREDENTIALS;
	cleanup_add(write->directory->cleanup, RECORD_TOKEN, hash_key(write->token->hash));
	cleanup_start(write->directory->cleanup);
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

static void set_credentials(struct account *account, const struct credentials *credentials)
{
	pthread_mutex_lock(&account->shared.mu);
	memcpy(account->shared.password_hash, credentials->password_hash,
		sizeof(account->shared.password_hash));
	account->shared.token_epoch = credentials->token_epoch;
	pthread_mutex_unlock(&account->shared.mu);
}

static void set_password(struct credentials *credentials, const char *password_hash)
{
	(void)snprintf(credentials->password_hash, sizeof(credentials->password_hash), "%s",
		password_hash);
}

/* ---- new accounts ---- */

static void apply_create_account(struct write *write)
{
	set_shared(write->actor, &write->state->profile);
	set_credentials(write->actor, &write->state->credentials);
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
	set_password(&state->credentials, password_hash);
	Gchat__V1__UserNameRecord name;
	gchat__v1__user_name_record__init(&name);
	name.account_id = id;
	write_put(write, RECORD_USER_NAME, name_key(write->actor), record_encode(&name.base),
		STORE_ABSENT);
	put_account(write, STORE_ABSENT);
	put_token(write, token_hash, device, 0);
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

enum reason op_sign_in(struct write *write, const uint8_t token_hash[LIMIT_SHA256_BYTES],
	const char *device, uint64_t epoch)
{
	put_token(write, token_hash, device, epoch);
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

static void apply_sign_out_all(struct write *write)
{
	set_credentials(write->actor, &write->state->credentials);
	apply_sign_out(write);
}

static void apply_delete_account(struct write *write)
{
	uint64_t account_id = write->actor->id;
	struct credentials none = {.token_epoch = UINT64_MAX}; /* no sign-in finds it */
	set_credentials(write->actor, &none);
	directory_clean_account(write->directory, write->actor);
	directory_remove_account(write->directory, write->actor);
	write->audience->signed_out(write->audience->arg, account_id, 0, 0);
}

/* The actor's record is to change: claimed, with the state as it is now. */
static enum reason begin_change(struct write *write)
{
	if (!write_claim_account(write))
		return REASON_UNAVAILABLE;
	struct write_state *state = write_new_state(write);
	account_get_profile(write->actor, &state->profile);
	account_get_credentials(write->actor, &state->credentials);
	write->reason = REASON_UNKNOWN_USER; /* on a conflict */
	return REASON_NONE;
}

static enum reason sign_out_all(struct write *write)
{
	enum reason reason = begin_change(write);
	if (reason != REASON_NONE)
		return reason;
	(void)put_sign_out(write, 0, 0);
	write->state->credentials.token_epoch++; /* and those under way */
	put_account(write, STORE_PRESENT);
	write->apply = apply_sign_out_all;
	return REASON_NONE;
}

enum reason op_sign_out(struct write *write, uint64_t token_id)
{
	if (token_id == 0)
		return sign_out_all(write);
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
	set_credentials(write->actor, &write->state->credentials);
	directory_remove_tokens(write->directory, write->actor, 0, write->number);
	write->audience->signed_out(write->audience->arg, write->actor->id, 0, write->number);
}

static void apply_rehash(struct write *write)
{
	set_credentials(write->actor, &write->state->credentials);
}

/* The same for one whose password was right at that epoch: another one may have come since. */
static enum reason begin_proven(struct write *write, uint64_t epoch)
{
	enum reason reason = begin_change(write);
	if (reason == REASON_NONE && write->state->credentials.token_epoch != epoch)
		reason = REASON_WRONG_CREDENTIALS;
	return reason;
}

enum reason op_rehash(struct write *write, const char *password_hash, uint64_t epoch)
{
	enum reason reason = begin_proven(write, epoch);
	if (reason != REASON_NONE)
		return reason;
	set_password(&write->state->credentials, password_hash);
	put_account(write, STORE_PRESENT);
	write->op.vital = true; /* a part of signing in */
	write->apply = apply_rehash;
	return REASON_NONE;
}

/* The token that stays, in the epoch that comes. */
static void put_kept(struct write *write, uint64_t token_id)
{
	struct account_token *token;
	pthread_rwlock_rdlock(&write->directory->lock);
	LIST_FOREACH (token, &write->actor->tokens, link)
		if (token->id == token_id)
			put_token_record(
				write, token, write->state->credentials.token_epoch, STORE_PRESENT);
	pthread_rwlock_unlock(&write->directory->lock);
}

enum reason op_set_password(
	struct write *write, const char *password_hash, uint64_t epoch, uint64_t keep_token)
{
	enum reason reason = begin_proven(write, epoch);
	if (reason != REASON_NONE)
		return reason;
	set_password(&write->state->credentials, password_hash);
	write->state->credentials.token_epoch++;
	put_account(write, STORE_PRESENT);
	(void)put_sign_out(write, 0, keep_token);
	put_kept(write, keep_token);
	write->op.vital = true; /* it ends a stolen password */
	write->reason = REASON_UNAVAILABLE; /* on a conflict: the kept token ended just now */
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
	enum reason reason = begin_change(write);
	if (reason != REASON_NONE)
		return reason;
	write->state->profile = *profile;
	put_account(write, STORE_PRESENT);
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
