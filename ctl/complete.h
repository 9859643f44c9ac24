/*
 * What may come next on gchatctl's command line, for the completions of bash, zsh and fish: commands
 * and options from their tables, rooms and users from the running daemon (for a moment; silently
 * nothing where it doesn't answer). One thread.
 */
#pragma once

#include <stdio.h>

/* `words` are those behind "gchatctl", the last one being typed ("" where none is begun). Prints a
 * candidate a line, with a tab and a description where there is one; ":files" where files are meant. */
void complete_print(char *const *words, int count, FILE *out);
