/*
 * What gchatctl prints: a list of rows or one record, whose fields a handler names once; two faces
 * (text, json) put them on paper. Times are relative on a terminal and RFC 3339 elsewhere; text
 * from others is neutralised in all of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	OUTPUT_FIELDS_MAX = 64, /* of one list or record */
};

enum output_format {
	OUTPUT_TABLE, /* aligned columns */
	OUTPUT_JSON, /* one array or object */
	OUTPUT_JSONL, /* one object a line */
	OUTPUT_PLAIN, /* fields with a tab between them, exact values */
	_OUTPUT_FORMAT_MAX,
};

enum field_kind {
	FIELD_TEXT, /* of our own, or neutralised when it is printed */
	FIELD_COUNT, /* a number in JSON */
	FIELD_ID, /* 64 bits: a string in JSON, which many readers would round */
	FIELD_BYTES, /* "12.3 MiB" in tables, a number in JSON */
	FIELD_TIME, /* microseconds since 1970; 0: none */
	FIELD_LIST, /* text with newlines between the items; an array in JSON */
	FIELD_FLAG, /* yes or no; true or false in JSON */
	FIELD_MICROS, /* a length of time, "1.3 ms" in tables, microseconds in JSON: name it ..._us */
	FIELD_SECONDS, /* the same, "30 days", seconds in JSON: name it ..._s */
};

struct field {
	const char *key; /* in JSON; "a.b" is b within the object a */
	const char *heading; /* of the column, or before the value */
	enum field_kind kind;
};

struct output_value {
	uint64_t number;
	char *text; /* owned, as it came; NULL with numbers */
};

/* Rows of values, in the order of the fields. */
struct rows {
	const struct field *fields; /* borrowed: static */
	size_t field_count;
	struct output_value *values; /* owned: row after row */
	size_t value_count;
	size_t value_size;
};

struct output {
	enum output_format format;
	bool legend; /* headings, and the count after a list */
	bool relative; /* times: a person reads along */
	bool clock; /* times in tables: of the day, here; they are all of just now */
	bool colour;
	bool terminal;
	size_t width; /* of the terminal, columns; 0: none */
	uint64_t now_us;
	FILE *out;
};

/* Finds out about the terminal behind stdout and NO_COLOR. */
struct output output_for_stdout(enum output_format format, bool legend);
/* The format of that name. False: there is none. */
bool output_format_find(const char *name, enum output_format *ret_format);

void rows_init(struct rows *rows, const struct field *fields, size_t field_count);
void rows_deinit(struct rows *rows);
/* The next value; `text` is copied, NULL is empty. */
void rows_text(struct rows *rows, const char *text);
void rows_number(struct rows *rows, uint64_t number);
void rows_flag(struct rows *rows, bool flag);
/* Items joined by newlines, as FIELD_LIST wants them. */
void rows_list(struct rows *rows, char *const *items, size_t count);
/* Forgets the rows and keeps the memory. */
void rows_clear(struct rows *rows);
/* Forgets all rows but the first `count`. */
void rows_cut(struct rows *rows, uint64_t count);
/* Moves all rows of `from` behind those of `rows`. */
void rows_append(struct rows *rows, struct rows *from);
/* Lets two rows change places. */
void rows_swap(struct rows *rows, size_t a, size_t b);
size_t rows_count(const struct rows *rows);
const struct output_value *rows_get(const struct rows *rows, size_t row, size_t field);

/* A list that is printed page by page. */
struct listing {
	const struct output *output; /* borrowed */
	const char *noun; /* "room", with an s for many */
	const struct field *fields; /* borrowed: static */
	size_t field_count;
	size_t columns[OUTPUT_FIELDS_MAX]; /* what is shown: indices of fields, in this order */
	size_t column_count;
	const char *details; /* keys with commas between: what gives way where a terminal is narrow,
				the first ones first; NULL: nothing does */
	size_t widths[OUTPUT_FIELDS_MAX]; /* of tables' columns in the pages before */
	size_t limits
		[OUTPUT_FIELDS_MAX]; /* on a terminal: what a text is cut to, from the first page
					     on, so that all pages look alike */
	bool whole; /* the last column isn't cut: a terminal goes on in the next line */
	size_t count; /* rows printed */
	size_t left_out; /* columns that gave way */
	bool open; /* something was printed */
};

/* A listing of all fields. */
struct listing listing_start(const struct output *output, const char *noun,
	const struct field *fields, size_t field_count);
/* Prints these rows. 0 or -EIO. */
int listing_page(struct listing *listing, const struct rows *rows);
/* Prints what ends a list. 0 or -EIO. */
int listing_end(struct listing *listing);

/* Prints all rows as a list of `noun`s: a listing of one page. 0 or -EIO. */
int output_list(const struct output *output, const struct rows *rows, const char *noun);
/* Prints the only row as a record. 0 or -EIO. */
int output_record(const struct output *output, const struct rows *rows);

/* The value as text, exact in plain rows and handy in tables; safe for a terminal. Owned. */
char *output_text(
	const struct output *output, const struct field *field, const struct output_value *value);

/* The faces: output_table.c, output_text.c and output_json.c. */
struct output_face {
	int (*page)(struct listing *listing, const struct rows *rows);
	int (*end)(struct listing *listing);
	int (*record)(const struct output *output, const struct rows *rows);
};
int output_text_record(const struct output *output, const struct rows *rows);
extern const struct output_face output_table_face;
extern const struct output_face output_plain_face;
extern const struct output_face output_json_face;
