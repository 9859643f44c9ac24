/* Events of the library into the room's book and the session's times. */
#include "dweller.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>

int dweller_open(struct dweller *d, struct place *place, const char *token, struct err_text *err)
{
	struct gchat_session_options session = {.token = token};
	int r = place_open_client(place, &d->g, err);
	if (r < 0)
		return err_pass(r);
	r = gchat_connect(d->g, &session);
	if (r == 0)
		return 0;
	err_say(err, "a session can't be started: %s", strerror(-r));
	return err_pass(r);
}

void dweller_close(struct dweller *d)
{
	gchat_close(d->g);
	*d = (struct dweller){0};
}

/* ---- what comes ---- */

static void longer(int64_t *longest, int64_t us)
{
	if (us > *longest)
		*longest = us;
}

static void take_entry(struct dweller *d, const struct gchat_entry *e, int64_t now)
{
	bool is_message = e->kind == GCHAT_ENTRY_MESSAGE;
	if (e->room_id != d->room_id)
		return;
	book_heard(d->book, &d->place, e->seq, is_message ? e->text : NULL);
	if (!is_message)
		return;
	if (d->heard_us)
		longer(&d->silence_us, now - d->heard_us);
	d->heard_us = now;
}

static void take_reply(struct dweller *d, const struct gchat_reply *reply, int64_t now)
{
	unsigned i = 0;
	struct steady_totals *totals = d->book->totals;
	if (reply->request != GCHAT_REQUEST_SEND || reply->kind == GCHAT_REPLY_DELAYED)
		return;
	while (i < d->pending_count && d->pending[i].tag != reply->tag)
		i++;
	if (i == d->pending_count) {
		book_blame(totals, &totals->doubled, 1, "a second answer to the same message");
		return;
	}
	longer(&d->ack_us, now - d->pending[i].said_us);
	if (reply->kind == GCHAT_REPLY_COMMITTED)
		book_acked(d->book, d->pending[i].number, reply->seq);
	else
		book_blame(totals, &totals->refused, 1, "a message was refused: %s: %s",
			reply->error.reason, reply->error.message);
	d->pending[i] = d->pending[--d->pending_count];
}

static void take_state(struct dweller *d, const struct gchat_state_event *state, int64_t now)
{
	struct steady_totals *totals = d->book->totals;
	d->online = state->state == GCHAT_STATE_ONLINE;
	if (state->state == GCHAT_STATE_ONLINE && d->broken_us)
		d->back_us = now;
	if (state->state == GCHAT_STATE_REFUSED)
		book_blame(totals, &totals->refused, 1, "a session was refused: %s: %s",
			state->error.reason, state->error.message);
	if (state->state != GCHAT_STATE_RECONNECTING)
		return;
	if (!d->broken_us)
		d->broken_us = now;
	d->attempts++;
	d->waited_us += (int64_t)state->delay_ms * CLOCK_US_PER_MS;
	d->back_us = 0;
}

static void take_welcome(struct dweller *d, const struct gchat_welcome *welcome)
{
	for (size_t i = 0; i < welcome->room_count && !d->placed; i++)
		if (welcome->rooms[i].room_id == d->room_id)
			d->place = welcome->rooms[i].head_seq;
	d->placed = true;
}

static void take(struct dweller *d, const struct gchat_event *event, int64_t now)
{
	struct steady_totals *totals = d->book->totals;
	if (event->kind == GCHAT_EVENT_ENTRY)
		take_entry(d, &event->entry, now);
	else if (event->kind == GCHAT_EVENT_REPLY)
		take_reply(d, &event->reply, now);
	else if (event->kind == GCHAT_EVENT_STATE)
		take_state(d, &event->state, now);
	else if (event->kind == GCHAT_EVENT_WELCOME)
		take_welcome(d, &event->welcome);
	else if (event->kind == GCHAT_EVENT_GAP && event->gap.room_id == d->room_id)
		book_missed(d->book, event->gap.from_seq, event->gap.to_seq);
	else if (event->kind == GCHAT_EVENT_RESET)
		book_blame(totals, &totals->lost, 1, "a session lost its place: %s",
			event->reset.reason);
}

void dweller_listen(struct dweller *d)
{
	struct gchat_event *event = NULL;
	while (gchat_next(d->g, 0, &event) == 1) {
		take(d, event, clock_mono().us);
		gchat_event_free(event);
	}
}

/* ---- talking and measuring ---- */

bool dweller_say(struct dweller *d)
{
	char text[BOOK_TEXT_BYTES];
	if (d->pending_count == DWELLER_PENDING_MAX)
		return false;
	struct pending *p = &d->pending[d->pending_count++];
	*p = (struct pending){.number = book_say(d->book, text), .said_us = clock_mono().us};
	int r = gchat_send(d->g, d->room_id, text, 0, &p->tag);
	GC_ASSERT(r == 0); /* the session was started, the text is short, few wait */
	return true;
}

void dweller_begin(struct dweller *d, int64_t now_us)
{
	d->silence_us = d->ack_us = 0;
	d->broken_us = d->online ? 0 : now_us;
	d->waited_us = d->back_us = 0;
	d->attempts = 0;
}

int64_t dweller_silence_us(const struct dweller *d, int64_t now_us)
{
	int64_t longest = d->silence_us;
	longer(&longest, now_us - d->heard_us);
	return longest;
}

int64_t dweller_ack_us(const struct dweller *d, int64_t now_us)
{
	int64_t longest = d->ack_us;
	for (unsigned i = 0; i < d->pending_count; i++)
		longer(&longest, now_us - d->pending[i].said_us);
	return longest;
}
