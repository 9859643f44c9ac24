/* What was given, by name; and the lines of help. */
#include "ctl/options.h"

#include <string.h>

enum {
	HELP_LEFT_BYTES = 64,
};

static const struct option_given *last(const struct options *options, const char *name)
{
	for (size_t i = options->given_count; i > 0; i--) {
		if (strcmp(options->given[i - 1].row->name, name) == 0)
			return &options->given[i - 1];
	}
	return NULL;
}

bool options_has(const struct options *options, const char *name)
{
	return last(options, name) != NULL;
}

const char *options_text(const struct options *options, const char *name)
{
	const struct option_given *given = last(options, name);

	return given ? given->text : NULL;
}

uint64_t options_number(const struct options *options, const char *name, uint64_t otherwise)
{
	const struct option_given *given = last(options, name);

	return given ? given->number : otherwise;
}

const char *options_next(const struct options *options, const char *name, size_t *at)
{
	while (*at < options->given_count) {
		const struct option_given *given = &options->given[(*at)++];
		if (strcmp(given->row->name, name) == 0)
			return given->text;
	}
	return NULL;
}

void options_print(FILE *out, const struct option_row *table)
{
	char left[HELP_LEFT_BYTES];

	for (; table && table->name; table++) {
		(void)snprintf(left, sizeof(left), "%c%c%s --%s%s%s", table->letter ? '-' : ' ',
			table->letter ? table->letter : ' ', table->letter ? "," : " ", table->name,
			table->argument ? "=" : "", table->argument ? table->argument : "");
		(void)fprintf(out, "  %-26s %s\n", left, table->help);
	}
}
