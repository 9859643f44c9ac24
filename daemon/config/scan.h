/*
 * A look at the text before libconfig reads it, for what libconfig 1.5 gets wrong without a word:
 * a number beyond 32 bits is cut to 32, and including a folder ends the process. Any thread.
 */
#pragma once

#include "config/schema.h"

enum {
	SCAN_FILE_BYTES_MAX = 1024 * 1024, /* one configuration file */
	SCAN_INCLUDE_DEPTH = 10, /* libconfig's own limit, which it reports */
};

/* Scans the file and what it includes, relative names from `folder`. Adds an error for each file
 * that cannot be read and each number that does not fit, and marks the keys of those in `refused`,
 * by index in the table. False: libconfig must not read it. */
bool scan_file(const char *path, const char *folder, bool refused[CONFIG_KEYS_MAX],
	struct config_errors *errors);
/* Scans text that must not include anything. */
void scan_text(const char *text, const char *name, bool refused[CONFIG_KEYS_MAX],
	struct config_errors *errors);
