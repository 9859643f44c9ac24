/*
 * Tables by libsmartcols. Each page is a table of its own whose columns are at least as wide as in
 * the pages before, so that a list of any length is printed in the memory of one page.
 */
#include "ctl/output.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/err.h"
#include "base/macros.h"
#include "base/mem.h"

enum {
	COLUMN_GAP = 2, /* "  " */
	OUTPUT_LINE_MAX = 1 << 16, /* columns: no terminal is as wide */
	COLUMN_NARROW =
		24, /* what a text that gives way keeps where details can give way instead */
	COLUMN_LEAST = 6, /* what it keeps in any case */
};

static bool is_number(const struct field *field)
{
	return field->kind == FIELD_COUNT || field->kind == FIELD_BYTES ||
	       field->kind == FIELD_MICROS || field->kind == FIELD_SECONDS;
}

static bool is_text(const struct field *field)
{
	return field->kind == FIELD_TEXT || field->kind == FIELD_LIST;
}

/* ---- widths ---- */

static size_t width_of(const char *text)
{
	size_t width = 0;
	utf8proc_int32_t c = 0;

	while (*text) {
		utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);
		if (n < 1)
			return width + strlen(text);
		width += (size_t)utf8proc_charwidth(c);
		text += n;
	}
	return width;
}

/* What each column would like; the widest of this page and those before. */
static void measure(struct listing *listing, const struct rows *rows)
{
	for (size_t i = 0; i < listing->column_count; i++) {
		size_t field = listing->columns[i];
		size_t *width = &listing->widths[field];
		size_t heading =
			listing->output->legend ? width_of(rows->fields[field].heading) : 1;
		*width = heading > *width ? heading : *width;
		for (size_t row = 0; row < rows_count(rows); row++) {
			char *text = output_text(
				listing->output, &rows->fields[field], rows_get(rows, row, field));
			size_t len = width_of(text);
			*width = len > *width ? len : *width;
			free(text);
		}
	}
}

/* What the table needs at least, its texts as narrow as they may be. */
static size_t least_width(const struct listing *listing)
{
	size_t total = 0;

	for (size_t i = 0; i < listing->column_count; i++) {
		size_t field = listing->columns[i];
		size_t width = listing->widths[field];
		if (is_text(&listing->fields[field]) && width > COLUMN_NARROW)
			width = COLUMN_NARROW;
		total += width + (i ? COLUMN_GAP : 0);
	}
	return total;
}

static void drop_column(struct listing *listing, const char *key, size_t len)
{
	for (size_t i = 0; i < listing->column_count; i++) {
		const char *name = listing->fields[listing->columns[i]].key;
		if (strlen(name) != len || strncmp(name, key, len) != 0)
			continue;
		listing->column_count--;
		(void)memmove(&listing->columns[i], &listing->columns[i + 1],
			(listing->column_count - i) * sizeof(listing->columns[0]));
		listing->left_out++;
		return;
	}
}

/* Leaves details out until the rest fits. */
static void make_room(struct listing *listing)
{
	const char *key = listing->details ? listing->details : "";
	size_t width = listing->output->width;

	while (width > 0 && *key && least_width(listing) > width) {
		size_t len = strcspn(key, ",");
		drop_column(listing, key, len);
		key += len + (key[len] == ',');
	}
}

/* The column that has the most to give, or column_count: none has. */
static size_t widest_text(const struct listing *listing)
{
	size_t best = listing->column_count;
	size_t most = COLUMN_LEAST;

	for (size_t i = 0; i < listing->column_count; i++) {
		size_t field = listing->columns[i];
		bool last = i + 1 == listing->column_count;
		if (!is_text(&listing->fields[field]) || (listing->whole && last) ||
			listing->limits[field] <= most)
			continue;
		most = listing->limits[field];
		best = i;
	}
	return best;
}

/* Shares the width out: the widest texts are cut first. */
static void set_limits(struct listing *listing)
{
	size_t total = 0;

	for (size_t i = 0; i < listing->column_count; i++) {
		size_t field = listing->columns[i];
		bool last = i + 1 == listing->column_count;
		listing->limits[field] = listing->widths[field];
		total += (i ? COLUMN_GAP : 0) +
			 (listing->whole && last ? 0 : listing->widths[field]);
	}
	size_t width = listing->output->width > 0 ? listing->output->width : OUTPUT_LINE_MAX;
	/* What is left over is for longer texts of later pages. */
	for (size_t i = 0; total < width && i < listing->column_count; i++)
		listing->limits[listing->columns[i]] += width - total;
	for (; total > width; total--) {
		size_t widest = widest_text(listing);
		if (widest == listing->column_count)
			return;
		listing->limits[listing->columns[widest]]--;
	}
}

