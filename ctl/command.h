/*
 * Every command of gchatctl, in tables: its words, arguments, options, help and handler. A group's
 * table stands in the file of its handlers (cmd_room.c); command.c lists the groups. The tables
 * drive parsing, --help, completion, the suggestions for a mistyped word, and the manual page's
 * test.
 *
 * A new command: its row beside its handler, the group's line in command_groups.h if the group is
 * new, its entry in the manual page.
 */
#pragma once

#include "ctl/list.h"
#include "ctl/options.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
	COMMAND_ALIASES_MAX = 4,
	COMMAND_WORDS_BYTES = 64, /* of a name */
};

struct admin;
struct command;
struct output;

/* What a handler works with. All borrowed during the call. */
struct command_call {
	const struct command *command;
	const struct options *options;
	const struct output *output;
	struct admin *admin;
	char **args; /* after the command's own words */
	int arg_count;
};

/* A group's table ends with a row without a name. */
struct command {
	const char *name; /* "list-rooms", "room create" */
	const char *aliases[COMMAND_ALIASES_MAX]; /* the same in other words: "room list" */
	/* "USER [ROOM]" or ""; USER, ROOM, FILE and "a|b" are completed as such. */
	const char *arguments;
	const char *summary; /* one line, for the list of commands */
	const char *help; /* some sentences */
	int args_min;
	int args_max;
	const struct option_row *options; /* its own; NULL: none */
	bool destroys; /* takes options_of_destroyers, see confirm.h */
	bool needs_secret; /* takes options_of_secrets, see secret.h */
	const struct list_spec *list; /* takes options_of_lists; NULL: it prints no list */
	int64_t timeout_ms; /* for each answer, where none was asked for; 0: the usual */
	/* Asks and prints; gives an exit status. NULL: list_run with `list`. */
	int (*run)(const struct command_call *call);
};

struct command_group {
	const char *heading; /* in the list of commands; "": it belongs to the one before */
	const struct command *commands;
};

/* The groups, in the order of the list of commands. */
extern const struct command_group command_groups[];
extern const size_t command_group_count;

/* All commands in the order of the groups: the first after NULL, NULL after the last. */
const struct command *command_next(const struct command *previous);
/* Every option there is, for options_parse. */
void command_known_options(struct option_set *ret_set);
/* The options that `command` takes besides the general ones. */
void command_taken_options(const struct command *command, struct option_set *ret_set);

/* The command that `words` begin with, and how many of them it takes. NULL: none. */
const struct command *command_find(char *const *words, int count, int *ret_taken);
/* The name or alias nearest to what was typed; NULL where nothing is near. */
const char *command_suggest(char *const *words, int count);
/* Checks arguments and options against the command. EXIT_DONE, or EXIT_USAGE after saying why. */
int command_check(const struct command *command, struct options *options, int arg_count, FILE *err);
/* Runs it; an exit status. */
int command_run(const struct command_call *call);
/* For handlers: prints the only row and releases the rows; an exit status. */
int command_print_record(const struct command_call *call, struct rows *rows);

void command_print_help(const struct command *command, FILE *out);
void command_print_overview(FILE *out);
