/* list-members; member add, remove, role. */
#include "ctl/command.h"

#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "ctl/words.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

#define ROLES "reader|member|moderator|owner"

static const struct field member_fields[] = {
	{"user", "USER", FIELD_TEXT},
	{"account_id", "ID", FIELD_ID},
	{"role", "ROLE", FIELD_TEXT},
	{"presence", "PRESENCE", FIELD_TEXT},
	{"joined", "JOINED", FIELD_TIME},
	{"last_seen", "LAST-SEEN", FIELD_TIME},
	{"lag", "LAG", FIELD_COUNT},
	{"display_name", "NAME", FIELD_TEXT},
};

static const struct field change_fields[] = {
	{"room", "Room", FIELD_TEXT},
	{"user", "Member", FIELD_TEXT},
	{"before", "Before", FIELD_TEXT},
	{"after", "After", FIELD_TEXT},
};

/* ---- list ---- */

static void add_member(struct rows *rows, const Gchat__V1__AdminMember *admin_member)
{
	const Gchat__V1__Member *member = admin_member->member;

	if (!member)
		return;
	rows_text(rows, member->user);
	rows_number(rows, member->account_id);
	rows_text(rows, words_role(member->role));
	rows_text(rows, words_presence(member->presence));
	rows_number(rows, admin_member->joined_us);
	rows_number(rows, admin_member->last_seen_us);
	rows_number(rows, admin_member->lag);
	rows_text(rows, member->display_name);
}

static int fetch_members(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListRoomMembersRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__list_room_members_request__init(&request);
	request.room = call->args[0];
	int r = admin_call_page(call->admin, "ListRoomMembers", &request.base,
		&gchat__v1__list_room_members_response__descriptor, page_token, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListRoomMembersResponse *page = (const void *)answer;
	for (size_t i = 0; i < page->n_members; i++)
		add_member(rows, page->members[i]);
	codec_free(answer);
	return EXIT_DONE;
}

static const struct list_spec member_list = {
	.noun = "member",
	.fields = member_fields,
	.field_count = GC_LENGTH(member_fields),
	.details = "account_id,joined,display_name,last_seen",
	.fetch = fetch_members,
};

/* ---- changes ---- */

/* What the member was and is: a role, or "none". */
static int print_change(
	const struct command_call *call, Gchat__V1__Role before, Gchat__V1__Role after)
{
	struct rows rows;

	rows_init(&rows, change_fields, GC_LENGTH(change_fields));
	rows_text(&rows, call->args[0]);
	rows_text(&rows, call->args[1]);
	rows_text(&rows, before ? words_role(before) : "none");
	rows_text(&rows, after ? words_role(after) : "none");
	return command_print_record(call, &rows);
}

/* A role's name from the command line; EXIT_USAGE after saying which there are. */
static int read_role(const char *word, Gchat__V1__Role *ret)
{
	if (words_find_role(word, ret))
		return EXIT_DONE;
	(void)fprintf(stderr,
		"gchatctl: %s is not a role (allowed: reader, member, moderator, owner)\n", word);
	return EXIT_USAGE;
}

static int member_add(const struct command_call *call)
{
	Gchat__V1__AddMemberRequest request;
	ProtobufCMessage *answer = NULL;
	const char *role = options_text(call->options, "role");

	gchat__v1__add_member_request__init(&request);
	request.room = call->args[0];
	request.user = call->args[1];
	request.role = GCHAT__V1__ROLE__ROLE_MEMBER;
	int r = role ? read_role(role, &request.role) : EXIT_DONE;
	if (r == EXIT_DONE)
		r = admin_call(call->admin, "AddMember", &request.base,
			&gchat__v1__add_member_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	codec_free(answer);
	return print_change(call, GCHAT__V1__ROLE__ROLE_UNSPECIFIED, request.role);
}

static int member_remove(const struct command_call *call)
{
	Gchat__V1__AdminRemoveMemberRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__admin_remove_member_request__init(&request);
	request.room = call->args[0];
	request.user = call->args[1];
	admin_set_text(&request.reason, options_text(call->options, "reason"));
	int r = admin_call(call->admin, "AdminRemoveMember", &request.base,
		&gchat__v1__admin_remove_member_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	Gchat__V1__Role before =
		((const Gchat__V1__AdminRemoveMemberResponse *)(const void *)answer)->before;
	codec_free(answer);
	return print_change(call, before, GCHAT__V1__ROLE__ROLE_UNSPECIFIED);
}

static int member_role(const struct command_call *call)
{
	Gchat__V1__SetRoleRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__set_role_request__init(&request);
	request.room = call->args[0];
	request.user = call->args[1];
	int r = read_role(call->args[2], &request.role);
	if (r == EXIT_DONE)
		r = admin_call(call->admin, "SetRole", &request.base,
			&gchat__v1__set_role_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	Gchat__V1__Role before = ((const Gchat__V1__SetRoleResponse *)(const void *)answer)->before;
	codec_free(answer);
	return print_change(call, before, request.role);
}

/* ---- the table ---- */

static const struct option_row add_options[] = {
	{.name = "role",
		.argument = "ROLE",
		.help = "reader, member (also without), moderator or owner",
		.kind = OPTION_WORD,
		.words = ROLES},
	{.name = NULL},
};

static const struct option_row remove_options[] = {
	{.name = "reason",
		.argument = "TEXT",
		.help = "Why; the person and the room see it",
		.kind = OPTION_TEXT},
	{.name = NULL},
};

const struct command member_commands[] = {
	{.name = "list-members",
		.aliases = {"member list"},
		.arguments = "ROOM",
		.summary = "Lists the members of a room",
		.help = "Lists the members of a room with role, presence and how far their slowest "
			"session is\nbehind the room's newest event.",
		.args_min = 1,
		.args_max = 1,
		.list = &member_list},
	{.name = "member add",
		.aliases = {"add-member"},
		.arguments = "ROOM USER",
		.summary = "Makes an account a member of a room",
		.help = "Makes an account a member of a room, of a private one too, without its "
			"asking. It reads\na private room from then on.",
		.args_min = 2,
		.args_max = 2,
		.options = add_options,
		.run = member_add},
	{.name = "member remove",
		.aliases = {"remove-member"},
		.arguments = "ROOM USER",
		.summary = "Removes a member from a room",
		.help = "Removes a member from a room, its last owner too. The room sees it, with "
			"the reason. It\nmay join again where it could before; to keep it out: "
			"gchatctl ban.",
		.args_min = 2,
		.args_max = 2,
		.options = remove_options,
		.run = member_remove},
	{.name = "member role",
		.aliases = {"set-role"},
		.arguments = "ROOM USER " ROLES,
		.summary = "Changes a member's role",
		.help = "Changes a member's role in a room, and shows the one before. The room "
			"sees it.",
		.args_min = 3,
		.args_max = 3,
		.run = member_role},
	{.name = NULL},
};
