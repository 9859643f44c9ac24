/* What the files of this folder share, and no one else: making configurations and messages. */
#pragma once

#include "config/config.h"

/* One thing that is wrong. All borrowed; NULL and line 0: not said. */
struct config_fault {
	const char *file;
	unsigned line;
	const char *key;
	const char *value; /* as written in the file */
	const char *why;
	const char *allowed;
};

/* Adds "file:line: key: value: why (allowed: ...)", control characters made harmless. */
void config_errors_add(struct config_errors *errors, const struct config_fault *fault);
/* All defaults; owned by the caller, ended by config_free. */
struct config *config_new(void);
void config_freep(struct config **config);
