/*
 * Slash commands: one const table for finding, /help and the test of the manual page. A line that
 * starts with a slash is never sent as it is, unless the slash is doubled. Pure but for the
 * handlers. Main thread.
 */
#pragma once

#include <stddef.h>

struct chat;

struct command {
	const char *name; /* without the slash */
	const char *usage; /* "" for none; <needed> [optional] */
	const char *help;
	int words_min; /* of the arguments; the last one may have spaces */
	void (*run)(struct chat *c, char *args);
};

/* Sorted by name; ends with an entry whose name is NULL. */
extern const struct command COMMANDS[];

enum command_kind {
	COMMAND_NOTHING, /* an empty line */
	COMMAND_SAY, /* `args` is what to say */
	COMMAND_RUN, /* `command` with `args` */
	COMMAND_UNKNOWN, /* the word is in `word` */
	COMMAND_AMBIGUOUS, /* the same; several start so */
	COMMAND_SHORT, /* `command`: arguments are missing */
};

enum {
	COMMAND_WORD_BYTES = 32,
};

struct command_call {
	enum command_kind kind;
	const struct command *command;
	char word[COMMAND_WORD_BYTES]; /* clean */
	char *args; /* in the line given, without blanks around */
};

/* Takes a line apart; a unique beginning of a command's name is enough. */
void command_parse(char *line, struct command_call *ret);
/* Cuts the next word off: returns it ("" when there is none), moves *args behind it. */
char *command_word(char **args);
/* A number in front, plain or as shown, "[17]"; 0 when there is none. Moves *args behind it. */
unsigned long long command_number(char **args);
/* "/join, /kick, ...": the names that start with `word`. Writes at most `size` bytes. */
void command_list(const char *word, char *out, size_t size);
