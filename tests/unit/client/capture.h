/* What a tested function writes to a descriptor, and throwaway folders. One at a time. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* From here on what goes to `fd` (1 or 2) is kept instead. */
void capture_start(int fd);
/* All of it since then; `fd` is as before. Owned by the caller. */
char *capture_stop(void);

/* Makes a folder under /tmp; its path is owned by the caller. */
char *scratch_make(void);
/* Removes it with all in it, and frees the path. */
void scratch_remove(char *path);

/* Standard input is a pipe that holds `text`, then ends. */
void feed_input(const char *text);
