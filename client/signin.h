/*
 * Becoming someone: a kept token, a password, a new account, a guest; and the question whether the
 * server is the right one. Passwords come without echo, from a file or a descriptor, never from
 * the command line, and are wiped after use. Exit statuses as in session.h. Main thread.
 */
#pragma once

#include "client/session.h"

/* Gives the session a user and a token, asking where it may. `fresh`: a kept token won't do. */
int signin_run(struct session *s, bool fresh);
/* The token turned out to be void: forgets it. */
void signin_forget(struct session *s);

/* The certificate was refused: shows it and asks. 0: it is trusted now. */
int trust_settle(struct session *s);

/* The sub-commands. */
int signin_login(const struct options *options);
int signin_logout(const struct options *options);
int trust_main(const struct options *options);
