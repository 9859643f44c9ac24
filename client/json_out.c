/* The library's structs as objects. Fields that an entry's kind doesn't have are left out. */
#include "client/json_out.h"

#include "base/mem.h"
#include "client/fault.h"
#include "client/out.h"
#include "client/render.h"
#include "client/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char *const ENTRY_NAMES[] = {
	[GCHAT_ENTRY_UNKNOWN] = "unknown",   [GCHAT_ENTRY_MESSAGE] = "message",
	[GCHAT_ENTRY_EDIT] = "edit",         [GCHAT_ENTRY_DELETION] = "delete",
	[GCHAT_ENTRY_REACTION] = "react",    [GCHAT_ENTRY_JOINED] = "joined",
	[GCHAT_ENTRY_LEFT] = "left",         [GCHAT_ENTRY_REMOVED] = "removed",
	[GCHAT_ENTRY_INVITED] = "invited",   [GCHAT_ENTRY_ROLE] = "role",
	[GCHAT_ENTRY_ROOM_CHANGED] = "room", [GCHAT_ENTRY_ERASED] = "erased",
	[GCHAT_ENTRY_MUTED] = "muted",
};
/* clang-format on */

void json_print(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);
	GC_ASSERT(text);
	char *safe = text_json_escape(text);
	out_line(safe);
	free(safe);
	free(text);
	json_decref(object);
}

/* The library promises UTF-8; what isn't would be refused by jansson, so it is made so. */
void json_set_text(json_t *object, const char *key, const char *text)
{
	json_t *value = json_string(text);
	if (!value) {
		char *clean = text_clean_string(TEXT_BODY, text);
		value = json_string(clean);
		free(clean);
	}
	json_object_set_new(object, key, value);
}

static void set_some(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		json_set_text(object, key, text);
}

void json_set_number(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)number));
}

static void set_positive(json_t *object, const char *key, uint64_t number)
{
	if (number)
		json_set_number(object, key, number);
}

void json_set_time(json_t *object, const char *key, uint64_t time_us)
{
	char text[RENDER_TIME_BYTES];
	if (time_us)
		json_set_text(object, key, render_time(time_us, text));
}

void json_set_flag(json_t *object, const char *key, bool flag)
{
	json_object_set_new(object, key, json_boolean(flag));
}

json_t *json_typed(const char *type, const char *event)
{
	json_t *object = json_object();
	json_set_text(object, "type", type);
	set_some(object, "event", event);
	return object;
}

json_t *json_hello(void)
{
	json_t *object = json_typed("hello", NULL);
	json_set_number(object, "protocol", JSON_PROTOCOL_VERSION);
	json_set_text(object, "client", "gchat-client " GCHAT_VERSION);
	return object;
}

json_t *json_of_error(const struct gchat_error *error)
{
	json_t *object = json_object();
	json_set_number(object, "code", error->code);
	json_set_text(object, "reason", error->reason);
	json_set_text(object, "text", error->message);
	json_set_number(object, "retry_after_ms", error->retry_after_ms);
	return object;
}

