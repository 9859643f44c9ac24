/* Two configurations differ where their written forms differ. */
#include "config/value.h"

#include "base/mem.h"
#include <string.h>

void config_diff(const struct config *before, const struct config *after,
	void (*fn)(void *arg, const char *key, const char *before, const char *after, bool live),
	void *arg)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	for (size_t i = 0; i < count; i++) {
		GC_CLEANUP(mem_freep) char *old_text = value_text(before, &keys[i]);
		GC_CLEANUP(mem_freep) char *new_text = value_text(after, &keys[i]);
		if (strcmp(old_text, new_text) != 0)
			fn(arg, keys[i].path, old_text, new_text, keys[i].live);
	}
}
