/*
 * How often one may try to sign in or to make an account. Attempts to log in are counted by address and by
 * name; but whoever has signed in from an address before keeps a count of its own there, so that others
 * who guess can't lock it out. New accounts are counted by address. Shard thread.
 */
#pragma once

#include <stdbool.h>

struct call;

/* Counts an attempt to log in as `user`, and notes whether it is known there (call->known). False: the
 * call is answered, with when to try again. */
bool attempts_may_try(struct call *call, const char *user);
/* It was right: known from now on. */
void attempts_know(struct call *call, const char *user);
/* Counts a new account. False: answered. */
bool attempts_may_register(struct call *call);
