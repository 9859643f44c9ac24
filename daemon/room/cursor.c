/* What a cursor needs next. */
#include "room/cursor.h"

#include "base/macros.h"

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

enum cursor_step cursor_plan(
	const struct cursor *cursor, const struct log_span *span, uint64_t *ret_to)
{
	if (cursor->end > 0 && cursor->next > cursor->end)
		return CURSOR_FINISHED;
	uint64_t last = cursor->end > 0 ? lesser(cursor->end, span->head) : span->head;
	if (cursor->next > last)
		return CURSOR_LEVEL;
	if (cursor->next < span->first_seq) {
		*ret_to = lesser(span->first_seq - 1, last);
		return CURSOR_GAP;
	}
	if (cursor->next < span->tail_first) {
		*ret_to = lesser(span->tail_first - 1, last);
		return CURSOR_CATCH_UP;
	}
	*ret_to = last;
	return CURSOR_TAIL;
}

void cursor_advance(struct cursor *cursor, uint64_t seq)
{
	GC_ASSERT(seq + 1 > cursor->next);
	cursor->next = seq + 1;
}

uint64_t cursor_lag(const struct cursor *cursor, uint64_t head)
{
	return cursor->next > head ? 0 : head - cursor->next + 1;
}
