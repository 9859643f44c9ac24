/* getopt_long over one table; its own messages are replaced by ones that say what to do. */
#include "ctl/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "ctl/exit.h"

enum {
	OPTION_LONG_ONLY = 256, /* values without a letter start here */
	OPTIONS_DECIMAL = 10,
};

enum option_value {
	VALUE_HELP = 'h',
	VALUE_OUTPUT = 'o',
	VALUE_SOCKET = 's',
	VALUE_TIMEOUT = 't',
	VALUE_VERSION = 'V',
	VALUE_JSON = 'j',
	VALUE_NO_LEGEND = OPTION_LONG_ONLY,
	VALUE_ROOM,
	VALUE_REASON,
	VALUE_CERT,
	VALUE_KEY,
};

struct option_entry {
	const char *name;
	const char *argument; /* NULL: none */
	const char *help;
	int value;
	unsigned bit; /* 0: general */
};

/* clang-format off */
static const struct option_entry entries[] = {
	{"cert",      "FILE",    "The certificate chain, PEM, as the daemon sees it", VALUE_CERT, OPTION_CERT},
	{"help",      NULL,      "Explains gchatctl, or the command",          VALUE_HELP,      0},
	{"json",      NULL,      "The same as --output=json",                  VALUE_JSON,      0},
	{"key",       "FILE",    "The private key, PEM, as the daemon sees it", VALUE_KEY,      OPTION_KEY},
	{"no-legend", NULL,      "No headings and no count",                   VALUE_NO_LEGEND, 0},
	{"output",    "FORMAT",  "table, json, jsonl or plain",                VALUE_OUTPUT,    0},
	{"reason",    "TEXT",    "Why; the person and the room see it",        VALUE_REASON,    OPTION_REASON},
	{"room",      "ROOM",    "Only from this room",                        VALUE_ROOM,      OPTION_ROOM},
	{"socket",    "PATH",    "The daemon's Admin socket",                  VALUE_SOCKET,    0},
	{"timeout",   "SECONDS", "How long to wait for the daemon, 10",        VALUE_TIMEOUT,   0},
	{"version",   NULL,      "Prints the version",                         VALUE_VERSION,   0},
};
/* clang-format on */

static int parse_format(const char *word, enum output_format *ret_format, FILE *err)
{
	if (output_format_find(word, ret_format))
		return EXIT_DONE;
	(void)fprintf(err,
		"gchatctl: --output=%s is not a format (allowed: table, json, jsonl, plain)\n",
		word);
	return EXIT_USAGE;
}

static int parse_timeout(const char *word, int64_t *ret_ms, FILE *err)
{
	char *end = NULL;

	errno = 0;
	long seconds = strtol(word, &end, OPTIONS_DECIMAL);
	if (errno == 0 && end != word && *end == '\0' && seconds >= 1 &&
		seconds <= OPTIONS_TIMEOUT_MAX_S) {
		*ret_ms = (int64_t)seconds * CLOCK_MS_PER_S;
		return EXIT_DONE;
	}
	(void)fprintf(err, "gchatctl: --timeout=%s is not a number of seconds (allowed: 1 to %d)\n",
		word, OPTIONS_TIMEOUT_MAX_S);
	return EXIT_USAGE;
}

/* One option that getopt_long recognised. */
static int take(struct options *o, int value, const char *argument, FILE *err)
{
	switch (value) {
	case VALUE_HELP:
		o->help = true;
		break;
	case VALUE_VERSION:
		o->version = true;
		break;
	case VALUE_JSON:
		o->format = OUTPUT_JSON;
		break;
	case VALUE_NO_LEGEND:
		o->no_legend = true;
		break;
	case VALUE_SOCKET:
		o->socket = argument;
		break;
	case VALUE_OUTPUT:
		return parse_format(argument, &o->format, err);
	case VALUE_TIMEOUT:
		return parse_timeout(argument, &o->timeout_ms, err);
	case VALUE_ROOM:
		o->room = argument;
		break;
	case VALUE_REASON:
		o->reason = argument;
		break;
	case VALUE_CERT:
		o->cert = argument;
		break;
	case VALUE_KEY:
		o->key = argument;
		break;
	default:
		break;
	}
	return EXIT_DONE;
}

static unsigned bit_of(int value)
{
	for (size_t i = 0; i < GC_LENGTH(entries); i++) {
		if (entries[i].value == value)
			return entries[i].bit;
	}
	return 0;
}

static int refuse(int value, const char *word, FILE *err)
{
	if (value == ':')
		(void)fprintf(err, "gchatctl: %s wants a value\n", word);
	else
		(void)fprintf(err, "gchatctl: there is no option %s; see gchatctl --help\n", word);
	return EXIT_USAGE;
}

static void fill_long(struct option *list)
{
	for (size_t i = 0; i < GC_LENGTH(entries); i++) {
		list[i].name = entries[i].name;
		list[i].has_arg = entries[i].argument ? required_argument : no_argument;
		list[i].val = entries[i].value;
	}
}

int options_parse(int argc, char **argv, struct options *ret_options, FILE *err)
{
	struct option list[GC_LENGTH(entries) + 1] = {0};
	struct options o = {.socket = OPTIONS_SOCKET_DEFAULT};
	int value = 0;

	fill_long(list);
	optind = 0; /* GNU: start anew, for tests that parse more than once */
	opterr = 0;
	while ((value = getopt_long(argc, argv, ":ho:s:t:Vj", list, NULL)) != -1) {
		if (value == '?' || value == ':')
			return refuse(value, argv[optind - 1], err);
		int r = take(&o, value, optarg, err);
		if (r != EXIT_DONE)
			return r;
		o.given |= bit_of(value);
	}
	o.words = argv + optind;
	o.word_count = argc - optind;
	*ret_options = o;
	return EXIT_DONE;
}

void options_print(FILE *out, unsigned bits)
{
	char left[64];

	for (size_t i = 0; i < GC_LENGTH(entries); i++) {
		const struct option_entry *e = &entries[i];
		bool letter = e->value < OPTION_LONG_ONLY;
		if (bits ? !(e->bit & bits) : e->bit != 0)
			continue;
		(void)snprintf(left, sizeof(left), "%c%c%s --%s%s%s", letter ? '-' : ' ',
			letter ? e->value : ' ', letter ? "," : " ", e->name,
			e->argument ? "=" : "", e->argument ? e->argument : "");
		(void)fprintf(out, "  %-24s %s\n", left, e->help);
	}
}

const char *options_name(unsigned bits)
{
	for (size_t i = 0; i < GC_LENGTH(entries); i++) {
		if (entries[i].bit & bits)
			return entries[i].name;
	}
	return "";
}

void options_each(void (*fn)(void *arg, const char *name), void *arg)
{
	for (size_t i = 0; i < GC_LENGTH(entries); i++)
		fn(arg, entries[i].name);
}
