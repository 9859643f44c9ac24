/*
 * JSON by jansson. Everything beyond ASCII is written as \u escapes: lossless, and safe on any
 * terminal without changing what a program reads.
 */
#include "ctl/output.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
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
	case FIELD_COUNT:
	case FIELD_BYTES:
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

static json_t *json_of_row(const struct rows *rows, size_t row)
{
	json_t *object = json_object();

	for (size_t i = 0; i < rows->field_count; i++) {
		const struct field *field = &rows->fields[i];
		const char *dot = strchr(field->key, '.');
		(void)json_object_set_new(object_for(object, field->key),
			dot ? dot + 1 : field->key, json_of(field, rows_get(rows, row, i)));
	}
	return object;
}

/* Prints and releases. */
static int dump(const struct output *output, json_t *json, size_t flags)
{
	int r = json ? json_dumpf(json, output->out, flags | JSON_ENSURE_ASCII) : -1;

	json_decref(json);
	(void)fputc('\n', output->out);
	return r == 0 ? 0 : err_raise(-EIO);
}

static int json_list(const struct output *output, const struct rows *rows, const char *noun)
{
	json_t *array = json_array();
	int r = 0;

	(void)noun;
	for (size_t row = 0; r == 0 && row < rows_count(rows); row++) {
		json_t *object = json_of_row(rows, row);
		if (output->format == OUTPUT_JSONL)
			r = dump(output, object, JSON_COMPACT);
		else
			(void)json_array_append_new(array, object);
	}
	if (r == 0 && output->format == OUTPUT_JSON)
		return dump(output, array, JSON_INDENT(JSON_INDENTATION));
	json_decref(array);
	return r < 0 ? err_pass(r) : 0;
}

static int json_record(const struct output *output, const struct rows *rows)
{
	size_t layout =
		output->format == OUTPUT_JSONL ? JSON_COMPACT : JSON_INDENT(JSON_INDENTATION);

	return dump(output, json_of_row(rows, 0), layout);
}

const struct output_face output_json_face = {.list = json_list, .record = json_record};
