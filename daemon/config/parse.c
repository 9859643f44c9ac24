/*
 * From text to a typed configuration: scan.c refuses what libconfig would get wrong, libconfig
 * gives a tree with file and line on every setting, the walk below takes what the table knows and
 * names what it does not, and last come the rules between settings. Nothing stops at the first
 * error but a syntax error, after which there is no tree.
 */
#include "base/err.h"
#include "base/mem.h"
#include "config/check.h"
#include "config/config_priv.h"
#include "config/credential.h"
#include "config/nearest.h"
#include "config/scan.h"
#include "config/take.h"
#include "config/value.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	PATH_BYTES = 128, /* of a key in a message; libconfig's names may be longer and are cut */
	WHY_BYTES = 256,
	SOURCE_BYTES = 4200, /* a path and a number */
};

static void parse_deinit(struct parse *p)
{
	config_freep(&p->config);
}

/* The value is left out: libconfig may have cut it, and it is not what is wrong. */
static void unknown(struct parse *p, const config_setting_t *setting, const char *path, bool group)
{
	char why[WHY_BYTES];
	(void)snprintf(why, sizeof(why), "unknown %s, the nearest is %s", group ? "group" : "key",
		group ? nearest_group(path) : nearest_key(path));
	const char *file = config_setting_source_file(setting);
	struct config_fault fault = {.file = file ? file : p->name,
		.line = config_setting_source_line(setting),
		.key = path,
		.why = why};
	config_errors_add(p->errors, &fault);
}

static bool group_known(const char *name)
{
	return strcmp(nearest_group(name), name) == 0;
}

static void walk_group(struct parse *p, config_setting_t *group)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
		char path[PATH_BYTES];
		(void)snprintf(path, sizeof(path), "%s.%s", config_setting_name(group),
			config_setting_name(setting));
		const struct config_key *key = config_key_find(path);
		if (key)
			take(p, setting, key);
		else
			unknown(p, setting, path, false);
	}
}

static void walk(struct parse *p, config_setting_t *root)
{
	for (int i = 0; i < config_setting_length(root); i++) {
		config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
		char name[PATH_BYTES];
		(void)snprintf(name, sizeof(name), "%s", config_setting_name(setting));
		if (config_setting_is_group(setting) && group_known(name))
			walk_group(p, setting);
		else if (group_known(name))
			take_fail(p, setting, name, "not a group", "{ ... }");
		else
			unknown(p, setting, name, config_setting_is_group(setting));
	}
}

/* Says nothing where one of the two was refused already: the rule would speak of a default. */
static void on_broken_rule(void *arg, const struct check_rule *rule)
{
	struct parse *p = arg;
	const struct config_key *key = config_key_find(rule->key);
	size_t index = config_key_index(key);
	size_t other = rule->other ? config_key_index(config_key_find(rule->other)) : index;
	if (p->refused[index] || p->refused[other])
		return;
	GC_CLEANUP(mem_freep) char *value = value_text(p->config, key);
	const config_setting_t *place = p->set[index] ? p->set[index] : p->set[other];
	const char *file = place ? config_setting_source_file(place) : NULL;
	struct config_fault fault = {.file = file ? file : p->name,
		.line = place ? config_setting_source_line(place) : 0,
		.key = rule->key,
		.value = value,
		.why = rule->why,
		.allowed = rule->allowed};
	config_errors_add(p->errors, &fault);
}

static void add_syntax_error(const config_t *tree, const char *name, struct config_errors *errors)
{
	const char *file = config_error_file(tree);
	struct config_fault fault = {.file = file ? file : name,
		.line = config_error_line(tree) > 0 ? (unsigned)config_error_line(tree) : 0,
		.why = config_error_text(tree)};
	config_errors_add(errors, &fault);
}

/* Where each key was set, for who asks later: the tree goes. */
static void note_sources(struct parse *p)
{
	size_t count;
	(void)config_keys(&count);
	p->config->sources = mem_new(count, sizeof(*p->config->sources));
	for (size_t i = 0; i < count; i++) {
		if (!p->set[i])
			continue;
		char text[SOURCE_BYTES];
		const char *file = config_setting_source_file(p->set[i]);
		(void)snprintf(text, sizeof(text), "%s:%u", file ? file : p->name,
			config_setting_source_line(p->set[i]));
		p->config->sources[i] = mem_strdup(text);
	}
}

/* Walks the tree that was read; `read` is what libconfig said. */
static int finish(struct parse *p, config_t *tree, int read, struct config **ret_config)
{
	if (read == CONFIG_TRUE) {
		walk(p, config_root_setting(tree));
		note_sources(p);
		credential_fill(p->config);
		check_together(p->config, on_broken_rule, p);
	} else {
		add_syntax_error(tree, p->name, p->errors);
	}
	config_destroy(tree);
	if (p->errors->count)
		return err_raise(-EINVAL);
	*ret_config = GC_TAKE(p->config);
	return 0;
}

int config_parse(const char *text, const char *name, struct config **ret_config,
	struct config_errors *errors)
{
	/* Anywhere, even in a comment: what does not reach libconfig cannot open a file. */
	const char *include = strstr(text, "@include");
	if (include) {
		struct config_fault fault = {.file = name,
			.line = 1,
			.key = "@include",
			.why = "this text cannot include files"};
		for (const char *c = text; c < include; c++)
			fault.line += *c == '\n';
		config_errors_add(errors, &fault);
		return err_raise(-EINVAL);
	}
	GC_CLEANUP(parse_deinit)
	struct parse p = {.config = config_new(), .name = name, .errors = errors};
	scan_text(text, name, p.refused, errors);
	config_t tree;
	config_init(&tree);
	return finish(&p, &tree, config_read_string(&tree, text), ret_config);
}

/* The folder of `path`, or "." where it names none. Owned by the caller. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return mem_strdup(".");
	size_t len = (size_t)(slash - path);
	char *folder = mem_strdup(len ? path : "/");
	folder[len ? len : 1] = '\0';
	return folder;
}

/* So that a start and a reload say the same of it. */
static bool is_usual_and_missing(const char *path)
{
	return strcmp(path, GCHAT_CONFIG_FILE) == 0 && access(path, F_OK) < 0 && errno == ENOENT;
}

int config_load(const char *path, struct config **ret_config, struct config_errors *errors)
{
	if (!path || is_usual_and_missing(path)) {
		*ret_config = config_new();
		credential_fill(*ret_config);
		return 0;
	}
	GC_CLEANUP(mem_freep) char *folder = folder_of(path);
	GC_CLEANUP(parse_deinit)
	struct parse p = {.config = config_new(), .name = path, .errors = errors};
	if (!scan_file(path, folder, p.refused, errors))
		return err_raise(-EINVAL);
	config_t tree;
	config_init(&tree);
	config_set_include_dir(&tree, folder);
	return finish(&p, &tree, config_read_file(&tree, path), ret_config);
}
