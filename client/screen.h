/*
 * What a person sees in line mode: rows that go by, and below them the line being typed. On a
 * terminal that understands a few sequences the input row is erased and drawn again below what
 * comes in; on any other nothing is ever redrawn, and what comes in while something is being typed
 * waits; into a pipe only the rows go. Main thread.
 */
#pragma once

#include "client/line.h"

enum screen_kind {
	SCREEN_PLAIN, /* no terminal */
	SCREEN_DUMB, /* a terminal, but not one byte of escape sequences */
	SCREEN_ANSI,
};

enum {
	SCREEN_HELD_MAX = 500, /* rows that wait; then they are shown all the same */
};

struct screen {
	enum screen_kind kind;
	bool hold; /* what comes in waits while a draft is open */
	struct line *line; /* borrowed */
	char *prompt; /* owned, clean */
	char *shown; /* owned: the input row of a dumb terminal */
	char **held; /* owned: SCREEN_HELD_MAX */
	size_t held_count;
	bool drawn; /* the input row stands on the terminal */
	bool dirty; /* but not as it should */
	bool rung; /* the bell, for this draft */
};

void screen_init(struct screen *s, enum screen_kind kind, bool hold, struct line *line);
void screen_deinit(struct screen *s);
void screen_set_prompt(struct screen *s, const char *prompt);

/* Shows rows (with '\n' between, none at the end). `urgent` rows don't wait: answers to what was
 * typed. */
void screen_print(struct screen *s, const char *rows, bool urgent);
/* Brings the input row in line with the draft; shows what waited when there is none. After every
 * turn of the loop. */
void screen_update(struct screen *s);
/* The draft was changed otherwise than by a key, or the terminal's content is lost. */
void screen_damage(struct screen *s);
/* The line was sent: the input row is over. */
void screen_end_row(struct screen *s);
/* Leaves the terminal clean for whoever comes next. */
void screen_close(struct screen *s);
