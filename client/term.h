/*
 * The process's terminal: questions and passwords in its ordinary mode, and the raw mode of the line
 * editor, which every way out restores: leaving, suspending, a fatal signal. Main thread.
 */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <stddef.h>

enum {
	TERM_COLUMNS_DEFAULT = 80,
	TERM_ANSWER_BYTES_MAX = 4096,
};

/* "gchat-client: ..." on standard error. */
void term_say(const char *fmt, ...) GC_PRINTF(1, 2);

/* Standard input and standard error are a terminal: a person can be asked. */
bool term_can_ask(void);
/* Asks on standard error and reads one line. NULL at the end of the input. Owned by the caller. */
char *term_ask(const char *question);
/* The same without echo; free it with term_free_secret. */
char *term_ask_secret(const char *question);
/* The first line read from a descriptor, or NULL when there is none. Owned by the caller. */
char *term_read_line(int fd);
/* Wipes and frees. NULL is allowed. */
void term_free_secret(char *secret);

/* Standard input and output are a terminal: there is a person to edit lines. */
bool term_is_interactive(void);
/* It understands the few sequences that the line editor uses. */
bool term_is_ansi(void);
/* Width of the terminal on standard output, > 0. */
int term_columns(void);

/* Keys come one by one and unechoed from here on. Fatal signals and exit() undo it. */
void term_raw_start(bool ansi);
void term_raw_stop(void);
/* Leaves raw mode, stops the process as Ctrl-Z does, and goes on when it is continued. */
void term_suspend(void);

/* From here on INT, TERM, HUP, WINCH and CONT only make the returned descriptor readable. A negative
 * errno where that fails. */
int term_open_signals(void);
/* The number of the next signal from there, or 0. */
int term_next_signal(int fd);
