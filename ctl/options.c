/* getopt_long over all tables; its own messages are replaced by ones that say what to do. */
#include "ctl/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/macros.h"
#include "ctl/exit.h"
#include "ctl/near.h"

enum {
	OPTIONS_DECIMAL = 10,
	OPTIONS_LONG_ONLY = 256, /* values of getopt_long without a letter start here */
	OPTIONS_LETTERS_BYTES = 64,
};

/* clang-format off */
const struct option_row options_general[] = {
	{.name = "help",      .letter = 'h', .help = "Explains gchatctl, or the command"},
	{.name = "json",      .letter = 'j', .help = "The same as --output=json"},
	{.name = "no-legend",                .help = "No headings and no count"},
	{.name = "output",    .letter = 'o', .help = "table, json, jsonl or plain",
	 .argument = "FORMAT", .kind = OPTION_WORD, .words = "table|json|jsonl|plain"},
	{.name = "socket",    .letter = 's', .help = "The daemon's Admin socket",
	 .argument = "PATH", .kind = OPTION_TEXT},
	{.name = "timeout",   .letter = 't', .help = "How long to wait for the daemon, 10s",
	 .argument = "DURATION", .kind = OPTION_DURATION, .min = 1, .max = OPTIONS_TIMEOUT_MAX_S},
	{.name = "version",   .letter = 'V', .help = "Prints the version"},
	{.name = NULL},
};

const struct option_row options_of_destroyers[] = {
	{.name = "dry-run", .help = "Says what would happen and changes nothing"},
	{.name = "yes",     .help = "Asks nothing"},
	{.name = NULL},
};

const struct option_row options_of_secrets[] = {
	{.name = "password-file", .help = "Reads the password from the file's first line; - is stdin",
	 .argument = "FILE", .kind = OPTION_TEXT},
	{.name = NULL},
};
/* clang-format on */

void option_set_add(struct option_set *set, const struct option_row *table)
{
	for (; table && table->name; table++) {
		if (option_set_find(set, table->name))
			continue;
		GC_ASSERT(set->count < OPTIONS_KNOWN_MAX);
		set->rows[set->count++] = table;
	}
}

const struct option_row *option_set_find(const struct option_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->rows[i]->name, name) == 0)
			return set->rows[i];
	}
	return NULL;
}

/* ---- values ---- */

static bool is_one_of(const char *text, const char *words)
{
	size_t len = strlen(text);

	for (const char *at = words; len > 0 && *at;) {
		size_t n = strcspn(at, "|");
		if (n == len && strncmp(at, text, n) == 0)
			return true;
		at += n + (at[n] == '|');
	}
	return false;
}

static bool parse_number(const char *text, uint64_t *ret_number)
{
	char *end = NULL;

	errno = 0;
	*ret_number = strtoull(text, &end, OPTIONS_DECIMAL);
	return errno == 0 && end != text && *end == '\0' && text[0] != '-' && text[0] != '+' &&
	       text[0] != ' ';
}

static bool in_range(const struct option_row *row, uint64_t number)
{
	return number >= row->min && (row->max == 0 || number <= row->max);
}

static bool take_number(struct option_given *given)
{
	bool parsed = given->row->kind == OPTION_NUMBER
			      ? parse_number(given->text, &given->number)
			      : duration_parse(given->text, &given->number);

	return parsed && in_range(given->row, given->number);
}

static void say_allowed(const struct option_row *row, FILE *err)
{
	char from[DURATION_BYTES];
	char to[DURATION_BYTES];

	if (row->kind == OPTION_NUMBER && row->max > 0)
		(void)fprintf(err, " (allowed: %" PRIu64 " to %" PRIu64 ")\n", row->min, row->max);
	else if (row->kind == OPTION_NUMBER)
		(void)fprintf(err, " (allowed: whole numbers from %" PRIu64 ")\n", row->min);
	else
		(void)fprintf(err, " (allowed: like 30s, 15m, 2h or 7d, from %s to %s)\n",
			duration_print(row->min, from),
			duration_print(row->max ? row->max : DURATION_MAX_S, to));
}

static int check_value(struct option_given *given, FILE *err)
{
	const struct option_row *row = given->row;

	if (row->kind == OPTION_FLAG || row->kind == OPTION_TEXT)
		return EXIT_DONE;
	if (row->kind == OPTION_WORD) {
		if (is_one_of(given->text, row->words))
			return EXIT_DONE;
		(void)fprintf(err, "gchatctl: --%s=%s is none of: %s\n", row->name, given->text,
			row->words);
		return EXIT_USAGE;
	}
	if (take_number(given))
		return EXIT_DONE;
	(void)fprintf(err, "gchatctl: --%s=%s is not a %s", row->name, given->text,
		row->kind == OPTION_NUMBER ? "number within its range" : "length of time");
	say_allowed(row, err);
	return EXIT_USAGE;
}

/* ---- reading argv ---- */

static void fill_general(struct options *o, const struct option_given *given)
{
	switch (given->row->letter) {
	case 'h':
		o->help = true;
		break;
	case 'j':
		o->format = OUTPUT_JSON;
		break;
	case 'o':
		GC_ASSERT(output_format_find(given->text, &o->format));
		break;
	case 's':
		o->socket = given->text;
		break;
	case 't':
		o->timeout_ms = (int64_t)given->number * CLOCK_MS_PER_S;
		break;
	case 'V':
		o->version = true;
		break;
	default:
		o->no_legend = true;
		break;
	}
}

