/* Names of servers and files: what the rest of the library is keyed by. Any thread. */
#pragma once

#include "base/macros.h"
#include "lib/known.h"
#include <stdbool.h>

/* Takes "host", "host:port", "v6" or "[v6]:port" apart: the bare host, and "host:port" with
 * brackets around an IPv6 address. False: it is none of them. */
bool state_parse_server(const char *text, char ret_host[256], char ret_server[KNOWN_SERVER_SIZE]);

/* Makes a folder (0700) and those above it where they are missing. 0 or negative errno. */
int state_make_folder(const char *path) GC_MUST_CHECK;

/* "DIR/KIND-SERVER-USER" with everything but letters, digits, dots and dashes made harmless.
 * Owned: free. */
char *state_path_new(const char *dir, const char *kind, const char *server, const char *user);
/* "DIR/cursors-SERVER-USER.SLOT". Owned: free. */
char *state_cursor_path_new(const char *dir, const char *server, const char *user, unsigned slot);

/* Overwrites and frees a secret, leaves NULL; NULL is allowed. */
void state_wipe(char **secret);
