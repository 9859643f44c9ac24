/* links: gchat_service */
/* Any bytes as a descriptor set: every symbol of an accepted one is found, with its files. */
#include "service/descriptor.h"
#include "base/macros.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct descriptor_file *files[DESCRIPTOR_FILES_MAX];
	struct descriptor_set *set = descriptor_set_new(data, size);
	if (!set)
		return 0;
	for (size_t i = 0; i < set->symbol_count; i++) {
		GC_ASSERT(descriptor_find_symbol(set, set->symbols[i].name));
		GC_ASSERT(set->symbols[i].file < set->file_count);
	}
	for (size_t i = 0; i < set->file_count; i++) {
		size_t count = descriptor_collect(set, &set->files[i], files);
		GC_ASSERT(count >= 1 && count <= set->file_count);
		GC_ASSERT(descriptor_find_file(set, set->files[i].name));
	}
	descriptor_set_free(set);
	return 0;
}
