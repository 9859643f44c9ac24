/* links: gchat_client_core gchat_lib */
/* Any bytes through the cleaner: bounded, stable, and no control left. */
#include "client/text.h"
#include "base/macros.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(enum text_mode mode, const char *data, size_t size)
{
	char *once = text_clean(mode, data, size);
	size_t len = strlen(once);
	GC_ASSERT(len <= TEXT_BYTES_MAX);
	for (size_t i = 0; i < len; i++)
		GC_ASSERT((unsigned char)once[i] >= ' ' || (once[i] == '\n' && mode == TEXT_BODY));
	char *twice = text_clean(mode, once, len);
	GC_ASSERT(strcmp(once, twice) == 0);
	GC_ASSERT(mode == TEXT_BODY || text_cells(once, len) <= TEXT_NAME_CELLS_MAX);
	char *json = text_json_escape(once);
	free(json);
	free(twice);
	free(once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(TEXT_BODY, (const char *)data, size);
	check(TEXT_NAME, (const char *)data, size);
	return 0;
}
