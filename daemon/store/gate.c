/* The two states of short space. */
#include "store/gate.h"

static bool reached(struct mono when, struct mono now)
{
	return now.us >= when.us;
}

bool gate_wants_look(const struct gate *gate, struct mono now)
{
	return gate->reserve_bytes > 0 && reached(gate->look_at, now);
}

void gate_set_space(struct gate *gate, bool enough, struct mono now)
{
	gate->low = !enough;
	gate->look_at = clock_mono_add_ms(now, GATE_INTERVAL_MS);
}

/* Erasing frees more than its own event takes. */
bool gate_concerns(const struct store_op *op)
{
	if (op->vital)
		return false;
	for (size_t i = 0; i < op->append_count; i++)
		if (!op->appends[i].erase_target)
			return true;
	for (size_t i = 0; i < op->put_count; i++)
		if (op->puts[i].value)
			return true;
	return false;
}

bool gate_admit(const struct gate *gate, const struct store_op *op, struct mono now, size_t *passed)
{
	if (!gate_concerns(op))
		return true;
	if (gate->low)
		return false;
	if (gate->full && (!reached(gate->try_at, now) || *passed > 0))
		return false;
	*passed += 1;
	return true;
}

void gate_on_result(struct gate *gate, enum store_status status, size_t passed, struct mono now)
{
	if (status == STORE_FULL) {
		gate->full = true;
		gate->try_at = clock_mono_add_ms(now, GATE_INTERVAL_MS);
	} else if (status == STORE_OK && passed > 0) {
		gate->full = false;
	}
}

bool gate_is_closed(const struct gate *gate)
{
	return gate->low || gate->full;
}
