/* One function a message. The contract's enums and the public ones have the same numbers. */
#include "lib/convert.h"

#include "base/macros.h"
#include "lib/memory.h"

#include <stdio.h>
#include <string.h>

_Static_assert((int)GCHAT_ROLE_OWNER == (int)GCHAT__V1__ROLE__ROLE_OWNER, "roles differ");
_Static_assert((int)GCHAT_VISIBILITY_DIRECT == (int)GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT,
	"visibilities differ");
_Static_assert((int)GCHAT_PRESENCE_OFFLINE == (int)GCHAT__V1__PRESENCE_STATE__PRESENCE_OFFLINE,
	"presences differ");
_Static_assert((int)GCHAT_REGISTRATION_CLOSED == (int)GCHAT__V1__REGISTRATION__REGISTRATION_CLOSED,
	"registrations differ");

/* A number of a newer contract is taken for "not told". */
enum gchat_role convert_role(Gchat__V1__Role role)
{
	return (unsigned)role <= GCHAT_ROLE_OWNER ? (enum gchat_role)role : GCHAT_ROLE_NONE;
}

static enum gchat_visibility visibility_of(Gchat__V1__Visibility v)
{
	return (unsigned)v <= GCHAT_VISIBILITY_DIRECT ? (enum gchat_visibility)v
						      : GCHAT_VISIBILITY_NONE;
}

enum gchat_presence convert_presence(Gchat__V1__PresenceState state)
{
	return (unsigned)state <= GCHAT_PRESENCE_OFFLINE ? (enum gchat_presence)state
							 : GCHAT_PRESENCE_NONE;
}

struct gchat_room convert_room(void *owner, const Gchat__V1__Room *msg)
{
	if (!msg)
		return (struct gchat_room){.name = "", .title = "", .topic = ""};
	return (struct gchat_room){.room_id = msg->room_id,
		.name = memory_text(owner, msg->name),
		.title = memory_text(owner, msg->title),
		.topic = memory_text(owner, msg->topic),
		.visibility = visibility_of(msg->visibility),
		.head_seq = msg->head_seq,
		.first_seq = msg->first_seq,
		.member_count = msg->member_count,
		.created_us = msg->created_us,
		.read_only = msg->read_only,
		.slow_mode_s = msg->slow_mode_s,
		.text_bytes_max = msg->text_bytes_max};
}

struct gchat_room convert_room_state(void *owner, const Gchat__V1__RoomState *msg)
{
	struct gchat_room room = convert_room(owner, msg->room);
	room.role = convert_role(msg->role);
	room.read_seq = msg->read_seq;
	room.unread = msg->unread;
	return room;
}

struct gchat_member convert_member(void *owner, const Gchat__V1__Member *msg)
{
	return (struct gchat_member){.account_id = msg->account_id,
		.user = memory_text(owner, msg->user),
		.display_name = memory_text(owner, msg->display_name),
		.role = convert_role(msg->role),
		.presence = convert_presence(msg->presence)};
}

struct gchat_profile convert_profile(void *owner, const Gchat__V1__Profile *msg)
{
	if (!msg)
		return (struct gchat_profile){.user = "", .display_name = "", .status_text = ""};
	struct gchat_profile profile = {.account_id = msg->account_id,
		.user = memory_text(owner, msg->user),
		.display_name = memory_text(owner, msg->display_name),
		.status_text = memory_text(owner, msg->status_text),
		.has_avatar = msg->avatar_hash.len == GCHAT_HASH_BYTES,
		.guest = msg->guest};
	if (profile.has_avatar)
		memcpy(profile.avatar_hash, msg->avatar_hash.data, GCHAT_HASH_BYTES);
	return profile;
}

struct gchat_limits convert_limits(const Gchat__V1__Limits *msg)
{
	if (!msg)
		return (struct gchat_limits){0};
	return (struct gchat_limits){.text_bytes_max = msg->text_bytes_max,
		.frame_bytes_max = msg->frame_bytes_max,
		.rooms_max = msg->rooms_max,
		.messages_per_minute = msg->messages_per_minute,
		.avatar_bytes_max = msg->avatar_bytes_max,
		.keepalive_s = msg->keepalive_s};
}

typedef void (*fill_fn)(void *owner, const Gchat__V1__Event *msg, struct gchat_entry *ret);

static void fill_message(void *owner, const Gchat__V1__Event *msg, struct gchat_entry *ret)
{
	ret->text = memory_text(owner, msg->message->text);
	ret->reply_to = msg->message->reply_to;
}

static void fill_edit(void *owner, const Gchat__V1__Event *msg, struct gchat_entry *ret)
{
	ret->text = memory_text(owner, msg->edit->text);
	ret->target_seq = msg->edit->target_seq;
}

static void fill_deletion(void *owner, const Gchat__V1__Event *msg, struct gchat_entry *ret)
{
	ret->target_seq = msg->deletion->target_seq;
	ret->reason = memory_text(owner, msg->deletion->reason);
}

static void fill_reaction(void *owner, const Gchat__V1__Event *msg, struct gchat_entry *ret)
{
	ret->target_seq = msg->reaction->target_seq;
	ret->emoji = memory_text(owner, msg->reaction->emoji);
	ret->taken_back = msg->reaction->removed;
}

static void fill_joined(void *owner, const Gchat__V1__Event *msg, struct gchat_entry *ret)
{
	(void)owner;
	ret->role = convert_role(msg->joined->role);
}

static void fill_removed(void *owner, const Gchat__V1__Event *msg, struct gchat_entry *ret)
{
	ret->account_id = msg->removed->account_id;
	ret->user = memory_text(owner, msg->removed->user);
	ret->reason = memory_text(owner, msg->removed->reason);
	ret->banned = msg->removed->banned;
	ret->until_us = msg->removed->banned_until_us;
}

