/* Rooms as administrators see and change them. */
#include "service/admin_rooms.h"

#include "base/log.h"
#include "base/mem.h"
#include "gchat/v1/admin.pb-c.h"
#include "service/call.h"
#include "service/page.h"

#include <stdlib.h>
#include <string.h>

enum {
	OWNERS_MAX = 100 /* told of one room */
};

/* ---- looking ---- */

/* One room as a message: the parts point at each other, so it stays where it is. */
struct admin_room {
	struct room_info info;
	Gchat__V1__Room room;
	Gchat__V1__RoomSettings settings;
	Gchat__V1__AdminRoom message;
};

static void settings_to_message(const struct room_settings *settings, Gchat__V1__RoomSettings *out)
{
	gchat__v1__room_settings__init(out);
	out->read_only = settings->read_only;
	out->slow_mode_s = settings->slow_mode_s;
	out->text_bytes_max = settings->text_bytes_max;
	out->members_max = settings->members_max;
	out->retention_days = settings->retention_days;
	out->retention_events = settings->retention_events;
}

static void fill_room(struct call *call, struct room *room, struct admin_room *out)
{
	room_get_info(room, &out->info);
	room_info_to_message(&out->info, &out->room);
	settings_to_message(&out->info.settings, &out->settings);
	gchat__v1__admin_room__init(&out->message);
	out->message.room = &out->room;
	out->message.settings = &out->settings;
	out->message.online_count = presence_count(call->service->presence, room);
	out->message.reader_count = atomic_load(&room->readers);
	out->message.damaged = room_is_damaged(room);
}

static bool any_room(void *arg, struct room *room)
{
	(void)arg;
	(void)room;
	return true;
}

void admin_list_rooms(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__ListAllRoomsRequest *r = CALL_REQUEST(Gchat__V1__ListAllRoomsRequest, msg);
	struct room_page page;
	room_page_make(call->service->directory, r->page_token, call_page_size(r->page_size),
		any_room, NULL, &page);
	struct admin_room *rooms = mem_new(page.count, sizeof(*rooms));
	Gchat__V1__AdminRoom **list = mem_new(page.count, sizeof(struct Gchat__V1__AdminRoom *));
	for (size_t i = 0; i < page.count; i++) {
		fill_room(call, page.rooms[i], &rooms[i]);
		list[i] = &rooms[i].message;
	}
	Gchat__V1__ListAllRoomsResponse response;
	gchat__v1__list_all_rooms_response__init(&response);
	response.rooms = list;
	response.n_rooms = page.count;
	if (page.more)
		response.next_page_token = rooms[page.count - 1].info.name;
	call_reply(call, &response.base);
	free(list);
	free(rooms);
	room_page_deinit(&page);
}

