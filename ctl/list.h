/*
 * Lists: what a command's row says of its list is enough to fetch it page by page, choose and print
 * it. Without --sort a page is printed when it has come, and forgotten.
 */
#pragma once

#include "ctl/output.h"

struct command_call;

struct list_spec {
	const char *noun; /* "room", with an s for many */
	const struct field *fields; /* static */
	size_t field_count;
	const char *details; /* as in struct listing */
	/* Adds one page to the rows; *page_token (owned) leads to the next one, or becomes NULL. An
	 * exit status. */
	int (*fetch)(const struct command_call *call, struct rows *rows, char **page_token);
};

/* Fetches and prints all. An exit status. */
int list_run(const struct command_call *call, const struct list_spec *spec);
