/* A bounded heap, and what is left of it as a heap sort. */
#include "service/selection.h"

#include "base/macros.h"
#include "base/mem.h"

#include <stdlib.h>

void selection_init(
	struct selection *selection, size_t max, int (*compare)(const void *a, const void *b))
{
	GC_ASSERT(max > 0);
	*selection = (struct selection){
		.items = mem_new(max, sizeof(void *)), .max = max, .compare = compare};
}

void selection_deinit(struct selection *selection)
{
	free(selection->items);
	*selection = (struct selection){0};
}

static void swap(struct selection *s, size_t a, size_t b)
{
	void *item = s->items[a];
	s->items[a] = s->items[b];
	s->items[b] = item;
}

static void sift_up(struct selection *s, size_t at)
{
	while (at > 0 && s->compare(s->items[(at - 1) / 2], s->items[at]) < 0) {
		swap(s, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

/* Within the first `count`. */
static void sift_down(struct selection *s, size_t count)
{
	size_t at = 0;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child + 1 < count && s->compare(s->items[child], s->items[child + 1]) < 0)
			child++;
		if (child >= count || s->compare(s->items[at], s->items[child]) >= 0)
			return;
		swap(s, at, child);
		at = child;
	}
}

void *selection_offer(struct selection *s, void *item)
{
	if (s->count < s->max) {
		s->items[s->count++] = item;
		sift_up(s, s->count - 1);
		return NULL;
	}
	void *last = s->items[0];
	if (s->compare(item, last) >= 0)
		return item;
	s->items[0] = item;
	sift_down(s, s->count);
	return last;
}

void selection_sort(struct selection *s)
{
	for (size_t left = s->count; left > 1; left--) {
		swap(s, 0, left - 1);
		sift_down(s, left - 1);
	}
}
