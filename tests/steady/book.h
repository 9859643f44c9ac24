/*
 * What was said in one room, and what stands at each place of its log, by all who hear it: the
 * checker. A message's text is its key: who said it, and which of its messages it is. The ledger of
 * tests/fault knows more (edits, members, deaths) of a dozen clients; this one knows messages, of
 * any number. One thread.
 */
#pragma once

#include "steady.h"
#include <stddef.h>

enum {
	BOOK_TEXT_BYTES = 64,
};

/* The number of a message of this room; UINT64_MAX: no message. */
typedef uint64_t book_key;

struct book {
	book_key *slots; /* owned; [seq]: what stands there */
	size_t slots_size;
	uint64_t head; /* the highest seq heard of */
	uint64_t *places; /* owned; [seq]: of the message said as so many'th, where it stands */
	size_t places_size;
	uint64_t *acks; /* owned; the same: where it was acknowledged; 0: not yet */
	size_t acks_size;
	uint64_t said; /* messages so far: their numbers are 1 to this */
	uint64_t acked;
	struct steady_totals *totals; /* borrowed: what is wrong is counted there */
};

void book_init(struct book *b, struct steady_totals *totals);
void book_deinit(struct book *b);

/* The next message's number, and its text. */
uint64_t book_say(struct book *b, char ret_text[BOOK_TEXT_BYTES]);
/* That message was acknowledged at seq. */
void book_acked(struct book *b, uint64_t number, uint64_t seq);
/* Someone whose last place was *place hears what stands at seq; text NULL: no message. */
void book_heard(struct book *b, uint64_t *place, uint64_t seq, const char *text);
/* Someone is told that it won't hear of what stands from `from` to `to`. */
void book_missed(struct book *b, uint64_t from, uint64_t to);
/* All is quiet: every message said was acknowledged, and stands where that said. */
void book_check(struct book *b);

void book_blame(struct steady_totals *totals, uint64_t *counter, uint64_t count, const char *fmt,
	...) GC_PRINTF(4, 5);
