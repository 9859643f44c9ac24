/* A growing list of changes. */
#include "service/reload.h"

#include "base/mem.h"

#include <stdlib.h>

void reload_add(void *arg, const char *key, const char *before, const char *after, bool live)
{
	struct reload *reload = arg;
	reload->changes = mem_grow(reload->changes, reload->count + 1, sizeof(*reload->changes));
	reload->changes[reload->count++] = (struct reload_change){.key = mem_strdup(key),
		.before = mem_strdup(before),
		.after = mem_strdup(after),
		.live = live};
}

void reload_deinit(struct reload *reload)
{
	for (size_t i = 0; i < reload->count; i++) {
		free(reload->changes[i].key);
		free(reload->changes[i].before);
		free(reload->changes[i].after);
	}
	free(reload->changes);
	config_errors_deinit(&reload->errors);
	*reload = (struct reload){0};
}
