/*
 * What no range can say: the form of addresses, paths and names, and what settings mean together.
 * The checks of one value return NULL, or why it is wrong. Any thread.
 */
#pragma once

#include "config/config.h"

/* Valid UTF-8 without control characters but newline and tab. */
const char *check_text(const char *value);
/* The same on one line. */
const char *check_line(const char *value);
/* A room's name, as the contract has it. */
const char *check_room(const char *value);
/* "127.0.0.1:7443" or "[::]:7443"; port 0 lets the kernel choose. */
const char *check_address(const char *value);
/* The same of this machine alone, or "". */
const char *check_loopback_or_none(const char *value);
/* A host's name, or an IPv4 or IPv6 address. */
const char *check_host(const char *value);
/* A group's name, as useradd(8) has it. */
const char *check_group(const char *value);
/* An absolute path; the second allows "" too. */
const char *check_path(const char *value);
const char *check_path_or_none(const char *value);

/* A rule between two settings that is broken. All strings are literals. */
struct check_rule {
	const char *key;
	const char *other; /* the key it does not go with, or NULL: it is wrong by itself */
	const char *why;
	const char *allowed;
};

/* Calls fail for each broken rule. */
void check_together(const struct config *config,
	void (*fail)(void *arg, const struct check_rule *rule), void *arg);
