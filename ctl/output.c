/* Which face prints what. */
#include "ctl/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/macros.h"

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
