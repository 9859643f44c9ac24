/* Crockford's alphabet: no i, l, o and u. */
#include "service/invite_code.h"

#include <sodium.h>
#include <string.h>

_Static_assert(LIMIT_SHA256_BYTES == crypto_hash_sha256_BYTES, "SHA-256");

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void invite_code_make(char ret_code[INVITE_CODE_BYTES])
{
	size_t len = 0;
	for (unsigned i = 0; i < INVITE_CODE_CHARS; i++) {
		if (i > 0 && i % INVITE_CODE_GROUP == 0)
			ret_code[len++] = '-';
		ret_code[len++] = alphabet[randombytes_uniform(sizeof(alphabet) - 1)];
	}
	ret_code[len] = '\0';
}

bool invite_code_hash(const char *code, uint8_t ret_hash[LIMIT_SHA256_BYTES])
{
	uint8_t plain[INVITE_CODE_CHARS];
	size_t len = 0;
	for (const char *c = code; *c; c++) {
		char small = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
		if (small == '-' || small == ' ')
			continue;
		if (len == sizeof(plain) || !strchr(alphabet, small))
			return false;
		plain[len++] = (uint8_t)small;
	}
	if (len != sizeof(plain))
		return false;
	(void)crypto_hash_sha256(ret_hash, plain, len); /* cannot fail */
	sodium_memzero(plain, sizeof(plain));
	return true;
}
