/* Short ways from text to a configuration and back, for the tests of this folder. */
#pragma once

#include "config/schema.h"

/* The configuration that `text` gives, which must be right. Owned by the caller. */
struct config *text_parse(const char *text);
/* All messages that `text` gives, a line each ("" when it is right). Owned by the caller. */
char *text_errors(const char *text) GC_MUST_CHECK;
/* The canonical form. Owned by the caller. */
char *text_print(const struct config *config) GC_MUST_CHECK;
/* "group: { name = VALUE; };" for a key's path. Owned by the caller. */
char *text_setting(const char *path, const char *value) GC_MUST_CHECK;
