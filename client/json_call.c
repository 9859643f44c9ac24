/* Requests that are answered by a call of their own. */
#include "client/json_ops.h"

#include "base/mem.h"
#include "client/fault.h"
#include "client/json_out.h"
#include <errno.h>
#include <string.h>

static int done(struct json_call *call, json_t *result)
{
	call->result = result;
	return JSON_DONE;
}

static int get_page(struct json_call *call, struct gchat_page *ret)
{
	uint64_t count = 0;
	int r = json_get_some_text(call, "page", &ret->token);
	if (r == 0)
		r = json_get_some_number(call, "count", &count);
	if (r == 0 && count > UINT32_MAX)
		return json_bad_field(call, "count", "too large");
	ret->size = (uint32_t)count;
	return r;
}

static void set_next_page(json_t *result, const char *next_page)
{
	if (*next_page)
		json_set_text(result, "next_page", next_page);
}

static int get_visibility(struct json_call *call, enum gchat_visibility *ret)
{
	const char *name = "public";
	int r = json_get_some_text(call, "visibility", &name);
	if (r < 0)
		return r;
	bool private = !strcmp(name, "private");
	if (!private && strcmp(name, "public") != 0)
		return json_bad_field(call, "visibility", "public or private is needed");
	*ret = private ? GCHAT_VISIBILITY_PRIVATE : GCHAT_VISIBILITY_PUBLIC;
	return 0;
}

static json_t *take_room(struct json_call *call, struct gchat_room *room)
{
	(void)rooms_put(&call->mode->rooms, room); /* the next time it is known */
	json_t *result = json_of_room(room);
	gchat_free(room);
	return result;
}

int json_op_create(struct json_call *call)
{
	struct gchat_room_spec spec = {0};
	struct gchat_room *room = NULL;
	int r = json_get_text(call, "room", &spec.name);
	if (r == 0)
		r = json_get_some_text(call, "title", &spec.title);
	if (r == 0)
		r = json_get_some_text(call, "topic", &spec.topic);
	if (r == 0)
		r = get_visibility(call, &spec.visibility);
	if (r == 0)
		r = gchat_create_room(json_client(call), &spec, &room, &call->error);
	return r != 0 ? r : done(call, take_room(call, room));
}

int json_op_direct(struct json_call *call)
{
	const char *user = NULL;
	struct gchat_room *room = NULL;
	int r = json_get_text(call, "user", &user);
	if (r == 0)
		r = gchat_direct(json_client(call), user, &room, &call->error);
	return r != 0 ? r : done(call, take_room(call, room));
}

static int get_place(struct json_call *call, struct gchat_history_query *query)
{
	static const struct {
		const char *field;
		enum gchat_place place;
	} PLACES[] = {{"before", GCHAT_PLACE_BEFORE}, {"after", GCHAT_PLACE_AFTER},
		{"around", GCHAT_PLACE_AROUND}};
	for (size_t i = 0; i < GC_LENGTH(PLACES); i++) {
		if (!json_object_get(call->request, PLACES[i].field))
			continue;
		query->place = PLACES[i].place;
		return json_get_number(call, PLACES[i].field, &query->seq);
	}
	return 0;
}

static json_t *entries(const struct gchat_entry *list, size_t count)
{
	json_t *array = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_of_entry(&list[i]));
	return array;
}

int json_op_history(struct json_call *call)
{
	struct gchat_history_query query = {.place = GCHAT_PLACE_NEWEST};
	struct gchat_page page = {0};
	struct gchat_history *history = NULL;
	int r = get_page(call, &page);
	query.page_size = page.size;
	if (r == 0)
		r = get_place(call, &query);
	if (r == 0)
		r = json_get_room(call, &query.room_id);
	if (r == 0)
		r = gchat_history(json_client(call), &query, &history, &call->error);
	if (r != 0)
		return r;
	json_t *result = json_object();
	json_object_set_new(result, "events", entries(history->entries, history->count));
	json_object_set_new(
		result, "amendments", entries(history->amendments, history->amendment_count));
	json_set_number(result, "first_seq", history->first_seq);
	json_set_number(result, "head_seq", history->head_seq);
	gchat_free(history);
	return done(call, result);
}

