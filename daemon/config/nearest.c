/* Levenshtein over short names; longer input is compared by its beginning. */
#include "config/nearest.h"

#include "config/schema.h"
#include <string.h>

enum {
	NAME_BYTES = 64, /* longer than any path in the table */
};

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* Insertions, deletions and replacements that turn a into b. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[NAME_BYTES + 1];
	for (size_t k = 0; k <= b_len; k++)
		row[k] = k;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= b_len; k++) {
			size_t above = row[k];
			row[k] =
				min3(row[k] + 1, row[k - 1] + 1, diagonal + (a[i - 1] != b[k - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

static const char *leaf(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot ? dot + 1 : path;
}

const char *nearest_key(const char *path)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	const char *best = keys[0].path;
	size_t best_distance = SIZE_MAX;
	size_t len = strnlen(path, NAME_BYTES);
	for (size_t i = 0; i < count; i++) {
		size_t d = distance(path, len, keys[i].path, strnlen(keys[i].path, NAME_BYTES));
		if (strcmp(leaf(path), leaf(keys[i].path)) == 0)
			d = d ? 1 : 0; /* in the wrong group */
		if (d < best_distance) {
			best_distance = d;
			best = keys[i].path;
		}
	}
	return best;
}

const char *nearest_group(const char *name)
{
	static _Thread_local char best[NAME_BYTES];
	size_t count;
	const struct config_key *keys = config_keys(&count);
	size_t best_distance = SIZE_MAX;
	size_t len = strnlen(name, NAME_BYTES);
	for (size_t i = 0; i < count; i++) {
		size_t group_len = strcspn(keys[i].path, ".");
		size_t d = distance(name, len, keys[i].path, group_len);
		if (d >= best_distance || group_len >= sizeof(best))
			continue;
		best_distance = d;
		memcpy(best, keys[i].path, group_len);
		best[group_len] = '\0';
	}
	return best;
}
