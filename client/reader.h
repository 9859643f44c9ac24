/*
 * Lines out of a descriptor that may be anything: a pipe, a file, a terminal. One read at a time, so
 * that the caller can wait with poll; a line over the limit is skipped and told. Main thread.
 */
#pragma once

#include "base/macros.h"
#include <stdbool.h>
#include <stddef.h>

enum reader_result {
	READER_LINE, /* *ret_line is owned by the caller */
	READER_MORE, /* reader_fill first */
	READER_TOO_LONG, /* a line was left out */
	READER_END,
};

struct reader {
	int fd; /* borrowed */
	size_t line_bytes_max;
	char *bytes; /* owned */
	size_t len, size;
	size_t scanned; /* no newline before */
	size_t line_number;
	bool skipping;
	bool ended;
};

void reader_init(struct reader *r, int fd, size_t line_bytes_max);
void reader_deinit(struct reader *r);
/* One read(2). 0, or a negative errno (-EAGAIN and -EINTR are 0: nothing came). */
int reader_fill(struct reader *r) GC_MUST_CHECK;
/* The next line, without its end (LF or CRLF); r->line_number is its number. */
enum reader_result reader_next(struct reader *r, char **ret_line);
/* A whole line is there already: don't wait for the descriptor. */
bool reader_has_line(struct reader *r);
