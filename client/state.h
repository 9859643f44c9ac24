/*
 * What the client keeps between runs, in one folder of the user ($XDG_STATE_HOME/gchat): for each
 * server the last user name and room and the tokens, and which server came last. Small files of one
 * value, 0600, replaced at once; the folders are 0700. The library keeps its own files (known
 * servers, outbox) in the same folder. Main thread.
 */
#pragma once

#include "base/err.h"

struct state {
	char *dir; /* owned */
};

/* Finds and makes the folder; `dir` NULL: the user's own. 0, or a negative errno with `why`. */
int state_open(struct state *s, const char *dir, struct err_text *why) GC_MUST_CHECK;
void state_deinit(struct state *s);

/* "Chat.Example" -> "chat.example:7443". Owned by the caller. */
char *state_server_key(const char *server);

/* The value `name` of a server (NULL: of no server), or NULL where there is none. Owned by the
 * caller, without the newline at its end. */
char *state_get(const struct state *s, const char *server, const char *name);
/* 0 or a negative errno. */
int state_set(const struct state *s, const char *server, const char *name,
	const char *value) GC_MUST_CHECK;
void state_forget(const struct state *s, const char *server, const char *name);

/* The same for the token of a user. */
char *state_get_token(const struct state *s, const char *server, const char *user);
int state_set_token(const struct state *s, const char *server, const char *user,
	const char *token) GC_MUST_CHECK;
void state_forget_token(const struct state *s, const char *server, const char *user);
