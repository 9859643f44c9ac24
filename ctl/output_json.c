/*
 * JSON by jansson. Everything beyond ASCII is written as \u escapes: lossless, and safe on any
 * terminal without changing what a program reads.
 */
#include "ctl/output.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/macros.h"
#include "ctl/when.h"

enum {
	JSON_ID_BYTES = 24,
	JSON_KEY_BYTES = 32,
	JSON_INDENTATION = 2,
};

static json_t *json_of_list(const char *items)
{
	json_t *array = json_array();

	while (*items) {
		size_t len = strcspn(items, "\n");
		(void)json_array_append_new(array, json_stringn(items, len));
		items += len + (items[len] == '\n');
	}
	return array;
}

static json_t *json_of(const struct field *field, const struct output_value *value)
{
	char buf[WHEN_BYTES];
	char id[JSON_ID_BYTES];

	switch (field->kind) {
	case FIELD_FLAG:
		return json_boolean(value->number);
	case FIELD_COUNT:
	case FIELD_BYTES:
	case FIELD_MICROS:
	case FIELD_SECONDS:
		return json_integer((json_int_t)value->number);
	case FIELD_ID:
		(void)snprintf(id, sizeof(id), "%" PRIu64, value->number);
		return json_string(id);
	case FIELD_TIME:
		return value->number ? json_string(when_rfc3339(value->number, buf)) : json_null();
	case FIELD_LIST:
		return json_of_list(value->text);
	case FIELD_TEXT:
		break;
	}
	return json_string(value->text);
}

/* The object that "a.b" stands in: a, made where it is missing. Borrowed. */
static json_t *object_for(json_t *object, const char *key)
{
	char name[JSON_KEY_BYTES];
	const char *dot = strchr(key, '.');

	if (!dot)
		return object;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(dot - key), key);
	json_t *inner = json_object_get(object, name);
	if (!inner) {
		inner = json_object();
		(void)json_object_set_new(object, name, inner);
	}
	return inner;
}

static void set_field(json_t *object, const struct rows *rows, size_t row, size_t i)
{
	const struct field *field = &rows->fields[i];
	const char *dot = strchr(field->key, '.');

	(void)json_object_set_new(object_for(object, field->key), dot ? dot + 1 : field->key,
		json_of(field, rows_get(rows, row, i)));
}

/* Prints and releases. */
static int dump(const struct output *output, json_t *json, size_t flags)
{
	int r = json ? json_dumpf(json, output->out, flags | JSON_ENSURE_ASCII) : -1;

	json_decref(json);
	return r == 0 ? 0 : err_raise(-EIO);
}

/* An object within an array: jansson indents it as if it stood alone. Releases it. */
static int dump_inner(const struct output *output, json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(JSON_INDENTATION) | JSON_ENSURE_ASCII);

	json_decref(json);
	if (!text)
		return err_raise(-ENOMEM);
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, "\n");
		(void)fprintf(output->out, "%*s%.*s", JSON_INDENTATION, "", (int)len, at);
		at += len;
		if (*at)
			(void)fputc(*at++, output->out);
	}
	free(text);
	return 0;
}

static int json_page(struct listing *listing, const struct rows *rows)
{
	const struct output *output = listing->output;
	int r = 0;

	for (size_t row = 0; r == 0 && row < rows_count(rows); row++) {
		json_t *object = json_object();
		for (size_t i = 0; i < listing->column_count; i++)
			set_field(object, rows, row, listing->columns[i]);
		if (output->format == OUTPUT_JSONL) {
			r = dump(output, object, JSON_COMPACT);
			(void)fputc('\n', output->out);
			continue;
		}
		(void)fputs(listing->open || row > 0 ? ",\n" : "[\n", output->out);
		r = dump_inner(output, object);
	}
	return r < 0 ? err_pass(r) : 0;
}

static int json_end(struct listing *listing)
{
	if (listing->output->format == OUTPUT_JSON)
		(void)fputs(listing->open ? "\n]\n" : "[]\n", listing->output->out);
	return 0;
}

static int json_record(const struct output *output, const struct rows *rows)
{
	size_t layout =
		output->format == OUTPUT_JSONL ? JSON_COMPACT : JSON_INDENT(JSON_INDENTATION);
	json_t *object = json_object();

	for (size_t i = 0; i < rows->field_count; i++)
		set_field(object, rows, 0, i);
	int r = dump(output, object, layout);
	(void)fputc('\n', output->out);
	return r < 0 ? err_pass(r) : 0;
}

const struct output_face output_json_face = {
	.page = json_page, .end = json_end, .record = json_record};
