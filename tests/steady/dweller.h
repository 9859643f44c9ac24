/*
 * One session that stays: hears its room, says something when told to, and remembers for how long
 * it heard nothing. One thread.
 */
#pragma once

#include "book.h"
#include "lib/gchat.h"
#include "place.h"

enum {
	DWELLER_PENDING_MAX = 32, /* messages of one that wait for their acknowledgement */
};

struct dweller {
	struct gchat *g; /* owned */
	struct book *book; /* borrowed: its room's */
	uint64_t room_id;
	uint64_t place; /* the last seq heard */
	bool online;
	bool placed; /* has had its first welcome */
	struct pending {
		uint64_t tag;
		uint64_t number;
		int64_t said_us;
	} pending[DWELLER_PENDING_MAX];
	unsigned pending_count;
	int64_t heard_us; /* when a message came last; 0: none yet */
	/* Since the disturbance began, in microseconds. */
	int64_t silence_us;
	int64_t ack_us;
	int64_t broken_us; /* when its connection broke; 0: it didn't */
	int64_t waited_us;
	int64_t back_us; /* the welcome after that; 0: not yet */
	unsigned attempts;
};

/* Opens the session with that token; what comes of it, dweller_listen learns. */
int dweller_open(struct dweller *d, struct place *place, const char *token,
	struct err_text *err) GC_MUST_CHECK;
void dweller_close(struct dweller *d);

/* Takes what has come. */
void dweller_listen(struct dweller *d);
/* Says the room's next message. False: too many of its own wait. */
bool dweller_say(struct dweller *d);
/* A disturbance begins: what follows is measured anew. */
void dweller_begin(struct dweller *d, int64_t now_us);
/* How long it has waited at the most, what isn't over included. */
int64_t dweller_silence_us(const struct dweller *d, int64_t now_us);
int64_t dweller_ack_us(const struct dweller *d, int64_t now_us);
