/* Accounts changed: passwords, profiles, avatars; and their end. */
#include "room/accounts_priv.h"

#include "base/mem.h"
#include "gchat/v1/record.pb-c.h"
#include "room/cleanup.h"
#include "room/erase.h"
#include "room/name.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The record as write->state says. */
void accounts_put_record(struct write *write, enum store_condition condition)
{
	write_put(write, RECORD_ACCOUNT, record_key_id(write->actor->id),
		account_encode(write->actor, &write->state->profile, &write->state->credentials),
		condition);
}

struct record_key accounts_name_key(const char *name)
{
	return record_key_bytes(name, strlen(name));
}

void accounts_set_shared(struct account *account, const struct profile *profile)
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

void accounts_set_credentials(struct account *account, const struct credentials *credentials)
{
	pthread_mutex_lock(&account->shared.mu);
	memcpy(account->shared.password_hash, credentials->password_hash,
		sizeof(account->shared.password_hash));
	account->shared.token_epoch = credentials->token_epoch;
	atomic_store(&account->suspended, credentials->suspended);
	pthread_mutex_unlock(&account->shared.mu);
}

void accounts_set_password(struct credentials *credentials, const char *password_hash)
{
	(void)snprintf(credentials->password_hash, sizeof(credentials->password_hash), "%s",
		password_hash);
}

bool accounts_profile_fits(const struct profile *profile)
{
	return name_text_fits(profile->display_name, LIMIT_DISPLAY_NAME_BYTES, true) &&
	       name_text_fits(profile->status_text, LIMIT_STATUS_TEXT_BYTES, true);
}

void accounts_put_name(struct write *write, const char *name)
{
	Gchat__V1__UserNameRecord record;
	gchat__v1__user_name_record__init(&record);
	record.account_id = write->actor->id;
	write_put(write, RECORD_USER_NAME, accounts_name_key(name), record_encode(&record.base),
		STORE_ABSENT);
}

/* The actor's record is to change: claimed, with the state as it is now. */
enum reason accounts_begin_change(struct write *write)
{
	if (!write_claim_account(write))
		return REASON_UNAVAILABLE;
	struct write_state *state = write_new_state(write);
	account_get_profile(write->actor, &state->profile);
	account_get_credentials(write->actor, &state->credentials);
	write->reason = REASON_UNKNOWN_USER; /* on a conflict */
	return REASON_NONE;
}

/* ---- changes ---- */

static void apply_password(struct write *write)
{
	accounts_set_credentials(write->actor, &write->state->credentials);
	directory_remove_tokens(write->directory, write->actor, 0, write->number);
	write->audience->signed_out(write->audience->arg, write->actor->id, 0, write->number);
}

static void apply_rehash(struct write *write)
{
	accounts_set_credentials(write->actor, &write->state->credentials);
}

/* The same for one whose password was right at that epoch: another one may have come since. */
static enum reason begin_proven(struct write *write, uint64_t epoch)
{
	enum reason reason = accounts_begin_change(write);
	if (reason == REASON_NONE && write->state->credentials.token_epoch != epoch)
		reason = REASON_WRONG_CREDENTIALS;
	return reason;
}

enum reason op_rehash(struct write *write, const char *password_hash, uint64_t epoch)
{
	enum reason reason = begin_proven(write, epoch);
	if (reason != REASON_NONE)
		return reason;
	accounts_set_password(&write->state->credentials, password_hash);
	accounts_put_record(write, STORE_PRESENT);
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
			accounts_put_token_record(
				write, token, write->state->credentials.token_epoch, STORE_PRESENT);
	pthread_rwlock_unlock(&write->directory->lock);
}

enum reason op_set_password(
	struct write *write, const char *password_hash, uint64_t epoch, uint64_t keep_token)
{
	enum reason reason = begin_proven(write, epoch);
	if (reason != REASON_NONE)
		return reason;
	accounts_set_password(&write->state->credentials, password_hash);
	write->state->credentials.token_epoch++;
	accounts_put_record(write, STORE_PRESENT);
	(void)accounts_put_sign_out(write, 0, keep_token);
	put_kept(write, keep_token);
	write->op.vital = true; /* it ends a stolen password */
	write->reason = REASON_UNAVAILABLE; /* on a conflict: the kept token ended just now */
	write->number = keep_token;
	write->apply = apply_password;
	return REASON_NONE;
}

/* An image that nobody shows any more goes. Writer thread. */
static void clean_avatar(struct write *write, const struct profile *former)
{
	struct directory *d = write->directory;
	if (!former->has_avatar || directory_uses_avatar(d, former->avatar_hash))
		return;
	cleanup_add(d->cleanup, RECORD_AVATAR, accounts_hash_key(former->avatar_hash));
	cleanup_start(d->cleanup);
}

