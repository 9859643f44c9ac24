/* config show, config check and config reload. */
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/clean.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

static const struct field setting_fields[] = {
	{"key", "KEY", FIELD_TEXT},
	{"value", "VALUE", FIELD_TEXT},
	{"default", "DEFAULT", FIELD_TEXT},
	{"source", "SOURCE", FIELD_TEXT},
	{"needs_restart", "RESTART", FIELD_FLAG},
};

static const struct field change_fields[] = {
	{"key", "KEY", FIELD_TEXT},
	{"before", "BEFORE", FIELD_TEXT},
	{"after", "AFTER", FIELD_TEXT},
	{"needs_restart", "RESTART", FIELD_FLAG},
};

/* ---- showing ---- */

static void add_setting(struct rows *rows, const Gchat__V1__ConfigSetting *setting)
{
	rows_text(rows, setting->key);
	rows_text(rows, setting->value);
	rows_text(rows, setting->fallback);
	rows_text(rows, setting->source);
	rows_flag(rows, setting->needs_restart);
}

static int fetch_settings(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__GetConfigRequest request;
	ProtobufCMessage *answer = NULL;
	bool changed = options_has(call->options, "changed");

	*page_token = NULL;
	gchat__v1__get_config_request__init(&request);
	int r = admin_call(call->admin, "GetConfig", &request.base,
		&gchat__v1__get_config_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__GetConfigResponse *response = (const void *)answer;
	for (size_t i = 0; i < response->n_settings; i++) {
		const Gchat__V1__ConfigSetting *setting = response->settings[i];
		if (!changed || strcmp(setting->value, setting->fallback) != 0)
			add_setting(rows, setting);
	}
	codec_free(answer);
	return EXIT_DONE;
}

static const struct list_spec setting_list = {
	.noun = "setting",
	.fields = setting_fields,
	.field_count = GC_LENGTH(setting_fields),
	.details = "needs_restart,default",
	.fetch = fetch_settings,
};

/* ---- checking and reading again ---- */

static void say_errors(char *const *errors, size_t count, uint32_t all)
{
	for (size_t i = 0; i < count; i++) {
		char *line = clean_text(errors[i]);
		(void)fprintf(stderr, "%s\n", line);
		free(line);
	}
	if (all > count)
		(void)fprintf(stderr, "and %zu more\n", all - count);
}

static int print_changes(
	const struct command_call *call, Gchat__V1__ConfigChange *const *changes, size_t count)
{
	struct rows rows;

	rows_init(&rows, change_fields, GC_LENGTH(change_fields));
	for (size_t i = 0; i < count; i++) {
		rows_text(&rows, changes[i]->key);
		rows_text(&rows, changes[i]->before);
		rows_text(&rows, changes[i]->after);
		rows_flag(&rows, changes[i]->needs_restart);
	}
	int r = output_list(call->output, &rows, "change");
	rows_deinit(&rows);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

/* The daemon opens the file with its own working directory. Owned. */
static char *absolute(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : mem_strdup(path);
}

static int check(const struct command_call *call)
{
	GC_CLEANUP(mem_freep) char *path = absolute(call->arg_count > 0 ? call->args[0] : "");
	Gchat__V1__CheckConfigRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__check_config_request__init(&request);
	admin_set_text(&request.path, path);
	int r = admin_call(call->admin, "CheckConfig", &request.base,
		&gchat__v1__check_config_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__CheckConfigResponse *response = (const void *)answer;
	if (response->n_errors > 0) {
		say_errors(response->errors, response->n_errors, response->error_count);
		r = EXIT_FAILED;
	} else {
		r = print_changes(call, response->changed, response->n_changed);
	}
	codec_free(answer);
	return r;
}

static void say_restart(const Gchat__V1__ReloadConfigResponse *response)
{
	size_t count = 0;

	for (size_t i = 0; i < response->n_changed; i++)
		count += response->changed[i]->needs_restart ? 1 : 0;
	if (count > 0)
		(void)fprintf(stderr,
			"gchatctl: %zu of these wait for a restart: systemctl restart gchatd\n",
			count);
}

static int print_reloaded(
	const struct command_call *call, const Gchat__V1__ReloadConfigResponse *response)
{
	int r = EXIT_CONFLICT;

	if (response->n_errors > 0) {
		say_errors(response->errors, response->n_errors, response->error_count);
		(void)fprintf(stderr, "gchatctl: nothing was changed\n");
	} else {
		r = print_changes(call, response->changed, response->n_changed);
		say_restart(response);
	}
	if (response->certificate_error[0]) {
		char *text = clean_text(response->certificate_error);
		(void)fprintf(stderr,
			"gchatctl: the certificate was refused, the one in use stays: %s\n", text);
		free(text);
		r = EXIT_CONFLICT;
	}
	return r;
}

static int reload(const struct command_call *call)
{
	Gchat__V1__ReloadConfigRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__reload_config_request__init(&request);
	int r = admin_call(call->admin, "ReloadConfig", &request.base,
		&gchat__v1__reload_config_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	r = print_reloaded(call, (const void *)answer);
	codec_free(answer);
	return r;
}

static const struct option_row show_options[] = {
	{.name = "changed", .help = "Only what differs from its default"},
	{.name = NULL},
};

const struct command config_commands[] = {
	{.name = "config check",
		.aliases = {"check-config"},
		.arguments = "[FILE]",
		.summary = "Checks a configuration file without applying it",
		.help = "Prints everything that is wrong with the file, or else what a reload with "
			"it would\nchange. Without FILE the one that the server runs with. The daemon "
			"reads it, with its\nown rights.",
		.args_max = 1,
		.run = check},
	{.name = "config reload",
		.aliases = {"reload"},
		.arguments = "",
		.summary = "Reads the configuration and the certificate again",
		.help = "The same as systemctl reload gchatd, with an answer: prints what changed, "
			"and what of it\nwaits for a restart. Where anything is wrong with the file, "
			"nothing is changed.",
		.run = reload},
	{.name = "config show",
		.aliases = {"show-config"},
		.arguments = "",
		.summary = "Shows every setting in force and where it was set",
		.help = "The value in force, its default, the file and line that set it, and "
			"whether a change\nneeds a restart.",
		.options = show_options,
		.list = &setting_list},
	{.name = NULL},
};
