/* Tables by libsmartcols, and plain rows with tabs. */
#include "ctl/output.h"

#include <errno.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/macros.h"
#include "base/mem.h"
#include "ctl/clean.h"
#include "ctl/when.h"

enum {
	NUMBER_BYTES = 32,
	BYTES_PER_STEP = 1024,
	LABEL_GAP = 2, /* ": " */
};

static char *text_of_bytes(uint64_t bytes)
{
	static const char *const steps[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	char buf[NUMBER_BYTES];
	double value = (double)bytes;
	size_t step = 0;

	while (value >= BYTES_PER_STEP && step + 1 < GC_LENGTH(steps)) {
		value /= BYTES_PER_STEP;
		step++;
	}
	(void)snprintf(buf, sizeof(buf), step ? "%.1f %s" : "%.0f %s", value, steps[step]);
	return mem_strdup(buf);
}

static char *text_of_number(uint64_t number)
{
	char buf[NUMBER_BYTES];

	(void)snprintf(buf, sizeof(buf), "%" PRIu64, number);
	return mem_strdup(buf);
}

static char *text_of_time(const struct output *output, uint64_t time_us)
{
	char buf[WHEN_BYTES];

	if (time_us == 0)
		return mem_strdup("");
	return mem_strdup(output->relative ? when_relative(time_us, output->now_us, buf)
					   : when_rfc3339(time_us, buf));
}

/* Items stand on separate lines in the value; clean_text leaves a space where one ended. */
static char *text_of_list(const char *items)
{
	return clean_text(items);
}

/* Exact for plain rows, handy for tables. Owned. */
static char *text_of(
	const struct output *output, const struct field *field, const struct output_value *value)
{
	switch (field->kind) {
	case FIELD_BYTES:
		return output->format == OUTPUT_PLAIN ? text_of_number(value->number)
						      : text_of_bytes(value->number);
	case FIELD_COUNT:
	case FIELD_ID:
		return text_of_number(value->number);
	case FIELD_TIME:
		return text_of_time(output, value->number);
	case FIELD_LIST:
		return text_of_list(value->text);
	case FIELD_TEXT:
		break;
	}
	return clean_text(value->text);
}

static bool is_number(const struct field *field)
{
	return field->kind == FIELD_COUNT || field->kind == FIELD_BYTES;
}

/* ---- tables ---- */

static int add_columns(
	const struct output *output, struct libscols_table *table, const struct rows *rows)
{
	for (size_t i = 0; i < rows->field_count; i++) {
		const struct field *field = &rows->fields[i];
		int flags = is_number(field) ? SCOLS_FL_RIGHT : 0;
		/* The last column gives way first where a terminal is narrow. */
		if (output->terminal && i + 1 == rows->field_count)
			flags |= SCOLS_FL_TRUNC;
		struct libscols_column *column =
			scols_table_new_column(table, field->heading, 0, flags);
		if (!column)
			return err_raise(-ENOMEM);
		if (output->colour)
			(void)scols_cell_set_color(scols_column_get_header(column), "bold");
	}
	return 0;
}

static int add_row(const struct output *output, struct libscols_table *table,
	const struct rows *rows, size_t row)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	for (size_t i = 0; i < rows->field_count; i++) {
		char *text = text_of(output, &rows->fields[i], rows_get(rows, row, i));
		if (text[0] == '\0') {
			free(text);
			text = mem_strdup("-");
		}
		/* The line owns the text from here on. */
		if (!line || scols_line_refer_data(line, i, text) != 0) {
			free(text);
			return err_raise(-ENOMEM);
		}
	}
	return 0;
}