/* What is counted of the members, in one look at all of them. */
struct census {
	char owners[OWNERS_MAX][LIMIT_USER_NAME_BYTES + 1];
	char *owner_list[OWNERS_MAX];
	size_t owner_count;
	uint32_t moderators;
	uint32_t readers;
	uint32_t banned;
	uint32_t muted;
	uint64_t tail_events;
	uint64_t tail_bytes;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void count_member(struct census *census, const struct member *member)
{
	census->moderators += member->role == GCHAT__V1__ROLE__ROLE_MODERATOR;
	census->readers += member->role == GCHAT__V1__ROLE__ROLE_READER;
	if (member->role != GCHAT__V1__ROLE__ROLE_OWNER || census->owner_count == OWNERS_MAX)
		return;
	char *name = census->owners[census->owner_count];
	strncpy(name, member->account->name, LIMIT_USER_NAME_BYTES);
	census->owner_list[census->owner_count++] = name;
}

/* Under mu. */
static void count_restrictions(struct census *census, const struct room *room)
{
	const struct room_restriction *note;
	uint64_t now = clock_wall_us();
	for (note = room->shared.restrictions; note; note = note->hh.next) {
		census->banned += note->until_us[RESTRICTION_BAN] > now;
		census->muted += note->until_us[RESTRICTION_MUTE] > now;
	}
}

static void take_census(struct room *room, struct census *census)
{
	struct member *member;
	struct member *tmp;
	room_lock(room);
	HASH_ITER (hh, room->shared.members, member, tmp)
		count_member(census, member);
	count_restrictions(census, room);
	census->tail_events = room->shared.log.head + 1 - room->shared.log.first;
	census->tail_bytes = room->shared.log.bytes;
	room_unlock(room);
	qsort(census->owner_list, census->owner_count, sizeof(census->owner_list[0]), by_text);
}

static void fill_defaults(struct call *call, Gchat__V1__RoomSettings *out)
{
	const struct config *config = service_config(call->service);
	struct directory_limits limits;
	directory_get_limits(call->service->directory, &limits);
	gchat__v1__room_settings__init(out);
	out->text_bytes_max = limits.text_bytes;
	out->members_max = limits.members_per_room;
	out->retention_days = (uint32_t)config->retention.max_age_days;
	out->retention_events = (uint32_t)config->retention.max_events;
}

void admin_get_room_details(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__GetRoomDetailsRequest *r =
		CALL_REQUEST(Gchat__V1__GetRoomDetailsRequest, msg);
	struct room *room = call_find_room(call, 0, r->room);
	if (!room)
		return;
	struct admin_room out;
	struct census census = {0};
	Gchat__V1__RoomSettings defaults;
	fill_room(call, room, &out);
	take_census(room, &census);
	fill_defaults(call, &defaults);
	Gchat__V1__GetRoomDetailsResponse response;
	gchat__v1__get_room_details_response__init(&response);
	response.room = &out.message;
	response.owners = census.owner_list;
	response.n_owners = census.owner_count;
	response.moderator_count = census.moderators;
	response.reader_role_count = census.readers;
	response.invited_count = directory_count_invited(call->service->directory, room->id);
	response.ban_count = census.banned;
	response.mute_count = census.muted;
	response.tail_events = census.tail_events;
	response.tail_bytes = census.tail_bytes;
	response.defaults = &defaults;
	call_reply(call, &response.base);
	(void)room_unref(room);
}

/* ---- changing ---- */

static void note(struct call *call, const char *what)
{
	log_notice("%s uid=%u room=%s", what, call->admin_uid, call->write.room->name);
}

static struct room_settings settings_of(const Gchat__V1__RoomSettings *in)
{
	if (!in)
		return (struct room_settings){0};
	return (struct room_settings){.read_only = in->read_only,
		.slow_mode_s = in->slow_mode_s,
		.text_bytes_max = in->text_bytes_max,
		.members_max = in->members_max,
		.retention_days = in->retention_days,
		.retention_events = in->retention_events};
}

static void reply_created(struct call *call)
{
	struct room_info info;
	Gchat__V1__Room room;
	Gchat__V1__AdminCreateRoomResponse response;
	room_get_info(call->write.room, &info);
	room_info_to_message(&info, &room);
	gchat__v1__admin_create_room_response__init(&response);
	response.room = &room;
	note(call, "room created");
	call_reply(call, &response.base);
}

/* False: a text is too long to be looked at. */
static bool fill_info(const Gchat__V1__AdminCreateRoomRequest *r, struct room_info *info)
{
	if (strlen(r->name) > LIMIT_ROOM_NAME_BYTES || strlen(r->title) > LIMIT_TITLE_BYTES ||
		strlen(r->topic) > LIMIT_TOPIC_BYTES)
		return false;
	strcpy(info->name, r->name);
	strcpy(info->title, r->title);
	strcpy(info->topic, r->topic);
	info->visibility = r->visibility ? r->visibility : GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC;
	info->settings = settings_of(r->settings);
	return true;
}

void admin_create_room(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__AdminCreateRoomRequest *r =
		CALL_REQUEST(Gchat__V1__AdminCreateRoomRequest, msg);
	struct room_info info = {0};
	struct account *owner = NULL;
	if (!fill_info(r, &info)) {
		call_fail(call, REASON_INVALID_ARGUMENT);
		return;
	}
	if (r->owner[0]) {
		owner = call_find_user(call, r->owner);
		if (!owner)
			return;
	}
	struct write *write = call_begin_write(call);
	write->subject = owner;
	call_write(call, op_create_room(write, &info, NULL), reply_created);
}

/* Begins a write about a room, as administrator; NULL: answered. */
static struct write *begin(struct call *call, const char *name)
{
	struct room *room = call_find_room(call, 0, name);
	if (!room)
		return NULL;
	struct write *write = call_begin_write(call);
	write->room = room;
	return write;
}

static void reply_updated(struct call *call)
{
	struct room_info info;
	Gchat__V1__Room room;
	Gchat__V1__RoomSettings settings;
	Gchat__V1__AdminUpdateRoomResponse response;
	room_get_info(call->write.room, &info);
	room_info_to_message(&info, &room);
	settings_to_message(&info.settings, &settings);
	gchat__v1__admin_update_room_response__init(&response);
	response.room = &room;
	response.settings = &settings;
	note(call, "room changed");
	call_reply(call, &response.base);
}

static unsigned sets_of(const Gchat__V1__AdminUpdateRoomRequest *r)
{
	return (r->set_read_only ? ROOM_SETS_READ_ONLY : 0U) |
	       (r->set_slow_mode ? ROOM_SETS_SLOW_MODE : 0U) |
	       (r->set_text_bytes_max ? ROOM_SETS_TEXT_BYTES : 0U) |
	       (r->set_members_max ? ROOM_SETS_MEMBERS : 0U) |
	       (r->set_retention_days ? ROOM_SETS_RETENTION_DAYS : 0U) |
	       (r->set_retention_events ? ROOM_SETS_RETENTION_EVENTS : 0U);
}

void admin_update_room(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__AdminUpdateRoomRequest *r =
		CALL_REQUEST(Gchat__V1__AdminUpdateRoomRequest, msg);
	const struct op_room_change change = {.title = r->set_title ? r->title : NULL,
		.topic = r->set_topic ? r->topic : NULL,
		.visibility = r->set_visibility ? r->visibility : 0,
		.settings = settings_of(r->settings),
		.sets = sets_of(r)};
	bool nothing = !change.title && !change.topic && !change.sets && !r->set_visibility;
	if (nothing || (r->set_visibility && !r->visibility)) {
		call_fail_text(call, REASON_INVALID_ARGUMENT, "nothing is to be changed");
		return;
	}
	struct write *write = begin(call, r->room);
	if (write)
		call_write(call, op_update_room(write, &change), reply_updated);
}

static void reply_deleted(struct call *call)
{
	const struct room_info *was = call->data;
	Gchat__V1__AdminDeleteRoomResponse response;
	gchat__v1__admin_delete_room_response__init(&response);
	response.member_count = was->member_count;
	response.event_count = was->head_seq + 1 - was->first_seq;
	note(call, "room deleted");
	call_reply(call, &response.base);
}

void admin_delete_room(struct call *call, const ProtobufCMessage *msg)
{
	const Gchat__V1__AdminDeleteRoomRequest *r =
		CALL_REQUEST(Gchat__V1__AdminDeleteRoomRequest, msg);
	struct write *write = begin(call, r->room);
	if (!write)
		return;
	room_get_info(write->room, call_data(call, sizeof(struct room_info)));
	call_write(call, op_delete_room(write), reply_deleted);
}
