/* Accounts made; tokens given and taken back. */
#include "room/accounts_priv.h"

#include "base/clock.h"
#include "base/mem.h"
#include "gchat/v1/record.pb-c.h"
#include "room/cleanup.h"
#include "room/invitation.h"
#include "room/name.h"

#include <stdio.h>
#include <string.h>

struct record_key accounts_hash_key(const uint8_t hash[LIMIT_SHA256_BYTES])
{
	return record_key_bytes(hash, LIMIT_SHA256_BYTES);
}

void accounts_put_token_record(struct write *write, struct account_token *token, uint64_t epoch,
	enum store_condition condition)
{
	Gchat__V1__TokenRecord record;
	gchat__v1__token_record__init(&record);
	record.token_id = token->id;
	record.account_id = token->account->id;
	record.device = token->device;
	record.created_us = token->created_us;
	record.token_epoch = epoch;
	write_put(write, RECORD_TOKEN, accounts_hash_key(token->hash), record_encode(&record.base),
		condition);
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
	accounts_put_token_record(write, token, epoch, STORE_ABSENT);
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
	cleanup_add(write->directory->cleanup, RECORD_TOKEN, accounts_hash_key(write->token->hash));
	cleanup_start(write->directory->cleanup);
}

/* ---- new accounts ---- */

static void apply_create_account(struct write *write)
{
	accounts_set_shared(write->actor, &write->state->profile);
	accounts_set_credentials(write->actor, &write->state->credentials);
	invitation_keep_place(write);
	directory_add_account(write->directory, account_ref(write->actor));
	if (write->token)
		apply_token(write);
}

static bool is_taken(struct directory *d, const char *name)
{
	struct account *known = directory_find_user(d, name);
	(void)account_unref(known);
	return known;
}

enum reason op_create_account(struct write *write, const struct op_account *new)
{
	const struct profile *profile = new->profile;
	if (!name_is_user(profile->user) || !accounts_profile_fits(profile))
		return REASON_INVALID_ARGUMENT;
	if (!new->by_administrator && atomic_load(&write->directory->lockdown))
		return REASON_LOCKDOWN;
	if (is_taken(write->directory, profile->user))
		return REASON_USER_EXISTS;
	uint64_t id = write_take_id(write, ID_ACCOUNT);
	write->actor = account_new(id, profile->user, profile->guest, clock_wall_us());
	struct write_state *state = write_new_state(write);
	state->profile = *profile;
	state->profile.account_id = id;
	accounts_set_password(&state->credentials, new->password_hash);
	accounts_put_name(write, profile->user);
	accounts_put_record(write, STORE_ABSENT);
	if (new->token_hash)
		put_token(write, new->token_hash, new->device, 0);
	if (new->invitation_hash) {
		enum reason reason = invitation_take_place(write, new->invitation_hash);
		if (reason != REASON_NONE)
			return reason;
	}
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
size_t accounts_put_sign_out(struct write *write, uint64_t token_id, uint64_t but)
{
	struct account_token *token;
	size_t count = 0;
	pthread_rwlock_rdlock(&write->directory->lock);
	LIST_FOREACH (token, &write->actor->tokens, link) {
		if (!goes(token, token_id, but))
			continue;
		write_put(write, RECORD_TOKEN, accounts_hash_key(token->hash), RECORD_NONE,
			STORE_ANY);
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
		(void)accounts_put_sign_out(write, write->number, 0);
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
	accounts_set_credentials(write->actor, &write->state->credentials);
	apply_sign_out(write);
}

static enum reason sign_out_all(struct write *write)
{
	enum reason reason = accounts_begin_change(write);
	if (reason != REASON_NONE)
		return reason;
	(void)accounts_put_sign_out(write, 0, 0);
	write->state->credentials.token_epoch++; /* and those under way */
	accounts_put_record(write, STORE_PRESENT);
	write->apply = apply_sign_out_all;
	return REASON_NONE;
}

enum reason op_sign_out(struct write *write, uint64_t token_id)
{
	if (token_id == 0)
		return sign_out_all(write);
	if (accounts_put_sign_out(write, token_id, 0) == 0)
		return REASON_NOT_FOUND;
	write->number = token_id;
	write->apply = apply_sign_out;
	return REASON_NONE;
}

/* ---- the lockdown ---- */

static void apply_lockdown(struct write *write)
{
	atomic_store(&write->directory->lockdown, write->number != 0);
}

enum reason op_set_lockdown(struct write *write, bool on)
{
	static const uint8_t key = META_LOCKDOWN;
	write->already = atomic_load(&write->directory->lockdown) == on;
	if (write->already)
		return REASON_NONE;
	write_put(write, RECORD_META, record_key_bytes(&key, 1),
		on ? record_number(1) : RECORD_NONE, STORE_ANY);
	write->op.vital = true; /* it ends an abuse */
	write->number = on;
	write->apply = apply_lockdown;
	return REASON_NONE;
}
