/*
 * Lists: what a command's row says of its list is enough to fetch it page by page, choose and print
 * it. Without --sort a page is printed when it has come, and forgotten; with --sort and --limit no
 * more rows are kept than can still be among the first.
 */
#pragma once

#include "base/macros.h"
#include "ctl/filter.h"
#include "ctl/output.h"
#include "ctl/sort.h"

enum {
	LIST_SORTED_MAX = 1000 * 1000, /* rows kept for --sort */
};

struct command_call;

struct list_spec {
	const char *noun; /* "room", with an s for many */
	const struct field *fields; /* static */
	size_t field_count;
	const char *details; /* as in struct listing */
	/* Adds one page to the rows; *page_token (owned) leads to the next one, or becomes NULL. An
	 * exit status. NULL: the command fetches for itself. */
	int (*fetch)(const struct command_call *call, struct rows *rows, char **page_token);
};

/* A list on its way. */
struct list {
	const struct command_call *call; /* borrowed */
	struct listing listing;
	struct filters filters;
	struct sort sort;
	struct rows sorted; /* owned: kept until list_end, where they are to be sorted */
	uint64_t limit;
};

/* Fetches and prints all. An exit status. */
int list_run(const struct command_call *call, const struct list_spec *spec);
/* The same of rows that are there already. */
int list_print(const struct command_call *call, const struct list_spec *spec, struct rows *rows);

/* By hand: reads the list's options. EXIT_DONE: list_end follows; or EXIT_USAGE after saying why. */
int list_start(const struct command_call *call, const struct list_spec *spec,
	struct list *ret) GC_MUST_CHECK;
/* Takes the rows that fit out of `rows`, prints or keeps them, and clears it. An exit status. */
int list_add(struct list *list, struct rows *rows) GC_MUST_CHECK;
/* True: nothing that came further would be shown. */
bool list_is_full(const struct list *list);
/* Prints what was kept and the list's end, unless `exit_status` is a failure; gives the status. */
int list_end(struct list *list, int exit_status);
