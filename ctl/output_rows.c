/* Rows in memory: one array of values, row after row. */
#include "ctl/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"

enum {
	ROWS_FIRST_SIZE = 64,
};

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

void rows_swap(struct rows *rows, size_t a, size_t b)
{
	struct output_value *left = &rows->values[a * rows->field_count];
	struct output_value *right = &rows->values[b * rows->field_count];

	for (size_t i = 0; a != b && i < rows->field_count; i++) {
		struct output_value value = left[i];
		left[i] = right[i];
		right[i] = value;
	}
}

void rows_append(struct rows *rows, struct rows *from)
{
	for (size_t i = 0; i < from->value_count; i++) {
		struct output_value *value = next_value(rows);
		*value = from->values[i];
		from->values[i].text = NULL;
	}
	from->value_count = 0;
}
