/*
 * What reading the configuration again came to, or would come to: the settings that changed, or
 * everything that is wrong with it. One owner at a time.
 */
#pragma once

#include "base/err.h"
#include "config/config.h"

struct reload_change {
	char *key; /* owned, as all here */
	char *before; /* as the configuration writes it */
	char *after;
	bool live; /* false: needs a restart */
};

struct reload {
	struct reload_change *changes; /* owned */
	size_t count;
	struct config_errors errors; /* none: it is good */
	struct err_text certificate; /* why the certificate was refused, or empty */
};

/* Takes note of a change: the callback of config_diff, with the reload as its argument. */
void reload_add(void *reload, const char *key, const char *before, const char *after, bool live);
/* A zeroed one is allowed. */
void reload_deinit(struct reload *reload);
