/*
 * Every command of gchatctl, in one table: its words, arguments, options, help and handler. The
 * table drives parsing, --help, the suggestions for a mistyped word, and the manual page's test.
 */
#pragma once

#include "ctl/options.h"
#include <stddef.h>
#include <stdio.h>

struct admin;
struct output;

/* What a handler works with. All borrowed during the call. */
struct command_call {
	const struct options *options;
	const struct output *output;
	struct admin *admin;
	char **args; /* after the command's own words */
	int arg_count;
};

struct command {
	const char *name; /* "list-rooms" */
	const char *alias; /* the same as noun and verb: "room list"; NULL: none */
	const char *arguments; /* "USER", "[USER]" or "" */
	const char *summary; /* one line, for the list of commands */
	const char *help; /* some sentences */
	int args_min;
	int args_max;
	unsigned options; /* enum option_bit */
	int64_t timeout_ms; /* for each answer, where none was asked for; 0: the usual */
	/* Asks and prints; gives an exit status. */
	int (*run)(const struct command_call *call);
};

/* The table, sorted by name. */
const struct command *command_table(size_t *ret_count);

/* The command that `words` begin with, and how many of them it takes. NULL: none. */
const struct command *command_find(char *const *words, int count, int *ret_taken);
/* The name or alias nearest to what was typed; NULL where nothing is near. */
const char *command_suggest(char *const *words, int count);
/* Checks arguments and options against the command. EXIT_DONE, or EXIT_USAGE after saying why. */
int command_check(
	const struct command *command, const struct options *options, int arg_count, FILE *err);

void command_print_help(const struct command *command, FILE *out);
void command_print_overview(FILE *out);

/* The handlers, cmd_server.c, cmd_room.c, cmd_session.c and cmd_store.c. */
int command_cert_rotate(const struct command_call *call);
int command_cert_status(const struct command_call *call);
int command_kick(const struct command_call *call);
int command_list_members(const struct command_call *call);
int command_list_rooms(const struct command_call *call);
int command_list_sessions(const struct command_call *call);
int command_status(const struct command_call *call);
int command_verify(const struct command_call *call);
