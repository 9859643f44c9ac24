/*
 * What names and short texts may consist of; lengths are in proto/limits.h. Text is taken as it
 * comes: nothing is folded or normalised, so two names are the same when their bytes are.
 * Pure functions, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* [a-z0-9][a-z0-9._-]*, 1 to LIMIT_USER_NAME_BYTES bytes. */
bool name_is_user(const char *name);

/* [a-z0-9][a-z0-9._-]*, 1 to LIMIT_ROOM_NAME_BYTES bytes. */
bool name_is_room(const char *name);

/* Valid UTF-8 of at most max_bytes; where one_line, also without control characters and line or
 * paragraph separators. Empty text fits. */
bool name_text_fits(const char *text, size_t max_bytes, bool one_line);

/* A reaction: 1 to LIMIT_EMOJI_BYTES bytes of UTF-8 without control characters and white space. */
bool name_is_emoji(const char *text);