static void set_id(json_t *object, const char *key, const uint8_t *bytes, size_t len)
{
	char hex[2 * GCHAT_HASH_BYTES + 1];
	for (size_t i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	json_set_text(object, key, hex);
}

static void set_entry_body(json_t *object, const struct gchat_entry *e)
{
	set_some(object, "text", e->text);
	set_positive(object, "reply_to", e->reply_to);
	set_positive(object, "target_seq", e->target_seq);
	set_some(object, "emoji", e->emoji);
	if (e->kind == GCHAT_ENTRY_REACTION)
		json_set_flag(object, "taken_back", e->taken_back);
	set_some(object, "reason", e->reason);
	set_positive(object, "user_id", e->account_id);
	set_some(object, "user", e->user);
	if (e->role != GCHAT_ROLE_NONE)
		json_set_text(object, "role", render_role(e->role));
	if (e->kind == GCHAT_ENTRY_REMOVED)
		json_set_flag(object, "banned", e->banned);
	if (e->kind == GCHAT_ENTRY_MUTED)
		json_set_flag(object, "muted", e->muted);
	json_set_time(object, "until", e->until_us);
	if (e->kind != GCHAT_ENTRY_ROOM_CHANGED)
		return;
	json_set_text(object, "title", e->title);
	json_set_text(object, "topic", e->topic);
	json_set_text(object, "visibility", render_visibility(e->visibility));
	json_set_flag(object, "read_only", e->read_only);
	json_set_number(object, "slow_mode_s", e->slow_mode_s);
	set_positive(object, "text_bytes_max", e->text_bytes_max);
}

json_t *json_of_entry(const struct gchat_entry *e)
{
	bool known = (size_t)e->kind < GC_LENGTH(ENTRY_NAMES);
	json_t *object = json_typed("event", ENTRY_NAMES[known ? e->kind : GCHAT_ENTRY_UNKNOWN]);
	set_some(object, "room", e->room_name);
	json_set_number(object, "room_id", e->room_id);
	json_set_number(object, "seq", e->seq);
	json_set_time(object, "time", e->time_us);
	set_some(object, "author", e->author);
	json_set_number(object, "author_id", e->author_id);
	if (e->has_id)
		set_id(object, "client_msg_id", e->id, GCHAT_ID_BYTES);
	set_entry_body(object, e);
	return object;
}

json_t *json_of_room(const struct gchat_room *room)
{
	json_t *object = json_object();
	json_set_text(object, "room", room->name);
	json_set_number(object, "room_id", room->room_id);
	json_set_text(object, "title", room->title);
	json_set_text(object, "topic", room->topic);
	json_set_text(object, "visibility", render_visibility(room->visibility));
	json_set_number(object, "head_seq", room->head_seq);
	json_set_number(object, "first_seq", room->first_seq);
	json_set_number(object, "member_count", room->member_count);
	json_set_time(object, "created", room->created_us);
	json_set_flag(object, "read_only", room->read_only);
	json_set_number(object, "slow_mode_s", room->slow_mode_s);
	set_positive(object, "text_bytes_max", room->text_bytes_max);
	if (room->role == GCHAT_ROLE_NONE)
		return object;
	json_set_text(object, "role", render_role(room->role));
	json_set_number(object, "read_seq", room->read_seq);
	json_set_number(object, "unread", room->unread);
	return object;
}

json_t *json_of_member(const struct gchat_member *member)
{
	json_t *object = json_object();
	json_set_text(object, "user", member->user);
	json_set_number(object, "user_id", member->account_id);
	json_set_text(object, "display_name", member->display_name);
	json_set_text(object, "role", render_role(member->role));
	json_set_text(object, "presence", render_presence(member->presence));
	return object;
}

json_t *json_of_restriction(const struct gchat_restriction *r)
{
	json_t *object = json_object();
	json_set_text(object, "user", r->user);
	json_set_number(object, "user_id", r->account_id);
	json_set_text(object, "reason", r->reason);
	json_set_text(object, "author", r->author);
	json_set_time(object, "created", r->created_us);
	json_set_time(object, "until", r->expires_us);
	return object;
}

json_t *json_of_profile(const struct gchat_profile *profile)
{
	json_t *object = json_object();
	json_set_text(object, "user", profile->user);
	json_set_number(object, "user_id", profile->account_id);
	json_set_text(object, "display_name", profile->display_name);
	json_set_text(object, "status", profile->status_text);
	json_set_flag(object, "guest", profile->guest);
	if (profile->has_avatar)
		set_id(object, "avatar", profile->avatar_hash, GCHAT_HASH_BYTES);
	return object;
}

static json_t *reply_head(const json_t *id, bool ok)
{
	json_t *object = json_typed("reply", NULL);
	json_object_set_new(object, "id", id ? json_deep_copy(id) : json_null());
	json_set_flag(object, "ok", ok);
	return object;
}

json_t *json_of_ok(const json_t *id)
{
	return reply_head(id, true);
}

json_t *json_of_failure(const json_t *id, const struct gchat_error *error)
{
	json_t *object = reply_head(id, false);
	json_object_set_new(object, "error", json_of_error(error));
	return object;
}

json_t *json_of_reply(const json_t *id, const struct gchat_reply *reply)
{
	if (reply->kind == GCHAT_REPLY_ERROR) {
		struct gchat_error error = reply->error;
		fault_fill(&error, -EIO);
		return json_of_failure(id, &error);
	}
	json_t *object = json_of_ok(id);
	if (reply->kind == GCHAT_REPLY_JOINED) {
		json_t *room = json_of_room(&reply->room);
		json_object_update(object, room);
		json_decref(room);
	}
	if (reply->kind != GCHAT_REPLY_COMMITTED)
		return object;
	json_set_number(object, "room_id", reply->room_id);
	json_set_number(object, "seq", reply->seq);
	json_set_time(object, "time", reply->time_us);
	json_set_flag(object, "duplicate", reply->duplicate);
	return object;
}
