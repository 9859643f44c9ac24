/* Each key with its value and where that was set. */
#include "config/value.h"

#include "base/mem.h"

void config_each(const struct config *config, void (*fn)(void *arg, const struct config_item *item),
	void *arg)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	for (size_t i = 0; i < count; i++) {
		GC_CLEANUP(mem_freep) char *value = value_text(config, &keys[i]);
		GC_CLEANUP(mem_freep) char *fallback = value_default_text(&keys[i]);
		const char *source = config->sources ? config->sources[i] : NULL;
		fn(arg, &(struct config_item){.key = keys[i].path,
				.value = value,
				.fallback = fallback,
				.source = source ? source : "default",
				.help = keys[i].help,
				.live = keys[i].live});
	}
}
