/* The word decides where to look: "/" in front of the line is a command, anything else a room. */
#include "client/complete.h"

#include "base/mem.h"
#include "client/chat.h"
#include "client/command.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHOICES_BYTES = 512, /* shown; further ones are left out */
};

struct choices {
	const char *word;
	size_t word_len;
	size_t count;
	char *common; /* owned: what all have in common */
	char shown[CHOICES_BYTES];
	size_t used;
};

static void offer(struct choices *choices, const char *name)
{
	if (strncmp(name, choices->word, choices->word_len) != 0)
		return;
	if (choices->count++ == 0) {
		choices->common = mem_strdup(name);
	} else {
		size_t same = 0;
		while (name[same] && name[same] == choices->common[same])
			same++;
		choices->common[same] = '\0';
	}
	if (choices->used >= sizeof(choices->shown))
		return;
	int n = snprintf(choices->shown + choices->used, sizeof(choices->shown) - choices->used,
		"%s%s", choices->used ? " " : "", name);
	choices->used += n > 0 ? (size_t)n : 0;
}

static void offer_commands(struct choices *choices)
{
	char name[COMMAND_WORD_BYTES];
	for (const struct command *command = COMMANDS; command->name; command++) {
		snprintf(name, sizeof(name), "/%s", command->name);
		offer(choices, name);
	}
}

/* With or without the sign in front, as the word was begun. */
static void offer_rooms(struct chat *c, struct choices *choices)
{
	bool sign = *choices->word == '#' || *choices->word == '@';
	for (size_t i = 0; i < c->rooms.count; i++)
		offer(choices, c->rooms.rooms[i].label + (sign ? 0 : 1));
}

void complete_line(struct chat *c)
{
	struct line *line = &c->line;
	size_t from = line->at;
	while (from && line->text[from - 1] != ' ')
		from--;
	bool command = from == 0 && line->text[0] == '/';
	bool room = strchr("#@", line->text[from]) || !strncmp(line->text, "/join ", 6);
	if (from == line->at || (!command && !room))
		return;
	struct choices choices = {.word = line->text + from, .word_len = line->at - from};
	if (command)
		offer_commands(&choices);
	else
		offer_rooms(c, &choices);
	if (!choices.count)
		return;
	const char *rest = choices.common + choices.word_len;
	bool longer = *rest;
	bool one = choices.count == 1;
	line_insert(line, rest, strlen(rest));
	if (one)
		line_insert(line, " ", 1);
	free(choices.common);
	if (!one && !longer)
		chat_say(c, "%s", choices.shown);
	screen_damage(&c->screen);
}
