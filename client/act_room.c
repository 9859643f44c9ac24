/* Commands about rooms and who is in them. */
#include "client/act.h"

#include "base/mem.h"
#include "client/chat.h"
#include "client/command.h"
#include "client/text.h"
#include "proto/limits.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LIST_PAGES_MAX = 20, /* of LIMIT_PAGE_DEFAULT entries: enough for eyes */
};

static const char *bare(const char *name)
{
	return *name == '#' ? name + 1 : name;
}

void act_join(struct chat *c, char *args)
{
	char *name = command_word(&args);
	if (*name == '@') {
		act_msg(c, name);
		return;
	}
	struct room *room = rooms_find_name(&c->rooms, name);
	if (room && room->member) {
		chat_enter(c, room);
		return;
	}
	uint64_t tag = 0;
	int r = gchat_join(c->session.g, 0, bare(name), &tag);
	chat_await(c, r, tag, NULL, NULL);
	if (r == 0)
		chat_hold(c);
}

void act_part(struct chat *c, char *args)
{
	struct room *room = *args ? chat_find_room(c, command_word(&args)) : chat_room(c);
	if (!room)
		return;
	char done[TEXT_NAME_BYTES_MAX * 2];
	snprintf(done, sizeof(done), "you are no longer in %s", room->label);
	uint64_t tag = 0;
	int r = gchat_leave(c->session.g, room->room_id, &tag);
	chat_await(c, r, tag, NULL, done);
	if (r < 0)
		return;
	chat_hold(c);
	room->member = false;
	if (c->room_id == room->room_id)
		c->room_id = 0;
	for (size_t i = 0; i < c->rooms.count && !c->room_id; i++) {
		if (c->rooms.rooms[i].member)
			chat_enter(c, &c->rooms.rooms[i]);
	}
}

void act_create(struct chat *c, char *args)
{
	struct gchat_room_spec spec = {.name = bare(command_word(&args)),
		.topic = *args ? args : NULL,
		.visibility = GCHAT_VISIBILITY_PUBLIC};
	struct gchat_room *made;
	struct gchat_error error = {0};
	int r = gchat_create_room(c->session.g, &spec, &made, &error);
	if (r < 0) {
		chat_fail_call(c, "/create", r, &error);
		return;
	}
	struct room *room = rooms_put(&c->rooms, made);
	gchat_free(made);
	if (!room)
		return;
	room->member = true;
	room->role = GCHAT_ROLE_OWNER;
	chat_enter(c, room);
}

static void say_room(struct chat *c, const struct gchat_room *listed)
{
	struct room *room = rooms_put(&c->rooms, listed);
	if (!room)
		return;
	chat_label(c, room);
	chat_say(c, "%s: %u member%s%s%s%s%s", room->label, room->member_count,
		room->member_count == 1 ? "" : "s", room->member ? ", you are in" : "",
		room->read_only ? ", read-only" : "", *room->topic ? ", " : "", room->topic);
}

void act_list(struct chat *c, char *args)
{
	(void)args; /* takes none */
	char *token = NULL;
	size_t total = 0;
	for (int page_number = 0; page_number < LIST_PAGES_MAX; page_number++) {
		struct gchat_page page = {.token = token};
		struct gchat_room_list *list;
		struct gchat_error error = {0};
		int r = gchat_list_rooms(c->session.g, &page, false, &list, &error);
		free(token);
		token = NULL;
		if (r < 0) {
			chat_fail_call(c, "/list", r, &error);
			return;
		}
		for (size_t i = 0; i < list->count; i++)
			say_room(c, &list->rooms[i]);
		total += list->count;
		token = *list->next_page ? mem_strdup(list->next_page) : NULL;
		gchat_free(list);
		if (!token)
			break;
	}
	free(token);
	if (!total)
		chat_say(c, "there are no rooms yet: /create makes one");
}

static void say_member(struct chat *c, const struct gchat_member *member)
{
	char *user = text_clean_string(TEXT_NAME, member->user);
	char *name = text_clean_string(TEXT_NAME, member->display_name);
	bool plain = member->role == GCHAT_ROLE_MEMBER;
	chat_say(c, "%s%s%s%s, %s%s%s", user, *name ? " (" : "", name, *name ? ")" : "",
		render_presence(member->presence), plain ? "" : ", ",
		plain ? "" : render_role(member->role));
	free(user);
	free(name);
}

void act_who(struct chat *c, char *args)
{
	struct room *room = *args ? chat_find_room(c, command_word(&args)) : chat_room(c);
	if (!room)
		return;
	uint64_t room_id = room->room_id;
	char *token = NULL;
	for (int page_number = 0; page_number < LIST_PAGES_MAX; page_number++) {
		struct gchat_page page = {.token = token};
		struct gchat_member_list *list;
		struct gchat_error error = {0};
		int r = gchat_list_members(c->session.g, room_id, &page, &list, &error);
		free(token);
		token = NULL;
		if (r < 0) {
			chat_fail_call(c, "/who", r, &error);
			return;
		}
		for (size_t i = 0; i < list->count; i++)
			say_member(c, &list->members[i]);
		token = *list->next_page ? mem_strdup(list->next_page) : NULL;
		gchat_free(list);
		if (!token)
			return;
	}
	free(token);
	chat_say(c, "and more");
}

void act_topic(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	if (!room)
		return;
	if (!*args) {
		chat_say(c, "%s: %s", room->label, *room->topic ? room->topic : "no topic");
		return;
	}
	uint64_t tag = 0;
	int r = gchat_set_topic(c->session.g, room->room_id, args, &tag);
	chat_await(c, r, tag, NULL, NULL);
}

static void change_room(struct chat *c, const char *command, const struct gchat_room_spec *change)
{
	const struct room *room = chat_room(c);
	if (!room)
		return;
	struct gchat_room *after = NULL;
	struct gchat_error error = {0};
	int r = gchat_update_room(c->session.g, room->room_id, change, &after, &error);
	if (r < 0)
		chat_fail_call(c, command, r, &error);
	else
		gchat_free(after); /* the event says it to all, to us too */
}

void act_readonly(struct chat *c, char *args)
{
	const char *word = command_word(&args);
	bool on = strcmp(word, "on") == 0;
	if (!on && strcmp(word, "off") != 0) {
		chat_say(c, "/readonly on or /readonly off");
		return;
	}
	change_room(
		c, "/readonly", &(struct gchat_room_spec){.set_read_only = true, .read_only = on});
}

void act_slow(struct chat *c, char *args)
{
	bool off = strcmp(args, "off") == 0;
	unsigned long long seconds = off ? 0 : command_number(&args);
	if (!off && (seconds == 0 || seconds > LIMIT_SLOW_MODE_S)) {
		chat_say(c, "/slow 1 to %d (seconds), or /slow off", LIMIT_SLOW_MODE_S);
		return;
	}
	change_room(c, "/slow",
		&(struct gchat_room_spec){.set_slow_mode = true, .slow_mode_s = (uint32_t)seconds});
}

void act_invite(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	if (!room)
		return;
	const char *user = command_word(&args);
	uint64_t tag = 0;
	int r = gchat_invite(c->session.g, room->room_id, *user == '@' ? user + 1 : user, &tag);
	chat_await(c, r, tag, NULL, NULL);
}
