/* The sign is the first of =, !, <, > after the key; keys have none of them. */
#include "ctl/filter.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/macros.h"
#include "base/mem.h"
#include "ctl/exit.h"
#include "ctl/near.h"
#include "ctl/options.h"
#include "ctl/when.h"

enum {
	FILTER_DECIMAL = 10,
	FILTER_STEP = 1024, /* from B to K, from K to M */
};

struct sign {
	const char *text; /* the longer ones first */
	enum filter_test test;
};

static const struct sign signs[] = {
	{"!=", FILTER_UNEQUAL},
	{">=", FILTER_AT_LEAST},
	{"<=", FILTER_AT_MOST},
	{"=", FILTER_EQUAL},
	{">", FILTER_ABOVE},
	{"<", FILTER_BELOW},
};

static bool is_text(enum field_kind kind)
{
	return kind == FIELD_TEXT || kind == FIELD_LIST;
}

bool filter_find_field(
	const struct rows *shape, const char *name, size_t len, size_t *ret_field, FILE *err)
{
	char word[NEAR_WORD_BYTES];
	const char *blank = "";

	(void)snprintf(word, sizeof(word), "%.*s", (int)(len < sizeof(word) ? len : 0), name);
	struct near near = near_start(word);
	for (size_t i = 0; i < shape->field_count; i++) {
		const struct field *field = &shape->fields[i];
		if (strcasecmp(field->key, word) == 0 || strcasecmp(field->heading, word) == 0) {
			*ret_field = i;
			return true;
		}
		near_consider(&near, field->key);
	}
	(void)fprintf(err, "gchatctl: there is no column '%.*s'", (int)len, name);
	if (near.word)
		(void)fprintf(err, "; did you mean '%s'?", near.word);
	(void)fputs(" (there are: ", err);
	for (size_t i = 0; i < shape->field_count; i++, blank = ", ")
		(void)fprintf(err, "%s%s", blank, shape->fields[i].key);
	(void)fputs(")\n", err);
	return false;
}

/* ---- values ---- */

/* "1500", "64K", "1.5 MiB" is too much: whole numbers with a letter. */
static bool read_number(const char *text, bool bytes, uint64_t *ret)
{
	static const char steps[] = "KMGT";
	char *end = NULL;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	uint64_t number = strtoull(text, &end, FILTER_DECIMAL);
	const char *step = bytes && *end ? strchr(steps, toupper((unsigned char)*end)) : NULL;
	for (const char *s = steps; step && s <= step; s++) {
		if (number > UINT64_MAX / FILTER_STEP)
			return false;
		number *= FILTER_STEP;
	}
	*ret = number;
	return errno == 0 && end[step ? 1 : 0] == '\0';
}

static bool read_flag(const char *text, uint64_t *ret)
{
	*ret = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
	return *ret || strcmp(text, "no") == 0 || strcmp(text, "false") == 0;
}

/* How long ago, or after a plus how long from now, or a date. Nothing: no time at all. */
static bool read_time(const char *text, uint64_t now_us, uint64_t *ret)
{
	uint64_t seconds = 0;
	bool later = text[0] == '+';

	if (text[0] == '\0' || strcmp(text, "never") == 0) {
		*ret = 0;
		return true;
	}
	if (!duration_parse(text + (later ? 1 : 0), &seconds))
		return when_parse(text, ret);
	seconds *= CLOCK_US_PER_S;
	*ret = later ? now_us + seconds : now_us - (seconds < now_us ? seconds : now_us);
	return true;
}

static bool read_micros(const char *text, uint64_t *ret)
{
	size_t len = strlen(text);
	uint64_t number = 0;
	char digits[DURATION_BYTES];

	if (len > 2 && len < sizeof(digits) && strcmp(text + len - 2, "ms") == 0) {
		(void)snprintf(digits, sizeof(digits), "%.*s", (int)len - 2, text);
		if (!read_number(digits, false, &number) || number > UINT64_MAX / CLOCK_US_PER_MS)
			return false;
		*ret = number * CLOCK_US_PER_MS;
		return true;
	}
	if (read_number(text, false, ret))
		return true; /* microseconds, as JSON has them */
	if (!duration_parse(text, &number))
		return false;
	*ret = number * CLOCK_US_PER_S;
	return true;
}

static bool read_value(struct filter *filter, enum field_kind kind, uint64_t now_us)
{
	switch (kind) {
	case FIELD_COUNT:
	case FIELD_ID:
		return read_number(filter->text, false, &filter->number);
	case FIELD_BYTES:
		return read_number(filter->text, true, &filter->number);
	case FIELD_FLAG:
		return read_flag(filter->text, &filter->number);
	case FIELD_TIME:
		return read_time(filter->text, now_us, &filter->number);
	case FIELD_MICROS:
		return read_micros(filter->text, &filter->number);
	case FIELD_SECONDS:
		return duration_parse(filter->text, &filter->number);
	case FIELD_TEXT:
	case FIELD_LIST:
		break;
	}
	return true;
}

