/* links: gchat_service */
/* Any text as an authorization header or a token: only the one spelling of a token is taken. */
#include "service/token.h"
#include "base/macros.h"
#include "base/mem.h"
#include "password/password.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct token *token)
{
	struct token again;
	struct token_hash a;
	struct token_hash b;
	char header[TOKEN_TEXT_BYTES + 8];
	GC_ASSERT(strlen(token->text) == TOKEN_TEXT_BYTES - 1);
	GC_ASSERT(token_parse(token->text, &again) && strcmp(again.text, token->text) == 0);
	(void)snprintf(header, sizeof(header), "bEARER %s", token->text);
	GC_ASSERT(token_parse_header(header, &again) && strcmp(again.text, token->text) == 0);
	token_hash(token, &a);
	token_hash(&again, &b);
	GC_ASSERT(memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0 && token_hash_id(&a) != 0);
	/* the last character holds 4 of its 6 bits: no other one stands for the same token */
	again.text[TOKEN_TEXT_BYTES - 2]++;
	GC_ASSERT(!token_parse(again.text, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct token token;
	GC_ASSERT(password_init() == 0);
	char *text = mem_new(size + 1, 1);
	if (size > 0)
		memcpy(text, data, size);
	if (token_parse(text, &token))
		check(&token);
	if (token_parse_header(text, &token))
		check(&token);
	free(text);
	return 0;
}
