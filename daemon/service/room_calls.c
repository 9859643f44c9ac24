/* Rooms and members, unary. */
#include "service/room_calls.h"

#include "base/mem.h"
#include "room/name.h"
#include "service/call.h"
#include "service/hello.h"
#include "service/page.h"
#include "service/watch_notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Gchat__V1__Role none = GCHAT__V1__ROLE__ROLE_UNSPECIFIED;

/* ---- reading ---- */

struct room_filter {
	uint64_t account_id;
	bool joined_only;
};

static bool is_visible(void *arg, struct room *room)
{
	const struct room_filter *filter = arg;
	bool joined = room_role_of(room, filter->account_id) != none;
	if (filter->joined_only || joined)
		return joined;
	struct room_info info;
	room_get_info(room, &info);
	return info.visibility == GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC;
}

void room_list(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListRoomsRequest *r = CALL_REQUEST(Gchat__V1__ListRoomsRequest, msg);
	struct room_filter filter = {
		.account_id = call->account->id, .joined_only = r->joined_only};
	struct room_page page;
	room_page_make(call->service->directory, r->page_token, call_page_size(r->page_size),
		is_visible, &filter, &page);
	struct room_info *infos = mem_new(page.count, sizeof(*infos));
	Gchat__V1__Room *rooms = mem_new(page.count, sizeof(*rooms));
	Gchat__V1__Room **list = mem_new(page.count, sizeof(struct Gchat__V1__Room *));
	for (size_t i = 0; i < page.count; i++) {
		room_get_info(page.rooms[i], &infos[i]);
		room_info_to_message(&infos[i], &rooms[i]);
		list[i] = &rooms[i];
	}
	Gchat__V1__ListRoomsResponse response;
	gchat__v1__list_rooms_response__init(&response);
	response.rooms = list;
	response.n_rooms = page.count;
	if (page.more)
		response.next_page_token = infos[page.count - 1].name;
	call_reply(call, &response.base);
	free(list);
	free(rooms);
	free(infos);
	room_page_deinit(&page);
}

void room_get(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__GetRoomRequest *r = CALL_REQUEST(Gchat__V1__GetRoomRequest, msg);
	bool by_name = r->room_case == GCHAT__V1__GET_ROOM_REQUEST__ROOM_ROOM_NAME;
	struct room *room =
		call_find_room(call, by_name ? 0 : r->room_id, by_name ? r->room_name : NULL);
	if (!room)
		return;
	struct room_info info;
	Gchat__V1__Room out;
	room_get_info(room, &info);
	room_info_to_message(&info, &out);
	Gchat__V1__GetRoomResponse response;
	gchat__v1__get_room_response__init(&response);
	response.room = &out;
	response.role = room_role_of(room, call->account->id);
	call_reply(call, &response.base);
	(void)room_unref(room);
}

void room_list_members(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListMembersRequest *r = CALL_REQUEST(Gchat__V1__ListMembersRequest, msg);
	struct room *room = call_find_room(call, r->room_id, NULL);
	if (!room)
		return;
	enum reason reason = call_check_right(call, room, RIGHT_READ);
	if (reason != REASON_NONE) {
		(void)room_unref(room);
		call_fail(call, reason);
		return;
	}
	struct member_page page;
	member_page_make(room, r->page_token, call_page_size(r->page_size), &page);
	Gchat__V1__Member **list = mem_new(page.count, sizeof(struct Gchat__V1__Member *));
	member_page_show(&page, call->service->presence);
	for (size_t i = 0; i < page.count; i++)
		list[i] = &page.members[i];
	Gchat__V1__ListMembersResponse response;
	gchat__v1__list_members_response__init(&response);
	response.members = list;
	response.n_members = page.count;
	response.member_count = page.member_count;
	response.next_page_token = member_page_next(&page);
	call_reply(call, &response.base);
	free(list);
	member_page_deinit(&page);
	(void)room_unref(room);
}

/* ---- changing: each answers with the room, or with nothing ---- */

static void reply_room(struct call *call)
{
	struct room_info info;
	Gchat__V1__Room room;
	room_get_info(call->write.room, &info);
	room_info_to_message(&info, &room);
	/* CreateRoom, UpdateRoom and OpenDirectRoom answer alike: room = 1 */
	Gchat__V1__CreateRoomResponse response;
	gchat__v1__create_room_response__init(&response);
	response.room = &room;
	call_reply(call, &response.base);
}

static void reply_empty(struct call *call)
{
	Gchat__V1__DeleteRoomResponse response;
	gchat__v1__delete_room_response__init(&response);
	call_reply(call, &response.base); /* every empty message encodes as nothing */
}

void room_create(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__CreateRoomRequest *r = CALL_REQUEST(Gchat__V1__CreateRoomRequest, msg);
	if (strlen(r->name) > LIMIT_ROOM_NAME_BYTES || strlen(r->title) > LIMIT_TITLE_BYTES ||
		strlen(r->topic) > LIMIT_TOPIC_BYTES ||
		(r->request_id.len != 0 && r->request_id.len != LIMIT_CLIENT_MSG_ID_BYTES)) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return;
	}
	if (!call_charge(call))
		return;
	struct room_info info = {.visibility = r->visibility};
	strcpy(info.name, r->name);
	strcpy(info.title, r->title);
	strcpy(info.topic, r->topic);
	if (info.visibility == GCHAT__V1__VISIBILITY__VISIBILITY_UNSPECIFIED)
		info.visibility = GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC;
	struct write *write = call_begin_write(call);
	call_write(call,
		op_create_room(write, &info, r->request_id.len ? r->request_id.data : NULL),
		reply_room);
}

