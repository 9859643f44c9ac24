/*
 * Which rows of a list are shown: --filter KEY=GLOB, KEY!=GLOB, and for numbers, sizes, lengths of
 * time and points in time KEY>N, KEY>=N, KEY<N, KEY<=N. All that are given must hold. Any thread.
 */
#pragma once

#include "ctl/output.h"

struct options;

enum {
	FILTERS_MAX = 16,
};

enum filter_test {
	FILTER_EQUAL,
	FILTER_UNEQUAL,
	FILTER_ABOVE,
	FILTER_AT_LEAST,
	FILTER_BELOW,
	FILTER_AT_MOST,
};

struct filter {
	size_t field; /* index */
	enum filter_test test;
	const char *text; /* borrowed: what follows the sign */
	uint64_t number; /* where the field is one */
};

struct filters {
	const struct field *fields; /* borrowed: static */
	struct filter items[FILTERS_MAX];
	size_t count;
};

/* Reads every --filter. Points in time are RFC 3339 ("2026-01-31", "2026-01-31T09:00:00Z") or how
 * long before `now_us` ("7d"; "+7d": after). EXIT_DONE, or EXIT_USAGE after saying why. */
int filters_read(const struct options *options, const struct rows *shape, uint64_t now_us,
	struct filters *ret, FILE *err);
bool filters_match(const struct filters *filters, const struct rows *rows, size_t row);

/* The index of the field with that key or heading. False: there is none, which is said with what
 * was near. */
bool filter_find_field(
	const struct rows *shape, const char *name, size_t len, size_t *ret_field, FILE *err);
