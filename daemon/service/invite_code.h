/*
 * The code of an invitation: 120 random bits in letters and digits that are hard to mistake, in groups
 * of four, "k7fq-2x9d-...". It is given out once and kept by its SHA-256 alone. Any thread.
 */
#pragma once

#include "base/macros.h"
#include "proto/limits.h"
#include <stdbool.h>
#include <stdint.h>

enum {
	INVITE_CODE_CHARS = 24, /* five bits each */
	INVITE_CODE_GROUP = 4,
	INVITE_CODE_BYTES = INVITE_CODE_CHARS + INVITE_CODE_CHARS / INVITE_CODE_GROUP, /* NUL too */
};

/* A new one. */
void invite_code_make(char ret_code[INVITE_CODE_BYTES]);
/* Its hash. Capital letters are taken as small ones, and dashes and blanks are left out. False: that is
 * no code. */
bool invite_code_hash(const char *code, uint8_t ret_hash[LIMIT_SHA256_BYTES]) GC_MUST_CHECK;
