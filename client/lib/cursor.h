/*
 * Where a session stands in each room, and what may come next there: the rule that makes delivery
 * exactly-once. A room without a cursor starts with whatever comes first. One thread at a time.
 */
#pragma once

#include "base/macros.h"
#include "lib/gchat.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	struct gchat_cursor at; /* everything up to at.seq was taken */
	uint64_t gap_from; /* announced and not yet reached: from..to will never come; 0: none */
	uint64_t gap_to;
};

/* Sorted by room. At most GCHAT_CURSORS_MAX: further rooms go unwatched. */
struct cursors {
	struct cursor *items; /* owned */
	size_t count;
};

enum cursor_verdict {
	CURSOR_NEXT, /* take it */
	CURSOR_DUPLICATE, /* drop it: taken before */
	CURSOR_HOLE, /* the server broke its word: reconnect from the cursors */
};

void cursors_deinit(struct cursors *c);

/* Makes `to` a copy of `from`. */
void cursors_copy(struct cursors *to, const struct cursors *from);

/* Borrowed until the next change; NULL: none. */
struct cursor *cursors_find(const struct cursors *c, uint64_t room_id);
/* Sets a room's place, wherever it was, and forgets its gap. */
void cursors_set(struct cursors *c, uint64_t room_id, uint64_t seq);
/* Moves a room's place forward; going back is a no-op. */
void cursors_advance(struct cursors *c, uint64_t room_id, uint64_t seq);
/* Forgets a room. */
void cursors_drop(struct cursors *c, uint64_t room_id);
/* Forgets all rooms but those of the list. */
void cursors_keep(struct cursors *c, const struct gchat_room *rooms, size_t count);

/* What to do with event `seq`; moves the place where it is the next one. */
enum cursor_verdict cursors_admit(struct cursors *c, uint64_t room_id, uint64_t seq);
/* An announced gap. False: it was known already. */
bool cursors_note_gap(struct cursors *c, uint64_t room_id, uint64_t from_seq, uint64_t to_seq);

/* Writes at most `max` places; returns how many there are. */
size_t cursors_list(const struct cursors *c, struct gchat_cursor *ret, size_t max);

/* Keeps the places in a file, and reads them back (a missing file is none; lines that don't parse
 * are skipped). 0 or negative errno. */
int cursors_save(const struct cursors *c, const char *path) GC_MUST_CHECK;
int cursors_load(struct cursors *c, const char *path) GC_MUST_CHECK;
