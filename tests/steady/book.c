/* Keys are numbers within the room; what isn't a message has none. */
#include "book.h"

#include "base/mem.h"
#include "support/grown.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	SIZE_MIN = 1024,
};

static const book_key other = UINT64_MAX; /* an entry that is no message */

void book_blame(
	struct steady_totals *totals, uint64_t *counter, uint64_t count, const char *fmt, ...)
{
	va_list ap;
	*counter += count;
	if (totals->trouble[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(totals->trouble, sizeof(totals->trouble), fmt, ap);
	va_end(ap);
}

void book_init(struct book *b, struct steady_totals *totals)
{
	*b = (struct book){.totals = totals};
}

void book_deinit(struct book *b)
{
	free(b->slots);
	free(b->places);
	free(b->acks);
	*b = (struct book){0};
}

uint64_t book_say(struct book *b, char ret_text[BOOK_TEXT_BYTES])
{
	uint64_t number = ++b->said;
	(void)snprintf(ret_text, BOOK_TEXT_BYTES, "message %" PRIu64 " of this room", number);
	b->acks = grown(b->acks, &b->acks_size, SIZE_MIN, number, sizeof(*b->acks));
	b->places = grown(b->places, &b->places_size, SIZE_MIN, number, sizeof(*b->places));
	b->totals->said++;
	return number;
}

void book_acked(struct book *b, uint64_t number, uint64_t seq)
{
	if (b->acks[number] && b->acks[number] != seq)
		book_blame(b->totals, &b->totals->doubled, 1,
			"message %" PRIu64 ": acknowledged at %" PRIu64 " and at %" PRIu64, number,
			b->acks[number], seq);
	b->acked += b->acks[number] == 0;
	b->totals->acked += b->acks[number] == 0;
	b->acks[number] = seq;
}

static book_key key_of(struct book *b, uint64_t seq, const char *text)
{
	uint64_t number = 0;
	if (!text)
		return other;
	if (sscanf(text, "message %" SCNu64 " of this room", &number) == 1 && number > 0 &&
		number <= b->said)
		return number;
	book_blame(b->totals, &b->totals->disordered, 1, "seq %" PRIu64 ": nobody said \"%.40s\"",
		seq, text);
	return other;
}

/* The first who hears of this place. */
static void take_slot(struct book *b, uint64_t seq, book_key key)
{
	b->slots[seq] = key;
	if (key == other)
		return;
	if (b->places[key])
		book_blame(b->totals, &b->totals->doubled, 1,
			"message %" PRIu64 " stands at %" PRIu64 " and at %" PRIu64, key,
			b->places[key], seq);
	b->places[key] = seq;
}

void book_heard(struct book *b, uint64_t *place, uint64_t seq, const char *text)
{
	book_key key = key_of(b, seq, text);
	if (seq <= *place)
		book_blame(b->totals, &b->totals->doubled, 1,
			"seq %" PRIu64 " came once more, after %" PRIu64, seq, *place);
	if (seq > *place + 1)
		book_missed(b, *place + 1, seq - 1);
	if (seq > *place)
		*place = seq;
	b->slots = grown(b->slots, &b->slots_size, SIZE_MIN, seq, sizeof(*b->slots));
	if (seq > b->head)
		b->head = seq;
	if (b->slots[seq] == 0)
		take_slot(b, seq, key);
	else if (b->slots[seq] != key)
		book_blame(b->totals, &b->totals->disordered, 1,
			"seq %" PRIu64 ": two heard differently there", seq);
	b->totals->delivered += text != NULL;
}

void book_missed(struct book *b, uint64_t from, uint64_t to)
{
	book_blame(b->totals, &b->totals->lost, to - from + 1,
		"someone did not hear %" PRIu64 " to %" PRIu64, from, to);
}

void book_check(struct book *b)
{
	for (uint64_t n = 1; n <= b->said; n++) {
		if (b->acks[n] == 0)
			book_blame(b->totals, &b->totals->lost, 1,
				"message %" PRIu64 " was never acknowledged", n);
		else if (b->places[n] != b->acks[n])
			book_blame(b->totals, &b->totals->lost, 1,
				"message %" PRIu64 " was acknowledged at %" PRIu64
				", and stands at %" PRIu64,
				n, b->acks[n], b->places[n]);
	}
}