struct write *room_begin_change(struct call *call, uint64_t room_id)
{
	if (!call_charge(call))
		return NULL;
	struct room *room = call_find_room(call, room_id, NULL);
	if (!room)
		return NULL;
	struct write *write = call_begin_write(call);
	write->room = room;
	return write;
}

void room_update(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__UpdateRoomRequest *r = CALL_REQUEST(Gchat__V1__UpdateRoomRequest, msg);
	struct write *write = room_begin_change(call, r->room_id);
	if (!write)
		return;
	struct op_room_change change = {.title = r->set_title ? r->title : NULL,
		.topic = r->set_topic ? r->topic : NULL,
		.visibility = r->set_visibility ? r->visibility
						: GCHAT__V1__VISIBILITY__VISIBILITY_UNSPECIFIED,
		.settings = {.read_only = r->read_only, .slow_mode_s = r->slow_mode_s},
		.sets = (r->set_read_only ? ROOM_SETS_READ_ONLY : 0U) |
			(r->set_slow_mode ? ROOM_SETS_SLOW_MODE : 0U)};
	call_write(call, op_update_room(write, &change), reply_room);
}

static void reply_deleted(struct call *call)
{
	watch_notes_room_deleted(call, call->write.room->name);
	reply_empty(call);
}

void room_delete(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__DeleteRoomRequest *r = CALL_REQUEST(Gchat__V1__DeleteRoomRequest, msg);
	struct write *write = room_begin_change(call, r->room_id);
	if (write)
		call_write(call, op_delete_room(write), reply_deleted);
}

void room_open_direct(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__OpenDirectRoomRequest *r =
		CALL_REQUEST(Gchat__V1__OpenDirectRoomRequest, msg);
	if (!call_charge(call))
		return;
	struct account *subject = call_find_user(call, r->user);
	if (!subject)
		return;
	struct write *write = call_begin_write(call);
	write->subject = subject;
	call_write(call, op_open_direct(write), reply_room);
}

struct write *room_begin_member_change(struct call *call, uint64_t room_id, const char *user)
{
	struct account *subject = call_find_user(call, user);
	if (!subject)
		return NULL;
	struct write *write = room_begin_change(call, room_id);
	if (write)
		write->subject = subject;
	else
		(void)account_unref(subject);
	return write;
}

void room_remove_member(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__RemoveMemberRequest *r = CALL_REQUEST(Gchat__V1__RemoveMemberRequest, msg);
	struct write *write = room_begin_member_change(call, r->room_id, r->user);
	if (write)
		call_write(call, op_remove(write, r->reason), reply_empty);
}

void room_set_member_role(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__SetMemberRoleRequest *r =
		CALL_REQUEST(Gchat__V1__SetMemberRoleRequest, msg);
	struct write *write = room_begin_member_change(call, r->room_id, r->user);
	if (write)
		call_write(call, op_set_role(write, r->role), reply_empty);
}

/* ---- read markers ---- */

struct markers {
	size_t count;
	struct room **rooms; /* owned, with refs */
	Gchat__V1__ReadMarker *markers;
};

static void wipe_markers(void *data)
{
	struct markers *m = data;
	for (size_t i = 0; i < m->count; i++)
		(void)room_unref(m->rooms[i]);
	free(m->rooms);
	free(m->markers);
}

/* Reader thread. */
static void count_markers(struct call *call, struct store_reader *reader)
{
	struct markers *m = call->data;
	for (size_t i = 0; i < m->count && call->status == STORE_OK; i++) {
		Gchat__V1__ReadMarker *marker = &m->markers[i];
		if (!unread_from_tail(
			    m->rooms[i], marker->read_seq, call->account->id, &marker->unread))
			call->status = store_count(reader, marker->room_id, marker->read_seq,
				call->account->id, LIMIT_UNREAD_MAX, &marker->unread);
	}
}

static void reply_markers(struct call *call)
{
	struct markers *m = call->data;
	if (call->status != STORE_OK) {
		call_fail(call, write_reason(call->status));
		return;
	}
	Gchat__V1__ReadMarker **list = mem_new(m->count, sizeof(struct Gchat__V1__ReadMarker *));
	for (size_t i = 0; i < m->count; i++)
		list[i] = &m->markers[i];
	Gchat__V1__ListReadMarkersResponse response;
	gchat__v1__list_read_markers_response__init(&response);
	response.read_markers = list;
	response.n_read_markers = m->count;
	call_reply(call, &response.base);
	free(list);
}

void room_list_read_markers(struct call *call, const ProtobufCMessage *msg)
{
	(void)msg;
	struct markers *m = call_data(call, sizeof(*m));
	call->wipe = wipe_markers;
	m->rooms = directory_rooms_of(call->service->directory, call->account, &m->count);
	m->markers = mem_new(m->count, sizeof(*m->markers));
	for (size_t i = 0; i < m->count; i++) {
		gchat__v1__read_marker__init(&m->markers[i]);
		m->markers[i].room_id = m->rooms[i]->id;
		room_lock(m->rooms[i]);
		struct member *member = room_find_member(m->rooms[i], call->account->id);
		m->markers[i].read_seq = member ? member->read_seq : 0;
		room_unlock(m->rooms[i]);
	}
	call_read(call, count_markers, reply_markers);
}
