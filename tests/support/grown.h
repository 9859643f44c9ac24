/* An array that grows to hold what is asked for; its new part is zero. One thread. */
#pragma once

#include "base/mem.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* `array` of *size items of `item` bytes, moved where `index` lies beyond it: `size_min` items at
 * least, then twice as many each time. Owned by the caller, as before. */
static inline void *grown(void *array, size_t *size, size_t size_min, uint64_t index, size_t item)
{
	size_t old = *size;
	size_t wanted = old < size_min ? size_min : old;

	if (index < old)
		return array;
	while (wanted <= index)
		wanted *= 2;
	array = mem_grow(array, wanted, item);
	memset((char *)array + old * item, 0, (wanted - old) * item);
	*size = wanted;
	return array;
}
