/*
 * From nothing to a server that has let us in, the same for all ways of use: the folder of the
 * state, the library's client, the certificate, the account, the stream. Says what went wrong on
 * standard error; functions that return `int` here give an exit status, 0 being success. Main
 * thread.
 */
#pragma once

#include "client/options.h"
#include "client/state.h"
#include "lib/gchat.h"

struct session {
	const struct options *options; /* borrowed */
	struct state state;
	struct gchat *g; /* owned */
	char *server; /* owned: "host:port" */
	char *user; /* owned: who we are; NULL: not known yet */
	char *token; /* owned, a secret; NULL: not signed in */
	bool by_certificate; /* signed in without a token */
};

/* What a session is opened for. */
struct session_wish {
	bool presence; /* and typing, profiles, members */
};

/* Opens state and client; asks for the server where there is none. */
int session_open(struct session *s, const struct options *options, const struct session_wish *wish);
void session_close(struct session *s);

/* Starts the stream and waits for the welcome, settling what a person can settle on the way.
 * *ret_welcome is owned (gchat_free). `cursors` may be NULL. */
int session_start(struct session *s, const struct gchat_cursor *cursors, size_t cursor_count,
	struct gchat_event **ret_welcome);

/* A call or the stream was refused with `error` (already filled by fault_fill). 0: settled, try
 * again; else the exit status, and it was said why. */
int session_settle(struct session *s, const struct gchat_error *error);
/* Says what happened and gives the exit status. */
int session_give_up(const struct session *s, const struct gchat_error *error);

/* Finds a room by name ("#name" or "name"), or that of two with "@user". *ret is owned. 0,
 * or a return of the library with *ret_error filled. */
int session_find_room(struct session *s, const char *name, struct gchat_room **ret,
	struct gchat_error *ret_error);
/* The same, trying again after what session_settle settles. An exit status. */
int session_need_room(struct session *s, const char *name, struct gchat_room **ret);
/* Joins a room by name and waits for the reply. An exit status. After session_start. */
int session_join(struct session *s, const char *name);
