/* Rooms made, changed, deleted. */
#include "room/ops.h"

#include "base/clock.h"
#include "gchat/v1/record.pb-c.h"
#include "room/name.h"

#include <stdio.h>
#include <string.h>

static struct record_value room_record(const struct room_info *info, const uint8_t *request_id)
{
	struct room_info copy = *info;
	Gchat__V1__RoomRecord record;
	gchat__v1__room_record__init(&record);
	record.room_id = copy.id;
	record.name = copy.name;
	record.title = copy.title;
	record.topic = copy.topic;
	record.visibility = copy.visibility;
	record.created_us = copy.created_us;
	room_settings_store(&copy.settings, &record);
	uint8_t id[LIMIT_CLIENT_MSG_ID_BYTES];
	if (request_id) {
		memcpy(id, request_id, sizeof(id));
		record.request_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	}
	return record_encode(&record.base);
}

static struct record_key name_key(const struct room_info *info)
{
	return record_key_bytes(info->name, strlen(info->name));
}

static void add_first_member(struct write *write, struct account *account, Gchat__V1__Role role)
{
	Gchat__V1__MemberJoined joined;
	gchat__v1__member_joined__init(&joined);
	joined.role = role;
	Gchat__V1__Event event;
	gchat__v1__event__init(&event);
	event.author_id = account->id;
	event.author = account->name;
	event.body_case = GCHAT__V1__EVENT__BODY_JOINED;
	event.joined = &joined;
	write_add_event(write, event_new(&event, 0, 0), NULL);

	Gchat__V1__MemberRecord record;
	gchat__v1__member_record__init(&record);
	record.role = role;
	record.joined_us = write->state->info.created_us;
	record.joined_seq = write->number + 1; /* behind what is there, by add_return */
	write_put(write, RECORD_MEMBER, record_key_pair(write->room->id, account->id),
		record_encode(&record.base), STORE_ABSENT);
}

/* What the append said: its author is in the room, of which it has read so much. */
static void enter(struct write *write, const struct store_append *append, uint64_t read_seq)
{
	bool is_actor = write->actor && append->author == write->actor->id;
	struct account *account = is_actor ? write->actor : write->subject;
	directory_add_member(write->directory, write->room, account,
		&(struct member_start){.role = write->role,
			.joined_us = append->time_us,
			.joined_seq = append->seq,
			.read_seq = read_seq,
			.place = is_actor ? &write->place : &write->subject_place});
	write->audience->joined(write->audience->arg, account, write->room, append->seq);
}

static void apply_create(struct write *write)
{
	struct room *room = write->room;
	const struct room_info *info = &write->state->info;
	(void)snprintf(room->shared.title, sizeof(room->shared.title), "%s", info->title);
	(void)snprintf(room->shared.topic, sizeof(room->shared.topic), "%s", info->topic);
	room->shared.visibility = info->visibility;
	room_set_settings(room, &info->settings); /* nobody else sees it yet */
	directory_add_room(write->directory, room_ref(room));
	for (size_t i = 0; i < write->op.append_count; i++)
		enter(write, &write->appends[i], 0);
}

/* Whose the new room is: the actor's, or whom the administrator names; nobody's: NULL. */
static struct account *owner_of(const struct write *write)
{
	return write->actor ? write->actor : write->subject;
}

static enum reason check_create(struct write *write)
{
	const struct account *owner = owner_of(write);
	enum reason reason = write_check_right(write, RIGHT_CREATE_ROOM);
	if (reason == REASON_NONE && owner && owner->guest)
		reason =
			REASON_NOT_PERMITTED; /* a room must not lose its owner with a guest's token */
	if (reason != REASON_NONE)
		return reason;
	return write->actor || !owner ? write_take_place(write, PLACE_NEW)
				      : write_take_subject_place(write, PLACE_NEW);
}

/* The other one of a direct room, who may be on the way out. */
static enum reason check_other(struct write *write)
{
	enum reason reason = write_take_subject_place(write, PLACE_BROUGHT);
	return reason == REASON_NONE ? reason : REASON_UNKNOWN_USER;
}

static bool info_fits(const struct room_info *info)
{
	return name_text_fits(info->title, LIMIT_TITLE_BYTES, true) &&
	       name_text_fits(info->topic, LIMIT_TOPIC_BYTES, true);
}

static void prepare_create(struct write *write, const uint8_t *request_id)
{
	struct room_info *info = &write->state->info;
	info->created_us = clock_wall_us();
	info->id = write_take_id(write, ID_ROOM);
	write->room = room_new(info->id, info->name, info->created_us);
	if (request_id)
		memcpy(write->room->request_id, request_id, LIMIT_CLIENT_MSG_ID_BYTES);
	Gchat__V1__RoomNameRecord name;
	gchat__v1__room_name_record__init(&name);
	name.room_id = info->id;
	write_put(write, RECORD_ROOM_NAME, name_key(info), record_encode(&name.base), STORE_ABSENT);
	write_put(write, RECORD_ROOM, record_key_id(info->id), room_record(info, request_id),
		STORE_ABSENT);
	if (owner_of(write))
		add_first_member(write, owner_of(write), write->role);
	write->reason = REASON_ROOM_EXISTS; /* on a conflict */
	write->apply = apply_create;
}

