/* Which settings may come as credentials, and where they lie. */
#include "config/credential.h"

#include "config/config_priv.h"
#include "config/value.h"

#include "base/mem.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const SETTINGS[] = {
	"tls.certificate", "tls.key", "tls.client_ca", "tls.client_crl"};

static const char *folder(void)
{
	const char *path = getenv("CREDENTIALS_DIRECTORY");
	return path && path[0] == '/' ? path : NULL;
}

static void fill(struct config *config, const struct config_key *key, const char *path)
{
	GC_CLEANUP(mem_freep) char *text = value_text(config, key);
	GC_CLEANUP(mem_freep) char *empty = value_default_text(key);
	size_t count;
	if (strcmp(text, empty) != 0)
		return;
	value_set_string(config, key, path);
	(void)config_keys(&count);
	if (!config->sources)
		config->sources = mem_new(count, sizeof(*config->sources));
	char **source = &config->sources[config_key_index(key)];
	free(*source);
	*source = mem_strdup("credential");
}

void credential_fill(struct config *config)
{
	char path[PATH_MAX];
	for (size_t i = 0; folder() && i < GC_LENGTH(SETTINGS); i++) {
		int n = snprintf(path, sizeof(path), "%s/gchatd.%s", folder(), SETTINGS[i]);
		if (n < (int)sizeof(path) && access(path, F_OK) == 0)
			fill(config, config_key_find(SETTINGS[i]), path);
	}
}

bool credential_is(const char *path)
{
	const char *where = folder();
	size_t len = where ? strlen(where) : 0;
	return where && strncmp(path, where, len) == 0 && path[len] == '/';
}
