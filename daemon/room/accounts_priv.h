/* What accounts.c and account_changes.c share. Any thread but where said. */
#pragma once

#include "room/ops.h"

/* ---- accounts.c ---- */

struct record_key accounts_hash_key(const uint8_t hash[LIMIT_SHA256_BYTES]);
void accounts_put_token_record(struct write *write, struct account_token *token, uint64_t epoch,
	enum store_condition condition);
/* Deletes the records of the actor's tokens: that one, or all (0), but for `but`. Returns how many
 * go. */
size_t accounts_put_sign_out(struct write *write, uint64_t token_id, uint64_t but);

/* ---- account_changes.c ---- */

struct record_key accounts_name_key(const char *name);
/* That name is the actor's, and nobody else's. */
void accounts_put_name(struct write *write, const char *name);
/* The actor's record as write->state says. */
void accounts_put_record(struct write *write, enum store_condition condition);
/* The actor's record is to change: claimed, with the state as it is now. */
enum reason accounts_begin_change(struct write *write);
bool accounts_profile_fits(const struct profile *profile);
void accounts_set_password(struct credentials *credentials, const char *password_hash);
/* In memory, after the commit; writer thread. */
void accounts_set_shared(struct account *account, const struct profile *profile);
void accounts_set_credentials(struct account *account, const struct credentials *credentials);
