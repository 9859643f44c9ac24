/* links: gchat_ctl */
/*
 * Any words on gchatctl's command line, one a line: they are taken, or refused in words. And any
 * text as what it shows of others: nothing is left that a terminal obeys.
 */
#include "base/duration.h"
#include "base/macros.h"
#include "base/mem.h"
#include "ctl/clean.h"
#include "ctl/command.h"
#include "ctl/complete.h"
#include "ctl/exit.h"
#include "ctl/filter.h"
#include "ctl/sort.h"
#include "ctl/when.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	WORDS_MAX = 16,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_command(struct options *o, FILE *err)
{
	int taken = 0;
	const struct command *command = command_find(o->words, o->word_count, &taken);
	if (!command) {
		(void)command_suggest(o->words, o->word_count);
		return;
	}
	GC_ASSERT(taken >= 1 && taken <= o->word_count);
	int args = o->word_count - taken;
	if (command_check(command, o, args, err) == EXIT_DONE)
		GC_ASSERT(args >= command->args_min && args <= command->args_max);
}

static void parse(char *text)
{
	static char name[] = "gchatctl";
	char *words[WORDS_MAX + 2] = {name};
	int count = 1;
	char *save = NULL;
	char *said = NULL;
	size_t said_len = 0;
	struct options options;
	struct option_set known;
	FILE *err = open_memstream(&said, &said_len);
	GC_ASSERT(err);
	for (char *word = strtok_r(text, "\n", &save); word && count <= WORDS_MAX;
		word = strtok_r(NULL, "\n", &save))
		words[count++] = word;
	command_known_options(&known);
	int r = options_parse(count, words, &known, &options, err);
	if (r == EXIT_DONE)
		check_command(&options, err);
	(void)fclose(err);
	GC_ASSERT(r == EXIT_DONE || said_len > 0);
	free(said);
}

static void check_clean(const char *text)
{
	char *clean = clean_text(text);
	for (const char *c = clean; *c; c++)
		GC_ASSERT((unsigned char)*c >= ' ' && *c != 0x7F);
	char *again = clean_text(clean);
	GC_ASSERT(strcmp(clean, again) == 0);
	free(again);
	free(clean);
}

static void check_duration(const char *text)
{
	char buf[DURATION_BYTES];
	uint64_t seconds = 0;
	if (duration_parse(text, &seconds))
		GC_ASSERT(seconds <= DURATION_MAX_S);
	GC_ASSERT(strlen(duration_print(seconds, buf)) < DURATION_BYTES);
}

/* Whatever is typed, a tab does no harm. No word of it leads to a daemon: there is none. */
static void check_complete(char *text)
{
	static char option[] = "--socket=/nowhere";
	char *words[WORDS_MAX + 2] = {option};
	int count = 1;
	char *save = NULL;
	char *offered = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&offered, &len);
	GC_ASSERT(out);
	for (char *word = strtok_r(text, "\n", &save); word && count <= WORDS_MAX;
		word = strtok_r(NULL, "\n", &save))
		words[count++] = word;
	complete_print(words, count, out);
	(void)fclose(out);
	free(offered);
}

/* Any text as --filter and --sort of a list of all kinds of columns. */
static void check_choice(const char *text)
{
	static const struct field fields[] = {{"text", "TEXT", FIELD_TEXT},
		{"count", "COUNT", FIELD_COUNT}, {"bytes", "BYTES", FIELD_BYTES},
		{"time", "TIME", FIELD_TIME}, {"list", "LIST", FIELD_LIST},
		{"flag", "FLAG", FIELD_FLAG}, {"rtt_us", "RTT", FIELD_MICROS}};
	static const struct option_row filter = {.name = "filter", .argument = "X"};
	static const struct option_row sort = {.name = "sort", .argument = "X"};
	struct options options = {
		.given = {{.row = &filter, .text = text}, {.row = &sort, .text = text}},
		.given_count = 2};
	struct rows shape;
	struct filters filters;
	struct sort order;
	char *said = NULL;
	size_t len = 0;
	FILE *err = open_memstream(&said, &len);
	GC_ASSERT(err);
	rows_init(&shape, fields, GC_LENGTH(fields));
	(void)filters_read(&options, &shape, UINT64_MAX / 2, &filters, err);
	(void)sort_read(&options, &shape, &order, err);
	(void)fclose(err);
	free(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t times[2] = {0, 0};
	char buf[WHEN_BYTES];
	char *text = mem_new(size + 1, 1);
	if (size > 0)
		memcpy(text, data, size);
	memcpy(times, data, size < sizeof(times) ? size : sizeof(times));
	GC_ASSERT(strlen(when_rfc3339(times[0], buf)) < WHEN_BYTES);
	GC_ASSERT(strlen(when_relative(times[0], times[1], buf)) < WHEN_BYTES);
	check_clean(text);
	check_duration(text);
	check_choice(text);
	char *copy = mem_strdup(text);
	check_complete(copy);
	free(copy);
	parse(text);
	free(text);
	return 0;
}
