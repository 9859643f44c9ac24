/*
 * Bearer tokens: 256 random bits, given out once as base64url without padding, kept as their
 * SHA-256 only. The hash needs no salt, as a token can't be guessed; it is the store's key.
 * password_init comes first. Any thread.
 */
#pragma once

#include "proto/limits.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	TOKEN_TEXT_BYTES = 44, /* 43 characters and NUL */
};

struct token {
	char text[TOKEN_TEXT_BYTES]; /* secret: token_wipe when done */
};

struct token_hash {
	uint8_t bytes[LIMIT_SHA256_BYTES];
};

/* A new token. */
void token_make(struct token *ret_token);

/* Reads a token's text as a client gives it. False: not the form of a token. */
bool token_parse(const char *text, struct token *ret_token);

/* Reads the value of an "authorization" header: "Bearer TOKEN", the scheme in any case. */
bool token_parse_header(const char *value, struct token *ret_token);

/* What the store keeps. */
void token_hash(const struct token *token, struct token_hash *ret_hash);

/* The hash's first 8 bytes as a number, never 0: a guest's name is made of it. */
uint64_t token_hash_id(const struct token_hash *hash);

void token_wipe(struct token *token);
