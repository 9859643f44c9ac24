/* backup. */
#include "ctl/command.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

static const struct field backup_fields[] = {
	{"path", "Backup", FIELD_TEXT},
	{"bytes", "Size", FIELD_BYTES},
	{"events", "Events", FIELD_COUNT},
	{"logs", "Logs", FIELD_COUNT},
	{"records", "Records", FIELD_COUNT},
	{"duration_us", "Took", FIELD_MICROS},
	{"removed", "Old ones removed", FIELD_COUNT},
};

static int print_backup(const struct command_call *call, const Gchat__V1__BackupResponse *response)
{
	struct rows rows;

	rows_init(&rows, backup_fields, GC_LENGTH(backup_fields));
	rows_text(&rows, response->path);
	rows_number(&rows, response->bytes);
	rows_number(&rows, response->events);
	rows_number(&rows, response->logs);
	rows_number(&rows, response->records);
	rows_number(&rows, response->duration_us);
	rows_number(&rows, response->removed);
	return command_print_record(call, &rows);
}

/* As the shell sees the name; the daemon has a working directory of its own. Owned. */
static char *absolute(const char *path)
{
	char *folder GC_CLEANUP(mem_freep) = path[0] == '/' ? NULL : realpath(".", NULL);
	char *all = NULL;

	if (!folder)
		return mem_strdup(path);
	return asprintf(&all, "%s/%s", folder, path) < 0 ? mem_strdup(path) : all;
}

static int backup(const struct command_call *call)
{
	Gchat__V1__BackupRequest request;
	ProtobufCMessage *answer = NULL;
	char *path GC_CLEANUP(mem_freep) = call->arg_count > 0 ? absolute(call->args[0]) : NULL;

	gchat__v1__backup_request__init(&request);
	admin_set_text(&request.path, path);
	request.keep = (uint32_t)options_number(call->options, "keep", 0);
	int r = admin_call(call->admin, "Backup", &request.base,
		&gchat__v1__backup_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	r = print_backup(call, (const void *)answer);
	codec_free(answer);
	return r;
}

static const struct option_row backup_options[] = {
	{.name = "keep",
		.argument = "N",
		.help = "Of the backups without FILE keep the newest N only",
		.kind = OPTION_NUMBER,
		.min = 1,
		.max = 100000},
	{.name = NULL},
};

const struct command backup_commands[] = {
	{.name = "backup",
		.arguments = "[FILE]",
		.summary = "Copies the store to a new file, while it is in use",
		.help = "The copy is the store as it was at one moment, checked and synced to disk. "
			"The daemon\nwrites it, with its own rights: under systemd only below its "
			"state folder, which is\nwhere it goes without FILE. An existing file is "
			"never overwritten. gchatd --restore\nputs it back. Waits up to an hour "
			"unless --timeout is given.",
		.args_max = 1,
		.options = backup_options,
		.timeout_ms = (int64_t)OPTIONS_TIMEOUT_MAX_S * CLOCK_MS_PER_S,
		.run = backup},
	{.name = NULL},
};
