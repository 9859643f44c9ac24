/* The requests of the stream, one small handler each, and the table of all. */
#include "client/json_ops.h"

#include <string.h>

/* An asynchronous request: its reply comes with the tag. */
static int waits(int r)
{
	return r < 0 ? r : JSON_WAITS;
}

static int op_send(struct json_call *call)
{
	uint64_t room_id = 0, reply_to = 0;
	const char *text = NULL;
	int r = json_get_text(call, "text", &text);
	if (r == 0)
		r = json_get_some_number(call, "reply_to", &reply_to);
	if (r == 0)
		r = json_get_room(call, &room_id);
	return r < 0 ? r
		     : waits(gchat_send(json_client(call), room_id, text, reply_to, &call->tag));
}

static int op_edit(struct json_call *call)
{
	uint64_t room_id = 0, seq = 0;
	const char *text = NULL;
	int r = json_get_text(call, "text", &text);
	if (r == 0)
		r = json_get_number(call, "seq", &seq);
	if (r == 0)
		r = json_get_room(call, &room_id);
	return r < 0 ? r : waits(gchat_edit(json_client(call), room_id, seq, text, &call->tag));
}

static int op_delete(struct json_call *call)
{
	uint64_t room_id = 0, seq = 0;
	const char *reason = NULL;
	int r = json_get_some_text(call, "reason", &reason);
	if (r == 0)
		r = json_get_number(call, "seq", &seq);
	if (r == 0)
		r = json_get_room(call, &room_id);
	return r < 0 ? r : waits(gchat_delete(json_client(call), room_id, seq, reason, &call->tag));
}

static int op_react(struct json_call *call)
{
	uint64_t room_id = 0, seq = 0;
	const char *emoji = NULL;
	bool remove = false;
	int r = json_get_text(call, "emoji", &emoji);
	if (r == 0)
		r = json_get_some_flag(call, "remove", &remove);
	if (r == 0)
		r = json_get_number(call, "seq", &seq);
	if (r == 0)
		r = json_get_room(call, &room_id);
	if (r < 0)
		return r;
	return waits(gchat_react(json_client(call), room_id, seq, emoji, remove, &call->tag));
}

static int op_join(struct json_call *call)
{
	uint64_t room_id = 0;
	const char *name = NULL;
	int r = json_get_some_number(call, "room_id", &room_id);
	if (r == 0 && !room_id)
		r = json_get_text(call, "room", &name);
	if (r < 0)
		return r;
	if (name && *name == '#')
		name++;
	return waits(gchat_join(json_client(call), room_id, name, &call->tag));
}

static int op_leave(struct json_call *call)
{
	uint64_t room_id = 0;
	int r = json_get_room(call, &room_id);
	return r < 0 ? r : waits(gchat_leave(json_client(call), room_id, &call->tag));
}

static int op_invite(struct json_call *call)
{
	uint64_t room_id = 0;
	const char *user = NULL;
	int r = json_get_text(call, "user", &user);
	if (r == 0)
		r = json_get_room(call, &room_id);
	return r < 0 ? r : waits(gchat_invite(json_client(call), room_id, user, &call->tag));
}

static int op_topic(struct json_call *call)
{
	uint64_t room_id = 0;
	const char *topic = NULL;
	int r = json_get_text(call, "topic", &topic);
	if (r == 0)
		r = json_get_room(call, &room_id);
	return r < 0 ? r : waits(gchat_set_topic(json_client(call), room_id, topic, &call->tag));
}

static int op_mark_read(struct json_call *call)
{
	uint64_t room_id = 0, seq = 0;
	int r = json_get_number(call, "seq", &seq);
	if (r == 0)
		r = json_get_room(call, &room_id);
	return r < 0 ? r : waits(gchat_mark_read(json_client(call), room_id, seq, &call->tag));
}

static int op_typing(struct json_call *call)
{
	uint64_t room_id = 0;
	bool typing = true;
	int r = json_get_some_flag(call, "typing", &typing);
	if (r == 0)
		r = json_get_room(call, &room_id);
	return r < 0 ? r : waits(gchat_set_typing(json_client(call), room_id, typing, &call->tag));
}

static int op_presence(struct json_call *call)
{
	const char *presence = NULL;
	int r = json_get_text(call, "presence", &presence);
	if (r < 0)
		return r;
	bool away = !strcmp(presence, "away");
	if (!away && strcmp(presence, "online") != 0)
		return json_bad_field(call, "presence", "online or away is needed");
	enum gchat_presence wanted = away ? GCHAT_PRESENCE_AWAY : GCHAT_PRESENCE_ONLINE;
	return waits(gchat_set_presence(json_client(call), wanted, &call->tag));
}

static int op_ping(struct json_call *call)
{
	return waits(gchat_ping(json_client(call), &call->tag));
}

/* clang-format off */
const struct json_op JSON_OPS[] = {
	{"ban", "room user [seconds] [reason]", json_op_ban},
	{"bans", "room [page]", json_op_bans},
	{"create", "room [title] [topic] [visibility]", json_op_create},
	{"delete", "room seq [reason]", op_delete},
	{"direct", "user", json_op_direct},
	{"edit", "room seq text", op_edit},
	{"history", "room [before | after | around] [count]", json_op_history},
	{"invite", "room user", op_invite},
	{"join", "room", op_join},
	{"kick", "room user [reason]", json_op_kick},
	{"leave", "room", op_leave},
	{"mark_read", "room seq", op_mark_read},
	{"members", "room [page] [count]", json_op_members},
	{"mute", "room user [seconds] [reason]", json_op_mute},
	{"mutes", "room [page]", json_op_mutes},
	{"ping", "", op_ping},
	{"presence", "presence", op_presence},
	{"profile", "[user | display_name, status]", json_op_profile},
	{"react", "room seq emoji [remove]", op_react},
	{"role", "room user role", json_op_role},
	{"rooms", "[joined] [page] [count]", json_op_rooms},
	{"send", "room text [reply_to]", op_send},
	{"server", "", json_op_server},
	{"topic", "room topic", op_topic},
	{"typing", "room [typing]", op_typing},
	{"unban", "room user", json_op_unban},
	{"unmute", "room user", json_op_unmute},
	{NULL, NULL, NULL},
};
/* clang-format on */
