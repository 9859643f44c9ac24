/* gchatctl: reads the command line, finds the command, runs it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/admin.h"
#include "ctl/command.h"
#include "ctl/complete.h"
#include "ctl/exit.h"
#include "ctl/options.h"

static int say_unknown(char **words, int count)
{
	const char *near = command_suggest(words, count);

	if (near)
		(void)fprintf(stderr, "gchatctl: there is no command '%s'; did you mean '%s'?\n",
			words[0], near);
	else
		(void)fprintf(stderr, "gchatctl: there is no command '%s'; see gchatctl --help\n",
			words[0]);
	return EXIT_USAGE;
}

/* "help", "help COMMAND". */
static int help(char **words, int count)
{
	int taken = 0;
	const struct command *command = command_find(words, count, &taken);

	if (count > 0 && !command)
		return say_unknown(words, count);
	if (command)
		command_print_help(command, stdout);
	else
		command_print_overview(stdout);
	return EXIT_DONE;
}

static int64_t timeout_of(const struct command *command, const struct options *options)
{
	if (options->timeout_ms > 0)
		return options->timeout_ms;
	return command->timeout_ms > 0 ? command->timeout_ms
				       : (int64_t)OPTIONS_TIMEOUT_DEFAULT_S * CLOCK_MS_PER_S;
}

static int run(const struct command *command, const struct options *options, int taken)
{
	struct output output = output_for_stdout(options->format, !options->no_legend);
	struct admin *admin = admin_new(options->socket, timeout_of(command, options), stderr);
	struct command_call call = {.command = command,
		.options = options,
		.output = &output,
		.admin = admin,
		.args = options->words + taken,
		.arg_count = options->word_count - taken};
	int exit_status = command_run(&call);

	(void)admin_free(admin);
	return exit_status;
}

static int dispatch(struct options *options)
{
	int taken = 0;
	const struct command *command = command_find(options->words, options->word_count, &taken);

	if (options->word_count > 0 && !command)
		return say_unknown(options->words, options->word_count);
	if (options->help)
		return help(options->words, options->word_count);
	if (!command) {
		command_print_overview(stderr);
		return EXIT_USAGE;
	}
	int r = command_check(command, options, options->word_count - taken, stderr);
	return r == EXIT_DONE ? run(command, options, taken) : r;
}

int main(int argc, char **argv)
{
	struct option_set known;
	struct options options;

	if (argc > 1 && strcmp(argv[1], "__complete") == 0) {
		complete_print(argv + 2, argc - 2, stdout);
		return EXIT_DONE;
	}
	command_known_options(&known);
	int r = options_parse(argc, argv, &known, &options, stderr);
	if (r != EXIT_DONE)
		return r;
	if (options.version) {
		(void)printf("gchatctl %s\n", GCHAT_VERSION);
		return EXIT_DONE;
	}
	if (options.word_count > 0 && strcmp(options.words[0], "help") == 0)
		return help(options.words + 1, options.word_count - 1);
	return dispatch(&options);
}
