/* Rooms, members and history. */
#include "lib/priv.h"

#include "base/err.h"
#include "lib/convert.h"
#include "lib/memory.h"
#include "lib/uuid.h"
#include "proto/codec.h"

int gchat_list_rooms(struct gchat *g, const struct gchat_page *page, bool joined_only,
	struct gchat_room_list **ret, struct gchat_error *ret_error)
{
	Gchat__V1__ListRoomsRequest request;
	gchat__v1__list_rooms_request__init(&request);
	Gchat__V1__ListRoomsResponse *msg = NULL;
	request.page_size = page ? page->size : 0;
	request.page_token = api_text(page ? page->token : NULL);
	request.joined_only = joined_only;
	int r = api_call(g, "/gchat.v1.Chat/ListRooms", &request.base,
		&gchat__v1__list_rooms_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	struct gchat_room_list *list = memory_new(sizeof(*list));
	list->rooms = convert_rooms(list, msg->rooms, msg->n_rooms);
	list->count = msg->n_rooms;
	list->next_page = memory_text(list, msg->next_page_token);
	codec_free(&msg->base);
	*ret = list;
	return 0;
}

int gchat_get_room(struct gchat *g, uint64_t room_id, const char *name, struct gchat_room **ret,
	struct gchat_error *ret_error)
{
	Gchat__V1__GetRoomRequest request;
	gchat__v1__get_room_request__init(&request);
	Gchat__V1__GetRoomResponse *msg = NULL;
	request.room_case = room_id ? GCHAT__V1__GET_ROOM_REQUEST__ROOM_ROOM_ID
				    : GCHAT__V1__GET_ROOM_REQUEST__ROOM_ROOM_NAME;
	if (room_id)
		request.room_id = room_id;
	else
		request.room_name = api_text(name);
	int r = api_call(g, "/gchat.v1.Chat/GetRoom", &request.base,
		&gchat__v1__get_room_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	*ret = api_take_room(g, msg->room);
	(*ret)->role = convert_role(msg->role);
	codec_free(&msg->base);
	return 0;
}

int gchat_create_room(struct gchat *g, const struct gchat_room_spec *spec, struct gchat_room **ret,
	struct gchat_error *ret_error)
{
	uint8_t id[UUID_BYTES];
	uuid_make(id);
	Gchat__V1__CreateRoomRequest request;
	gchat__v1__create_room_request__init(&request);
	Gchat__V1__CreateRoomResponse *msg = NULL;
	request.name = api_text(spec->name);
	request.title = api_text(spec->title);
	request.topic = api_text(spec->topic);
	request.visibility = (Gchat__V1__Visibility)spec->visibility;
	request.request_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	int r = api_call(g, "/gchat.v1.Chat/CreateRoom", &request.base,
		&gchat__v1__create_room_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	*ret = api_take_room(g, msg->room);
	codec_free(&msg->base);
	return 0;
}

int gchat_update_room(struct gchat *g, uint64_t room_id, const struct gchat_room_spec *change,
	struct gchat_room **ret, struct gchat_error *ret_error)
{
	Gchat__V1__UpdateRoomRequest request;
	gchat__v1__update_room_request__init(&request);
	Gchat__V1__UpdateRoomResponse *msg = NULL;
	request.room_id = room_id;
	request.set_title = change->title != NULL;
	request.set_topic = change->topic != NULL;
	request.set_visibility = change->visibility != GCHAT_VISIBILITY_NONE;
	request.title = api_text(change->title);
	request.topic = api_text(change->topic);
	request.visibility = (Gchat__V1__Visibility)change->visibility;
	request.set_read_only = change->set_read_only;
	request.set_slow_mode = change->set_slow_mode;
	request.read_only = change->read_only;
	request.slow_mode_s = change->slow_mode_s;
	int r = api_call(g, "/gchat.v1.Chat/UpdateRoom", &request.base,
		&gchat__v1__update_room_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	*ret = api_take_room(g, msg->room);
	codec_free(&msg->base);
	return 0;
}

int gchat_delete_room(struct gchat *g, uint64_t room_id, struct gchat_error *ret_error)
{
	Gchat__V1__DeleteRoomRequest request;
	gchat__v1__delete_room_request__init(&request);
	request.room_id = room_id;
	int r = api_call(g, "/gchat.v1.Chat/DeleteRoom", &request.base,
		&gchat__v1__delete_room_response__descriptor, NULL, ret_error);
	return r < 0 ? err_pass(r) : 0;
}

int gchat_direct(
	struct gchat *g, const char *user, struct gchat_room **ret, struct gchat_error *ret_error)
{
	Gchat__V1__OpenDirectRoomRequest request;
	gchat__v1__open_direct_room_request__init(&request);
	Gchat__V1__OpenDirectRoomResponse *msg = NULL;
	request.user = api_text(user);
	int r = api_call(g, "/gchat.v1.Chat/OpenDirectRoom", &request.base,
		&gchat__v1__open_direct_room_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	*ret = api_take_room(g, msg->room);
	codec_free(&msg->base);
	return 0;
}

int gchat_list_members(struct gchat *g, uint64_t room_id, const struct gchat_page *page,
	struct gchat_member_list **ret, struct gchat_error *ret_error)
{
	Gchat__V1__ListMembersRequest request;
	gchat__v1__list_members_request__init(&request);
	Gchat__V1__ListMembersResponse *msg = NULL;
	request.room_id = room_id;
	request.page_size = page ? page->size : 0;
	request.page_token = api_text(page ? page->token : NULL);
	int r = api_call(g, "/gchat.v1.Chat/ListMembers", &request.base,
		&gchat__v1__list_members_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	struct gchat_member_list *list = memory_new(sizeof(*list));
	list->members = convert_members(list, msg->members, msg->n_members);
	list->count = msg->n_members;
	list->next_page = memory_text(list, msg->next_page_token);
	list->member_count = msg->member_count;
	codec_free(&msg->base);
	*ret = list;
	return 0;
}

int gchat_list_read_markers(
	struct gchat *g, struct gchat_read_marker_list **ret, struct gchat_error *ret_error)
{
	Gchat__V1__ListReadMarkersRequest request;
	gchat__v1__list_read_markers_request__init(&request);
	Gchat__V1__ListReadMarkersResponse *msg = NULL;
	int r = api_call(g, "/gchat.v1.Chat/ListReadMarkers", &request.base,
		&gchat__v1__list_read_markers_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	struct gchat_read_marker_list *list = memory_new(sizeof(*list));
	struct gchat_read_marker *markers = memory_add(list, msg->n_read_markers, sizeof(*markers));
	for (size_t i = 0; i < msg->n_read_markers; i++)
		markers[i] = (struct gchat_read_marker){.room_id = msg->read_markers[i]->room_id,
			.read_seq = msg->read_markers[i]->read_seq,
			.unread = msg->read_markers[i]->unread};
	list->read_markers = markers;
	list->count = msg->n_read_markers;
	codec_free(&msg->base);
	*ret = list;
	return 0;
}

int gchat_remove_member(struct gchat *g, uint64_t room_id, const char *user, const char *reason,
	struct gchat_error *ret_error)
{
	Gchat__V1__RemoveMemberRequest request;
	gchat__v1__remove_member_request__init(&request);
	request.room_id = room_id;
	request.user = api_text(user);
	request.reason = api_text(reason);
	int r = api_call(g, "/gchat.v1.Chat/RemoveMember", &request.base,
		&gchat__v1__remove_member_response__descriptor, NULL, ret_error);
	return r < 0 ? err_pass(r) : 0;
}

int gchat_set_role(struct gchat *g, uint64_t room_id, const char *user, enum gchat_role role,
	struct gchat_error *ret_error)
{
	Gchat__V1__SetMemberRoleRequest request;
	gchat__v1__set_member_role_request__init(&request);
	request.room_id = room_id;
	request.user = api_text(user);
	request.role = (Gchat__V1__Role)role;
	int r = api_call(g, "/gchat.v1.Chat/SetMemberRole", &request.base,
		&gchat__v1__set_member_role_response__descriptor, NULL, ret_error);
	return r < 0 ? err_pass(r) : 0;
}

static void set_place(
	Gchat__V1__GetHistoryRequest *request, const struct gchat_history_query *query)
{
	switch (query->place) {
	case GCHAT_PLACE_NEWEST:
		request->place_case = GCHAT__V1__GET_HISTORY_REQUEST__PLACE_BEFORE_SEQ;
		request->before_seq = UINT64_MAX;
		break;
	case GCHAT_PLACE_BEFORE:
		request->place_case = GCHAT__V1__GET_HISTORY_REQUEST__PLACE_BEFORE_SEQ;
		request->before_seq = query->seq;
		break;
	case GCHAT_PLACE_AFTER:
		request->place_case = GCHAT__V1__GET_HISTORY_REQUEST__PLACE_AFTER_SEQ;
		request->after_seq = query->seq;
		break;
	case GCHAT_PLACE_AROUND:
		request->place_case = GCHAT__V1__GET_HISTORY_REQUEST__PLACE_AROUND_SEQ;
		request->around_seq = query->seq;
		break;
	}
}

int gchat_history(struct gchat *g, const struct gchat_history_query *query,
	struct gchat_history **ret, struct gchat_error *ret_error)
{
	Gchat__V1__GetHistoryRequest request;
	gchat__v1__get_history_request__init(&request);
	Gchat__V1__GetHistoryResponse *msg = NULL;
	request.room_id = query->room_id;
	request.page_size = query->page_size;
	set_place(&request, query);
	int r = api_call(g, "/gchat.v1.Chat/GetHistory", &request.base,
		&gchat__v1__get_history_response__descriptor, &msg, ret_error);
	if (r < 0)
		return err_pass(r);
	struct gchat_history *history = memory_new(sizeof(*history));
	history->entries = convert_entries(history, msg->events, msg->n_events);
	history->count = msg->n_events;
	history->amendments = convert_entries(history, msg->amendments, msg->n_amendments);
	history->amendment_count = msg->n_amendments;
	history->first_seq = msg->first_seq;
	history->head_seq = msg->head_seq;
	codec_free(&msg->base);
	*ret = history;
	return 0;
}
