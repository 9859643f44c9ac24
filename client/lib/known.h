/*
 * The known-servers file: one line a server, "host:port sha256:HEX", pinned on first use. Replaced
 * at once under a lock, so that several clients can share it. Any thread.
 */
#pragma once

#include "base/macros.h"
#include "lib/gchat.h"
#include <stdbool.h>

enum {
	KNOWN_FILE_BYTES_MAX = 1024 * 1024,
	KNOWN_SERVER_SIZE = 300, /* host:port and a NUL */
};

/* Brings a fingerprint to 64 lower-case digits; "sha256:" before it, colons and spaces are allowed.
 * False: it isn't one. */
bool known_parse_fingerprint(const char *text, char ret[GCHAT_FINGERPRINT_SIZE]);

/* The fingerprint pinned for `server`. 1: found; 0: none; or the negative errno of the file. */
int known_find(
	const char *path, const char *server, char ret[GCHAT_FINGERPRINT_SIZE]) GC_MUST_CHECK;

/* Pins `fingerprint` for `server` in place of any other. 0 or negative errno. */
int known_pin(const char *path, const char *server, const char *fingerprint) GC_MUST_CHECK;
