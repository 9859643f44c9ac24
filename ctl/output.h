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
size_t rows_count(const struct rows *rows);
const struct output_value *rows_get(const struct rows *rows, size_t row, size_t field);

/* Prints all rows as a list of `noun`s ("room", with an s for many). 0 or -EIO. */
int output_list(const struct output *output, const struct rows *rows, const char *noun);
/* Prints the only row as a record. 0 or -EIO. */
int output_record(const struct output *output, const struct rows *rows);

/* The faces, output_text.c and output_json.c. */
struct output_face {
	int (*list)(const struct output *output, const struct rows *rows, const char *noun);
	int (*record)(const struct output *output, const struct rows *rows);
};
extern const struct output_face output_text_face;
extern const struct output_face output_plain_face;
extern const struct output_face output_json_face;
