/* kick, ban, mute, what is in force, and explain. */
#include "ctl/command.h"

#include <string.h>

#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

#define SECONDS_MAX      (UINT32_MAX - 1)
#define SECONDS_FOR_EVER UINT32_MAX

/* ---- one answer ---- */

static const struct field kick_fields[] = {
	{"user", "Kicked", FIELD_TEXT},
	{"room", "Room", FIELD_TEXT},
	{"reason", "Reason", FIELD_TEXT},
	{"ban_s", "Banned for", FIELD_SECONDS},
	{"sessions", "Sessions", FIELD_COUNT},
};

static const struct field ban_fields[] = {
	{"target", "Banned", FIELD_TEXT},
	{"room", "Room", FIELD_TEXT},
	{"reason", "Reason", FIELD_TEXT},
	{"expires", "Until", FIELD_TIME},
	{"sessions", "Sessions", FIELD_COUNT},
};

static const struct field mute_fields[] = {
	{"user", "Muted", FIELD_TEXT},
	{"room", "Room", FIELD_TEXT},
	{"reason", "Reason", FIELD_TEXT},
	{"expires", "Until", FIELD_TIME},
};

static const struct field lifted_fields[] = {
	{"target", "Taken back", FIELD_TEXT},
	{"room", "Room", FIELD_TEXT},
};

