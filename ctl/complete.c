/* The words before the last say what it is about: an option's value, a command's word or argument. */
#include "ctl/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"
#include "ctl/admin.h"
#include "ctl/clean.h"
#include "ctl/command.h"
#include "ctl/exit.h"
#include "gchat/v1/admin.pb-c.h"
#include "proto/codec.h"

enum {
	ASK_MS = 500, /* who presses a key doesn't wait */
	PAGES_MAX = 4,
	WORDS_MAX = 64,
	TOKEN_BYTES = 64,
};

struct completion {
	FILE *out;
	const char *typed; /* the last word, or what follows its = or comma */
	const char *kept; /* what stands before that in the word; printed in front */
	size_t kept_len;
	const char *socket;
	char *words[WORDS_MAX]; /* borrowed: without options */
	int word_count;
	const struct command *command; /* NULL: not known yet */
	int taken; /* words of its name */
	struct option_set known;
};

static void offer(const struct completion *c, const char *word, const char *what)
{
	if (strncmp(word, c->typed, strlen(c->typed)) != 0)
		return;
	(void)fprintf(c->out, "%.*s%s", (int)c->kept_len, c->kept, word);
	if (what && what[0])
		(void)fprintf(c->out, "\t%s", what);
	(void)fputc('\n', c->out);
}

/* ---- from the daemon ---- */

/* Names are [a-z0-9._-]; a title may be anything. */
static void offer_theirs(const struct completion *c, const char *name, const char *title)
{
	char *clean = clean_text(title ? title : "");

	offer(c, name, clean);
	free(clean);
}

static void offer_rooms(const struct completion *c, struct admin *admin)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;

	for (int page = 0; page < PAGES_MAX; page++) {
		Gchat__V1__ListAllRoomsRequest request;
		ProtobufCMessage *answer = NULL;
		gchat__v1__list_all_rooms_request__init(&request);
		if (admin_call_page(admin, "ListAllRooms", &request.base,
			    &gchat__v1__list_all_rooms_response__descriptor, &page_token,
			    &answer) != EXIT_DONE)
			return;
		const Gchat__V1__ListAllRoomsResponse *list = (const void *)answer;
		for (size_t i = 0; i < list->n_rooms; i++) {
			if (list->rooms[i]->room)
				offer_theirs(
					c, list->rooms[i]->room->name, list->rooms[i]->room->title);
		}
		codec_free(answer);
		if (!page_token)
			return;
	}
}

static void offer_users(const struct completion *c, struct admin *admin)
{
	GC_CLEANUP(mem_freep) char *page_token = NULL;

	for (int page = 0; page < PAGES_MAX; page++) {
		Gchat__V1__ListUsersRequest request;
		ProtobufCMessage *answer = NULL;
		gchat__v1__list_users_request__init(&request);
		if (admin_call_page(admin, "ListUsers", &request.base,
			    &gchat__v1__list_users_response__descriptor, &page_token,
			    &answer) != EXIT_DONE)
			return;
		const Gchat__V1__ListUsersResponse *list = (const void *)answer;
		for (size_t i = 0; i < list->n_users; i++) {
			if (list->users[i]->profile)
				offer_theirs(c, list->users[i]->profile->user,
					list->users[i]->profile->display_name);
		}
		codec_free(answer);
		if (!page_token)
			return;
	}
}

/* ---- from tables ---- */

/* "red|green|blue" */
static void offer_words(const struct completion *c, const char *words)
{
	char word[TOKEN_BYTES];

	for (const char *at = words; *at;) {
		size_t len = strcspn(at, "|");
		if (len < sizeof(word)) {
			(void)snprintf(word, sizeof(word), "%.*s", (int)len, at);
			offer(c, word, NULL);
		}
		at += len + (at[len] == '|');
	}
}

/* Columns of the command's list, after the last comma; with a minus as --sort allows it. */
static void offer_keys(const struct completion *typed)
{
	const struct list_spec *list = typed->command ? typed->command->list : NULL;
	struct completion c = *typed;
	const char *comma = strrchr(c.typed, ',');
	const char *from = comma ? comma + 1 : c.typed;

	from += *from == '-';
	if (c.kept_len == 0)
		c.kept = c.typed;
	c.kept_len = (size_t)(from - c.kept);
	c.typed = from;
	for (size_t i = 0; list && i < list->field_count; i++)
		offer(&c, list->fields[i].key, list->fields[i].heading);
}

