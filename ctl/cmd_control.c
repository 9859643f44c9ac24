/* broadcast, drain and log-level. */
#include "ctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

enum {
	DRAIN_POLL_MS = 250,
};

static const struct field broadcast_fields[] = {
	{"text", "Said", FIELD_TEXT},
	{"sessions", "Sessions", FIELD_COUNT},
	{"missed", "Missed by", FIELD_COUNT},
};

static const struct field drain_fields[] = {
	{"draining", "Draining", FIELD_FLAG},
	{"was_draining", "Before", FIELD_FLAG},
	{"sessions", "Sessions", FIELD_COUNT},
};

static const struct field level_fields[] = {
	{"level", "Log level", FIELD_TEXT},
	{"before", "Before", FIELD_TEXT},
};

/* ---- broadcast ---- */

static int say(const struct command_call *call, const char *text, struct rows *rows)
{
	Gchat__V1__BroadcastRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__broadcast_request__init(&request);
	admin_set_text(&request.text, text);
	int r = admin_call(call->admin, "Broadcast", &request.base,
		&gchat__v1__broadcast_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__BroadcastResponse *response = (const void *)answer;
	rows_text(rows, text);
	rows_number(rows, response->sessions);
	rows_number(rows, response->missed);
	codec_free(answer);
	return EXIT_DONE;
}

/* Each line of standard input is one. */
static int say_lines(const struct command_call *call, struct rows *rows)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len = 0;
	int r = EXIT_DONE;

	while (r == EXIT_DONE && (len = getline(&line, &size, stdin)) >= 0) {
		if (len > 0 && line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (line[0])
			r = say(call, line, rows);
	}
	free(line);
	return r;
}

static int broadcast(const struct command_call *call)
{
	struct rows rows;

	rows_init(&rows, broadcast_fields, GC_LENGTH(broadcast_fields));
	bool from_stdin = call->arg_count == 0 || strcmp(call->args[0], "-") == 0;
	int r = from_stdin ? say_lines(call, &rows) : say(call, call->args[0], &rows);
	if (r == EXIT_DONE && rows_count(&rows) == 1)
		return command_print_record(call, &rows);
	if (rows_count(&rows) > 0 && output_list(call->output, &rows, "broadcast") < 0)
		r = EXIT_FAILED;
	rows_deinit(&rows);
	return r;
}

/* ---- drain ---- */

static int set_drain(
	const struct command_call *call, bool drain, bool *ret_before, uint32_t *ret_sessions)
{
	Gchat__V1__DrainRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__drain_request__init(&request);
	request.drain = drain;
	int r = admin_call(call->admin, "Drain", &request.base,
		&gchat__v1__drain_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__DrainResponse *response = (const void *)answer;
	*ret_before = response->was_draining;
	*ret_sessions = response->sessions;
	codec_free(answer);
	return EXIT_DONE;
}

static int get_sessions(const struct command_call *call, uint32_t *ret_sessions)
{
	Gchat__V1__GetStatusRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__get_status_request__init(&request);
	int r = admin_call(call->admin, "GetStatus", &request.base,
		&gchat__v1__get_status_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	*ret_sessions = ((const Gchat__V1__GetStatusResponse *)(const void *)answer)->sessions;
	codec_free(answer);
	return EXIT_DONE;
}

/* Until nobody is left; up to --timeout where that was given. */
static int wait_empty(const struct command_call *call, uint32_t *sessions)
{
	const struct timespec pause = {.tv_nsec = DRAIN_POLL_MS * 1000000L};
	int64_t limit_ms = call->options->timeout_ms;
	struct mono start = clock_mono();
	int r = EXIT_DONE;

	while (r == EXIT_DONE && *sessions > 0) {
		if (limit_ms > 0 && clock_mono_ms_since(clock_mono(), start) >= limit_ms) {
			(void)fprintf(stderr, "gchatctl: %u sessions are still open\n", *sessions);
			return EXIT_TIMED_OUT;
		}
		(void)nanosleep(&pause, NULL); /* interrupted: looks sooner */
		r = get_sessions(call, sessions);
	}
	return r;
}

static int drain(const struct command_call *call)
{
	bool on = strcmp(call->args[0], "on") == 0;
	bool before = false;
	uint32_t sessions = 0;
	struct rows rows;

	if (!on && strcmp(call->args[0], "off") != 0) {
		(void)fprintf(stderr, "gchatctl: drain on, or drain off\n");
		return EXIT_USAGE;
	}
	int r = set_drain(call, on, &before, &sessions);
	if (r == EXIT_DONE && on && options_has(call->options, "wait"))
		r = wait_empty(call, &sessions);
	if (r != EXIT_DONE)
		return r;
	rows_init(&rows, drain_fields, GC_LENGTH(drain_fields));
	rows_flag(&rows, on);
	rows_flag(&rows, before);
	rows_number(&rows, sessions);
	return command_print_record(call, &rows);
}

/* ---- log-level ---- */

static int show_level(const struct command_call *call)
{
	Gchat__V1__GetStatusRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	gchat__v1__get_status_request__init(&request);
	int r = admin_call(call->admin, "GetStatus", &request.base,
		&gchat__v1__get_status_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	rows_init(&rows, level_fields, 1);
	rows_text(&rows, ((const Gchat__V1__GetStatusResponse *)(const void *)answer)->log_level);
	codec_free(answer);
	return command_print_record(call, &rows);
}

static int log_level(const struct command_call *call)
{
	Gchat__V1__SetLogLevelRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	if (call->arg_count == 0)
		return show_level(call);
	gchat__v1__set_log_level_request__init(&request);
	admin_set_text(&request.level, call->args[0]);
	int r = admin_call(call->admin, "SetLogLevel", &request.base,
		&gchat__v1__set_log_level_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	rows_init(&rows, level_fields, GC_LENGTH(level_fields));
	rows_text(&rows, call->args[0]);
	rows_text(&rows, ((const Gchat__V1__SetLogLevelResponse *)(const void *)answer)->before);
	codec_free(answer);
	return command_print_record(call, &rows);
}

static const struct option_row drain_options[] = {
	{.name = "wait", .help = "Waits until no session is left"},
	{.name = NULL},
};

const struct command control_commands[] = {
	{.name = "broadcast",
		.arguments = "[TEXT]",
		.summary = "Says a line to everyone who is connected",
		.help = "Without TEXT, or with -, each line of standard input is said. It is shown "
			"at once, and\nnot kept: who connects later doesn't see it.",
		.args_max = 1,
		.run = broadcast},
	{.name = "drain",
		.arguments = "on|off",
		.summary = "Stops taking new sessions, or takes that back",
		.help = "New sessions are refused with a time to wait, and the health service says "
			"NOT_SERVING;\nsessions that are open go on. It ends with the daemon. With "
			"--wait it waits until no\nsession is left, up to --timeout where that is "
			"given.",
		.args_min = 1,
		.args_max = 1,
		.options = drain_options,
		.run = drain},
	{.name = "log-level",
		.arguments = "[error|warning|notice|info|debug]",
		.summary = "Shows or changes how much is logged",
		.help = "A change holds until the next reload or start, which take log.level of the "
			"configuration.",
		.args_max = 1,
		.run = log_level},
	{.name = NULL},
};
