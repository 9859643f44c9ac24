/*
 * One room as several people see it, checked while it happens: no acknowledged message is lost, none
 * is in the log twice, everyone sees the same entries in the same order, and the sequence has no
 * gap. Messages carry their sender's index and number, so a log can be compared with what was sent.
 * The first fault found is kept and named; nothing here fails a test by itself until check_finish.
 * Any thread, but for new, free and finish.
 */
#pragma once

#include "base/macros.h"
#include "lib/gchat.h"
#include "support/td.h"

enum {
	CHECK_TEXT_BYTES = 48,
	CHECK_SENDERS_MAX = 64,
	CHECK_READERS_MAX = 64,
};

struct check;

struct check_counts {
	uint64_t head; /* the last seq that anyone has seen */
	uint64_t sent;
	uint64_t acked;
	uint64_t duplicates; /* acknowledgements that said: you had sent this before */
	uint64_t entries; /* seen by all readers together */
};

/* Owned: check_free. */
struct check *check_new(uint64_t room_id);
void check_free(struct check *c);

/* The room as seen by one client, whose cursor in it is the next one's start; its index. */
unsigned check_add_reader(struct check *c, const char *name, struct gchat *g);
/* The text of a sender's next message, which counts as sent from now on; its number, from 1. */
unsigned check_next_text(struct check *c, unsigned sender, char ret_text[CHECK_TEXT_BYTES]);
/* The server said that this message was committed. */
void check_acked(
	struct check *c, unsigned sender, unsigned number, const struct gchat_reply *reply);
/* What gchat_next gave: entries of the room count, a gap or a reset is a fault, others are passed
 * over. */
void check_event(struct check *c, unsigned reader, const struct gchat_event *event);
/* Something else that went wrong. */
void check_blame(struct check *c, const char *fmt, ...) GC_PRINTF(2, 3);

/* The first fault, or NULL. Borrowed. */
const char *check_fault(struct check *c);
/* The last seq that this reader has seen. */
uint64_t check_place(struct check *c, unsigned reader);
struct check_counts check_counts_now(struct check *c);
/* Every message is acknowledged and every reader has seen the last entry. */
bool check_is_settled(struct check *c);

/* Reads the whole log through `g` and compares it with all that was sent, acknowledged and seen;
 * fails the test at the first fault. Main thread, nothing else under way. */
void check_finish(struct check *c, struct td *td, struct gchat *g);
