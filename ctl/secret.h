/*
 * Passwords and the like: asked for on the terminal without an echo, or read from a file or from
 * standard input; never from the command line, which every user of the machine can read. One thread.
 */
#pragma once

#include "base/macros.h"
#include <stddef.h>

enum {
	SECRET_BYTES_MAX = 1024,
};

struct command_call;

/* Zeroed at the start; secret_wipe, or GC_CLEANUP(secret_wipe), when it was used. */
struct secret {
	char text[SECRET_BYTES_MAX + 2]; /* the line's end is taken off */
};

enum secret_use {
	SECRET_KNOWN, /* asked for once */
	SECRET_NEW, /* asked for twice: nobody sees what is typed */
};

/* Asks for `what` ("New password of ann"), or reads --password-file. EXIT_DONE, or another exit
 * status after saying why. */
int secret_take(const struct command_call *call, const char *what, enum secret_use use,
	struct secret *ret_secret) GC_MUST_CHECK;
void secret_wipe(struct secret *secret);

/* The first line of a file ("-": standard input). EXIT_DONE, EXIT_FAILED or EXIT_USAGE. */
int secret_read_file(const char *path, struct secret *ret_secret) GC_MUST_CHECK;
/* Asks on the terminal. EXIT_DONE; EXIT_FAILED: interrupted, or the two differ. */
int secret_ask(const char *what, enum secret_use use, struct secret *ret_secret) GC_MUST_CHECK;
