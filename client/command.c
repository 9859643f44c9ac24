/* The table, and taking a line apart by it. */
#include "client/command.h"

#include "client/act.h"
#include "client/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct command COMMANDS[] = {
	{"avatar", "<file>|remove", "show this PNG or JPEG with your name", 1, act_avatar},
	{"away", "", "others see you as away", 0, act_away},
	{"back", "", "you are there again", 0, act_back},
	{"ban", "<user> [2h] [why]", "keep someone out of this room", 1, act_ban},
	{"bans", "", "list who is banned here, and who is muted", 0, act_bans},
	{"create", "<room> [topic]", "make a public room, with you as its owner", 1, act_create},
	{"delete", "<number> [why]", "take a message away", 1, act_delete},
	{"edit", "<number> <text>", "say a message of yours anew", 2, act_edit},
	{"help", "[command]", "list the commands", 0, act_help},
	{"history", "[count] [before]", "show earlier messages, before this number", 0, act_history},
	{"invite", "<user>", "let someone into this private room", 1, act_invite},
	{"join", "<room>", "enter a room, or switch to it", 1, act_join},
	{"kick", "<user> [why]", "remove someone from this room", 1, act_kick},
	{"list", "", "list the rooms", 0, act_list},
	{"msg", "<user> [text]", "talk to one person alone", 1, act_msg},
	{"mute", "<user> [10m] [why]", "stop someone from writing here", 1, act_mute},
	{"nick", "<name>", "the name shown beside your user name", 1, act_nick},
	{"part", "[room]", "leave this room for good", 0, act_part},
	{"quit", "", "leave the program; your rooms stay yours", 0, act_quit},
	{"react", "<number> <emoji>", "react to a message; -<emoji> takes it back", 2, act_react},
	{"read", "", "everything in this room counts as read", 0, act_read},
	{"readonly", "on|off", "whether only moderators and owners write here", 1, act_readonly},
	{"reconnect", "", "try again now", 0, act_reconnect},
	{"reply", "<number> <text>", "answer a message", 2, act_reply},
	{"role", "<user> <role>", "make someone owner, moderator, member or reader", 2, act_role},
	{"show", "<number>", "show the whole of a message", 1, act_show},
	{"slow", "<seconds>|off", "the pause between two messages of one member", 1, act_slow},
	{"status", "[text]", "the line others see about you", 0, act_status},
	{"topic", "[text]", "show or set what this room is about", 0, act_topic},
	{"unban", "<user>", "let someone in again", 1, act_unban},
	{"unmute", "<user>", "let someone write again", 1, act_unmute},
	{"who", "[room]", "who is in the room", 0, act_who},
	{"whois", "<user>", "what someone tells about themselves", 1, act_whois},
	{NULL, NULL, NULL, 0, NULL},
};
/* clang-format on */

static char *skip_blanks(char *at)
{
	return at + strspn(at, " \t");
}

static void trim_end(char *text)
{
	size_t len = strlen(text);
	while (len && strchr(" \t\n", text[len - 1]))
		text[--len] = '\0';
}

static void find(const char *word, struct command_call *ret)
{
	size_t len = strlen(word), hits = 0;
	for (const struct command *command = COMMANDS; command->name; command++) {
		if (strncmp(command->name, word, len) != 0)
			continue;
		ret->command = command;
		hits++;
		if (command->name[len] == '\0') {
			hits = 1;
			break;
		}
	}
	ret->kind = !len || !hits ? COMMAND_UNKNOWN : hits > 1 ? COMMAND_AMBIGUOUS : COMMAND_RUN;
}

static int count_words(const char *text)
{
	int count = 0;
	while (*(text += strspn(text, " \t"))) {
		text += strcspn(text, " \t");
		count++;
	}
	return count;
}

static void keep_word(struct command_call *ret, const char *word)
{
	char *clean = text_clean_string(TEXT_NAME, word);
	size_t len = strlen(clean);
	while (len >= sizeof(ret->word))
		len -= text_cluster_before(clean, len);
	memcpy(ret->word, clean, len);
	ret->word[len] = '\0';
	free(clean);
}

void command_parse(char *line, struct command_call *ret)
{
	*ret = (struct command_call){.kind = COMMAND_SAY, .args = line};
	if (line[0] == '/' && line[1] == '/') {
		ret->args = line + 1;
		return;
	}
	if (line[0] != '/') {
		if (!line[strspn(line, " \t\n")])
			ret->kind = COMMAND_NOTHING;
		return;
	}
	char *args = line + 1 + strcspn(line + 1, " \t\n");
	if (*args)
		*args++ = '\0';
	keep_word(ret, line + 1);
	ret->args = skip_blanks(args);
	trim_end(ret->args);
	find(line + 1, ret);
	if (ret->kind == COMMAND_RUN && count_words(ret->args) < ret->command->words_min)
		ret->kind = COMMAND_SHORT;
}

char *command_word(char **args)
{
	char *word = skip_blanks(*args);
	char *end = word + strcspn(word, " \t");
	if (*end)
		*end++ = '\0';
	*args = skip_blanks(end);
	return word;
}

unsigned long long command_number(char **args)
{
	char *at = skip_blanks(*args), *end;
	at += *at == '[' || *at == '#';
	if (*at < '0' || *at > '9')
		return 0;
	unsigned long long number = strtoull(at, &end, 10);
	end += *end == ']';
	if (*end && *end != ' ' && *end != '\t')
		return 0;
	*args = skip_blanks(end);
	return number;
}

void command_list(const char *word, char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (const struct command *command = COMMANDS; command->name; command++) {
		if (strncmp(command->name, word, strlen(word)) != 0 || used >= size)
			continue;
		int n = snprintf(out + used, size - used, "%s/%s", used ? " " : "", command->name);
		used += n > 0 ? (size_t)n : 0;
	}
}
