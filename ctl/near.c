/* Levenshtein's distance: few words, all short. */
#include "ctl/near.h"

#include <string.h>

struct near near_start(const char *typed)
{
	return (struct near){.typed = typed, .edits = NEAR_EDITS_MAX + 1};
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Both are shorter than NEAR_WORD_BYTES. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NEAR_WORD_BYTES];
	size_t b_len = strlen(b);

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];
			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

void near_consider(struct near *near, const char *word)
{
	if (!word || strlen(word) >= NEAR_WORD_BYTES || strlen(near->typed) >= NEAR_WORD_BYTES)
		return;
	size_t edits = distance(near->typed, word);
	/* A short word is near everything: more must stay than changes. */
	if (edits < near->edits && edits < strlen(word)) {
		near->edits = edits;
		near->word = word;
	}
}
