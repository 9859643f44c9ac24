/*
 * Other people's text, made harmless. Whatever comes from the server (messages, names, topics,
 * reasons, the sentences of errors, certificate fields) goes through text_clean exactly once, where
 * it enters; nothing else in the client looks at raw text. What comes out holds no control, no
 * terminal sequence, no character that reorders or hides its neighbours; cleaning it again changes
 * nothing, and its size is bounded. Pure functions, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum text_mode {
	TEXT_BODY, /* what people say: may have several rows */
	TEXT_NAME, /* names, topics, reasons, status: one row, and nothing invisible */
	_TEXT_MODE_MAX,
};

enum {
	TEXT_BYTES_MAX =
		64 * 1024, /* what text_clean gives at most; longer text ends in an ellipsis */
	TEXT_CLUSTER_BYTES_MAX = 64, /* one user-perceived character */
	TEXT_NAME_CELLS_MAX = 64, /* columns of a cleaned name */
	TEXT_NAME_BYTES_MAX = 256, /* so that a name fits a buffer */
	TEXT_BODY_MARKS_MAX = 6, /* combining marks on one base */
	TEXT_NAME_MARKS_MAX = 3,
	TEXT_TAB_CELLS = 8,
	TEXT_REPLACEMENT = 0xFFFD,
};

/* Cleans `len` bytes of any kind. The result is UTF-8, NUL-terminated and owned by the caller. Rows
 * of TEXT_BODY are separated by '\n'. */
char *text_clean(enum text_mode mode, const char *data, size_t len);
/* The same for a string; NULL is taken as "". */
char *text_clean_string(enum text_mode mode, const char *text);

/* Length in bytes of the user-perceived character (grapheme cluster) at the start of `text`, > 0
 * when len > 0; *ret_cells (may be NULL) gets its columns, 1 or 2. Bytes that are no UTF-8 count
 * one by one. */
size_t text_cluster(const char *text, size_t len, int *ret_cells);
/* Length of the cluster that ends at `len`. */
size_t text_cluster_before(const char *text, size_t len);
/* Columns that `len` bytes of one row take on a terminal. */
int text_cells(const char *text, size_t len);

/* `json` is a JSON text. Gives the same value with everything of the categories C, Zl and Zp, DEL
 * included, written as \uXXXX, so that showing the stream on a terminal is harmless. Owned by the
 * caller. */
char *text_json_escape(const char *json);