enum reason op_create_room(
	struct write *write, const struct room_info *info, const uint8_t *request_id)
{
	if (!name_is_room(info->name) || !info_fits(info) || !room_settings_fit(&info->settings) ||
		(info->visibility != GCHAT__V1__VISIBILITY__VISIBILITY_PUBLIC &&
			info->visibility != GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE))
		return REASON_INVALID_ARGUMENT;
	struct room *known = directory_find_room_name(write->directory, info->name);
	if (known && request_id &&
		memcmp(known->request_id, request_id, LIMIT_CLIENT_MSG_ID_BYTES) == 0) {
		write->room = known;
		write->already = true;
		return REASON_NONE;
	}
	if (known) {
		(void)room_unref(known);
		return REASON_ROOM_EXISTS;
	}
	enum reason reason = check_create(write);
	if (reason != REASON_NONE)
		return reason;
	write_new_state(write)->info = *info;
	write->role = GCHAT__V1__ROLE__ROLE_OWNER;
	prepare_create(write, request_id);
	return REASON_NONE;
}

/* ---- direct rooms ---- */

static void apply_return(struct write *write)
{
	for (size_t i = 0; i < write->op.append_count; i++)
		enter(write, &write->appends[i], write->number);
}

static void add_return(struct write *write, struct account *account)
{
	struct room_info info;
	room_get_info(write->room, &info);
	write->number = info.head_seq;
	write->state->info.created_us = clock_wall_us();
	write->role = GCHAT__V1__ROLE__ROLE_MEMBER;
	add_first_member(write, account, write->role);
	Gchat__V1__MarkerRecord marker;
	gchat__v1__marker_record__init(&marker);
	marker.read_seq = write->number;
	write_put(write, RECORD_MARKER, record_key_pair(account->id, write->room->id),
		record_encode(&marker.base), STORE_ANY);
	write->reason = REASON_UNAVAILABLE; /* on a conflict: the other one was faster */
	write->apply = apply_return;
}

static bool is_out(const struct write *write, const struct account *account)
{
	return room_role_of(write->room, account->id) == GCHAT__V1__ROLE__ROLE_UNSPECIFIED;
}

/* Whether the other one isn't banned from it, by an administrator. */
static bool may_return(const struct write *write)
{
	return rights_check(&(struct rights_ask){.directory = write->directory,
				    .room = write->room,
				    .actor = write->subject},
		       RIGHT_RETURN) != REASON_BANNED;
}

/* Who left a direct room is in it again once one of the two opens it: nobody else could ask. */
static enum reason prepare_return(struct write *write)
{
	enum reason reason = REASON_NONE;
	if (is_out(write, write->actor))
		reason = write_check_right(write, RIGHT_RETURN);
	if (reason == REASON_NONE && is_out(write, write->actor))
		reason = write_take_place(write, PLACE_JOIN);
	if (reason == REASON_NONE && is_out(write, write->subject))
		reason = may_return(write) ? check_other(write) : REASON_USER_BANNED;
	if (reason != REASON_NONE)
		return reason;
	if (write->place)
		add_return(write, write->actor);
	if (write->subject_place)
		add_return(write, write->subject);
	write->already = write->op.append_count == 0;
	return REASON_NONE;
}

enum reason op_open_direct(struct write *write)
{
	uint64_t a = write->actor->id;
	uint64_t b = write->subject->id;
	if (a == b)
		return REASON_INVALID_ARGUMENT;
	struct room_info *info = &write_new_state(write)->info;
	*info = (struct room_info){.visibility = GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT};
	/* '@' is no letter of a room's name: nobody else can take it */
	(void)snprintf(info->name, sizeof(info->name), "@%llu.%llu",
		(unsigned long long)(a < b ? a : b), (unsigned long long)(a < b ? b : a));
	write->room = directory_find_room_name(write->directory, info->name);
	if (write->room)
		return prepare_return(write);
	enum reason reason = check_create(write);
	if (reason == REASON_NONE)
		reason = check_other(write);
	if (reason != REASON_NONE)
		return reason;
	write->role = GCHAT__V1__ROLE__ROLE_MEMBER;
	prepare_create(write, NULL);
	write->reason = REASON_UNAVAILABLE; /* on a conflict: the other one opened it just now */
	add_first_member(write, write->subject, write->role);
	return REASON_NONE;
}

/* ---- changes ---- */

static void apply_update(struct write *write)
{
	struct room *room = write->room;
	const struct room_info *info = &write->state->info;
	room_lock(room);
	memcpy(room->shared.title, info->title, sizeof(room->shared.title));
	memcpy(room->shared.topic, info->topic, sizeof(room->shared.topic));
	room->shared.visibility = info->visibility;
	room_set_settings(room, &info->settings);
	room_unlock(room);
}

