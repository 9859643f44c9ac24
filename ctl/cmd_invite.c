/* Who may come in: invitations, and the lockdown. */
#include "ctl/command.h"

#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/clean.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	INVITE_COMMAND_BYTES = 1024,
	INVITE_VALID_S = 7 * 86400, /* where nothing else was asked for */
};

static const struct field invite_fields[] = {
	{"invite", "INVITE", FIELD_ID},
	{"uses", "USES", FIELD_COUNT},
	{"used", "USED", FIELD_COUNT},
	{"created", "CREATED", FIELD_TIME},
	{"expires", "EXPIRES", FIELD_TIME},
	{"note", "NOTE", FIELD_TEXT},
};

static void add_invite(struct rows *rows, const Gchat__V1__Invitation *invite)
{
	rows_number(rows, invite->invite_id);
	rows_number(rows, invite->uses);
	rows_number(rows, invite->used);
	rows_number(rows, invite->created_us);
	rows_number(rows, invite->expires_us);
	rows_text(rows, invite->note);
}

static int fetch_invites(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListInvitesRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__list_invites_request__init(&request);
	int r = admin_call_page(call->admin, "ListInvites", &request.base,
		&gchat__v1__list_invites_response__descriptor, page_token, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListInvitesResponse *page = (const void *)answer;
	for (size_t i = 0; i < page->n_invites; i++)
		add_invite(rows, page->invites[i]);
	codec_free(answer);
	return EXIT_DONE;
}

static const struct list_spec invite_list = {
	.noun = "invitation",
	.fields = invite_fields,
	.field_count = GC_LENGTH(invite_fields),
	.details = "created",
	.fetch = fetch_invites,
};

/* ---- making one ---- */

static const struct field create_fields[] = {
	{"code", "Code", FIELD_TEXT},
	{"invite", "Invitation", FIELD_ID},
	{"uses", "Uses", FIELD_COUNT},
	{"expires", "Expires", FIELD_TIME},
	{"note", "Note", FIELD_TEXT},
	{"command", "Command", FIELD_TEXT},
};

/* What the newcomer types. */
static void print_command(const Gchat__V1__CreateInviteResponse *response, const char *server,
	char ret[INVITE_COMMAND_BYTES])
{
	const char *address = server && server[0] ? server : response->address;

	(void)snprintf(ret, INVITE_COMMAND_BYTES, "gchat-client register%s%s --invite=%s %s",
		response->fingerprint[0] ? " --fingerprint=" : "", response->fingerprint,
		response->invite, address[0] ? address : "SERVER");
}

/* An invitation that nobody can use, or that nobody needs, is worth a word. */
static void warn(const Gchat__V1__CreateInviteResponse *response)
{
	if (response->registration == GCHAT__V1__REGISTRATION__REGISTRATION_CLOSED)
		(void)fprintf(stderr,
			"gchatctl: nobody can use it now: there is a lockdown (gchatctl lockdown "
			"status), or accounts.registration is \"closed\"\n");
	else if (response->registration == GCHAT__V1__REGISTRATION__REGISTRATION_OPEN)
		(void)fprintf(
			stderr, "gchatctl: nobody needs it: accounts.registration is \"open\"\n");
}

static int create(const struct command_call *call)
{
	Gchat__V1__CreateInviteRequest request;
	ProtobufCMessage *answer = NULL;
	char command[INVITE_COMMAND_BYTES];
	Gchat__V1__Invitation none;
	struct rows rows;

	gchat__v1__create_invite_request__init(&request);
	request.uses = (uint32_t)options_number(call->options, "uses", 1);
	request.valid_s = (uint32_t)options_number(call->options, "valid", INVITE_VALID_S);
	admin_set_text(&request.note, options_text(call->options, "note"));
	int r = admin_call(call->admin, "CreateInvite", &request.base,
		&gchat__v1__create_invite_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__CreateInviteResponse *response = (const void *)answer;
	gchat__v1__invitation__init(&none);
	const Gchat__V1__Invitation *info = response->info ? response->info : &none;
	print_command(response, options_text(call->options, "server"), command);
	warn(response);
	rows_init(&rows, create_fields, GC_LENGTH(create_fields));
	rows_text(&rows, response->invite);
	rows_number(&rows, info->invite_id);
	rows_number(&rows, info->uses);
	rows_number(&rows, info->expires_us);
	rows_text(&rows, info->note);
	rows_text(&rows, command);
	codec_free(answer);
	return command_print_record(call, &rows);
}

/* ---- taking one back ---- */

static const struct field revoke_fields[] = {
	{"invite", "Revoked", FIELD_ID},
	{"uses", "Uses", FIELD_COUNT},
	{"used", "Used", FIELD_COUNT},
	{"created", "Created", FIELD_TIME},
	{"expires", "Expires", FIELD_TIME},
	{"note", "Note", FIELD_TEXT},
};

static int revoke(const struct command_call *call)
{
	Gchat__V1__RevokeInviteRequest request;
	ProtobufCMessage *answer = NULL;
	Gchat__V1__Invitation none;
	struct rows rows;
	char *end = NULL;

	gchat__v1__revoke_invite_request__init(&request);
	errno = 0;
	request.invite_id = strtoull(call->args[0], &end, 10);
	if (call->args[0][0] < '0' || call->args[0][0] > '9' || *end || errno) {
		(void)fprintf(stderr, "gchatctl: name the invitation by its number; see gchatctl "
				      "invite list\n");
		return EXIT_USAGE;
	}
	int r = admin_call(call->admin, "RevokeInvite", &request.base,
		&gchat__v1__revoke_invite_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__RevokeInviteResponse *response = (const void *)answer;
	gchat__v1__invitation__init(&none);
	rows_init(&rows, revoke_fields, GC_LENGTH(revoke_fields));
	add_invite(&rows, response->info ? response->info : &none);
	codec_free(answer);
	return command_print_record(call, &rows);
}

/* ---- the lockdown ---- */

static const struct field lockdown_fields[] = {
	{"lockdown", "Lockdown", FIELD_FLAG},
	{"changed", "Changed", FIELD_FLAG},
};

static int print_lockdown(const struct command_call *call, bool on, bool changed)
{
	struct rows rows;

	rows_init(&rows, lockdown_fields, GC_LENGTH(lockdown_fields));
	rows_flag(&rows, on);
	rows_flag(&rows, changed);
	return command_print_record(call, &rows);
}

static int show_lockdown(const struct command_call *call)
{
	Gchat__V1__GetStatusRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__get_status_request__init(&request);
	int r = admin_call(call->admin, "GetStatus", &request.base,
		&gchat__v1__get_status_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	bool on = ((const Gchat__V1__GetStatusResponse *)(const void *)answer)->lockdown;
	codec_free(answer);
	return print_lockdown(call, on, false);
}

static int set_lockdown(const struct command_call *call, bool on)
{
	Gchat__V1__SetLockdownRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__set_lockdown_request__init(&request);
	request.on = on;
	int r = admin_call(call->admin, "SetLockdown", &request.base,
		&gchat__v1__set_lockdown_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	bool changed = ((const Gchat__V1__SetLockdownResponse *)(const void *)answer)->changed;
	codec_free(answer);
	return print_lockdown(call, on, changed);
}

static int lockdown_on(const struct command_call *call)
{
	return set_lockdown(call, true);
}

static int lockdown_off(const struct command_call *call)
{
	return set_lockdown(call, false);
}

/* ---- the table ---- */

static const struct option_row create_options[] = {
	{.name = "note", .argument = "TEXT", .help = "What it is for", .kind = OPTION_TEXT},
	{.name = "server",
		.argument = "HOST:PORT",
		.help = "What newcomers connect to, for the command line",
		.kind = OPTION_TEXT},
	{.name = "uses",
		.argument = "N",
		.help = "How many accounts may be made with it, 1",
		.kind = OPTION_NUMBER,
		.min = 1,
		.max = 1000},
	{.name = "valid",
		.argument = "DURATION",
		.help = "How long it holds, 7d; 0: until it is used up",
		.kind = OPTION_DURATION,
		.min = 0,
		.max = UINT32_MAX},
	{.name = NULL},
};

const struct command invite_commands[] = {
	{.name = "invite create",
		.aliases = {"invite"},
		.arguments = "",
		.summary = "Makes an invitation for new accounts",
		.help = "Prints a code, once, and the command line by which a newcomer makes an "
			"account with it.\nIt is of use where accounts.registration is \"invite\".",
		.options = create_options,
		.run = create},
	{.name = "invite list",
		.aliases = {"list-invites"},
		.arguments = "",
		.summary = "Lists the invitations",
		.help = "Lists the invitations that can still be used, with how many accounts were "
			"made.",
		.list = &invite_list},
	{.name = "invite revoke",
		.arguments = "INVITE",
		.summary = "Takes an invitation back",
		.help = "Nobody can use it from then on; accounts that were made with it stay.",
		.args_min = 1,
		.args_max = 1,
		.run = revoke},
	{.name = "lockdown off",
		.arguments = "",
		.summary = "Takes new accounts and guests again",
		.help = "As far as accounts.registration and accounts.guests say.",
		.run = lockdown_off},
	{.name = "lockdown on",
		.arguments = "",
		.summary = "Takes no new accounts and no guests",
		.help = "Who is there stays, and 'user add' goes on working. Lasts until it is taken "
			"back, also\nover restarts.",
		.run = lockdown_on},
	{.name = "lockdown status",
		.arguments = "",
		.summary = "Shows whether there is a lockdown",
		.help = "See 'lockdown on'.",
		.run = show_lockdown},
	{.name = NULL},
};
