/* list-rooms and list-members. */
#include "ctl/command.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/exit.h"
#include "ctl/words.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"
#include "proto/limits.h"

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

/* One page; *page_token leads to the next, or becomes NULL. */
static int add_rooms(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListAllRoomsRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__list_all_rooms_request__init(&request);
	request.page_size = LIMIT_PAGE_MAX;
	if (*page_token)
		request.page_token = *page_token;
	int r = admin_call(call->admin, "ListAllRooms", &request.base,
		&gchat__v1__list_all_rooms_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListAllRoomsResponse *page = (const void *)answer;
	for (size_t i = 0; i < page->n_rooms; i++)
		add_room(rows, page->rooms[i]);
	r = admin_next_page(call->admin, page->next_page_token, page_token);
	codec_free(answer);
	return r;
}

int command_list_rooms(const struct command_call *call)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;
	struct rows rows;
	int r = EXIT_DONE;

	rows_init(&rows, room_fields, GC_LENGTH(room_fields));
	do {
		r = add_rooms(call, &rows, &page_token);
	} while (r == EXIT_DONE && page_token);
	if (r == EXIT_DONE && output_list(call->output, &rows, "room") < 0)
		r = EXIT_FAILED;
	rows_deinit(&rows);
	return r;
}

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

static int add_members(const struct command_call *call, struct rows *rows, char **page_token)
{
	Gchat__V1__ListRoomMembersRequest request;
	ProtobufCMessage *answer = NULL;

	gchat__v1__list_room_members_request__init(&request);
	request.room = call->args[0];
	request.page_size = LIMIT_PAGE_MAX;
	if (*page_token)
		request.page_token = *page_token;
	int r = admin_call(call->admin, "ListRoomMembers", &request.base,
		&gchat__v1__list_room_members_response__descriptor, &answer);
	if (r != EXIT_DONE)
		return r;
	const Gchat__V1__ListRoomMembersResponse *page = (const void *)answer;
	for (size_t i = 0; i < page->n_members; i++)
		add_member(rows, page->members[i]);
	r = admin_next_page(call->admin, page->next_page_token, page_token);
	codec_free(answer);
	return r;
}

int command_list_members(const struct command_call *call)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;
	struct rows rows;
	int r = EXIT_DONE;

	rows_init(&rows, member_fields, GC_LENGTH(member_fields));
	do {
		r = add_members(call, &rows, &page_token);
	} while (r == EXIT_DONE && page_token);
	if (r == EXIT_DONE && output_list(call->output, &rows, "member") < 0)
		r = EXIT_FAILED;
	rows_deinit(&rows);
	return r;
}
