/* The canonical form: for people first, and what it says parses to itself. */
#include "config/value.h"

#include "base/mem.h"
#include <string.h>

enum {
	ALLOWED_BYTES = 256,
};

static void print_key(const struct config *config, const struct config_key *key, FILE *out)
{
	GC_CLEANUP(mem_freep) char *value = value_text(config, key);
	GC_CLEANUP(mem_freep) char *fallback = value_default_text(key);
	char allowed[ALLOWED_BYTES];
	config_key_allowed(key, allowed, sizeof(allowed));
	(void)fprintf(out, "\t# %s.\n", key->help);
	(void)fprintf(out, "\t# (%s; default %s; %s)\n", allowed, fallback,
		key->live ? "a reload applies it" : "needs a restart");
	(void)fprintf(out, "\t%s = %s;\n", strchr(key->path, '.') + 1, value);
}

void config_print(const struct config *config, FILE *out)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	const char *group = "";
	size_t group_len = 0;
	for (size_t i = 0; i < count; i++) {
		const char *path = keys[i].path;
		size_t len = strcspn(path, ".");
		if (len != group_len || strncmp(path, group, len) != 0) {
			(void)fprintf(out, "%s%.*s:\n{\n", i ? "};\n\n" : "", (int)len, path);
			group = path;
			group_len = len;
		}
		print_key(config, &keys[i], out);
	}
	(void)fputs("};\n", out);
}
