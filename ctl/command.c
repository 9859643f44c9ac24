/* The table of commands and what is derived from it. */
#include "ctl/command.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "ctl/exit.h"

enum {
	COMMAND_WORD_BYTES = 64, /* what is typed beyond this is near nothing */
	COMMAND_NEAR_MAX = 3, /* edits between a mistyped word and a suggestion */
};

static const struct command table[] = {
	{.name = "cert rotate",
		.arguments = "",
		.summary = "Puts a new certificate into service",
		.help = "Reads the certificate and key anew (or the files given), checks that they "
			"match, are\nvalid now and fit the server, and serves them to new connections. "
			"Existing connections\ngo on. On any failure the old certificate stays in "
			"service.",
		.options = OPTION_CERT | OPTION_KEY,
		.run = command_cert_rotate},
	{.name = "cert status",
		.arguments = "",
		.summary = "Shows the certificate in service",
		.help = "Shows subject, names, fingerprint (SHA-256) and validity of the "
			"certificate that new\nconnections are served with.",
		.run = command_cert_status},
	{.name = "kick",
		.arguments = "USER",
		.summary = "Removes an account from a room, or ends its sessions",
		.help = "With --room removes the account from that room; without it ends all its "
			"sessions on the\nserver. The reason is shown to the person and, for a room, "
			"to its members.",
		.args_min = 1,
		.args_max = 1,
		.options = OPTION_ROOM | OPTION_REASON,
		.run = command_kick},
	{.name = "list-members",
		.alias = "member list",
		.arguments = "ROOM",
		.summary = "Lists the members of a room",
		.help = "Lists the members of a room with role, presence and how far their slowest "
			"session is\nbehind the room's newest event.",
		.args_min = 1,
		.args_max = 1,
		.run = command_list_members},
	{.name = "list-rooms",
		.alias = "room list",
		.arguments = "",
		.summary = "Lists all rooms",
		.help = "Lists all rooms with members, those online, sessions that read the room "
			"now, and the\nsequence number of the newest event.",
		.run = command_list_rooms},
	{.name = "list-sessions",
		.alias = "session list",
		.arguments = "[USER]",
		.summary = "Lists the open sessions",
		.help = "Lists the open sessions, of one account or of all, with address, client "
			"and how many\nevents each is behind. A session that stays behind reads too "
			"slowly.",
		.args_max = 1,
		.run = command_list_sessions},
	{.name = "status",
		.arguments = "",
		.summary = "Shows how the server is doing",
		.help = "Shows version, state, sessions, rooms, the store and its health, the "
			"addresses and the\ncertificate in service.",
		.run = command_status},
	{.name = "verify",
		.arguments = "",
		.summary = "Reads the whole store and checks it",
		.help = "Checks each event's checksum and sequence number, each record, and the "
			"store's\nstructure, while the server goes on. Lists what is wrong, by room, "
			"and exits with 1\nwhere anything is; rooms with damage are closed to writing "
			"from then on. Waits up to\nan hour unless --timeout is given.",
		.timeout_ms = (int64_t)OPTIONS_TIMEOUT_MAX_S * CLOCK_MS_PER_S,
		.run = command_verify},
};

