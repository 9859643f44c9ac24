/* The inside of an actor's process. */
#pragma once

#include "actor.h"

enum {
	LIFE_WINDOW = 24, /* ops not yet answered */
	LIFE_RECENT = 16, /* messages it may edit, delete or react to */
	LIFE_WAITING_MAX = LIFE_WINDOW + GCHAT_OUTBOX_MAX,
};

/* Messages it knows of. */
struct recent {
	uint64_t seqs[LIFE_RECENT];
	unsigned next;
};

/* An op or another request that has no answer yet. */
struct waiting {
	uint64_t tag;
	unsigned number; /* 0: not known, or no op */
	uint32_t request;
	uint64_t room_id;
	uint64_t seq; /* MARK_READ: up to where */
};

struct life {
	struct actor_plan plan;
	struct chance chance;
	struct gchat *g; /* owned */
	struct waiting waiting[LIFE_WAITING_MAX];
	unsigned waiting_count;
	unsigned next_number;
	uint64_t account_id;
	bool online;
	bool quiet;
	bool told_quiet; /* of this serial */
	unsigned serial;
	bool is_in[_STAGE_MAX];
	uint64_t heads[_STAGE_MAX]; /* the last seq read */
	struct recent own[_STAGE_MAX];
	struct recent any[_STAGE_MAX];
};

/* Says something to the harness; ends the process when nobody listens. */
void life_report(const struct report *report);
void life_trouble(const char *what, int result, const struct gchat_error *error);
struct waiting *life_wait_for(struct life *l, uint64_t tag, uint32_t request, uint64_t room_id);

/* actor_act.c: does one thing, by chance. */
void life_act(struct life *l);
