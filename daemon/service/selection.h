/*
 * The first so many of any number of things, without keeping or sorting the others: a heap with the
 * last of those kept on top. For pages of lists that may be long.
 */
#pragma once

#include <stddef.h>

struct selection {
	void **items; /* owned array of borrowed things */
	size_t count;
	size_t max;
	int (*compare)(const void *a, const void *b); /* of two things */
};

void selection_init(
	struct selection *selection, size_t max, int (*compare)(const void *a, const void *b));
void selection_deinit(struct selection *selection);

/* Keeps `item` where it is among the first. Gives back what isn't (any more): it or another one;
 * NULL: nothing. */
void *selection_offer(struct selection *selection, void *item);
/* Puts those kept into their order: after the last offer. */
void selection_sort(struct selection *selection);