const struct command *command_table(size_t *ret_count)
{
	*ret_count = GC_LENGTH(table);
	return table;
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

const struct command *command_find(char *const *words, int count, int *ret_taken)
{
	for (size_t i = 0; i < GC_LENGTH(table); i++) {
		int taken = words_spelling(words, count, table[i].name);
		if (taken == 0)
			taken = words_spelling(words, count, table[i].alias);
		if (taken > 0) {
			*ret_taken = taken;
			return &table[i];
		}
	}
	return NULL;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance; both are shorter than COMMAND_WORD_BYTES. */
static size_t distance(const char *a, const char *b)
{
	size_t row[COMMAND_WORD_BYTES];
	size_t b_len = strlen(b);

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];
			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

static void consider(const char *typed, const char *name, size_t *best, const char **ret_name)
{
	if (!name)
		return;
	size_t d = distance(typed, name);
	if (d < *best) {
		*best = d;
		*ret_name = name;
	}
}

static const char *nearest(const char *typed, size_t *best)
{
	const char *name = NULL;

	for (size_t i = 0; i < GC_LENGTH(table); i++) {
		consider(typed, table[i].name, best, &name);
		consider(typed, table[i].alias, best, &name);
	}
	return name;
}

static bool begins_with(const char *name, const char *word)
{
	return name && strncmp(name, word, strlen(word)) == 0;
}

/* Part of a name was typed: "cert" leads to "cert rotate". */
static const char *first_beginning_with(const char *word)
{
	for (size_t i = 0; i < GC_LENGTH(table); i++) {
		if (begins_with(table[i].name, word))
			return table[i].name;
		if (begins_with(table[i].alias, word))
			return table[i].alias;
	}
	return NULL;
}

const char *command_suggest(char *const *words, int count)
{
	char two[2 * COMMAND_WORD_BYTES];
	size_t best = COMMAND_NEAR_MAX + 1;
	const char *name = NULL;

	if (count == 0 || strlen(words[0]) >= COMMAND_WORD_BYTES / 2)
		return NULL;
	name = nearest(words[0], &best);
	if (count > 1 && strlen(words[1]) < COMMAND_WORD_BYTES / 2 - 1) {
		(void)snprintf(two, sizeof(two), "%s %s", words[0], words[1]);
		const char *other = nearest(two, &best);
		name = other ? other : name;
	}
	return name ? name : first_beginning_with(words[0]);
}

int command_check(
	const struct command *command, const struct options *options, int arg_count, FILE *err)
{
	unsigned strange = options->given & ~command->options;
	const char *blank = command->arguments[0] ? " " : "";

	if (strange) {
		(void)fprintf(err, "gchatctl: %s doesn't take --%s; see gchatctl %s --help\n",
			command->name, options_name(strange), command->name);
		return EXIT_USAGE;
	}
	if (arg_count < command->args_min || arg_count > command->args_max) {
		(void)fprintf(err, "gchatctl: %s; use: gchatctl %s%s%s\n",
			arg_count < command->args_min ? "an argument is missing"
						      : "there are too many arguments",
			command->name, blank, command->arguments);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

void command_print_help(const struct command *command, FILE *out)
{
	const char *blank = command->arguments[0] ? " " : "";

	(void)fprintf(out, "Usage: gchatctl [OPTION...] %s%s%s\n", command->name, blank,
		command->arguments);
	if (command->alias)
		(void)fprintf(out, "   or: gchatctl [OPTION...] %s%s%s\n", command->alias, blank,
			command->arguments);
	(void)fprintf(out, "\n%s.\n\n%s\n\nOptions:\n", command->summary, command->help);
	if (command->options)
		options_print(out, command->options);
	options_print(out, 0);
}

void command_print_overview(FILE *out)
{
	(void)fprintf(out, "Usage: gchatctl [OPTION...] COMMAND [ARGUMENT...]\n\n"
			   "Looks into a running gchatd and changes it, over its Admin socket.\n\n"
			   "Commands:\n");
	for (size_t i = 0; i < GC_LENGTH(table); i++) {
		char left[COMMAND_WORD_BYTES];
		(void)snprintf(left, sizeof(left), "%s %s", table[i].name, table[i].arguments);
		(void)fprintf(out, "  %-24s %s\n", left, table[i].summary);
	}
	(void)fprintf(out, "\nOptions:\n");
	options_print(out, 0);
	(void)fprintf(out,
		"\nExit status: 0 done, 1 failed, 2 wrong usage, 3 gchatd isn't running, "
		"4 not found,\n5 not permitted, 6 conflict, 7 timed out. "
		"See gchatctl(1).\n");
}
