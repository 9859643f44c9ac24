/* An order of row numbers is sorted, then the values are moved once. */
#include "ctl/sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/exit.h"
#include "ctl/filter.h"
#include "ctl/options.h"

struct comparison {
	const struct sort *sort;
	const struct rows *rows;
};

static int read_key(
	const char *word, size_t len, const struct rows *shape, struct sort *ret, FILE *err)
{
	bool down = len > 0 && word[0] == '-';

	if (ret->count == SORT_KEYS_MAX) {
		(void)fprintf(err, "gchatctl: --sort: at most %d columns\n", SORT_KEYS_MAX);
		return EXIT_USAGE;
	}
	struct sort_key *key = &ret->keys[ret->count];
	key->down = down;
	if (!filter_find_field(shape, word + down, len - down, &key->field, err))
		return EXIT_USAGE;
	ret->count++;
	return EXIT_DONE;
}

int sort_read(const struct options *options, const struct rows *shape, struct sort *ret, FILE *err)
{
	size_t at = 0;
	const char *given = NULL;

	*ret = (struct sort){0};
	while ((given = options_next(options, "sort", &at))) {
		do {
			size_t len = strcspn(given, ",");
			int r = read_key(given, len, shape, ret, err);
			if (r != EXIT_DONE)
				return r;
			given += len;
		} while (*given++ == ',');
	}
	return EXIT_DONE;
}

/* Text as people sort it: without regard to case, then with it. */
static int compare_values(const struct output_value *a, const struct output_value *b)
{
	if (!a->text)
		return (a->number > b->number) - (a->number < b->number);
	int r = strcasecmp(a->text, b->text);
	return r ? r : strcmp(a->text, b->text);
}

static int compare_rows(const void *left, const void *right, void *arg)
{
	const struct comparison *c = arg;
	size_t a = *(const size_t *)left;
	size_t b = *(const size_t *)right;

	for (size_t i = 0; i < c->sort->count; i++) {
		const struct sort_key *key = &c->sort->keys[i];
		int r = compare_values(
			rows_get(c->rows, a, key->field), rows_get(c->rows, b, key->field));
		if (r != 0)
			return key->down ? -r : r;
	}
	return (a > b) - (a < b);
}

void sort_rows(const struct sort *sort, struct rows *rows)
{
	struct comparison comparison = {.sort = sort, .rows = rows};
	size_t count = rows_count(rows);

	if (sort->count == 0 || count < 2)
		return;
	size_t *order = mem_new(count, sizeof(*order));
	struct output_value *values = mem_new(rows->value_count, sizeof(*values));
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof(*order), compare_rows, &comparison);
	for (size_t i = 0; i < count; i++)
		(void)memcpy(&values[i * rows->field_count],
			&rows->values[order[i] * rows->field_count],
			rows->field_count * sizeof(*values));
	free(order);
	free(rows->values);
	rows->values = values;
	rows->value_size = rows->value_count;
}
