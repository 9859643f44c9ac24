/*
 * The options of the command line, as rows of tables: those of every command, those that several
 * commands share, and those that a command's row has for itself. All names are known to the parser
 * before it knows the command, so a name takes a value in all tables or in none (a test holds that).
 */
#pragma once

#include "ctl/output.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	OPTIONS_TIMEOUT_DEFAULT_S = 10,
	OPTIONS_TIMEOUT_MAX_S = 3600,
	OPTIONS_GIVEN_MAX = 64, /* on one command line */
	OPTIONS_KNOWN_MAX = 256, /* names in all tables */
};

#define OPTIONS_SOCKET_DEFAULT "/run/gchatd/admin.sock"

enum option_kind {
	OPTION_FLAG, /* takes no value */
	OPTION_TEXT,
	OPTION_NUMBER, /* whole, from min to max */
	OPTION_DURATION, /* as in duration.h, seconds from min to max */
	OPTION_WORD, /* one of `words` */
};

/* A table of these ends with a row without a name. */
struct option_row {
	const char *name; /* without dashes */
	/* Of the value, for people; USER, ROOM and FILE are completed as such. NULL: a flag. */
	const char *argument;
	const char *help; /* one line */
	enum option_kind kind;
	char letter; /* the short form; 0: none. The same for nobody else. */
	uint64_t min;
	uint64_t max; /* 0: no bound */
	const char *words; /* "public|private" */
};

/* What every command takes; what lists, commands that destroy and those that need a secret take. */
extern const struct option_row options_general[];
extern const struct option_row options_of_lists[];
extern const struct option_row options_of_destroyers[];
extern const struct option_row options_of_secrets[];

struct option_given {
	const struct option_row *row; /* borrowed: static; the command's own after options_bind */
	const char *text; /* borrowed from argv; NULL: a flag */
	uint64_t number; /* of numbers and durations, after options_bind */
};

/* All strings borrowed from argv. */
struct options {
	const char *socket;
	enum output_format format;
	bool no_legend;
	int64_t timeout_ms; /* 0: not given */
	bool help;
	bool version;
	struct option_given given[OPTIONS_GIVEN_MAX]; /* but for the general ones */
	size_t given_count;
	char **words; /* the command and its arguments, borrowed from argv */
	int word_count;
};

/* Every name there is, without repeats. */
struct option_set {
	const struct option_row *rows[OPTIONS_KNOWN_MAX];
	size_t count;
};

/* Adds a table's rows; NULL is an empty one. */
void option_set_add(struct option_set *set, const struct option_row *table);
/* The row of that name, or NULL. */
const struct option_row *option_set_find(const struct option_set *set, const char *name);

/* Reads argv by the rows of `known`. EXIT_DONE, or EXIT_USAGE after saying why on `err`. */
int options_parse(int argc, char **argv, const struct option_set *known,
	struct options *ret_options, FILE *err);
/* Checks what was given against the rows that `command` takes. EXIT_DONE, or EXIT_USAGE after saying
 * why. */
int options_bind(
	struct options *options, const struct option_set *taken, const char *command, FILE *err);

/* Whether it was given. */
bool options_has(const struct options *options, const char *name);
/* The value of the last time it was given; NULL: not given. */
const char *options_text(const struct options *options, const char *name);
/* A number, or a duration's seconds. */
uint64_t options_number(const struct options *options, const char *name, uint64_t otherwise);
/* One value after the other of an option that may be repeated; *at starts at 0. NULL: no more. */
const char *options_next(const struct options *options, const char *name, size_t *at);

/* One line of help per option; NULL is an empty table. */
void options_print(FILE *out, const struct option_row *table);
