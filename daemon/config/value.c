/* The only file that turns an offset into a pointer. */
#include "config/value.h"

#include "base/mem.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void *at(struct config *config, const struct config_key *key)
{
	return (char *)config + key->offset;
}

static const void *at_const(const struct config *config, const struct config_key *key)
{
	return (const char *)config + key->offset;
}

static int64_t get_int(const struct config *config, const struct config_key *key)
{
	if (key->type == CONFIG_KEY_BOOL)
		return *(const bool *)at_const(config, key);
	return *(const int64_t *)at_const(config, key);
}

void value_set_int(struct config *config, const struct config_key *key, int64_t value)
{
	if (key->type == CONFIG_KEY_BOOL)
		*(bool *)at(config, key) = value != 0;
	else
		*(int64_t *)at(config, key) = value;
}

void value_set_string(struct config *config, const struct config_key *key, const char *value)
{
	char **field = at(config, key);
	free(*field);
	*field = mem_strdup(value);
}

void value_clear_list(struct config *config, const struct config_key *key)
{
	struct config_list *list = at(config, key);
	while (list->count)
		mem_freep(&list->items[--list->count]);
}

void value_add_item(struct config *config, const struct config_key *key, const char *item)
{
	struct config_list *list = at(config, key);
	GC_ASSERT(list->count < CONFIG_LIST_MAX);
	list->items[list->count++] = mem_strdup(item);
}

void value_set_default(struct config *config, const struct config_key *key)
{
	switch (key->type) {
	case CONFIG_KEY_INT:
	case CONFIG_KEY_BOOL:
	case CONFIG_KEY_WORD:
		value_set_int(config, key, key->fallback);
		break;
	case CONFIG_KEY_STRING:
		value_set_string(config, key, key->fallback_text);
		break;
	case CONFIG_KEY_LIST:
		value_clear_list(config, key);
		if (key->fallback_text)
			value_add_item(config, key, key->fallback_text);
		break;
	}
}

void value_deinit(struct config *config, const struct config_key *key)
{
	if (key->type == CONFIG_KEY_STRING)
		mem_freep(at(config, key));
	else if (key->type == CONFIG_KEY_LIST)
		value_clear_list(config, key);
}

void value_write_string(FILE *out, const char *text)
{
	(void)fputc('"', out);
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			(void)fprintf(out, "\\%c", *c);
		else if (*c == '\n')
			(void)fputs("\\n", out);
		else if (*c == '\t')
			(void)fputs("\\t", out);
		else if ((unsigned char)*c < 0x20 || *c == 0x7f)
			(void)fprintf(out, "\\x%02x", (unsigned)*c);
		else
			(void)fputc(*c, out);
	}
	(void)fputc('"', out);
}

static void write_word(FILE *out, const struct config_word *word, int64_t value)
{
	while (word->word && word->value != value)
		word++;
	GC_ASSERT(word->word);
	value_write_string(out, word->word);
}

static void write_list(FILE *out, const struct config_list *list)
{
	(void)fputc('[', out);
	for (size_t i = 0; i < list->count; i++) {
		(void)fputs(i ? ", " : " ", out);
		value_write_string(out, list->items[i]);
	}
	(void)fputs(list->count ? " ]" : "]", out);
}

static void write_value(FILE *out, const struct config *config, const struct config_key *key)
{
	switch (key->type) {
	case CONFIG_KEY_INT:
		(void)fprintf(out, "%" PRId64, get_int(config, key));
		break;
	case CONFIG_KEY_BOOL:
		(void)fputs(get_int(config, key) ? "true" : "false", out);
		break;
	case CONFIG_KEY_WORD:
		write_word(out, key->words, get_int(config, key));
		break;
	case CONFIG_KEY_STRING:
		value_write_string(out, *(char *const *)at_const(config, key));
		break;
	case CONFIG_KEY_LIST:
		write_list(out, at_const(config, key));
		break;
	}
}

char *value_text(const struct config *config, const struct config_key *key)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	GC_ASSERT(out); /* fails for want of memory alone, as mem_new would */
	write_value(out, config, key);
	(void)fclose(out);
	GC_ASSERT(text);
	return text;
}

char *value_default_text(const struct config_key *key)
{
	struct config config = {.server.name = NULL};
	value_set_default(&config, key);
	char *text = value_text(&config, key);
	value_deinit(&config, key);
	return text;
}
