/*
 * Takes one setting of libconfig's tree into a configuration, or says why not. Only parse.c may
 * include this; one parse is one thread's.
 */
#pragma once

#include "config/schema.h"
#include <libconfig.h>

struct parse {
	struct config *config; /* owned */
	const char *name; /* borrowed: stands for text without a file in messages */
	struct config_errors *errors;
	/* By index in the table: where each key was set (borrowed from the tree), and whether its
	 * value was refused. */
	const config_setting_t *set[CONFIG_KEYS_MAX];
	bool refused[CONFIG_KEYS_MAX];
};

/* Sets the key from `setting`; otherwise adds an error and the key keeps its default. Nothing for a
 * key that is refused already. */
void take(struct parse *p, const config_setting_t *setting, const struct config_key *key);
/* Adds an error about `setting`; NULL: the key is not in the file. `allowed` may be NULL. */
void take_fail(struct parse *p, const config_setting_t *setting, const char *path, const char *why,
	const char *allowed);
