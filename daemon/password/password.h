/*
 * Passwords, by Argon2id as libsodium does it. A hash is a printable string that carries its own
 * salt and cost. Hashing takes tens of milliseconds and the cost's memory: gchatd does it in processes
 * of their own (service/password_pool.h). Functions share no state. Whoever holds a password wipes it when done.
 */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	PASSWORD_HASH_BYTES = 128, /* a hash with its NUL: crypto_pwhash_STRBYTES */
	PASSWORD_MEMORY_KB_MIN = 8,
	PASSWORD_MEMORY_KB_MAX = 4 * 1024 * 1024,
	PASSWORD_PASSES_MAX = 64,
};

struct password_cost {
	uint32_t memory_kb;
	uint32_t passes;
};

enum password_verdict {
	PASSWORD_OK,
	PASSWORD_WRONG,
	PASSWORD_REHASH, /* right, but the hash was made at another cost: make a new one */
	PASSWORD_UNVERIFIED, /* the hash is unreadable or memory is out: says nothing of the password */
	_PASSWORD_VERDICT_MAX,
};

/* Prepares libsodium; before any other function here or in token.h. 0 or -ENOSYS. Any thread. */
int password_init(void) GC_MUST_CHECK;

/* True for a cost that Argon2id accepts. */
bool password_cost_fits(const struct password_cost *cost);

/* True for a new password of LIMIT_PASSWORD_BYTES_MIN to _MAX bytes. */
bool password_fits(const char *password);

/* Hashes with a fresh salt. 0, -EINVAL for an unfit cost, -ENOMEM. Never on a shard. */
int password_hash(const char *password, const struct password_cost *cost,
	char ret_hash[PASSWORD_HASH_BYTES]) GC_MUST_CHECK;

/* Compares against a stored hash; `cost` is the one in force now. An empty hash, that of an account
 * without a password or of nobody, is wrong at the same expense, so that an answer's delay doesn't
 * tell whether the user exists. As above. */
enum password_verdict password_verify(
	const char *hash, const char *password, const struct password_cost *cost);

/* Overwrites a password in place, NUL included; NULL is allowed. */
void password_wipe(char *password);

/* Wipes and frees a heap string; leaves NULL. For GC_CLEANUP. */
void password_freep(char **password);