/* How many bytes of the text fit into so many columns. */
static size_t bytes_within(const char *text, size_t width)
{
	size_t bytes = 0;
	size_t columns = 0;
	utf8proc_int32_t c = 0;

	while (text[bytes]) {
		utf8proc_ssize_t n =
			utf8proc_iterate((const utf8proc_uint8_t *)text + bytes, -1, &c);
		columns += n < 1 ? 1 : (size_t)utf8proc_charwidth(c);
		if (columns > width)
			break;
		bytes += n < 1 ? 1 : (size_t)n;
	}
	return bytes;
}

/* ---- the table ---- */

static int add_columns(const struct listing *listing, struct libscols_table *table)
{
	for (size_t i = 0; i < listing->column_count; i++) {
		size_t index = listing->columns[i];
		const struct field *field = &listing->fields[index];
		int flags = is_number(field) ? SCOLS_FL_RIGHT : 0;
		struct libscols_column *column =
			scols_table_new_column(table, field->heading, 0, flags);
		if (!column)
			return err_raise(-ENOMEM);
		if (listing->output->colour)
			(void)scols_cell_set_color(scols_column_get_header(column), "bold");
	}
	return 0;
}

/* Text gives way where a terminal is narrow; a number cut short would lie. */
static void cut(const struct listing *listing, size_t column, char *text)
{
	size_t field = listing->columns[column];
	bool last = column + 1 == listing->column_count;

	if (listing->output->terminal && is_text(&listing->fields[field]) &&
		!(listing->whole && last))
		text[bytes_within(text, listing->limits[field])] = '\0';
}

/* A page's first row makes its columns as wide as they were before: libsmartcols takes hints of
 * width on terminals alone. Takes text over. */
static char *padded(const struct listing *listing, size_t column, char *text)
{
	size_t field = listing->columns[column];
	bool right = is_number(&listing->fields[field]);
	size_t width = width_of(text);
	size_t target = listing->widths[field];
	if (listing->output->terminal && listing->limits[field] < target)
		target = listing->limits[field];
	int blanks = (int)target - (int)width;

	if (blanks <= 0 || (!right && column + 1 == listing->column_count))
		return text;
	size_t size = strlen(text) + (size_t)blanks + 1;
	char *wide = mem_new(size, 1);
	(void)snprintf(
		wide, size, "%*s%s%*s", right ? blanks : 0, "", text, right ? 0 : blanks, "");
	free(text);
	return wide;
}

static int add_row(const struct listing *listing, struct libscols_table *table,
	const struct rows *rows, size_t row)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	for (size_t i = 0; i < listing->column_count; i++) {
		size_t field = listing->columns[i];
		char *text = output_text(
			listing->output, &rows->fields[field], rows_get(rows, row, field));
		if (text[0] == '\0') {
			free(text);
			text = mem_strdup("-");
		}
		cut(listing, i, text);
		if (row == 0)
			text = padded(listing, i, text);
		/* The line owns the text from here on. */
		if (!line || scols_line_refer_data(line, i, text) != 0) {
			free(text);
			return err_raise(-ENOMEM);
		}
	}
	return 0;
}

static void set_up(const struct listing *listing, struct libscols_table *table)
{
	const struct output *output = listing->output;

	(void)scols_table_set_stream(table, output->out);
	(void)scols_table_set_column_separator(table, "  ");
	(void)scols_table_enable_noheadings(table, !output->legend || listing->open);
	(void)scols_table_enable_colors(table, output->colour);
	/* What clean_text let through is for terminals; no second encoding as \x... */
	(void)scols_table_enable_noencoding(table, 1);
	(void)scols_table_set_termforce(
		table, output->terminal ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	/* The widths are ours: a line that is too long all the same is the terminal's to break. */
	(void)scols_table_set_termwidth(table, OUTPUT_LINE_MAX);
}

static int print_table(
	const struct listing *listing, struct libscols_table *table, const struct rows *rows)
{
	int r = add_columns(listing, table);

	set_up(listing, table);
	for (size_t i = 0; r == 0 && i < rows_count(rows); i++)
		r = add_row(listing, table, rows, i);
	if (r < 0)
		return err_pass(r);
	return scols_print_table(table) == 0 ? 0 : err_raise(-EIO);
}

static int table_page(struct listing *listing, const struct rows *rows)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		return err_raise(-ENOMEM);
	measure(listing, rows);
	if (!listing->open) {
		make_room(listing);
		set_limits(listing);
	}
	int r = print_table(listing, table, rows);
	scols_unref_table(table);
	return r < 0 ? err_pass(r) : 0;
}

static int table_end(struct listing *listing)
{
	FILE *out = listing->output->out;

	if (!listing->output->legend)
		return 0;
	(void)fprintf(out, "%s%zu %s%s", listing->open ? "\n" : "", listing->count, listing->noun,
		listing->count == 1 ? "" : "s");
	if (listing->left_out > 0)
		(void)fprintf(out, ", %zu column%s left out for want of width (--columns=all)",
			listing->left_out, listing->left_out == 1 ? "" : "s");
	(void)fputs(".\n", out);
	return 0;
}

const struct output_face output_table_face = {
	.page = table_page, .end = table_end, .record = output_text_record};
