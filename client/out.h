/*
 * Standard output, line by line. Whoever reads it may go away at any time: that ends the program
 * quietly. Main thread.
 */
#pragma once

#include <stddef.h>

/* Writes and flushes; does not return where nobody reads any more (exit status 0) or the write
 * fails otherwise (74). */
void out_write(const char *text, size_t len);
/* The same for a string and a newline. */
void out_line(const char *text);
