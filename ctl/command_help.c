/* --help, of one command and of all. */
#include "ctl/command.h"

#include <string.h>

static void print_usage(
	const struct command *command, const char *start, const char *name, FILE *out)
{
	(void)fprintf(out, "%s: gchatctl [OPTION...] %s%s%s\n", start, name,
		command->arguments[0] ? " " : "", command->arguments);
}

void command_print_help(const struct command *command, FILE *out)
{
	print_usage(command, "Usage", command->name, out);
	for (size_t i = 0; i < COMMAND_ALIASES_MAX && command->aliases[i]; i++)
		print_usage(command, "   or", command->aliases[i], out);
	(void)fprintf(out, "\n%s.\n\n%s\n\nOptions:\n", command->summary, command->help);
	options_print(out, command->options);
	if (command->needs_secret)
		options_print(out, options_of_secrets);
	if (command->destroys)
		options_print(out, options_of_destroyers);
	if (command->list)
		options_print(out, options_of_lists);
	options_print(out, options_general);
}

void command_print_overview(FILE *out)
{
	(void)fprintf(out, "Usage: gchatctl [OPTION...] COMMAND [ARGUMENT...]\n\n"
			   "Looks into a running gchatd and changes it, over its Admin socket.\n");
	for (size_t i = 0; i < command_group_count; i++) {
		if (command_groups[i].heading[0]) /* else it belongs to the one before */
			(void)fprintf(out, "\n%s:\n", command_groups[i].heading);
		for (const struct command *c = command_groups[i].commands; c->name; c++) {
			char left[2 * COMMAND_WORDS_BYTES];
			(void)snprintf(left, sizeof(left), "%s %s", c->name, c->arguments);
			(void)fprintf(out, "  %-28s %s\n", left, c->summary);
		}
	}
	(void)fprintf(out, "\nOptions:\n");
	options_print(out, options_general);
	(void)fprintf(out,
		"\nExit status: 0 done, 1 failed, 2 wrong usage, 3 gchatd isn't running, "
		"4 not found,\n5 not permitted, 6 conflict, 7 timed out. "
		"See gchatctl(1).\n");
}