static void apply_profile(struct write *write)
{
	struct profile former;
	account_get_profile(write->actor, &former);
	accounts_set_shared(write->actor, &write->state->profile);
	clean_avatar(write, &former);
	write->audience->profile_changed(write->audience->arg, write->actor);
}

enum reason op_set_profile(struct write *write, const struct profile *profile)
{
	if (!accounts_profile_fits(profile))
		return REASON_INVALID_ARGUMENT;
	enum reason reason = accounts_begin_change(write);
	if (reason != REASON_NONE)
		return reason;
	write->state->profile = *profile;
	accounts_put_record(write, STORE_PRESENT);
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
	account_begin_avatar(write->actor, changed.avatar_hash);
	char type[32];
	(void)snprintf(type, sizeof(type), "%s", media_type);
	uint8_t *copy = mem_dup(image, len);
	Gchat__V1__AvatarRecord record;
	gchat__v1__avatar_record__init(&record);
	record.image = (ProtobufCBinaryData){.data = copy, .len = len};
	record.media_type = type;
	write_put(write, RECORD_AVATAR, accounts_hash_key(changed.avatar_hash),
		record_encode(&record.base), STORE_ANY);
	free(copy);
	return REASON_NONE;
}

/* ---- by an administrator ---- */

static void apply_suspend(struct write *write)
{
	accounts_set_credentials(write->actor, &write->state->credentials);
	if (write->state->credentials.suspended)
		write->audience->ended(
			write->audience->arg, write->actor->id, REASON_ACCOUNT_SUSPENDED, NULL);
}

enum reason op_suspend_account(struct write *write, bool suspended)
{
	enum reason reason = accounts_begin_change(write);
	if (reason != REASON_NONE)
		return reason;
	write->already = write->state->credentials.suspended == suspended;
	if (write->already)
		return REASON_NONE;
	write->state->credentials.suspended = suspended;
	accounts_put_record(write, STORE_PRESENT);
	write->op.vital = true; /* it ends an abuse */
	write->apply = apply_suspend;
	return REASON_NONE;
}

static void apply_rename(struct write *write)
{
	directory_rename_account(write->directory, write->actor, write->state->profile.user);
	write->audience->profile_changed(write->audience->arg, write->actor);
}

enum reason op_rename_account(struct write *write, const char *name)
{
	if (!name_is_user(name))
		return REASON_INVALID_ARGUMENT;
	enum reason reason = accounts_begin_change(write);
	if (reason != REASON_NONE)
		return reason;
	struct profile *profile = &write->state->profile;
	write->already = strcmp(profile->user, name) == 0;
	if (write->already)
		return REASON_NONE;
	if (write->actor->name_count >= ACCOUNT_NAMES_MAX)
		return REASON_RATE_LIMITED;
	write_put(
		write, RECORD_USER_NAME, accounts_name_key(profile->user), RECORD_NONE, STORE_ANY);
	(void)snprintf(profile->user, sizeof(profile->user), "%s", name);
	accounts_put_name(write, name);
	accounts_put_record(write, STORE_PRESENT);
	write->reason = REASON_USER_EXISTS; /* on a conflict */
	write->apply = apply_rename;
	return REASON_NONE;
}

/* ---- the end ---- */

static void apply_delete_account(struct write *write)
{
	struct directory *d = write->directory;
	uint64_t account_id = write->actor->id;
	struct profile former;
	account_get_profile(write->actor, &former);
	accounts_set_credentials(write->actor, /* no sign-in finds it */
		&(struct credentials){.token_epoch = UINT64_MAX});
	if (write->erases)
		erase_note(d->eraser, write->actor);
	directory_clean_account(d, write->actor);
	directory_remove_account(d, write->actor);
	clean_avatar(write, &former);
	write->audience->ended(write->audience->arg, account_id,
		former.guest ? REASON_SIGNED_OUT : REASON_ACCOUNT_DELETED, NULL);
}

enum reason op_delete_account(struct write *write, bool erase)
{
	/* claimed: a name that it is given at the same time would be nobody's, and taken for ever */
	if (!write_claim_account(write))
		return REASON_UNAVAILABLE;
	(void)accounts_put_sign_out(write, 0, 0);
	write_put(write, RECORD_USER_NAME, accounts_name_key(write->actor->name), RECORD_NONE,
		STORE_ANY);
	write_put(
		write, RECORD_ACCOUNT, record_key_id(write->actor->id), RECORD_NONE, STORE_PRESENT);
	if (erase)
		erase_put(write);
	write->erases = erase;
	write->reason = REASON_UNKNOWN_USER; /* on a conflict */
	write->ends = true;
	write->apply = apply_delete_account;
	return REASON_NONE;
}
