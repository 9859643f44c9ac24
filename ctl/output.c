/* Rows in memory, and which face prints them. */
#include "ctl/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/macros.h"
#include "base/mem.h"

enum {
	ROWS_FIRST_SIZE = 64,
};

static const char *const format_names[_OUTPUT_FORMAT_MAX] = {
	[OUTPUT_TABLE] = "table",
	[OUTPUT_JSON] = "json",
	[OUTPUT_JSONL] = "jsonl",
	[OUTPUT_PLAIN] = "plain",
};

static const struct output_face *const faces[_OUTPUT_FORMAT_MAX] = {
	[OUTPUT_TABLE] = &output_table_face,
	[OUTPUT_JSON] = &output_json_face,
	[OUTPUT_JSONL] = &output_json_face,
	[OUTPUT_PLAIN] = &output_plain_face,
};

bool output_format_find(const char *name, enum output_format *ret_format)
{
	for (size_t i = 0; i < GC_LENGTH(format_names); i++) {
		if (strcmp(name, format_names[i]) == 0) {
			*ret_format = (enum output_format)i;
			return true;
		}
	}
	return false;
}

/* no-color.org: any value but an empty one. */
static bool wants_colour(void)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return !(no_colour && no_colour[0]) && term && strcmp(term, "dumb") != 0;
}

struct output output_for_stdout(enum output_format format, bool legend)
{
	struct winsize size = {0};
	bool terminal = isatty(STDOUT_FILENO) == 1;

	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		size.ws_col = 0;
	return (struct output){
		.format = format,
		.legend = legend,
		.relative = terminal && format == OUTPUT_TABLE,
		.colour = terminal && wants_colour(),
		.terminal = terminal,
		.width = size.ws_col,
		.now_us = clock_wall_us(),
		.out = stdout,
	};
}

void rows_init(struct rows *rows, const struct field *fields, size_t field_count)
{
	GC_ASSERT(field_count <= OUTPUT_FIELDS_MAX);
	*rows = (struct rows){.fields = fields, .field_count = field_count};
}

void rows_clear(struct rows *rows)
{
	for (size_t i = 0; i < rows->value_count; i++)
		free(rows->values[i].text);
	rows->value_count = 0;
}

void rows_cut(struct rows *rows, uint64_t count)
{
	while (rows_count(rows) > count) {
		for (size_t i = 0; i < rows->field_count; i++)
			free(rows->values[--rows->value_count].text);
	}
}

void rows_deinit(struct rows *rows)
{
	rows_clear(rows);
	free(rows->values);
	*rows = (struct rows){0};
}

static struct output_value *next_value(struct rows *rows)
{
	if (rows->value_count == rows->value_size) {
		rows->value_size = rows->value_size ? 2 * rows->value_size : ROWS_FIRST_SIZE;
		rows->values = mem_grow(rows->values, rows->value_size, sizeof(*rows->values));
	}
	struct output_value *value = &rows->values[rows->value_count++];
	*value = (struct output_value){0};
	return value;
}

void rows_text(struct rows *rows, const char *text)
{
	next_value(rows)->text = mem_strdup(text ? text : "");
}

void rows_number(struct rows *rows, uint64_t number)
{
	next_value(rows)->number = number;
}

void rows_flag(struct rows *rows, bool flag)
{
	rows_number(rows, flag ? 1 : 0);
}

void rows_list(struct rows *rows, char *const *items, size_t count)
{
	size_t size = 1;

	for (size_t i = 0; i < count; i++)
		size += strlen(items[i]) + 1;
	char *all = mem_new(size, 1);
	char *end = all;
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			*end++ = '\n';
		end = stpcpy(end, items[i]);
	}
	next_value(rows)->text = all;
}

size_t rows_count(const struct rows *rows)
{
	return rows->value_count / rows->field_count;
}

const struct output_value *rows_get(const struct rows *rows, size_t row, size_t field)
{
	GC_ASSERT(row < rows_count(rows) && field < rows->field_count);
	return &rows->values[row * rows->field_count + field];
}

/* A full disk or a closed pipe must not look like success. */
static int finish(const struct output *output, int r)
{
	if (fflush(output->out) != 0 || ferror(output->out))
		return err_raise(-EIO);
	return r < 0 ? err_pass(r) : 0;
}

struct listing listing_start(const struct output *output, const char *noun,
	const struct field *fields, size_t field_count)
{
	struct listing listing = {
		.output = output, .noun = noun, .fields = fields, .field_count = field_count};

	GC_ASSERT(field_count <= OUTPUT_FIELDS_MAX);
	for (size_t i = 0; i < field_count; i++)
		listing.columns[i] = i;
	listing.column_count = field_count;
	return listing;
}

int listing_page(struct listing *listing, const struct rows *rows)
{
	size_t count = rows_count(rows);

	GC_ASSERT(rows->value_count % rows->field_count == 0);
	if (count == 0)
		return 0;
	int r = faces[listing->output->format]->page(listing, rows);
	listing->open = true;
	listing->count += count;
	return finish(listing->output, r);
}

int listing_end(struct listing *listing)
{
	return finish(listing->output, faces[listing->output->format]->end(listing));
}

int output_list(const struct output *output, const struct rows *rows, const char *noun)
{
	struct listing listing = listing_start(output, noun, rows->fields, rows->field_count);
	int r = listing_page(&listing, rows);

	return r < 0 ? err_pass(r) : listing_end(&listing);
}

int output_record(const struct output *output, const struct rows *rows)
{
	GC_ASSERT(rows_count(rows) == 1);
	return finish(output, faces[output->format]->record(output, rows));
}
