/* Commands of those who moderate a room. */
#include "client/act.h"

#include "base/duration.h"
#include "base/mem.h"
#include "client/chat.h"
#include "client/command.h"
#include "client/text.h"
#include <stdlib.h>
#include <string.h>

enum {
	LIST_PAGES_MAX = 20, /* of LIMIT_PAGE_DEFAULT entries: enough for eyes */
};

static const char *user_of(char **args)
{
	const char *user = command_word(args);
	return *user == '@' ? user + 1 : user;
}

/* A length of time in front is taken off; `otherwise` where there is none. */
static uint32_t duration_of(char **args, uint32_t otherwise)
{
	char word[DURATION_BYTES];
	uint64_t seconds;
	size_t len = strcspn(*args, " \t");
	if (len == 0 || len >= sizeof(word))
		return otherwise;
	memcpy(word, *args, len);
	word[len] = '\0';
	if (!duration_parse(word, &seconds) || seconds == 0)
		return otherwise;
	(void)command_word(args);
	return seconds < GCHAT_FOR_EVER ? (uint32_t)seconds : otherwise;
}

void act_kick(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	if (!room)
		return;
	const char *user = user_of(&args);
	struct gchat_error error = {0};
	int r = gchat_remove_member(c->session.g, room->room_id, user, *args ? args : NULL, &error);
	if (r < 0)
		chat_fail_call(c, "/kick", r, &error);
}

/* Who is not in the room is banned without an event there: then it is said here. */
void act_ban(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	if (!room)
		return;
	const char *user = user_of(&args);
	uint32_t seconds = duration_of(&args, 0);
	struct gchat_error error = {0};
	int r = gchat_ban(c->session.g, room->room_id, user, *args ? args : NULL, seconds, &error);
	if (r < 0) {
		chat_fail_call(c, "/ban", r, &error);
		return;
	}
	char *name = text_clean_string(TEXT_NAME, user);
	chat_say(c, "%s is banned from %s", name, room->label);
	free(name);
}

void act_unban(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	if (!room)
		return;
	const char *user = user_of(&args);
	struct gchat_error error = {0};
	int r = gchat_unban(c->session.g, room->room_id, user, &error);
	if (r < 0) {
		chat_fail_call(c, "/unban", r, &error);
		return;
	}
	char *name = text_clean_string(TEXT_NAME, user);
	chat_say(c, "%s may join %s again", name, room->label);
	free(name);
}

void act_mute(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	if (!room)
		return;
	const char *user = user_of(&args);
	uint32_t seconds = duration_of(&args, GCHAT_FOR_EVER);
	struct gchat_error error = {0};
	int r = gchat_mute(c->session.g, room->room_id, user, *args ? args : NULL, seconds, &error);
	if (r < 0)
		chat_fail_call(c, "/mute", r, &error);
}

void act_unmute(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	if (!room)
		return;
	struct gchat_error error = {0};
	int r = gchat_mute(c->session.g, room->room_id, user_of(&args), NULL, 0, &error);
	if (r < 0)
		chat_fail_call(c, "/unmute", r, &error);
}

void act_role(struct chat *c, char *args)
{
	const struct room *room = chat_room(c);
	if (!room)
		return;
	const char *user = user_of(&args);
	enum gchat_role role;
	if (!render_find_role(args, &role)) {
		chat_say(c, "a role is owner, moderator, member or reader");
		return;
	}
	struct gchat_error error = {0};
	int r = gchat_set_role(c->session.g, room->room_id, user, role, &error);
	if (r < 0)
		chat_fail_call(c, "/role", r, &error);
}

static void say_one(struct chat *c, const struct gchat_restriction *one, bool mute)
{
	char until[RENDER_UNTIL_BYTES];
	char *user = text_clean_string(TEXT_NAME, one->user);
	char *author = text_clean_string(TEXT_NAME, one->author);
	char *reason = text_clean_string(TEXT_NAME, one->reason);
	chat_say(c, "%s is %s %s by %s%s%s", user, mute ? "muted" : "banned",
		render_until(one->expires_us, until), author, *reason ? ": " : "", reason);
	free(reason);
	free(author);
	free(user);
}

/* How many were said; less than 0: the server refused, which was said. */
static long say_all(struct chat *c, uint64_t room_id, bool mutes)
{
	char *token = NULL;
	long total = 0;
	for (int page_number = 0; page_number < LIST_PAGES_MAX; page_number++) {
		struct gchat_page page = {.token = token};
		struct gchat_restriction_list *list;
		struct gchat_error error = {0};
		int r = gchat_list_bans(c->session.g, room_id, &page, mutes, &list, &error);
		free(token);
		if (r < 0) {
			chat_fail_call(c, "/bans", r, &error);
			return -1;
		}
		for (size_t i = 0; i < list->count; i++)
			say_one(c, &list->restrictions[i], mutes);
		total += (long)list->count;
		token = *list->next_page ? mem_strdup(list->next_page) : NULL;
		gchat_free(list);
		if (!token)
			return total;
	}
	free(token);
	chat_say(c, "and more");
	return total;
}

void act_bans(struct chat *c, char *args)
{
	(void)args; /* takes none */
	const struct room *room = chat_room(c);
	if (!room)
		return;
	uint64_t room_id = room->room_id;
	long bans = say_all(c, room_id, false);
	long mutes = bans < 0 ? -1 : say_all(c, room_id, true);
	if (bans == 0 && mutes == 0)
		chat_say(c, "nobody is banned or muted here");
}