static const char *kind_text(enum field_kind kind)
{
	switch (kind) {
	case FIELD_BYTES:
		return "a number of bytes like 4096, 64K or 1M";
	case FIELD_FLAG:
		return "yes or no";
	case FIELD_TIME:
		return "a time like 7d (ago), +7d (from now), 2026-01-31 or never";
	case FIELD_MICROS:
		return "a length of time like 20ms or 2s";
	case FIELD_SECONDS:
		return "a length of time like 30m, 2h or 7d";
	case FIELD_TEXT:
	case FIELD_LIST:
	case FIELD_COUNT:
	case FIELD_ID:
		break;
	}
	return "a whole number";
}

/* ---- reading ---- */

static const struct sign *find_sign(const char *at)
{
	for (size_t i = 0; i < GC_LENGTH(signs); i++) {
		if (strncmp(at, signs[i].text, strlen(signs[i].text)) == 0)
			return &signs[i];
	}
	return NULL;
}

static int refuse(const char *given, const char *why, FILE *err)
{
	(void)fprintf(err, "gchatctl: --filter=%s: %s\n", given, why);
	return EXIT_USAGE;
}

static int read_one(
	const char *given, const struct rows *shape, uint64_t now_us, struct filter *ret, FILE *err)
{
	size_t len = strcspn(given, "=!<>");
	const struct sign *sign = find_sign(given + len);

	if (len == 0 || !sign)
		return refuse(given, "write it as KEY=GLOB, KEY!=GLOB, KEY>N or KEY<N", err);
	if (!filter_find_field(shape, given, len, &ret->field, err))
		return EXIT_USAGE;
	enum field_kind kind = shape->fields[ret->field].kind;
	ret->test = sign->test;
	ret->text = given + len + strlen(sign->text);
	if (is_text(kind) && sign->test != FILTER_EQUAL && sign->test != FILTER_UNEQUAL)
		return refuse(given, "text is compared with = and !=", err);
	if (!read_value(ret, kind, now_us)) {
		(void)fprintf(err, "gchatctl: --filter=%s: %s is %s\n", given,
			shape->fields[ret->field].key, kind_text(kind));
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

int filters_read(const struct options *options, const struct rows *shape, uint64_t now_us,
	struct filters *ret, FILE *err)
{
	size_t at = 0;
	const char *given = NULL;

	*ret = (struct filters){.fields = shape->fields};
	while ((given = options_next(options, "filter", &at))) {
		if (ret->count == FILTERS_MAX)
			return refuse(given, "there are too many of them", err);
		int r = read_one(given, shape, now_us, &ret->items[ret->count], err);
		if (r != EXIT_DONE)
			return r;
		ret->count++;
	}
	return EXIT_DONE;
}

/* ---- matching ---- */

/* One of the items, or the text as a whole. */
static bool matches_glob(enum field_kind kind, const char *glob, const char *text)
{
	if (kind != FIELD_LIST)
		return fnmatch(glob, text, 0) == 0;
	if (text[0] == '\0')
		return glob[0] == '\0';
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, "\n");
		char *item = mem_dup(at, len + 1);
		item[len] = '\0';
		bool same = fnmatch(glob, item, 0) == 0;
		free(item);
		if (same)
			return true;
		at += len + (at[len] == '\n');
	}
	return false;
}

static bool compare(enum filter_test test, uint64_t value, uint64_t number)
{
	switch (test) {
	case FILTER_EQUAL:
		return value == number;
	case FILTER_UNEQUAL:
		return value != number;
	case FILTER_ABOVE:
		return value > number;
	case FILTER_AT_LEAST:
		return value >= number;
	case FILTER_BELOW:
		return value < number;
	case FILTER_AT_MOST:
		break;
	}
	return value <= number;
}

static bool matches(
	const struct filter *filter, const struct field *field, const struct output_value *value)
{
	if (is_text(field->kind))
		return matches_glob(field->kind, filter->text, value->text) ==
		       (filter->test == FILTER_EQUAL);
	/* No time is neither before nor after any. */
	if (field->kind == FIELD_TIME && (value->number == 0 || filter->number == 0) &&
		filter->test != FILTER_EQUAL && filter->test != FILTER_UNEQUAL)
		return false;
	return compare(filter->test, value->number, filter->number);
}

bool filters_match(const struct filters *filters, const struct rows *rows, size_t row)
{
	for (size_t i = 0; i < filters->count; i++) {
		const struct filter *filter = &filters->items[i];
		if (!matches(filter, &filters->fields[filter->field],
			    rows_get(rows, row, filter->field)))
			return false;
	}
	return true;
}