static void set_up(const struct output *output, struct libscols_table *table)
{
	(void)scols_table_set_stream(table, output->out);
	(void)scols_table_set_column_separator(table, "  ");
	(void)scols_table_enable_noheadings(table, !output->legend);
	(void)scols_table_enable_colors(table, output->colour);
	/* What clean_text let through is for terminals; no second encoding as \x... */
	(void)scols_table_enable_noencoding(table, 1);
	(void)scols_table_set_termforce(
		table, output->terminal ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (output->width > 0)
		(void)scols_table_set_termwidth(table, output->width);
}

static int print_table(
	const struct output *output, struct libscols_table *table, const struct rows *rows)
{
	int r = add_columns(output, table, rows);

	set_up(output, table);
	for (size_t i = 0; r == 0 && i < rows_count(rows); i++)
		r = add_row(output, table, rows, i);
	if (r < 0)
		return err_pass(r);
	return scols_print_table(table) == 0 ? 0 : err_raise(-EIO);
}

static int text_list(const struct output *output, const struct rows *rows, const char *noun)
{
	size_t count = rows_count(rows);
	struct libscols_table *table = scols_new_table();
	int r = table ? 0 : err_raise(-ENOMEM);

	if (r == 0 && count > 0)
		r = print_table(output, table, rows);
	scols_unref_table(table);
	if (r == 0 && output->legend)
		(void)fprintf(output->out, "%s%zu %s%s.\n", count ? "\n" : "", count, noun,
			count == 1 ? "" : "s");
	return r < 0 ? err_pass(r) : 0;
}

/* "      Version: 0.1.0"; a list has its items below each other. */
static void print_labelled(const struct output *output, const char *label, int width, char *text)
{
	const char *bold = output->colour ? "\033[1m" : "";
	const char *plain = output->colour ? "\033[0m" : "";

	(void)fprintf(output->out, "%s%*s%s%s%s\n", bold, width, label, plain,
		label[0] ? ": " : "  ", text);
}

static void print_items(
	const struct output *output, const struct field *field, int width, const char *items)
{
	const char *label = field->heading;

	while (*items) {
		size_t len = strcspn(items, "\n");
		char *item = mem_dup(items, len + 1);
		item[len] = '\0';
		char *text = clean_text(item);
		print_labelled(output, label, width, text);
		free(text);
		free(item);
		label = "";
		items += len + (items[len] == '\n');
	}
}

static int text_record(const struct output *output, const struct rows *rows)
{
	int width = 0;

	for (size_t i = 0; i < rows->field_count; i++) {
		int len = (int)strlen(rows->fields[i].heading);
		width = len > width ? len : width;
	}
	for (size_t i = 0; i < rows->field_count; i++) {
		const struct output_value *value = rows_get(rows, 0, i);
		if (rows->fields[i].kind == FIELD_LIST) {
			print_items(output, &rows->fields[i], width, value->text);
			continue;
		}
		char *text = text_of(output, &rows->fields[i], value);
		if (text[0])
			print_labelled(output, rows->fields[i].heading, width, text);
		free(text);
	}
	return 0;
}

const struct output_face output_text_face = {.list = text_list, .record = text_record};

/* ---- plain ---- */

static int plain_list(const struct output *output, const struct rows *rows, const char *noun)
{
	(void)noun;
	for (size_t i = 0; output->legend && i < rows->field_count; i++)
		(void)fprintf(output->out, "%s%s", i ? "\t" : "", rows->fields[i].key);
	if (output->legend)
		(void)fputc('\n', output->out);
	for (size_t row = 0; row < rows_count(rows); row++) {
		for (size_t i = 0; i < rows->field_count; i++) {
			char *text = text_of(output, &rows->fields[i], rows_get(rows, row, i));
			(void)fprintf(output->out, "%s%s", i ? "\t" : "", text);
			free(text);
		}
		(void)fputc('\n', output->out);
	}
	return 0;
}

static int plain_record(const struct output *output, const struct rows *rows)
{
	for (size_t i = 0; i < rows->field_count; i++) {
		char *text = text_of(output, &rows->fields[i], rows_get(rows, 0, i));
		(void)fprintf(output->out, "%s\t%s\n", rows->fields[i].key, text);
		free(text);
	}
	return 0;
}

const struct output_face output_plain_face = {.list = plain_list, .record = plain_record};
