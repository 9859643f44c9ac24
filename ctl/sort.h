/* The order of a list's rows: --sort KEY,-KEY, the later ones deciding among equals. Any thread. */
#pragma once

#include "ctl/output.h"

struct options;

enum {
	SORT_KEYS_MAX = 8,
};

struct sort_key {
	size_t field; /* index */
	bool down; /* the largest first */
};

struct sort {
	struct sort_key keys[SORT_KEYS_MAX];
	size_t count; /* 0: as it comes */
};

/* Reads every --sort. EXIT_DONE, or EXIT_USAGE after saying why. */
int sort_read(const struct options *options, const struct rows *shape, struct sort *ret, FILE *err);
/* Puts the rows in order; equal ones stay as they are. */
void sort_rows(const struct sort *sort, struct rows *rows);
