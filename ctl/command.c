/* What is derived from the tables of commands: finding, suggesting, checking. */
#include "ctl/command.h"

#include <string.h>

#include "base/macros.h"
#include "ctl/exit.h"
#include "ctl/near.h"

const struct command *command_next(const struct command *previous)
{
	size_t group = 0;

	if (!previous)
		return command_groups[0].commands;
	if (previous[1].name)
		return previous + 1;
	/* The last row of its group: which one that is, only its table knows. */
	for (; group < command_group_count; group++) {
		const struct command *row = command_groups[group].commands;
		while (row->name && row != previous)
			row++;
		if (row == previous)
			break;
	}
	return group + 1 < command_group_count ? command_groups[group + 1].commands : NULL;
}

void command_taken_options(const struct command *command, struct option_set *ret_set)
{
	ret_set->count = 0;
	option_set_add(ret_set, command->options);
	if (command->list)
		option_set_add(ret_set, options_of_lists);
	if (command->destroys)
		option_set_add(ret_set, options_of_destroyers);
	if (command->needs_secret)
		option_set_add(ret_set, options_of_secrets);
}

void command_known_options(struct option_set *ret_set)
{
	ret_set->count = 0;
	option_set_add(ret_set, options_general);
	option_set_add(ret_set, options_of_lists);
	option_set_add(ret_set, options_of_destroyers);
	option_set_add(ret_set, options_of_secrets);
	for (const struct command *c = command_next(NULL); c; c = command_next(c))
		option_set_add(ret_set, c->options);
}

/* How many of `words` spell `name`, whose words are separated by one space; 0: not this one. */
static int words_spelling(char *const *words, int count, const char *name)
{
	int taken = 0;

	while (name && taken < count) {
		size_t len = strcspn(name, " ");
		if (strlen(words[taken]) != len || strncmp(words[taken], name, len) != 0)
			return 0;
		taken++;
		if (name[len] == '\0')
			return taken;
		name += len + 1;
	}
	return 0;
}

/* By its name or one of its aliases. */
static int words_meaning(char *const *words, int count, const struct command *command)
{
	int taken = words_spelling(words, count, command->name);

	for (size_t i = 0; taken == 0 && i < COMMAND_ALIASES_MAX; i++)
		taken = words_spelling(words, count, command->aliases[i]);
	return taken;
}

/* The longest: "user add" may stand beside "user add-many". */
const struct command *command_find(char *const *words, int count, int *ret_taken)
{
	const struct command *found = NULL;
	int most = 0;

	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		int taken = words_meaning(words, count, c);
		if (taken > most) {
			most = taken;
			found = c;
		}
	}
	if (found)
		*ret_taken = most;
	return found;
}

static void consider_all(struct near *near)
{
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		near_consider(near, c->name);
		for (size_t i = 0; i < COMMAND_ALIASES_MAX; i++)
			near_consider(near, c->aliases[i]);
	}
}

static bool begins_with(const char *name, const char *word)
{
	return name && strncmp(name, word, strlen(word)) == 0;
}

/* Part of a name was typed: "cert" leads to "cert rotate". */
static const char *first_beginning_with(const char *word)
{
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		if (begins_with(c->name, word))
			return c->name;
		for (size_t i = 0; i < COMMAND_ALIASES_MAX; i++) {
			if (begins_with(c->aliases[i], word))
				return c->aliases[i];
		}
	}
	return NULL;
}

const char *command_suggest(char *const *words, int count)
{
	char two[2 * COMMAND_WORDS_BYTES];

	if (count == 0 || words[0][0] == '\0' || strlen(words[0]) >= COMMAND_WORDS_BYTES)
		return NULL;
	struct near near = near_start(words[0]);
	consider_all(&near);
	if (count > 1 && strlen(words[1]) < COMMAND_WORDS_BYTES) {
		(void)snprintf(two, sizeof(two), "%s %s", words[0], words[1]);
		struct near both = near_start(two);
		consider_all(&both);
		if (both.word && both.edits < near.edits)
			near = both;
	}
	return near.word ? near.word : first_beginning_with(words[0]);
}

int command_check(const struct command *command, struct options *options, int arg_count, FILE *err)
{
	const char *blank = command->arguments[0] ? " " : "";
	struct option_set taken;

	command_taken_options(command, &taken);
	int r = options_bind(options, &taken, command->name, err);
	if (r != EXIT_DONE)
		return r;
	if (arg_count < command->args_min || arg_count > command->args_max) {
		(void)fprintf(err, "gchatctl: %s; use: gchatctl %s%s%s\n",
			arg_count < command->args_min ? "an argument is missing"
						      : "there are too many arguments",
			command->name, blank, command->arguments);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

int command_run(const struct command_call *call)
{
	return call->command->run ? call->command->run(call) : list_run(call, call->command->list);
}

int command_print_record(const struct command_call *call, struct rows *rows)
{
	int r = output_record(call->output, rows);

	rows_deinit(rows);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}