static void offer_commands(const struct completion *c);

/* By what the argument is called. */
static void offer_named(const struct completion *c, const char *name, const char *words)
{
	bool room = strcmp(name, "ROOM") == 0;
	bool user = strcmp(name, "USER") == 0;

	if (words || strchr(name, '|')) {
		offer_words(c, words ? words : name);
	} else if (strncmp(name, "KEY", strlen("KEY")) == 0) {
		offer_keys(c);
	} else if (strcmp(name, "FILE") == 0 || strcmp(name, "PATH") == 0) {
		(void)fputs(":files\n", c->out);
	} else if (strcmp(name, "COMMAND") == 0) {
		offer_commands(c);
	} else if (room || user) {
		struct admin *admin = admin_new(c->socket, ASK_MS, NULL);
		if (room)
			offer_rooms(c, admin);
		else
			offer_users(c, admin);
		(void)admin_free(admin);
	}
}

static void offer_options(const struct completion *c, const struct option_row *table)
{
	char word[TOKEN_BYTES];

	for (; table && table->name; table++) {
		(void)snprintf(
			word, sizeof(word), "--%s%s", table->name, table->argument ? "=" : "");
		offer(c, word, table->help);
	}
}

static void offer_all_options(const struct completion *c)
{
	if (c->command) {
		offer_options(c, c->command->options);
		if (c->command->list)
			offer_options(c, options_of_lists);
		if (c->command->destroys)
			offer_options(c, options_of_destroyers);
		if (c->command->needs_secret)
			offer_options(c, options_of_secrets);
	}
	offer_options(c, options_general);
}

/* ---- commands and their arguments ---- */

/* The next word of a name that begins with the words typed; false: it doesn't, or has no more. */
static bool next_word(const struct completion *c, const char *name, char ret[TOKEN_BYTES])
{
	for (int i = 0; i < c->word_count; i++) {
		size_t len = strcspn(name, " ");
		if (strlen(c->words[i]) != len || strncmp(c->words[i], name, len) != 0 ||
			name[len] == '\0')
			return false;
		name += len + 1;
	}
	(void)snprintf(ret, TOKEN_BYTES, "%.*s", (int)strcspn(name, " "), name);
	return true;
}

static bool leads_on(const struct completion *c, const char *name, const char *word)
{
	char first[TOKEN_BYTES];

	return name && next_word(c, name, first) && strcmp(first, word) == 0;
}

/* Whether a name before this one has offered the word already. */
static bool offered_before(
	const struct completion *c, const struct command *until, const char *word)
{
	for (const struct command *at = command_next(NULL); at != until; at = command_next(at)) {
		if (leads_on(c, at->name, word))
			return true;
		for (size_t i = 0; i < COMMAND_ALIASES_MAX; i++) {
			if (leads_on(c, at->aliases[i], word))
				return true;
		}
	}
	return false;
}

/* The summary is the command's where the word is its last one. */
static void offer_name(const struct completion *c, const struct command *command, const char *name)
{
	char word[TOKEN_BYTES];

	if (!name || !next_word(c, name, word) || offered_before(c, command, word))
		return;
	bool last = strlen(name) >= strlen(word) &&
		    strcmp(name + strlen(name) - strlen(word), word) == 0;
	offer(c, word, last ? command->summary : NULL);
}

static void offer_commands(const struct completion *c)
{
	for (const struct command *at = command_next(NULL); at; at = command_next(at)) {
		offer_name(c, at, at->name);
		for (size_t i = 0; i < COMMAND_ALIASES_MAX; i++)
			offer_name(c, at, at->aliases[i]);
	}
	if (c->word_count == 0)
		offer(c, "help", "Explains a command");
}