static enum reason check_update(const struct write *write, const struct op_room_change *change)
{
	const unsigned of_owner = ROOM_SETS_READ_ONLY | ROOM_SETS_SLOW_MODE;
	bool more = change->title || change->visibility || (change->sets & ROOM_SETS_READ_ONLY);
	enum right right = change->sets & ~of_owner ? RIGHT_SET_LIMITS
			   : more                   ? RIGHT_CHANGE_ROOM
						    : RIGHT_SET_TOPIC;
	return write_check_right(write, right);
}

static void add_room_changed(struct write *write)
{
	Gchat__V1__RoomChanged changed;
	gchat__v1__room_changed__init(&changed);
	changed.title = write->state->info.title;
	changed.topic = write->state->info.topic;
	changed.visibility = write->state->info.visibility;
	changed.read_only = write->state->info.settings.read_only;
	changed.slow_mode_s = write->state->info.settings.slow_mode_s;
	changed.text_bytes_max = write->state->info.settings.text_bytes_max;
	Gchat__V1__Event event;
	gchat__v1__event__init(&event);
	if (write->actor) {
		event.author_id = write->actor->id;
		event.author = write->actor->name;
	}
	event.body_case = GCHAT__V1__EVENT__BODY_ROOM_CHANGED;
	event.room_changed = &changed;
	write_add_event(write, event_new(&event, 0, 0), NULL);
}

/* Limits and retention are the administrator's own affair. */
static bool is_visible(const struct write_state *state)
{
	return state->sets_title || state->sets_topic || state->sets_visibility ||
	       (state->sets & ROOM_SETS_VISIBLE) || state->sets == 0;
}

static void prepare_update(struct write *write)
{
	struct write_state *state = write->state;
	struct room_info now;
	room_get_info(write->room, &now);
	if (!state->sets_title)
		memcpy(state->info.title, now.title, sizeof(now.title));
	if (!state->sets_topic)
		memcpy(state->info.topic, now.topic, sizeof(now.topic));
	if (!state->sets_visibility)
		state->info.visibility = now.visibility;
	room_settings_merge(&now.settings, &state->info.settings, state->sets);
	state->info.settings = now.settings;
	if (is_visible(state))
		add_room_changed(write);
	write_put(write, RECORD_ROOM, record_key_id(write->room->id),
		room_record(&state->info, write->room->request_id), STORE_PRESENT);
	write->reason = REASON_UNKNOWN_ROOM; /* on a conflict */
}

enum reason op_update_room(struct write *write, const struct op_room_change *change)
{
	enum reason reason = check_update(write, change);
	if (reason != REASON_NONE)
		return reason;
	struct write_state *state = write_new_state(write);
	struct room_info *info = &state->info;
	room_get_info(write->room, info);
	if ((change->title && strlen(change->title) > LIMIT_TITLE_BYTES) ||
		(change->topic && strlen(change->topic) > LIMIT_TOPIC_BYTES))
		return REASON_TEXT_TOO_LONG;
	bool direct = info->visibility == GCHAT__V1__VISIBILITY__VISIBILITY_DIRECT;
	if (change->title)
		strcpy(info->title, change->title);
	if (change->topic)
		strcpy(info->topic, change->topic);
	if (change->visibility)
		info->visibility = change->visibility;
	room_settings_merge(&info->settings, &change->settings, change->sets);
	if (!info_fits(info) || !room_settings_fit(&info->settings) ||
		(direct && (change->visibility || (change->sets & ROOM_SETS_VISIBLE))) ||
		change->visibility > GCHAT__V1__VISIBILITY__VISIBILITY_PRIVATE)
		return REASON_INVALID_ARGUMENT;
	state->sets_title = change->title != NULL;
	state->sets_topic = change->topic != NULL;
	state->sets_visibility = change->visibility != 0;
	state->sets = change->sets;
	write->prepare = prepare_update;
	write->apply = apply_update;
	return REASON_NONE;
}

/* ---- deleting ---- */

static void apply_delete(struct write *write)
{
	struct room *room = write->room;
	directory_clean_room(write->directory, room);
	for (;;) { /* each member hears of it; the directory unlinks them */
		room_lock(room);
		struct member *member = room->shared.members;
		uint64_t account_id = member ? member->account->id : 0;
		room_unlock(room);
		if (!member)
			break;
		directory_remove_member(write->directory, room, account_id);
		write->audience->parted(write->audience->arg, account_id, room, 0);
	}
	directory_remove_room(write->directory, room);
}

enum reason op_delete_room(struct write *write)
{
	enum reason reason = write_check_right(write, RIGHT_DELETE_ROOM);
	if (reason != REASON_NONE)
		return reason;
	struct room_info info;
	room_get_info(write->room, &info);
	write_put(write, RECORD_ROOM_NAME, name_key(&info), RECORD_NONE, STORE_ANY);
	write_put(write, RECORD_ROOM, record_key_id(write->room->id), RECORD_NONE, STORE_PRESENT);
	write->reason = REASON_UNKNOWN_ROOM; /* on a conflict */
	write->op.drop_log = write->room->id;
	write->apply = apply_delete;
	return REASON_NONE;
}
