/*
 * What went wrong, said in one way everywhere: the library's returns as reason and sentence
 * (neutralised here, where they enter), and as the program's exit status after sysexits.h. Any
 * thread.
 */
#pragma once

#include "lib/gchat.h"

/* Makes `error` complete and clean: a local errno `r` other than -EIO becomes reason and message,
 * an error of the server gets its text neutralised. Call it once for each error. */
void fault_fill(struct gchat_error *error, int r);
/* The exit status for an error: 65, 69, 70, 75, 76, 77. */
int fault_exit(const struct gchat_error *error);
/* True where signing in again could help. */
bool fault_is_sign_in(const struct gchat_error *error);
/* True where it is the server's certificate. */
bool fault_is_certificate(const struct gchat_error *error);