static int finish(const struct command_call *call, struct rows *rows)
{
	int r = output_record(call->output, rows);

	rows_deinit(rows);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

static int kick(const struct command_call *call)
{
	Gchat__V1__KickRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	gchat__v1__kick_request__init(&request);
	request.user = call->args[0];
	admin_set_text(&request.room, options_text(call->options, "room"));
	admin_set_text(&request.reason, options_text(call->options, "reason"));
	request.ban_s = (uint32_t)options_number(call->options, "ban", 0);
	int r = admin_call(
		call->admin, "Kick", &request.base, &gchat__v1__kick_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	rows_init(&rows, kick_fields, GC_LENGTH(kick_fields));
	rows_text(&rows, request.user);
	rows_text(&rows, request.room);
	rows_text(&rows, request.reason);
	rows_number(&rows, request.ban_s);
	rows_number(&rows, ((const Gchat__V1__KickResponse *)(const void *)answer)->sessions);
	codec_free(answer);
	return finish(call, &rows);
}

static int ban(const struct command_call *call)
{
	Gchat__V1__BanRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;

	gchat__v1__ban_request__init(&request);
	request.target = call->args[0];
	admin_set_text(&request.room, options_text(call->options, "room"));
	admin_set_text(&request.reason, options_text(call->options, "reason"));
	request.duration_s = (uint32_t)options_number(call->options, "for", 0);
	int r = admin_call(
		call->admin, "Ban", &request.base, &gchat__v1__ban_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__BanResponse *response = (const void *)answer;
	rows_init(&rows, ban_fields, GC_LENGTH(ban_fields));
	rows_text(&rows, response->target);
	rows_text(&rows, request.room);
	rows_text(&rows, request.reason);
	rows_number(&rows, response->expires_us);
	rows_number(&rows, response->sessions);
	codec_free(answer);
	return finish(call, &rows);
}

static int print_lifted(const struct command_call *call)
{
	struct rows rows;

	rows_init(&rows, lifted_fields, GC_LENGTH(lifted_fields));
	rows_text(&rows, call->args[0]);
	rows_text(&rows, options_text(call->options, "room"));
	return finish(call, &rows);
}

static int unban(const struct command_call *call)
{
	Gchat__V1__UnbanRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__unban_request__init(&request);
	request.target = call->args[0];
	admin_set_text(&request.room, options_text(call->options, "room"));
	int r = admin_call(call->admin, "Unban", &request.base,
		&gchat__v1__unban_response__descriptor, &answer);
	codec_free(answer);
	return r == EXIT_DONE ? print_lifted(call) : r;
}

/* `seconds` 0: takes it back. */
static int call_mute(const struct command_call *call, uint32_t seconds, uint64_t *ret_expires_us)
{
	Gchat__V1__MuteRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__mute_request__init(&request);
	request.user = call->args[0];
	request.duration_s = seconds;
	admin_set_text(&request.room, options_text(call->options, "room"));
	admin_set_text(&request.reason, options_text(call->options, "reason"));
	int r = admin_call(
		call->admin, "Mute", &request.base, &gchat__v1__mute_response__descriptor, &answer);
	if (r == EXIT_DONE)
		*ret_expires_us =
			((const Gchat__V1__MuteResponse *)(const void *)answer)->expires_us;
	codec_free(answer);
	return r;
}

static int mute(const struct command_call *call)
{
	uint64_t expires_us = 0;
	struct rows rows;
	int r = call_mute(call, (uint32_t)options_number(call->options, "for", SECONDS_FOR_EVER),
		&expires_us);

	if (r != EXIT_DONE)
		return r;
	rows_init(&rows, mute_fields, GC_LENGTH(mute_fields));
	rows_text(&rows, call->args[0]);
	rows_text(&rows, options_text(call->options, "room"));
	rows_text(&rows, options_text(call->options, "reason"));
	rows_number(&rows, expires_us);
	return finish(call, &rows);
}

static int unmute(const struct command_call *call)
{
	uint64_t expires_us = 0;
	int r = call_mute(call, 0, &expires_us);

	return r == EXIT_DONE ? print_lifted(call) : r;
}

/* ---- lists ---- */

static const struct field entry_fields[] = {
	{"target", "TARGET", FIELD_TEXT},
	{"room", "ROOM", FIELD_TEXT},
	{"expires", "UNTIL", FIELD_TIME},
	{"reason", "REASON", FIELD_TEXT},
	{"author", "BY", FIELD_TEXT},
	{"created", "SINCE", FIELD_TIME},
	{"id", "ID", FIELD_ID},
};

static void add_entry(struct rows *rows, const Gchat__V1__BanEntry *entry)
{
	rows_text(rows, entry->target);
	rows_text(rows, entry->room);
	rows_number(rows, entry->expires_us);
	rows_text(rows, entry->reason);
	rows_text(rows, entry->author);
	rows_number(rows, entry->created_us);
	rows_number(rows, entry->ban_id);
}

static int fetch_bans(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListBansRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__list_bans_request__init(&request);
	admin_set_text(&request.room, options_text(call->options, "room"));
	int r = admin_call_page(call->admin, "ListBans", &request.base,
		&gchat__v1__list_bans_response__descriptor, page_token, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListBansResponse *page = (const void *)answer;
	for (size_t i = 0; i < page->n_bans; i++)
		add_entry(rows, page->bans[i]);
	codec_free(answer);
	return EXIT_DONE;
}

static int fetch_mutes(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListMutesRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__list_mutes_request__init(&request);
	admin_set_text(&request.room, options_text(call->options, "room"));
	int r = admin_call_page(call->admin, "ListMutes", &request.base,
		&gchat__v1__list_mutes_response__descriptor, page_token, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListMutesResponse *page = (const void *)answer;
	for (size_t i = 0; i < page->n_mutes; i++)
		add_entry(rows, page->mutes[i]);
	codec_free(answer);
	return EXIT_DONE;
}

static const struct list_spec ban_list = {
	.noun = "ban",
	.fields = entry_fields,
	.field_count = GC_LENGTH(entry_fields),
	.details = "id,created,author,room",
	.fetch = fetch_bans,
};

static const struct list_spec mute_list = {
	.noun = "mute",
	.fields = entry_fields,
	.field_count = GC_LENGTH(entry_fields),
	.details = "id,created,author,room",
	.fetch = fetch_mutes,
};

/* ---- explaining ---- */

static const struct field right_fields[] = {
	{"right", "RIGHT", FIELD_TEXT},
	{"verdict", "VERDICT", FIELD_TEXT},
	{"rule", "RULE", FIELD_TEXT},
	{"text", "WHY", FIELD_TEXT},
	{"reason", "REASON", FIELD_TEXT},
};

static const struct list_spec right_list = {
	.noun = "right",
	.fields = right_fields,
	.field_count = GC_LENGTH(right_fields),
	.details = "reason",
};

static const struct list_spec rule_list = {
	.noun = "rule",
	.fields = right_fields,
	.field_count = GC_LENGTH(right_fields),
	.details = "reason",
};

static void add_rule(
	struct rows *rows, const Gchat__V1__RightTrace *right, const Gchat__V1__RuleTrace *rule)
{
	bool stands = rule && strcmp(rule->verdict, "allow") != 0;

	rows_text(rows, right->right);
	rows_text(rows, rule ? rule->verdict : right->verdict);
	rows_text(rows, rule ? rule->rule : "");
	rows_text(rows, rule ? rule->text : "nothing stands against it");
	rows_text(rows, stands ? right->reason : "");
}

/* The rule that decides: the first that stands against it. */
static const Gchat__V1__RuleTrace *deciding(const Gchat__V1__RightTrace *right)
{
	for (size_t i = 0; i < right->n_rules; i++) {
		if (strcmp(right->rules[i]->verdict, "allow") != 0)
			return right->rules[i];
	}
	return NULL;
}

static void add_right(struct rows *rows, const Gchat__V1__RightTrace *right, bool all)
{
	if (!all)
		add_rule(rows, right, deciding(right));
	for (size_t i = 0; all && i < right->n_rules; i++)
		add_rule(rows, right, right->rules[i]);
}

static int explain(const struct command_call *call)
{
	Gchat__V1__ExplainRequest request;
	ProtobufCMessage *answer = NULL;
	struct rows rows;
	bool all = options_has(call->options, "rules");

	gchat__v1__explain_request__init(&request);
	request.user = call->args[0];
	if (call->arg_count > 1)
		request.room = call->args[1];
	int r = admin_call(call->admin, "Explain", &request.base,
		&gchat__v1__explain_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ExplainResponse *response = (const void *)answer;
	rows_init(&rows, right_fields, GC_LENGTH(right_fields));
	for (size_t i = 0; i < response->n_rights; i++)
		add_right(&rows, response->rights[i], all);
	r = list_print(call, all ? &rule_list : &right_list, &rows);
	rows_deinit(&rows);
	codec_free(answer);
	return r;
}

/* ---- the commands ---- */

#define ROOM_OPTION(text)                                                                          \
	{                                                                                          \
		.name = "room", .argument = "ROOM", .help = (text), .kind = OPTION_TEXT            \
	}
#define FOR_OPTION(text)                                                                           \
	{                                                                                          \
		.name = "for", .argument = "DURATION", .help = (text), .kind = OPTION_DURATION,    \
		.min = 1, .max = SECONDS_MAX                                                       \
	}
#define REASON_OPTION                                                                              \
	{                                                                                          \
		.name = "reason", .argument = "TEXT",                                              \
		.help = "Why; the person and the room see it", .kind = OPTION_TEXT                 \
	}

static const struct option_row kick_options[] = {
	{.name = "ban",
		.argument = "DURATION",
		.help = "Keep it out for that long",
		.kind = OPTION_DURATION,
		.min = 1,
		.max = SECONDS_MAX},
	REASON_OPTION,
	ROOM_OPTION("Only from this room"),
	{.name = NULL},
};

static const struct option_row ban_options[] = {
	FOR_OPTION("How long; without it for ever"),
	REASON_OPTION,
	ROOM_OPTION("Only from this room"),
	{.name = NULL},
};

static const struct option_row mute_options[] = {
	FOR_OPTION("How long; without it until unmute"),
	REASON_OPTION,
	ROOM_OPTION("Only in this room"),
	{.name = NULL},
};

static const struct option_row room_options[] = {
	ROOM_OPTION("Of this room"),
	{.name = NULL},
};

static const struct option_row explain_options[] = {
	{.name = "rules", .help = "Every rule that was looked at, not only those that decide"},
	{.name = NULL},
};

const struct command moderation_commands[] = {
	{.name = "ban add",
		.aliases = {"ban"},
		.arguments = "TARGET",
		.summary = "Keeps an account, an address or a network out",
		.help = "TARGET is an address or a network like 192.0.2.0/24 (an IPv6 address means "
			"its /64), else\nan account; user:NAME where a name looks like an address. An "
			"account's sessions end and\nsee why; with --room it is only removed from that "
			"room. Connections from a banned\nnetwork are refused before TLS, and those "
			"there are, are cut.",
		.args_min = 1,
		.args_max = 1,
		.options = ban_options,
		.run = ban},
	{.name = "ban list",
		.aliases = {"list-bans"},
		.arguments = "",
		.summary = "Lists the bans in force",
		.help = "Lists bans of accounts, addresses and networks with until when, why and by "
			"whom.\nUNTIL is empty where it is for ever.",
		.options = room_options,
		.list = &ban_list},
	{.name = "ban remove",
		.aliases = {"unban"},
		.arguments = "TARGET",
		.summary = "Takes a ban back",
		.help = "TARGET and --room as they were given to ban add.",
		.args_min = 1,
		.args_max = 1,
		.options = room_options,
		.run = unban},
	{.name = "explain",
		.arguments = "USER [ROOM]",
		.summary = "Shows what an account may do, and which rules say so",
		.help = "For each right, on the server and in the room: allow, limit or deny, and the "
			"rule that\ndecides, from the code that decides it. With --rules every rule "
			"that was looked at.",
		.args_min = 1,
		.args_max = 2,
		.options = explain_options,
		.list = &right_list,
		.run = explain},
	{.name = "kick",
		.arguments = "USER",
		.summary = "Removes an account from a room, or ends its sessions",
		.help = "With --room removes the account from that room; without it ends all its "
			"sessions on the\nserver. The reason is shown to the person and, for a room, "
			"to its members. Its client does\nnot come back by itself; with --ban the "
			"person can't either, for that long.",
		.args_min = 1,
		.args_max = 1,
		.options = kick_options,
		.run = kick},
	{.name = "list-mutes",
		.aliases = {"mute list"},
		.arguments = "",
		.summary = "Lists the mutes in force",
		.help = "Lists who is muted, where, until when, why and by whom.",
		.options = room_options,
		.list = &mute_list},
	{.name = "mute",
		.arguments = "USER",
		.summary = "Stops an account from writing",
		.help = "In one room, or without --room in all of them. It reads on. A room's members "
			"see who was\nmuted there.",
		.args_min = 1,
		.args_max = 1,
		.options = mute_options,
		.run = mute},
	{.name = "unmute",
		.arguments = "USER",
		.summary = "Lets an account write again",
		.help = "--room as it was given to mute.",
		.args_min = 1,
		.args_max = 1,
		.options = room_options,
		.run = unmute},
	{.name = NULL},
};
