/* One function per type; each refuses with what the key allows. */
#include "config/take.h"

#include "base/mem.h"
#include "config/config_priv.h"
#include "config/value.h"
#include <string.h>

enum {
	VALUE_BYTES = 64, /* of a wrong value in a message */
	ALLOWED_BYTES = 256,
};

static const char *where(const struct parse *p, const config_setting_t *setting)
{
	const char *file = setting ? config_setting_source_file(setting) : NULL;
	return file ? file : p->name;
}

static void write_setting(FILE *out, const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		(void)fprintf(out, "%lld", config_setting_get_int64(setting));
		break;
	case CONFIG_TYPE_FLOAT:
		(void)fprintf(out, "%g", config_setting_get_float(setting));
		break;
	case CONFIG_TYPE_BOOL:
		(void)fputs(config_setting_get_bool(setting) ? "true" : "false", out);
		break;
	case CONFIG_TYPE_STRING:
		value_write_string(out, config_setting_get_string(setting));
		break;
	case CONFIG_TYPE_GROUP:
		(void)fputs("{...}", out);
		break;
	default:
		(void)fputs("[...]", out);
		break;
	}
}

/* The value as its file has it, cut to VALUE_BYTES. Owned by the caller. */
static char *setting_text(const config_setting_t *setting)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	GC_ASSERT(out); /* fails for want of memory alone, as mem_new would */
	write_setting(out, setting);
	(void)fclose(out);
	GC_ASSERT(text);
	if (len > VALUE_BYTES)
		memcpy(text + VALUE_BYTES - 3, "...", 4);
	return text;
}

void take_fail(struct parse *p, const config_setting_t *setting, const char *path, const char *why,
	const char *allowed)
{
	GC_CLEANUP(mem_freep) char *value = setting ? setting_text(setting) : NULL;
	struct config_fault fault = {.file = where(p, setting),
		.line = setting ? config_setting_source_line(setting) : 0,
		.key = path,
		.value = value,
		.why = why,
		.allowed = allowed};
	config_errors_add(p->errors, &fault);
}

/* As take_fail, for a known key: says what it allows, unless `allowed` does. */
static void refuse(struct parse *p, const config_setting_t *setting, const struct config_key *key,
	const char *why, const char *allowed)
{
	char buf[ALLOWED_BYTES];
	config_key_allowed(key, buf, sizeof(buf));
	take_fail(p, setting, key->path, why, allowed ? allowed : buf);
	p->refused[config_key_index(key)] = true;
}

static void take_int(struct parse *p, const config_setting_t *setting, const struct config_key *key)
{
	int type = config_setting_type(setting);
	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
		refuse(p, setting, key, "not a whole number", NULL);
		return;
	}
	int64_t value = config_setting_get_int64(setting);
	if (value < key->min || value > key->max)
		refuse(p, setting, key, "out of range", NULL);
	else
		value_set_int(p->config, key, value);
}

static void take_bool(
	struct parse *p, const config_setting_t *setting, const struct config_key *key)
{
	if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
		refuse(p, setting, key, "neither true nor false", NULL);
	else
		value_set_int(p->config, key, config_setting_get_bool(setting));
}

static const struct config_word *word_find(const struct config_word *word, const char *text)
{
	while (word->word && strcmp(word->word, text) != 0)
		word++;
	return word->word ? word : NULL;
}

static void take_word(
	struct parse *p, const config_setting_t *setting, const struct config_key *key)
{
	const struct config_word *word = NULL;
	if (config_setting_type(setting) == CONFIG_TYPE_STRING)
		word = word_find(key->words, config_setting_get_string(setting));
	if (!word)
		refuse(p, setting, key, "not one of the words", NULL);
	else if (key->type == CONFIG_KEY_STRING)
		value_set_string(p->config, key, word->word);
	else
		value_set_int(p->config, key, word->value);
}

/* Why a string's form is wrong, or NULL. */
static const char *form_wrong(const struct config_key *key, const char *value)
{
	return key->check ? key->check(value) : NULL;
}

static void take_string(
	struct parse *p, const config_setting_t *setting, const struct config_key *key)
{
	if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
		refuse(p, setting, key, "not a string", NULL);
		return;
	}
	const char *value = config_setting_get_string(setting);
	int64_t len = (int64_t)strlen(value);
	const char *why = form_wrong(key, value);
	if (len < key->min)
		refuse(p, setting, key, "too short", NULL);
	else if (len > key->max)
		refuse(p, setting, key, "too long", NULL);
	else if (why)
		refuse(p, setting, key, why, key->allowed);
	else
		value_set_string(p->config, key, value);
}

static void take_item(struct parse *p, const config_setting_t *item, const struct config_key *key)
{
	if (config_setting_type(item) != CONFIG_TYPE_STRING) {
		refuse(p, item, key, "not a string", "a list of strings");
		return;
	}
	const char *value = config_setting_get_string(item);
	const char *why = form_wrong(key, value);
	if (why)
		refuse(p, item, key, why, key->allowed);
	else
		value_add_item(p->config, key, value);
}

static void take_list(
	struct parse *p, const config_setting_t *setting, const struct config_key *key)
{
	if (!config_setting_is_array(setting) && !config_setting_is_list(setting)) {
		refuse(p, setting, key, "not a list", "a list of strings");
		return;
	}
	int count = config_setting_length(setting);
	if (count < key->min || count > key->max) {
		refuse(p, setting, key, count < key->min ? "too few" : "too many", NULL);
		return;
	}
	value_clear_list(p->config, key);
	for (int i = 0; i < count; i++)
		take_item(p, config_setting_get_elem(setting, (unsigned)i), key);
}

void take(struct parse *p, const config_setting_t *setting, const struct config_key *key)
{
	p->set[config_key_index(key)] = setting;
	if (p->refused[config_key_index(key)])
		return;
	switch (key->type) {
	case CONFIG_KEY_INT:
		take_int(p, setting, key);
		break;
	case CONFIG_KEY_BOOL:
		take_bool(p, setting, key);
		break;
	case CONFIG_KEY_WORD:
		take_word(p, setting, key);
		break;
	case CONFIG_KEY_STRING:
		if (key->words)
			take_word(p, setting, key);
		else
			take_string(p, setting, key);
		break;
	case CONFIG_KEY_LIST:
		take_list(p, setting, key);
		break;
	}
}
