/* audit list. */
#include "ctl/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "ctl/when.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

static const struct field audit_fields[] = {
	{"seq", "SEQ", FIELD_COUNT},
	{"time", "TIME", FIELD_TIME},
	{"user", "USER", FIELD_TEXT},
	{"uid", "UID", FIELD_COUNT},
	{"pid", "PID", FIELD_COUNT},
	{"action", "ACTION", FIELD_TEXT},
	{"object", "OBJECT", FIELD_TEXT},
	{"outcome", "OUTCOME", FIELD_TEXT},
};

static void add_entry(struct rows *rows, const Gchat__V1__AuditEntry *entry)
{
	rows_number(rows, entry->seq);
	rows_number(rows, entry->time_us);
	rows_text(rows, entry->user);
	rows_number(rows, entry->uid);
	rows_number(rows, entry->pid);
	rows_text(rows, entry->action);
	rows_text(rows, entry->object);
	rows_text(rows, entry->outcome);
}

static int take_time(const struct command_call *call, const char *option, uint64_t *ret_us)
{
	const char *text = options_text(call->options, option);

	if (!text || when_parse_past(text, call->output->now_us, ret_us))
		return EXIT_DONE;
	(void)fprintf(stderr,
		"gchatctl: --%s=%s is no time (allowed: a length of time ago like 2h or 7d, "
		"2026-01-31, 2026-01-31T09:08 or 2026-01-31T09:08:07Z, in UTC)\n",
		option, text);
	return EXIT_USAGE;
}

/* A number is a user id. */
static void take_user(const struct command_call *call, Gchat__V1__ListAuditRequest *request)
{
	const char *text = options_text(call->options, "user");
	char *end = NULL;

	if (!text)
		return;
	unsigned long uid = strtoul(text, &end, 10);
	request->by_uid = end != text && *end == '\0' && uid <= UINT32_MAX;
	if (request->by_uid)
		request->uid = (uint32_t)uid;
	else
		admin_set_text(&request->user, text);
}

static int fetch_audit(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListAuditRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__list_audit_request__init(&request);
	take_user(call, &request);
	admin_set_text(&request.action, options_text(call->options, "action"));
	admin_set_text(&request.object, options_text(call->options, "object"));
	int r = take_time(call, "since", &request.since_us);
	if (r == EXIT_DONE)
		r = take_time(call, "until", &request.until_us);
	if (r == EXIT_DONE)
		r = admin_call_page(call->admin, "ListAudit", &request.base,
			&gchat__v1__list_audit_response__descriptor, page_token, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListAuditResponse *page = (const void *)answer;
	for (size_t i = 0; i < page->n_entries; i++)
		add_entry(rows, page->entries[i]);
	codec_free(answer);
	return EXIT_DONE;
}

static const struct list_spec audit_list = {
	.noun = "change",
	.fields = audit_fields,
	.field_count = GC_LENGTH(audit_fields),
	.details = "pid,uid,seq",
	.fetch = fetch_audit,
};

static const struct option_row audit_options[] = {
	{.name = "action",
		.argument = "ACTION",
		.help = "Only this action, like kick or config-reload",
		.kind = OPTION_TEXT},
	{.name = "object",
		.argument = "TEXT",
		.help = "Only entries whose object contains the text",
		.kind = OPTION_TEXT},
	{.name = "since",
		.argument = "TIME",
		.help = "Only from then on: 2h, 7d, 2026-01-31 or a time of that day",
		.kind = OPTION_TEXT},
	{.name = "until", .argument = "TIME", .help = "Only before then", .kind = OPTION_TEXT},
	{.name = "user",
		.argument = "USER",
		.help = "Only calls of this user of the machine, by name or number",
		.kind = OPTION_TEXT},
	{.name = NULL},
};

const struct command audit_commands[] = {
	{.name = "audit list",
		.aliases = {"audit", "list-audit"},
		.arguments = "",
		.summary = "Lists who changed what, newest first",
		.help = "Every call that changes something, whether it was done or refused: when, "
			"by which user\nof the machine, what was asked for, and what it came to. "
			"Passwords and tokens are never in it.",
		.options = audit_options,
		.list = &audit_list},
	{.name = NULL},
};