static void fill_muted(void *owner, const Gchat__V1__Event *msg, struct gchat_entry *ret)
{
	ret->account_id = msg->muted->account_id;
	ret->user = memory_text(owner, msg->muted->user);
	ret->reason = memory_text(owner, msg->muted->reason);
	ret->muted = msg->muted->muted;
	ret->until_us = msg->muted->until_us;
}

static void fill_invited(void *owner, const Gchat__V1__Event *msg, struct gchat_entry *ret)
{
	ret->account_id = msg->invited->account_id;
	ret->user = memory_text(owner, msg->invited->user);
}

static void fill_role(void *owner, const Gchat__V1__Event *msg, struct gchat_entry *ret)
{
	ret->account_id = msg->role_changed->account_id;
	ret->user = memory_text(owner, msg->role_changed->user);
	ret->role = convert_role(msg->role_changed->role);
}

static void fill_room_changed(void *owner, const Gchat__V1__Event *msg, struct gchat_entry *ret)
{
	ret->title = memory_text(owner, msg->room_changed->title);
	ret->topic = memory_text(owner, msg->room_changed->topic);
	ret->visibility = visibility_of(msg->room_changed->visibility);
	ret->read_only = msg->room_changed->read_only;
	ret->slow_mode_s = msg->room_changed->slow_mode_s;
	ret->text_bytes_max = msg->room_changed->text_bytes_max;
}

/* By the body's field number; fill is NULL where the kind says it all. */
static const struct {
	enum gchat_entry_kind kind;
	fill_fn fill;
} bodies[] = {
	[GCHAT__V1__EVENT__BODY_MESSAGE] = {GCHAT_ENTRY_MESSAGE, fill_message},
	[GCHAT__V1__EVENT__BODY_EDIT] = {GCHAT_ENTRY_EDIT, fill_edit},
	[GCHAT__V1__EVENT__BODY_DELETION] = {GCHAT_ENTRY_DELETION, fill_deletion},
	[GCHAT__V1__EVENT__BODY_REACTION] = {GCHAT_ENTRY_REACTION, fill_reaction},
	[GCHAT__V1__EVENT__BODY_JOINED] = {GCHAT_ENTRY_JOINED, fill_joined},
	[GCHAT__V1__EVENT__BODY_LEFT] = {GCHAT_ENTRY_LEFT, NULL},
	[GCHAT__V1__EVENT__BODY_REMOVED] = {GCHAT_ENTRY_REMOVED, fill_removed},
	[GCHAT__V1__EVENT__BODY_INVITED] = {GCHAT_ENTRY_INVITED, fill_invited},
	[GCHAT__V1__EVENT__BODY_ROLE_CHANGED] = {GCHAT_ENTRY_ROLE, fill_role},
	[GCHAT__V1__EVENT__BODY_ROOM_CHANGED] = {GCHAT_ENTRY_ROOM_CHANGED, fill_room_changed},
	[GCHAT__V1__EVENT__BODY_ERASED] = {GCHAT_ENTRY_ERASED, NULL},
	[GCHAT__V1__EVENT__BODY_MUTED] = {GCHAT_ENTRY_MUTED, fill_muted},
};

struct gchat_entry convert_entry(void *owner, const Gchat__V1__Event *msg)
{
	size_t body = (size_t)msg->body_case < GC_LENGTH(bodies) ? (size_t)msg->body_case : 0;
	struct gchat_entry entry = {.kind = bodies[body].kind,
		.room_id = msg->room_id,
		.room_name = "",
		.seq = msg->seq,
		.time_us = msg->time_us,
		.author_id = msg->author_id,
		.author = memory_text(owner, msg->author),
		.has_id = msg->client_msg_id.len == GCHAT_ID_BYTES,
		.text = "",
		.emoji = "",
		.reason = "",
		.user = "",
		.title = "",
		.topic = ""};
	if (entry.has_id)
		memcpy(entry.id, msg->client_msg_id.data, GCHAT_ID_BYTES);
	if (bodies[body].fill)
		bodies[body].fill(owner, msg, &entry);
	return entry;
}

struct gchat_error convert_error(const Gchat__V1__Error *msg)
{
	struct gchat_error error = {.code = msg->code, .retry_after_ms = msg->retry_after_ms};
	(void)snprintf(error.reason, sizeof(error.reason), "%s", msg->reason);
	(void)snprintf(error.message, sizeof(error.message), "%s", msg->message);
	return error;
}

const struct gchat_room *convert_rooms(void *owner, Gchat__V1__Room *const *msgs, size_t count)
{
	struct gchat_room *rooms = memory_add(owner, count, sizeof(*rooms));
	for (size_t i = 0; i < count; i++)
		rooms[i] = convert_room(owner, msgs[i]);
	return rooms;
}

const struct gchat_member *convert_members(
	void *owner, Gchat__V1__Member *const *msgs, size_t count)
{
	struct gchat_member *members = memory_add(owner, count, sizeof(*members));
	for (size_t i = 0; i < count; i++)
		members[i] = convert_member(owner, msgs[i]);
	return members;
}

const struct gchat_entry *convert_entries(void *owner, Gchat__V1__Event *const *msgs, size_t count)
{
	struct gchat_entry *entries = memory_add(owner, count, sizeof(*entries));
	for (size_t i = 0; i < count; i++)
		entries[i] = convert_entry(owner, msgs[i]);
	return entries;
}

const char *const *convert_texts(void *owner, char *const *texts, size_t count)
{
	const char **copies = memory_add(owner, count, sizeof(*copies));
	for (size_t i = 0; i < count; i++)
		copies[i] = memory_text(owner, texts[i]);
	return copies;
}
