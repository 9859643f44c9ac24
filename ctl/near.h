/* Which of many words was meant by a mistyped one. Any thread. */
#pragma once

#include <stddef.h>

enum {
	NEAR_WORD_BYTES = 64, /* what is typed beyond this is near nothing */
	NEAR_EDITS_MAX = 3, /* between a mistyped word and a suggestion */
};

struct near {
	const char *typed; /* borrowed */
	size_t edits; /* of the best so far */
	const char *word; /* the best so far, borrowed; NULL: nothing is near */
};

/* A search for what `typed` may have meant. */
struct near near_start(const char *typed);
/* Looks at one word; NULL is nobody's. */
void near_consider(struct near *near, const char *word);
