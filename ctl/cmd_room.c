/* list-rooms and list-members. */
#include "ctl/command.h"

#include "base/macros.h"
#include "ctl/admin.h"
#include "ctl/command_groups.h"
#include "ctl/exit.h"
#include "ctl/words.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

static const struct field room_fields[] = {
	{"room", "ROOM", FIELD_TEXT},
	{"room_id", "ID", FIELD_ID},
	{"visibility", "VISIBILITY", FIELD_TEXT},
	{"members", "MEMBERS", FIELD_COUNT},
	{"online", "ONLINE", FIELD_COUNT},
	{"readers", "READERS", FIELD_COUNT},
	{"head_seq", "HEAD", FIELD_COUNT},
	{"first_seq", "FIRST", FIELD_COUNT},
	{"created", "CREATED", FIELD_TIME},
	{"title", "TITLE", FIELD_TEXT},
	{"topic", "TOPIC", FIELD_TEXT},
};

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

static void add_room(struct rows *rows, const Gchat__V1__AdminRoom *admin_room)
{
	const Gchat__V1__Room *room = admin_room->room;

	if (!room)
		return;
	rows_text(rows, room->name);
	rows_number(rows, room->room_id);
	rows_text(rows, words_visibility(room->visibility));
	rows_number(rows, room->member_count);
	rows_number(rows, admin_room->online_count);
	rows_number(rows, admin_room->reader_count);
	rows_number(rows, room->head_seq);
	rows_number(rows, room->first_seq);
	rows_number(rows, room->created_us);
	rows_text(rows, room->title);
	rows_text(rows, room->topic);
}

static int fetch_rooms(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListAllRoomsRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__list_all_rooms_request__init(&request);
	int r = admin_call_page(call->admin, "ListAllRooms", &request.base,
		&gchat__v1__list_all_rooms_response__descriptor, page_token, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListAllRoomsResponse *page = (const void *)answer;
	for (size_t i = 0; i < page->n_rooms; i++)
		add_room(rows, page->rooms[i]);
	codec_free(answer);
	return EXIT_DONE;
}

static const struct list_spec room_list = {
	.noun = "room",
	.fields = room_fields,
	.field_count = GC_LENGTH(room_fields),
	.details = "room_id,first_seq,readers,created,title,visibility,head_seq",
	.fetch = fetch_rooms,
};

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

const struct command room_commands[] = {
	{.name = "list-members",
		.aliases = {"member list"},
		.arguments = "ROOM",
		.summary = "Lists the members of a room",
		.help = "Lists the members of a room with role, presence and how far their slowest "
			"session is\nbehind the room's newest event.",
		.args_min = 1,
		.args_max = 1,
		.list = &member_list},
	{.name = "list-rooms",
		.aliases = {"room list"},
		.arguments = "",
		.summary = "Lists all rooms",
		.help = "Lists all rooms with members, those online, sessions that read the room "
			"now, and the\nsequence number of the newest event.",
		.list = &room_list},
	{.name = NULL},
};
