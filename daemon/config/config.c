/* The life of a configuration and of the list of what is wrong with one. */
#include "config/check.h"
#include "config/config_priv.h"
#include "config/value.h"

#include "base/mem.h"
#include <stdlib.h>

struct config *config_new(void)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	struct config *config = mem_new(1, sizeof(*config));
	for (size_t i = 0; i < count; i++)
		value_set_default(config, &keys[i]);
	return config;
}

struct config *config_free(struct config *config)
{
	if (!config)
		return NULL;
	size_t count;
	const struct config_key *keys = config_keys(&count);
	for (size_t i = 0; i < count; i++) {
		value_deinit(config, &keys[i]);
		if (config->sources)
			free(config->sources[i]);
	}
	free(config->sources);
	free(config);
	return NULL;
}

void config_freep(struct config **config)
{
	*config = config_free(*config);
}

/* Nothing from a file may move a terminal or begin another line. */
static void neutralise(char *line)
{
	if (!check_line(line))
		return;
	for (; *line; line++)
		if ((unsigned char)*line < 0x20 || (unsigned char)*line >= 0x7f)
			*line = '?';
}

static char *fault_text(const struct config_fault *fault)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	GC_ASSERT(out); /* fails for want of memory alone, as mem_new would */
	(void)fputs(fault->file, out);
	if (fault->line)
		(void)fprintf(out, ":%u", fault->line);
	if (fault->key)
		(void)fprintf(out, ": %s", fault->key);
	if (fault->value)
		(void)fprintf(out, ": %s", fault->value);
	(void)fprintf(out, ": %s", fault->why);
	if (fault->allowed)
		(void)fprintf(out, " (allowed: %s)", fault->allowed);
	(void)fclose(out);
	GC_ASSERT(text);
	return text;
}

void config_errors_add(struct config_errors *errors, const struct config_fault *fault)
{
	size_t index = errors->count++;
	if (index >= CONFIG_ERRORS_MAX)
		return;
	errors->lines[index] = fault_text(fault);
	neutralise(errors->lines[index]);
}

void config_errors_deinit(struct config_errors *errors)
{
	for (size_t i = 0; i < CONFIG_ERRORS_MAX; i++)
		mem_freep(&errors->lines[i]);
	errors->count = 0;
}

void config_errors_print(const struct config_errors *errors, FILE *out)
{
	for (size_t i = 0; i < errors->count && i < CONFIG_ERRORS_MAX; i++)
		(void)fprintf(out, "%s\n", errors->lines[i]);
	if (errors->count > CONFIG_ERRORS_MAX)
		(void)fprintf(out, "and %zu more\n", errors->count - CONFIG_ERRORS_MAX);
}