int json_op_kick(struct json_call *call)
{
	uint64_t room_id = 0;
	const char *user = NULL, *reason = NULL;
	int r = json_get_text(call, "user", &user);
	if (r == 0)
		r = json_get_some_text(call, "reason", &reason);
	if (r == 0)
		r = json_get_room(call, &room_id);
	if (r == 0)
		r = gchat_remove_member(json_client(call), room_id, user, reason, &call->error);
	return r != 0 ? r : done(call, NULL);
}

int json_op_members(struct json_call *call)
{
	uint64_t room_id = 0;
	struct gchat_page page = {0};
	struct gchat_member_list *list = NULL;
	int r = get_page(call, &page);
	if (r == 0)
		r = json_get_room(call, &room_id);
	if (r == 0)
		r = gchat_list_members(json_client(call), room_id, &page, &list, &call->error);
	if (r != 0)
		return r;
	json_t *result = json_object(), *members = json_array();
	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(members, json_of_member(&list->members[i]));
	json_object_set_new(result, "members", members);
	json_set_number(result, "member_count", list->member_count);
	set_next_page(result, list->next_page);
	gchat_free(list);
	return done(call, result);
}

static int set_profile(struct json_call *call, const char *name, const char *status)
{
	struct gchat_profile *profile;
	int r = gchat_update_profile(json_client(call), name, status, &profile, &call->error);
	if (r != 0)
		return r;
	json_t *result = json_of_profile(profile);
	gchat_free(profile);
	return done(call, result);
}

static int get_profile(struct json_call *call, const char *user)
{
	struct gchat_profile_query query = {.users = &user, .user_count = 1};
	struct gchat_profile_list *list = NULL;
	int r = gchat_profiles(json_client(call), &query, &list, &call->error);
	if (r != 0)
		return r;
	json_t *result = list->count ? json_of_profile(&list->profiles[0]) : NULL;
	gchat_free(list);
	return result ? done(call, result) : -ENOENT;
}

/* One's own is changed, another's is read; without either, one's own is read. */
int json_op_profile(struct json_call *call)
{
	const char *user = NULL, *name = NULL, *status = NULL;
	int r = json_get_some_text(call, "user", &user);
	if (r == 0)
		r = json_get_some_text(call, "display_name", &name);
	if (r == 0)
		r = json_get_some_text(call, "status", &status);
	if (r < 0)
		return r;
	if (user && (name || status))
		return json_bad_field(call, "user", "only one's own profile can be changed");
	if (name || status)
		return set_profile(call, name, status);
	return get_profile(call, user ? user : call->mode->session.user);
}

int json_op_rooms(struct json_call *call)
{
	bool joined = false;
	struct gchat_page page = {0};
	struct gchat_room_list *list = NULL;
	int r = get_page(call, &page);
	if (r == 0)
		r = json_get_some_flag(call, "joined", &joined);
	if (r == 0)
		r = gchat_list_rooms(json_client(call), &page, joined, &list, &call->error);
	if (r != 0)
		return r;
	json_t *result = json_object(), *rooms = json_array();
	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(rooms, json_of_room(&list->rooms[i]));
	json_object_set_new(result, "rooms", rooms);
	set_next_page(result, list->next_page);
	gchat_free(list);
	return done(call, result);
}

int json_op_server(struct json_call *call)
{
	static const char *const REGISTRATIONS[] = {[GCHAT_REGISTRATION_NONE] = "unknown",
		[GCHAT_REGISTRATION_OPEN] = "open",
		[GCHAT_REGISTRATION_INVITE] = "invite",
		[GCHAT_REGISTRATION_CLOSED] = "closed"};
	struct gchat_server_info *info = NULL;
	int r = gchat_server_info(json_client(call), &info, &call->error);
	if (r < 0)
		return r;
	bool known = (size_t)info->registration < GC_LENGTH(REGISTRATIONS);
	json_t *result = json_object(), *rooms = json_array();
	json_set_text(result, "name", info->name);
	json_set_text(result, "version", info->version);
	json_set_number(result, "protocol", info->protocol_version);
	json_set_text(result, "registration", REGISTRATIONS[known ? info->registration : 0]);
	json_set_flag(result, "guests", info->guests_allowed);
	json_set_text(result, "message_of_the_day", info->message_of_the_day);
	for (size_t i = 0; i < info->suggested_room_count; i++)
		json_array_append_new(rooms, json_string(info->suggested_rooms[i]));
	json_object_set_new(result, "suggested_rooms", rooms);
	gchat_free(info);
	return done(call, result);
}
