/* Requests of those who moderate a room; each is a call of its own. */
#include "client/json_ops.h"

#include "base/macros.h"
#include "client/json_out.h"
#include "client/render.h"
#include <string.h>

/* Whom, where, why, for how many seconds: what these requests have in common. */
struct order {
	uint64_t room_id;
	const char *user;
	const char *reason;
	uint64_t seconds; /* 0: not given */
};

static int get_order(struct json_call *call, struct order *ret)
{
	*ret = (struct order){0};
	int r = json_get_text(call, "user", &ret->user);
	if (r == 0)
		r = json_get_some_text(call, "reason", &ret->reason);
	if (r == 0)
		r = json_get_some_number(call, "seconds", &ret->seconds);
	if (r == 0 && ret->seconds >= UINT32_MAX)
		return json_bad_field(call, "seconds", "too large");
	return r == 0 ? json_get_room(call, &ret->room_id) : r;
}

int json_op_ban(struct json_call *call)
{
	struct order o;
	int r = get_order(call, &o);
	if (r == 0)
		r = gchat_ban(json_client(call), o.room_id, o.user, o.reason, (uint32_t)o.seconds,
			&call->error);
	return r != 0 ? r : JSON_DONE;
}

int json_op_unban(struct json_call *call)
{
	struct order o;
	int r = get_order(call, &o);
	if (r == 0)
		r = gchat_unban(json_client(call), o.room_id, o.user, &call->error);
	return r != 0 ? r : JSON_DONE;
}

int json_op_mute(struct json_call *call)
{
	struct order o;
	int r = get_order(call, &o);
	uint32_t seconds = o.seconds ? (uint32_t)o.seconds : GCHAT_FOR_EVER;
	if (r == 0)
		r = gchat_mute(
			json_client(call), o.room_id, o.user, o.reason, seconds, &call->error);
	return r != 0 ? r : JSON_DONE;
}

int json_op_unmute(struct json_call *call)
{
	struct order o;
	int r = get_order(call, &o);
	if (r == 0)
		r = gchat_mute(json_client(call), o.room_id, o.user, NULL, 0, &call->error);
	return r != 0 ? r : JSON_DONE;
}

int json_op_role(struct json_call *call)
{
	struct order o = {0};
	const char *name = NULL;
	enum gchat_role role = GCHAT_ROLE_NONE;
	int r = json_get_text(call, "role", &name);
	if (r == 0)
		r = get_order(call, &o);
	if (r < 0)
		return r;
	if (!render_find_role(name, &role))
		return json_bad_field(call, "role", "owner, moderator, member or reader is needed");
	r = gchat_set_role(json_client(call), o.room_id, o.user, role, &call->error);
	return r != 0 ? r : JSON_DONE;
}

static int list(struct json_call *call, const char *name, bool mutes)
{
	struct gchat_page page = {0};
	struct gchat_restriction_list *found = NULL;
	uint64_t room_id = 0;
	int r = json_get_some_text(call, "page", &page.token);
	if (r == 0)
		r = json_get_room(call, &room_id);
	if (r == 0)
		r = gchat_list_bans(json_client(call), room_id, &page, mutes, &found, &call->error);
	if (r != 0)
		return r;
	json_t *array = json_array();
	for (size_t i = 0; i < found->count; i++)
		json_array_append_new(array, json_of_restriction(&found->restrictions[i]));
	call->result = json_object();
	json_object_set_new(call->result, name, array);
	if (*found->next_page)
		json_set_text(call->result, "next_page", found->next_page);
	gchat_free(found);
	return JSON_DONE;
}

int json_op_bans(struct json_call *call)
{
	return list(call, "bans", false);
}

int json_op_mutes(struct json_call *call)
{
	return list(call, "mutes", true);
}
