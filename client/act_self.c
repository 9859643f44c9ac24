/* Commands about oneself and the program. */
#include "client/act.h"

#include "base/fd.h"
#include "base/mem.h"
#include "client/chat.h"
#include "client/command.h"
#include "client/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	AVATAR_BYTES_MAX = 1024 * 1024, /* far above what a server takes: it says so better */
};

static void set_profile(struct chat *c, const char *name, const char *status)
{
	struct gchat_profile *profile;
	struct gchat_error error = {0};
	int r = gchat_update_profile(c->session.g, name, status, &profile, &error);
	if (r < 0) {
		chat_fail_call(c, name ? "/nick" : "/status", r, &error);
		return;
	}
	char *shown_name = text_clean_string(TEXT_NAME, profile->display_name);
	char *shown_status = text_clean_string(TEXT_NAME, profile->status_text);
	chat_say(c, "you are %s%s%s%s%s%s", c->session.user, *shown_name ? " (" : "", shown_name,
		*shown_name ? ")" : "", *shown_status ? ": " : "", shown_status);
	free(shown_name);
	free(shown_status);
	gchat_free(profile);
}

void act_nick(struct chat *c, char *args)
{
	set_profile(c, args, NULL);
}

void act_status(struct chat *c, char *args)
{
	set_profile(c, NULL, args);
}

static void set_presence(struct chat *c, bool away)
{
	uint64_t tag = 0;
	enum gchat_presence presence = away ? GCHAT_PRESENCE_AWAY : GCHAT_PRESENCE_ONLINE;
	int r = gchat_set_presence(c->session.g, presence, &tag);
	c->away = away;
	chat_await(c, r, tag, NULL, away ? "you are away" : "you are back");
}

void act_away(struct chat *c, char *args)
{
	(void)args; /* takes none */
	set_presence(c, true);
}

void act_back(struct chat *c, char *args)
{
	(void)args; /* takes none */
	set_presence(c, false);
}

static void remove_avatar(struct chat *c)
{
	struct gchat_error error = {0};
	int r = gchat_delete_avatar(c->session.g, &error);
	if (r < 0)
		chat_fail_call(c, "/avatar", r, &error);
	else
		chat_say(c, "your avatar is removed");
}

/* Clean, for a sentence: file names are other people's text too. */
static void say_file_failed(struct chat *c, const char *path, int r)
{
	char *clean = text_clean_string(TEXT_NAME, path);
	chat_say(c, "%s: %s", clean, strerror(-r));
	free(clean);
}

void act_avatar(struct chat *c, char *args)
{
	if (!strcmp(args, "remove")) {
		remove_avatar(c);
		return;
	}
	char *image;
	size_t len;
	int r = fd_read_file(args, AVATAR_BYTES_MAX, &image, &len);
	if (r < 0) {
		say_file_failed(c, args, r);
		return;
	}
	struct gchat_error error = {0};
	r = gchat_set_avatar(c->session.g, image, len, NULL, &error);
	free(image);
	if (r < 0)
		chat_fail_call(c, "/avatar", r, &error);
	else
		chat_say(c, "your avatar is set");
}

static void say_profile(struct chat *c, const struct gchat_profile *profile)
{
	char *user = text_clean_string(TEXT_NAME, profile->user);
	char *name = text_clean_string(TEXT_NAME, profile->display_name);
	char *status = text_clean_string(TEXT_NAME, profile->status_text);
	chat_say(c, "%s%s%s%s, account %" PRIu64 "%s%s%s%s", user, *name ? " (" : "", name,
		*name ? ")" : "", profile->account_id, profile->guest ? ", guest" : "",
		profile->has_avatar ? ", has an avatar" : "", *status ? ": " : "", status);
	free(user);
	free(name);
	free(status);
}

void act_whois(struct chat *c, char *args)
{
	const char *user = command_word(&args);
	user += *user == '@';
	struct gchat_profile_query query = {.users = &user, .user_count = 1};
	struct gchat_profile_list *list;
	struct gchat_error error = {0};
	int r = gchat_profiles(c->session.g, &query, &list, &error);
	if (r < 0) {
		chat_fail_call(c, "/whois", r, &error);
		return;
	}
	if (!list->count)
		chat_say(c, "there is nobody of this name");
	for (size_t i = 0; i < list->count; i++)
		say_profile(c, &list->profiles[i]);
	gchat_free(list);
}

void act_reconnect(struct chat *c, char *args)
{
	(void)args; /* takes none */
	gchat_reconnect_now(c->session.g);
	chat_say(c, c->online ? "you are connected" : "trying again");
}

void act_quit(struct chat *c, char *args)
{
	(void)args; /* takes none */
	c->quitting = true;
}

void act_help(struct chat *c, char *args)
{
	const char *word = command_word(&args);
	word += *word == '/';
	size_t shown = 0;
	for (const struct command *command = COMMANDS; command->name; command++) {
		if (strncmp(command->name, word, strlen(word)) != 0)
			continue;
		chat_say(c, "/%s%s%s: %s", command->name, *command->usage ? " " : "",
			command->usage, command->help);
		shown++;
	}
	if (!shown)
		chat_say(c, "there is no such command");
	else if (!*word)
		chat_say(c, "a beginning is enough where it is unique; // sends a slash");
}
