/*
 * What the sessions need before they can be opened: accounts, and rooms they are members of. Calls of
 * the library that block; any thread.
 */
#pragma once

#include "lib/gchat.h"
#include "steady.h"

enum {
	PLACE_TOKEN_BYTES = 64,
	PLACE_PER_ACCOUNT = 10, /* sessions of one account */
};

/* Owned by the caller: place_deinit. */
struct place {
	unsigned rooms;
	unsigned accounts; /* each in the room of its number modulo rooms */
	uint64_t *room_ids; /* owned */
	char (*tokens)[PLACE_TOKEN_BYTES]; /* owned */
	const char *server; /* borrowed: the options' */
	char fingerprint
		[GCHAT_FINGERPRINT_SIZE]; /* of the server's certificate; "": not seen yet */
};

/* A new client. -EIO with a sentence. The first one trusts what it sees, the others that one alone: the
 * system's roots would be read for each. */
int place_open_client(struct place *p, struct gchat **ret, struct err_text *err) GC_MUST_CHECK;

/* -EIO with a sentence. */
int place_init(
	struct place *p, const struct steady_options *options, struct err_text *err) GC_MUST_CHECK;
void place_deinit(struct place *p);

/* What a newcomer reads in a room's log: calls `heard` for each entry. */
int place_read(struct place *p, unsigned room,
	void (*heard)(void *arg, const struct gchat_entry *entry), void *arg) GC_MUST_CHECK;
