/* Values as text; records with labels; plain rows with tabs. */
#include "ctl/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/err.h"
#include "base/macros.h"
#include "base/mem.h"
#include "ctl/clean.h"
#include "ctl/when.h"

enum {
	NUMBER_BYTES = 32,
	BYTES_PER_STEP = 1024,
	SECONDS_PER_MINUTE = 60,
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

static char *text_of_micros(uint64_t us)
{
	char buf[DURATION_BYTES];

	if (us >= (uint64_t)CLOCK_US_PER_S * SECONDS_PER_MINUTE)
		return mem_strdup(duration_print(us / CLOCK_US_PER_S, buf));
	if (us >= CLOCK_US_PER_S)
		(void)snprintf(buf, sizeof(buf), "%.1f s", (double)us / CLOCK_US_PER_S);
	else
		(void)snprintf(buf, sizeof(buf), "%.1f ms", (double)us / CLOCK_US_PER_MS);
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
	if (output->clock)
		return mem_strdup(when_clock(time_us, buf));
	return mem_strdup(output->relative ? when_relative(time_us, output->now_us, buf)
					   : when_rfc3339(time_us, buf));
}

/* Items stand on separate lines in the value; clean_text leaves a space where one ended. */
static char *text_of_list(const char *items)
{
	return clean_text(items);
}

char *output_text(
	const struct output *output, const struct field *field, const struct output_value *value)
{
	char buf[DURATION_BYTES];
	bool exact = output->format == OUTPUT_PLAIN;

	switch (field->kind) {
	case FIELD_FLAG:
		return mem_strdup(value->number ? "yes" : "no");
	case FIELD_MICROS:
		return exact ? text_of_number(value->number) : text_of_micros(value->number);
	case FIELD_SECONDS:
		return exact ? text_of_number(value->number)
			     : mem_strdup(duration_print(value->number, buf));
	case FIELD_BYTES:
		return exact ? text_of_number(value->number) : text_of_bytes(value->number);
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

/* ---- records ---- */

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

int output_text_record(const struct output *output, const struct rows *rows)
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
		char *text = output_text(output, &rows->fields[i], value);
		if (text[0])
			print_labelled(output, rows->fields[i].heading, width, text);
		free(text);
	}
	return 0;
}

/* ---- plain ---- */

static void plain_headings(const struct listing *listing)
{
	for (size_t i = 0; i < listing->column_count; i++)
		(void)fprintf(listing->output->out, "%s%s", i ? "\t" : "",
			listing->fields[listing->columns[i]].key);
	(void)fputc('\n', listing->output->out);
}

static int plain_page(struct listing *listing, const struct rows *rows)
{
	const struct output *output = listing->output;

	if (!listing->open && output->legend)
		plain_headings(listing);
	for (size_t row = 0; row < rows_count(rows); row++) {
		for (size_t i = 0; i < listing->column_count; i++) {
			size_t field = listing->columns[i];
			char *text = output_text(
				output, &rows->fields[field], rows_get(rows, row, field));
			(void)fprintf(output->out, "%s%s", i ? "\t" : "", text);
			free(text);
		}
		(void)fputc('\n', output->out);
	}
	return 0;
}

static int plain_end(struct listing *listing)
{
	if (!listing->open && listing->output->legend)
		plain_headings(listing);
	return 0;
}

static int plain_record(const struct output *output, const struct rows *rows)
{
	for (size_t i = 0; i < rows->field_count; i++) {
		char *text = output_text(output, &rows->fields[i], rows_get(rows, 0, i));
		(void)fprintf(output->out, "%s\t%s\n", rows->fields[i].key, text);
		free(text);
	}
	return 0;
}

const struct output_face output_plain_face = {
	.page = plain_page, .end = plain_end, .record = plain_record};
