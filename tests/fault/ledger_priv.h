/* The ledger's inside, for its own files. */
#pragma once

#include "ledger.h"

enum {
	LEDGER_FAULT_BYTES = 512,
	LEDGER_TABLE_MIN = 1024,
};

enum op_state {
	OP_NONE, /* no intent was heard of */
	OP_ASKED,
	OP_COMMITTED,
	OP_REFUSED,
	OP_UNCLEAR, /* refused, but possibly for a repetition of what was committed before */
	OP_LOST,
};

struct op {
	enum op_state state;
	enum stage stage;
	uint32_t request;
	uint64_t target_seq;
	uint64_t seq; /* where it was acknowledged */
	uint64_t seen_seq; /* where it stands; 0: not seen */
	enum stage seen_stage;
};

/* What stands at one seq. */
struct slot {
	struct line line; /* without its content while only seen erased */
	bool seen;
	bool whole; /* seen before it was erased */
	bool erased; /* seen erased */
	/* What an acknowledgement without a number says of it; 0: nothing. */
	uint64_t claimed_author;
	uint32_t claimed_request;
};

struct log {
	uint64_t room_id;
	struct slot *slots; /* owned; [seq] */
	size_t size;
	uint64_t head;
	struct fold fold; /* of the log up to its fold.head */
};

struct reader {
	struct op *ops; /* owned; [number] */
	size_t size;
	unsigned last_number;
	uint64_t places[_STAGE_MAX];
	uint64_t marked[_STAGE_MAX];
	bool outside[_STAGE_MAX]; /* has read of its leaving or removal, and not yet come back */
	uint64_t since; /* the first seq read in the talk: what came before it hasn't seen */
	struct fold fold; /* of the talk, as it read it */
};

struct ledger {
	struct log logs[_STAGE_MAX];
	struct reader readers[ACTORS_MAX];
	struct id_set {
		struct id_place {
			uint8_t id[GCHAT_ID_BYTES];
			uint64_t seq; /* 0: free */
			enum stage stage;
		} * items; /* owned; open addressing */
		size_t size;
		size_t count;
	} ids;
	uint64_t entries;
	uint64_t after_exit; /* entries read by those outside */
	char fault[LEDGER_FAULT_BYTES];
};

struct op *ledger_op(struct ledger *l, unsigned actor, unsigned number);
struct slot *ledger_slot(struct log *log, uint64_t seq);
/* Remembers whose id it is. False: it stands elsewhere, too. */
bool ledger_note_id(struct ledger *l, enum stage stage, const struct line *line);
