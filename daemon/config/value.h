/*
 * One setting of one configuration, reached through the table: how it is set, freed and written.
 * Owner's thread for what changes, any thread for what reads.
 */
#pragma once

#include "config/schema.h"

/* Gives the key its default. */
void value_set_default(struct config *config, const struct config_key *key);
/* INT, BOOL, WORD. */
void value_set_int(struct config *config, const struct config_key *key, int64_t value);
/* STRING: copies `value`. */
void value_set_string(struct config *config, const struct config_key *key, const char *value);
/* LIST: forgets all items; adds a copy of one (at most CONFIG_LIST_MAX, asserted). */
void value_clear_list(struct config *config, const struct config_key *key);
void value_add_item(struct config *config, const struct config_key *key, const char *item);
/* Frees what the key holds; the key is then empty, not at its default. */
void value_deinit(struct config *config, const struct config_key *key);

/* The value, or the default, as the configuration file writes it. Owned by the caller. */
char *value_text(const struct config *config, const struct config_key *key) GC_MUST_CHECK;
char *value_default_text(const struct config_key *key) GC_MUST_CHECK;
/* Writes `text` as a string literal, quotes and escapes included. */
void value_write_string(FILE *out, const char *text);
