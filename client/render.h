/*
 * Events as lines. A message is "[17] alice: text", with the room before it where that changes; each
 * further row of a message starts with "[17] alice| ", and everything that is not a message starts
 * with "-- ", so that no text can pass for a message of someone else or for a notice of ours.
 * All text of others is neutralised here, where it enters. Pure but for the room last shown; main
 * thread.
 */
#pragma once

#include "base/macros.h"
#include "lib/gchat.h"

enum {
	RENDER_ROWS_MAX = 40, /* of one message on a terminal; the rest by /show */
	RENDER_COLUMNS_MIN = 20, /* narrower terminals are written to as if they had these */
};

struct render {
	uint64_t last_room_id; /* room of the last line, 0: none */
	int columns; /* wrap there; 0: don't */
	bool color;
	bool whole; /* no limit of rows, for one call */
};

/* The lines for one entry, with '\n' between them, without one at the end. `label` is the room's,
 * clean. Owned by the caller. */
char *render_entry(struct render *r, const char *label, const struct gchat_entry *e);
/* One line of our own: "-- ...". Arguments are clean already. Owned by the caller. */
char *render_notice(struct render *r, const char *fmt, ...) GC_PRINTF(2, 3);

/* Where a person reads them. */
const char *render_role(enum gchat_role role);
/* The role of that name; false: there is none. */
bool render_find_role(const char *name, enum gchat_role *ret);
const char *render_presence(enum gchat_presence presence);
const char *render_visibility(enum gchat_visibility visibility);
/* "until 2026-12-01 10:00 UTC"; "for ever" where it is 0. Points into `out`. */
enum {
	RENDER_UNTIL_BYTES = 40,
};
const char *render_until(uint64_t until_us, char out[RENDER_UNTIL_BYTES]);
/* "2026-03-01T12:30:05.123456Z" */
enum {
	RENDER_TIME_BYTES = 32,
};
const char *render_time(uint64_t time_us, char out[RENDER_TIME_BYTES]);
