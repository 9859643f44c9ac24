/*
 * Asking before something is destroyed. On a terminal the person is asked; where nobody can be,
 * --yes must have been given. One thread.
 */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <stdio.h>

struct command_call;

/* Asks "Delete room lobby with 812 messages? [y/N]" unless --yes was given. EXIT_DONE: go on;
 * EXIT_FAILED: no; EXIT_USAGE: there is nobody to ask. The last two are said. */
int confirm_ask(const struct command_call *call, const char *format, ...)
	GC_PRINTF(2, 3) GC_MUST_CHECK;
/* True: --dry-run was given. Say what would happen; ask and change nothing. */
bool confirm_is_dry_run(const struct command_call *call);

/* One question, answered on `in`; NULL: there is nobody. */
int confirm_read(FILE *in, FILE *err, const char *question) GC_MUST_CHECK;
