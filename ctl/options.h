/* The options of the command line, in one table; each command says which of them it takes. */
#pragma once

#include "ctl/output.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	OPTIONS_TIMEOUT_DEFAULT_S = 10,
	OPTIONS_TIMEOUT_MAX_S = 3600,
};

#define OPTIONS_SOCKET_DEFAULT "/run/gchatd/admin.sock"

/* Options that only some commands take. */
enum option_bit {
	OPTION_ROOM = 1 << 0,
	OPTION_REASON = 1 << 1,
	OPTION_CERT = 1 << 2,
	OPTION_KEY = 1 << 3,
};

/* All strings borrowed from argv. */
struct options {
	const char *socket;
	enum output_format format;
	bool no_legend;
	int64_t timeout_ms; /* 0: not given */
	bool help;
	bool version;
	unsigned given; /* enum option_bit */
	const char *room;
	const char *reason;
	const char *cert;
	const char *key;
	char **words; /* the command and its arguments, borrowed from argv */
	int word_count;
};

/* Reads argv. EXIT_DONE, or EXIT_USAGE after saying why on `err`. */
int options_parse(int argc, char **argv, struct options *ret_options, FILE *err);

/* One line of help per option: the general ones, or those of `bits`. */
void options_print(FILE *out, unsigned bits);
/* The name of the first option of `bits`, without dashes. */
const char *options_name(unsigned bits);
/* Calls `fn` with every option's name without dashes, for tests. */
void options_each(void (*fn)(void *arg, const char *name), void *arg);
