/* Random bytes, base64url and SHA-256, all by libsodium. */
#include "service/token.h"

#include "base/macros.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

enum {
	ID_BYTES = 8,
	BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};

_Static_assert(
	TOKEN_TEXT_BYTES == sodium_base64_ENCODED_LEN(LIMIT_TOKEN_BYTES, BASE64), "a token's text");
_Static_assert(LIMIT_SHA256_BYTES == crypto_hash_sha256_BYTES, "SHA-256");

static const char scheme[] = "Bearer ";

void token_make(struct token *ret_token)
{
	uint8_t secret[LIMIT_TOKEN_BYTES];
	randombytes_buf(secret, sizeof(secret));
	sodium_bin2base64(ret_token->text, sizeof(ret_token->text), secret, sizeof(secret), BASE64);
	sodium_memzero(secret, sizeof(secret));
}

bool token_parse(const char *text, struct token *ret_token)
{
	uint8_t secret[LIMIT_TOKEN_BYTES];
	size_t len = strnlen(text, TOKEN_TEXT_BYTES);
	size_t got = 0;
	if (len != TOKEN_TEXT_BYTES - 1)
		return false;
	/* Decoded only to refuse what can't be a token, other spellings of one included. */
	int bad = sodium_base642bin(secret, sizeof(secret), text, len, NULL, &got, NULL, BASE64);
	sodium_memzero(secret, sizeof(secret));
	if (bad || got != sizeof(secret))
		return false;
	memcpy(ret_token->text, text, len + 1);
	return true;
}

bool token_parse_header(const char *value, struct token *ret_token)
{
	if (strncasecmp(value, scheme, sizeof(scheme) - 1) != 0)
		return false;
	value += sizeof(scheme) - 1;
	value += strspn(value, " ");
	return token_parse(value, ret_token);
}

void token_hash(const struct token *token, struct token_hash *ret_hash)
{
	(void)crypto_hash_sha256(ret_hash->bytes, (const uint8_t *)token->text,
		TOKEN_TEXT_BYTES - 1); /* cannot fail */
}

uint64_t token_hash_id(const struct token_hash *hash)
{
	uint64_t id = 0;
	for (size_t i = 0; i < ID_BYTES; i++)
		id = id << 8 | hash->bytes[i];
	return id ? id : 1;
}

void token_wipe(struct token *token)
{
	sodium_memzero(token->text, sizeof(token->text));
}
