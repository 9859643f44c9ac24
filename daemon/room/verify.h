/*
 * Reads the whole store and says what is wrong with it: each event's checksum and whether it can be
 * decoded, that no seq is missing, that the heads agree with memory, each record, and the engine's own
 * structure. In steps of some milliseconds, so that talk goes on beside it; one step at a time, on
 * any reader thread. A room with damage is closed to writing (room_mark_damaged); one that was closed
 * and is sound by now is opened again at the end (room_mend), where the store as a whole is, too.
 */
#pragma once

#include "room/directory.h"
#include "store/store.h"

enum {
	VERIFY_EVENTS = 500, /* in one step */
	VERIFY_PROBLEMS_MAX = 100, /* kept; the others are counted */
	VERIFY_STRUCTURE_MS = 10000, /* for the only step that can take long */
	VERIFY_TEXT_BYTES = 160,
};

struct verify_problem {
	char room[LIMIT_ROOM_NAME_BYTES + 1]; /* empty: not of one room, or of one that is gone */
	uint64_t room_id; /* 0: not of one room */
	uint64_t first_seq; /* the events concerned; 0: none */
	uint64_t last_seq;
	char text[VERIFY_TEXT_BYTES];
};

struct verify {
	struct directory *directory; /* borrowed */
	enum {
		VERIFY_ROOMS,
		VERIFY_RECORDS,
		VERIFY_STRUCTURE,
		VERIFY_DONE,
	} phase;
	uint64_t *logs; /* owned: those that the store has */
	size_t log_count;
	size_t log_size;
	size_t at; /* the log, or the kind of record, that comes next */
	bool listed;
	uint64_t next; /* seq within it; 0: it was not begun */
	uint64_t head; /* in memory, when it was begun */
	struct room *room; /* ref: the log's, or NULL */
	bool all_damaged; /* something is wrong that is not of one room */
	/* Rooms that were damaged when their log was begun, for the end. */
	struct verify_suspect {
		struct room *room; /* ref */
		unsigned finds;
	} * suspects; /* owned */
	size_t suspect_count;
	size_t suspect_size;
	/* Results. */
	uint64_t mended; /* rooms that are open again */
	uint64_t rooms;
	uint64_t events;
	uint64_t records;
	bool structure_done;
	enum store_status status; /* STORE_UNAVAILABLE: reading failed, the rest is unchecked */
	struct verify_problem *problems; /* owned */
	size_t problem_count; /* of those kept */
	uint64_t problem_total;
};

void verify_init(struct verify *verify, struct directory *directory);
void verify_deinit(struct verify *verify);
/* Goes on for a step; false when all is done. Reader thread. */
bool verify_step(struct verify *verify, struct store_reader *reader);
