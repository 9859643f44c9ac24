/*
 * The command line. One const table drives the parsing, --help and the test of the manual page, so
 * the three cannot part. Passwords are never arguments. Main thread.
 */
#pragma once

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum verb {
	VERB_CHAT, /* no sub-command: line mode, or script mode with --json */
	VERB_SEND,
	VERB_TAIL,
	VERB_LOGIN,
	VERB_REGISTER,
	VERB_LOGOUT,
	VERB_TRUST,
	_VERB_MAX,
};

enum option_kind {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_NUMBER,
};

struct option_spec {
	const char *name; /* without the dashes */
	char letter; /* 0: none */
	enum option_kind kind;
	size_t offset; /* in struct options */
	const char *value; /* name of the value in --help; NULL for flags */
	const char *help;
	uint64_t min, max; /* of numbers */
	const char *const *choices; /* of texts; NULL: any. Ends with NULL */
};

struct verb_spec {
	const char *name;
	const char *usage; /* what follows the name */
	const char *help;
	int args_min, args_max;
};

/* All strings are borrowed from argv. */
struct options {
	enum verb verb;
	const char *server;
	const char *user;
	const char *room;
	const char *password_file;
	uint64_t password_fd; /* UINT64_MAX: none */
	const char *fingerprint;
	const char *ca_file;
	const char *client_cert;
	const char *client_key;
	const char *invite;
	const char *invite_file;
	const char *token_file;
	const char *state_dir;
	const char *color;
	uint64_t lines;
	uint64_t since; /* UINT64_MAX: not given */
	uint64_t timeout_s;
	bool create;
	bool guest;
	bool no_save;
	bool line;
	bool json;
	bool strict;
	bool screen_reader;
	bool follow;
	bool join;
	bool resume;
	bool replace;
	bool help;
	bool version;
	char **args; /* of the sub-command */
	int arg_count;
};

/* The tables end with an entry whose name is NULL. */
extern const struct option_spec OPTION_SPECS[];
extern const struct verb_spec VERB_SPECS[_VERB_MAX + 1];

/* 0; -EINVAL with the reason in `why`. argv is reordered. */
int options_parse(struct options *o, int argc, char **argv, struct err_text *why) GC_MUST_CHECK;
void options_print_help(FILE *to);
