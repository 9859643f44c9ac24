/* Metadata pairs. */
#include "rpc/metadata.h"

#include <grpc/slice.h>
#include <string.h>

bool metadata_get(const grpc_metadata_array *array, const char *key, char *buf, size_t size)
{
	for (size_t i = 0; i < array->count; i++) {
		const grpc_metadata *pair = &array->metadata[i];
		if (grpc_slice_str_cmp(pair->key, key) != 0)
			continue;
		size_t len = GRPC_SLICE_LENGTH(pair->value);
		if (len >= size)
			return false;
		memcpy(buf, GRPC_SLICE_START_PTR(pair->value), len);
		buf[len] = '\0';
		return true;
	}
	return false;
}

grpc_metadata metadata_make(const char *key, const char *value)
{
	return (grpc_metadata){.key = grpc_slice_from_static_string(key),
		.value = grpc_slice_from_copied_string(value)};
}

void metadata_unref(grpc_metadata *pair)
{
	grpc_slice_unref(pair->value);
}
