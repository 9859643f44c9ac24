/*
 * The one table of configuration keys. Parsing, --check-config, --print-config, the reload's
 * comparison, the manual page's test and the shipped file's test all walk it; a new setting is one
 * field in config.h and one line here. Immutable, any thread.
 */
#pragma once

#include "config/config.h"

enum config_key_type {
	CONFIG_KEY_INT, /* int64_t */
	CONFIG_KEY_BOOL, /* bool */
	CONFIG_KEY_STRING, /* char *; min and max are bytes */
	CONFIG_KEY_WORD, /* int64_t, written as one of `words` */
	CONFIG_KEY_LIST, /* struct config_list of strings; min and max are items */
};

enum {
	CONFIG_KEYS_MAX = 128,
	CONFIG_STRING_BYTES_MAX = 4095, /* PATH_MAX without its NUL */
};

struct config_word {
	const char *word; /* NULL ends an array */
	int64_t value;
};

struct config_key {
	const char *path; /* "group.name" */
	enum config_key_type type;
	size_t offset; /* in struct config */
	int64_t min, max;
	int64_t fallback; /* INT, BOOL, WORD: the default */
	const char *fallback_text; /* STRING: the default; LIST: its one item, or NULL for none */
	const char *unit; /* "" where the type says it all */
	bool live; /* a reload applies it, otherwise a restart */
	const char *help;
	const struct config_word *words; /* WORD; STRING: nothing else is allowed; or NULL */
	/* STRING and each item of a LIST: NULL, or why `value` is wrong. May be NULL. */
	const char *(*check)(const char *value);
	const char *allowed; /* what check wants, for the message */
};

/* All keys, group by group in the order of struct config; *ret_count of them. */
const struct config_key *config_keys(size_t *ret_count);
/* The key of that path, or NULL. */
const struct config_key *config_key_find(const char *path);
/* A key's place in the table. */
size_t config_key_index(const struct config_key *key);
/* Writes what the key allows ("1 to 64 bytes", "open, invite, closed") into buf, cut to size. */
void config_key_allowed(const struct config_key *key, char *buf, size_t size);
