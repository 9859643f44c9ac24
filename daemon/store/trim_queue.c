/* A ring that doubles. */
#include "store/trim_queue.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	SIZE_MIN = 64,
};

static void grow(struct trim_queue *queue)
{
	size_t size = queue->size ? 2 * queue->size : SIZE_MIN;
	struct trim *items = mem_new(size, sizeof(*items));
	for (size_t i = 0; i < queue->count; i++)
		items[i] = queue->items[(queue->first + i) % queue->size];
	free(queue->items);
	*queue = (struct trim_queue){.items = items, .size = size, .count = queue->count};
}

bool trim_queue_push(struct trim_queue *queue, struct trim trim, size_t max)
{
	if (queue->count >= max)
		return false;
	if (queue->count == queue->size)
		grow(queue);
	queue->items[(queue->first + queue->count) % queue->size] = trim;
	queue->count++;
	return true;
}

bool trim_queue_take(struct trim_queue *queue, struct trim *ret_trim)
{
	if (queue->count == 0)
		return false;
	*ret_trim = queue->items[queue->first];
	queue->first = (queue->first + 1) % queue->size;
	queue->count--;
	return true;
}

void trim_queue_forget(struct trim_queue *queue, uint64_t log)
{
	for (size_t i = 0; i < queue->count; i++) {
		struct trim *trim = &queue->items[(queue->first + i) % queue->size];
		if (trim->log == log)
			trim->floor = 0;
	}
}

void trim_queue_deinit(struct trim_queue *queue)
{
	free(queue->items);
	*queue = (struct trim_queue){0};
}