/* The name of the argument at `index`: of "USER [ROOM]" 1 is ROOM. "..." repeats the last one. */
static bool argument_at(const char *arguments, int index, char ret[TOKEN_BYTES])
{
	ret[0] = '\0';
	for (const char *at = arguments; *at;) {
		at += strspn(at, " [");
		size_t len = strcspn(at, " []");
		if (len == 0)
			break;
		bool more = len > 3 && strncmp(at + len - 3, "...", 3) == 0;
		(void)snprintf(ret, TOKEN_BYTES, "%.*s", (int)(more ? len - 3 : len), at);
		if (index-- == 0 || more)
			return true;
		at += len;
		at += strspn(at, "]");
	}
	return false;
}

static void offer_word(struct completion *c)
{
	char name[TOKEN_BYTES];

	if (c->word_count > 0 && strcmp(c->words[0], "help") == 0) {
		c->word_count--;
		(void)memmove(&c->words[0], &c->words[1], (size_t)c->word_count * sizeof(char *));
		offer_commands(c);
		return;
	}
	offer_commands(c);
	if (c->command && argument_at(c->command->arguments, c->word_count - c->taken, name))
		offer_named(c, name, NULL);
}

/* ---- the words before ---- */

/* The row of "--room", "--room=x" or "-s". */
static const struct option_row *row_of(const struct completion *c, const char *word)
{
	char name[TOKEN_BYTES];
	size_t len = strcspn(word, "=");

	if (strncmp(word, "--", 2) == 0 && len > 2 && len < sizeof(name)) {
		(void)snprintf(name, sizeof(name), "%.*s", (int)len - 2, word + 2);
		return option_set_find(&c->known, name);
	}
	for (size_t i = 0; word[0] == '-' && i < c->known.count; i++) {
		if (c->known.rows[i]->letter && c->known.rows[i]->letter == word[1])
			return c->known.rows[i];
	}
	return NULL;
}

/* Whether the next word is the option's value. */
static bool wants_value(const struct option_row *row, const char *word)
{
	if (!row || !row->argument)
		return false;
	return strncmp(word, "--", 2) == 0 ? !strchr(word, '=') : word[2] == '\0';
}

/* The command's own row of that option, which may say more than the first one of that name. */
static const struct option_row *own_row(const struct completion *c, const struct option_row *row)
{
	struct option_set taken;

	if (!c->command)
		return row;
	command_taken_options(c->command, &taken);
	const struct option_row *own = option_set_find(&taken, row->name);
	return own ? own : row;
}

/* Sorts the finished words; the option whose value is being typed, or NULL. */
static const struct option_row *look_back(struct completion *c, char *const *words, int count)
{
	const struct option_row *open = NULL;

	for (int i = 0; i + 1 < count; i++) {
		const struct option_row *row = row_of(c, words[i]);
		if (open) {
			if (open->letter == 's')
				c->socket = words[i];
			open = NULL;
		} else if (words[i][0] == '-') {
			open = wants_value(row, words[i]) ? row : NULL;
			if (row && row->letter == 's' && !open)
				c->socket = strncmp(words[i], "--", 2) == 0
						    ? strchr(words[i], '=') + 1
						    : words[i] + 2;
		} else if (c->word_count < WORDS_MAX) {
			c->words[c->word_count++] = words[i];
		}
	}
	c->command = command_find(c->words, c->word_count, &c->taken);
	return open;
}

void complete_print(char *const *words, int count, FILE *out)
{
	struct completion c = {
		.out = out, .typed = "", .kept = "", .socket = OPTIONS_SOCKET_DEFAULT};

	if (count < 1)
		return;
	command_known_options(&c.known);
	const struct option_row *open = look_back(&c, words, count);
	const char *last = words[count - 1];
	const char *equals = strncmp(last, "--", 2) == 0 ? strchr(last, '=') : NULL;
	c.typed = last;
	if (!open && equals) {
		open = row_of(&c, last);
		c.typed = equals + 1;
		c.kept = last;
		c.kept_len = (size_t)(c.typed - last);
		if (!open)
			return;
	}
	if (open)
		offer_named(&c, own_row(&c, open)->argument ? own_row(&c, open)->argument : "",
			own_row(&c, open)->words);
	else if (last[0] == '-')
		offer_all_options(&c);
	else
		offer_word(&c);
}
