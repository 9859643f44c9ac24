/*
 * The line being typed: text, cursor, history, and what each key does to them, by user-perceived
 * character. Knows no terminal: it takes keys, and says how the row should look. Main thread.
 */
#pragma once

#include "base/macros.h"
#include "client/keys.h"
#include <stdbool.h>
#include <stddef.h>

enum {
	LINE_BYTES_MAX = 64 * 1024, /* of the draft; more is not taken */
	LINE_HISTORY_MAX = 200,
};

enum line_event {
	LINE_QUIET, /* nothing to show */
	LINE_CHANGED, /* draw it again */
	LINE_SUBMIT, /* take it with line_take */
	LINE_CANCEL, /* Ctrl-C on an empty line */
	LINE_CLOSE, /* Ctrl-D on an empty line */
	LINE_SUSPEND,
	LINE_REPAINT,
	LINE_COMPLETE, /* Tab */
};

struct line {
	struct keys keys;
	char *text; /* owned, NUL-terminated */
	size_t len, size;
	size_t at; /* cursor: between clusters */
	size_t from; /* first byte in view */
	char *history[LINE_HISTORY_MAX]; /* owned, oldest first */
	size_t history_count;
	size_t history_at; /* history_count: the draft */
	char *draft; /* owned: kept while looking at history */
	char *killed; /* owned: what Ctrl-Y brings back */
};

void line_init(struct line *l);
void line_deinit(struct line *l);

/* Takes one byte from the terminal. */
enum line_event line_feed(struct line *l, unsigned char byte);
/* The text, remembered in the history; the line is empty afterwards. Owned by the caller. */
char *line_take(struct line *l);
/* Replaces the draft, with the cursor at the end. */
void line_set(struct line *l, const char *text);
/* Puts text in at the cursor; what has no place in a line is left out. */
void line_insert(struct line *l, const char *text, size_t len);
bool line_is_empty(const struct line *l);

/* The part that fits `columns`, with row ends shown as a sign; *ret_column is the cursor's place
 * in it, from 0. Owned by the caller. */
char *line_view(struct line *l, int columns, int *ret_column);