static bool is_general(const struct option_row *row)
{
	for (const struct option_row *at = options_general; at->name; at++) {
		if (at == row)
			return true;
	}
	return false;
}

static int take(struct options *o, const struct option_row *row, const char *text, FILE *err)
{
	struct option_given given = {.row = row, .text = text};

	if (is_general(row)) {
		int r = check_value(&given, err);
		if (r == EXIT_DONE)
			fill_general(o, &given);
		return r;
	}
	if (o->given_count == OPTIONS_GIVEN_MAX) {
		(void)fprintf(err, "gchatctl: there are more than %d options\n", OPTIONS_GIVEN_MAX);
		return EXIT_USAGE;
	}
	o->given[o->given_count++] = given;
	return EXIT_DONE;
}

static const char *nearest(const struct option_set *known, const char *word)
{
	char name[NEAR_WORD_BYTES];
	size_t len = strcspn(word, "=");

	if (len < 3 || len >= sizeof(name))
		return NULL;
	(void)snprintf(name, sizeof(name), "%.*s", (int)len - 2, word + 2);
	struct near near = near_start(name);
	for (size_t i = 0; i < known->count; i++)
		near_consider(&near, known->rows[i]->name);
	return near.word;
}

static int refuse(const struct option_set *known, int value, const char *word, FILE *err)
{
	const char *meant =
		value == '?' && strncmp(word, "--", 2) == 0 ? nearest(known, word) : NULL;
	int len = (int)strcspn(word, "="); /* what follows may be a secret */

	if (value == ':')
		(void)fprintf(err, "gchatctl: %.*s wants a value\n", len, word);
	else if (meant && strncmp(meant, word + 2, (size_t)len - 2) == 0 && meant[len - 2] == '\0')
		(void)fprintf(err, "gchatctl: %.*s takes no value\n", len, word);
	else if (meant)
		(void)fprintf(err, "gchatctl: there is no option %.*s; did you mean --%s?\n", len,
			word, meant);
	else
		(void)fprintf(
			err, "gchatctl: there is no option %.*s; see gchatctl --help\n", len, word);
	return EXIT_USAGE;
}

/* getopt_long's own list, and its letters. */
static void fill_list(const struct option_set *known, struct option *list, char *letters)
{
	*letters++ = ':';
	for (size_t i = 0; i < known->count; i++) {
		const struct option_row *row = known->rows[i];
		list[i] = (struct option){.name = row->name,
			.has_arg = row->argument ? required_argument : no_argument,
			.val = OPTIONS_LONG_ONLY + (int)i};
		if (!row->letter)
			continue;
		*letters++ = row->letter;
		if (row->argument)
			*letters++ = ':';
	}
	*letters = '\0';
}

static const struct option_row *row_of(const struct option_set *known, int value)
{
	if (value >= OPTIONS_LONG_ONLY)
		return known->rows[value - OPTIONS_LONG_ONLY];
	for (size_t i = 0; i < known->count; i++) {
		if (known->rows[i]->letter == value)
			return known->rows[i];
	}
	return NULL;
}

/* The word that getopt_long has just taken as a long option. */
static const char *word_taken(char *const *argv, const struct option_row *row)
{
	bool apart = row->argument && optarg == argv[optind - 1];

	return argv[optind - (apart ? 2 : 1)];
}

/* getopt_long takes the beginning of a name for the name: "--password=SECRET" was --password-file, and
 * a script would change its meaning with the next option added here. */
static bool is_cut_short(int value, const struct option_row *row, const char *word)
{
	return value >= OPTIONS_LONG_ONLY && strcspn(word + 2, "=") != strlen(row->name);
}

int options_parse(int argc, char **argv, const struct option_set *known,
	struct options *ret_options, FILE *err)
{
	struct option list[OPTIONS_KNOWN_MAX + 1] = {0};
	char letters[OPTIONS_LETTERS_BYTES];
	int value = 0;

	*ret_options = (struct options){.socket = OPTIONS_SOCKET_DEFAULT};
	fill_list(known, list, letters);
	optind = 0; /* GNU: start anew, for tests that parse more than once */
	opterr = 0;
	while ((value = getopt_long(argc, argv, letters, list, NULL)) != -1) {
		const struct option_row *row = row_of(known, value);
		if (value == '?' || value == ':' || !row)
			return refuse(known, value, argv[optind - 1], err);
		if (is_cut_short(value, row, word_taken(argv, row)))
			return refuse(known, '?', word_taken(argv, row), err);
		int r = take(ret_options, row, optarg, err);
		if (r != EXIT_DONE)
			return r;
	}
	ret_options->words = argv + optind;
	ret_options->word_count = argc - optind;
	return EXIT_DONE;
}

int options_bind(
	struct options *options, const struct option_set *taken, const char *command, FILE *err)
{
	for (size_t i = 0; i < options->given_count; i++) {
		struct option_given *given = &options->given[i];
		const struct option_row *row = option_set_find(taken, given->row->name);
		if (!row) {
			(void)fprintf(err,
				"gchatctl: %s doesn't take --%s; see gchatctl %s --help\n", command,
				given->row->name, command);
			return EXIT_USAGE;
		}
		given->row = row;
		int r = check_value(given, err);
		if (r != EXIT_DONE)
			return r;
	}
	return EXIT_DONE;
}
