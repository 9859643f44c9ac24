/*
 * Who may pass when space is short. Two reasons to refuse ops that take space: less is free than the
 * configured reserve (asked once a second), or a transaction has failed for lack of space (then
 * one op a second may try). Vital ops (log-ins) and those that only delete always pass: they go on
 * for as long as the reserve lasts. Writer's thread only.
 */
#pragma once

#include "base/clock.h"
#include "store/store.h"

enum {
	GATE_INTERVAL_MS = 1000, /* between two looks at the space, or two tries */
};

struct gate {
	uint64_t reserve_bytes;
	struct mono look_at; /* when to ask for the space again */
	struct mono try_at; /* when full: when the next op may try */
	bool low; /* less than the reserve is free */
	bool full; /* the last transaction that took space found none */
};

/* Whether the op takes space that it could do without: not vital, not a deletion. */
bool gate_concerns(const struct store_op *op);
/* Whether it is time to ask the engine for its space, for gate_set_space. */
bool gate_wants_look(const struct gate *gate, struct mono now);
void gate_set_space(struct gate *gate, bool enough, struct mono now);
/* Whether `op` may go into the next transaction; *passed counts those it concerns that were let
 * through for this transaction, 0 at first. */
bool gate_admit(
	const struct gate *gate, const struct store_op *op, struct mono now, size_t *passed);
/* What became of a transaction with `passed` such ops. */
void gate_on_result(struct gate *gate, enum store_status status, size_t passed, struct mono now);
/* Whether such ops are being refused. */
bool gate_is_closed(const struct gate *gate);
