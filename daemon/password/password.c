/* Argon2id by crypto_pwhash_str_alg, whose strings libsodium and others can read for ever. */
#include "password/password.h"

#include "base/err.h"
#include "proto/limits.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(PASSWORD_HASH_BYTES == crypto_pwhash_STRBYTES, "libsodium's size of a hash");

enum {
	BYTES_PER_KB = 1024,
	NOBODY_BYTES = 32, /* a hash's own length inside its string */
};

/* What crypto_pwhash_str_alg writes first for Argon2id. */
static const char prefix[] = "$argon2id$";

static size_t memory_bytes(const struct password_cost *cost)
{
	return (size_t)cost->memory_kb * BYTES_PER_KB;
}

int password_init(void)
{
	return sodium_init() < 0 ? err_raise(-ENOSYS) : 0;
}

bool password_cost_fits(const struct password_cost *cost)
{
	return cost->memory_kb >= PASSWORD_MEMORY_KB_MIN &&
	       cost->memory_kb < PASSWORD_MEMORY_KB_MAX && cost->passes >= 1 &&
	       cost->passes <= PASSWORD_PASSES_MAX;
}

bool password_fits(const char *password)
{
	size_t len = strnlen(password, LIMIT_PASSWORD_BYTES_MAX + 1);
	return len >= LIMIT_PASSWORD_BYTES_MIN && len <= LIMIT_PASSWORD_BYTES_MAX;
}

int password_hash(
	const char *password, const struct password_cost *cost, char ret_hash[PASSWORD_HASH_BYTES])
{
	char hash[PASSWORD_HASH_BYTES];
	if (!password_cost_fits(cost))
		return err_raise(-EINVAL);
	int r = crypto_pwhash_str_alg(hash, password, strlen(password), cost->passes,
		memory_bytes(cost), crypto_pwhash_ALG_ARGON2ID13);
	if (r != 0)
		return err_raise(-ENOMEM);
	memcpy(ret_hash, hash, sizeof(hash));
	return 0;
}

/* Takes as long as verifying against a hash of that cost. */
static void verify_nobody(const char *password, const struct password_cost *cost)
{
	/* The work of a verification is that of a hash with the salt given; the result is dropped. */
	static const uint8_t salt[crypto_pwhash_SALTBYTES];
	uint8_t out[NOBODY_BYTES];
	if (!password_cost_fits(cost))
		return;
	int r = crypto_pwhash(out, sizeof(out), password, strlen(password), salt, cost->passes,
		memory_bytes(cost), crypto_pwhash_ALG_ARGON2ID13);
	if (r == 0) /* otherwise memory was out: nothing was written */
		sodium_memzero(out, sizeof(out));
}

enum password_verdict password_verify(
	const char *hash, const char *password, const struct password_cost *cost)
{
	if (hash[0] == '\0') {
		verify_nobody(password, cost);
		return PASSWORD_WRONG;
	}
	if (strncmp(hash, prefix, sizeof(prefix) - 1) != 0)
		return PASSWORD_UNVERIFIED;
	/* libsodium sets EINVAL for a mismatch alone: not for lack of memory or a bad string. */
	errno = 0;
	int r = crypto_pwhash_str_verify(hash, password, strlen(password));
	int e = errno;
	if (r != 0)
		return e == EINVAL ? PASSWORD_WRONG : PASSWORD_UNVERIFIED;
	if (password_cost_fits(cost) &&
		crypto_pwhash_str_needs_rehash(hash, cost->passes, memory_bytes(cost)) != 0)
		return PASSWORD_REHASH;
	return PASSWORD_OK;
}

void password_wipe(char *password)
{
	if (password)
		sodium_memzero(password, strlen(password));
}

void password_freep(char **password)
{
	password_wipe(*password);
	free(*password);
	*password = NULL;
}
