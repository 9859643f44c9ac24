/*
 * What a room's log comes to for one who read it entry by entry: each message's text, reactions and
 * end, and who is a member. Two who read the same log must come to the same, also where one of
 * them found an entry already erased. One thread at a time.
 */
#pragma once

#include "report.h"

struct message_state {
	uint64_t text; /* hash of the newest text; 0: no message, or deleted */
	uint64_t reactions; /* one bit per actor and emoji */
	bool deleted;
};

struct fold {
	struct message_state *messages; /* owned; [seq] */
	size_t size;
	uint64_t head;
	uint64_t members[ACTORS_MAX]; /* account ids by actor; what `roles` is about */
	uint32_t roles[ACTORS_MAX]; /* GCHAT_ROLE_NONE: no member */
	bool strange; /* an entry about someone who is no actor */
};

void fold_init(struct fold *f, const uint64_t accounts[ACTORS_MAX]);
void fold_deinit(struct fold *f);
/* The next entry. */
void fold_take(struct fold *f, const struct line *line);
/* The first message whose state differs, or 0. Messages that either hasn't seen the beginning of
 * are compared, too: what came before `from` is left out. */
uint64_t fold_differs(const struct fold *a, const struct fold *b, uint64_t from);
/* Which actor has this account; ACTORS_MAX: none. */
unsigned fold_actor(const struct fold *f, uint64_t account_id);
